//! Invented people: names, e-mail addresses, telephone numbers, identity documents.
//!
//! Nothing here can reach anybody. Addresses end in `.example`; British and
//! Irish numbers come from the ranges that Ofcom and ComReg keep for drama;
//! Spain keeps no such range, so Spanish numbers start with 75, which its
//! numbering plan has not given out.

use std::collections::BTreeSet;

use super::rng::Rng;

/// The language somebody writes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Spanish,
    English,
}

impl Language {
    /// The two-letter code.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Spanish => "es",
            Self::English => "en",
        }
    }
}

/// Somebody's name.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) first: String,
    pub(crate) last: String,
}

#[rustfmt::skip]
const SPANISH_FIRST: &[&str] = &[
    "María", "Carmen", "Ana", "Isabel", "Laura", "Cristina", "Marta", "Lucía", "Pilar", "Elena",
    "Paula", "Raquel", "Sara", "Rocío", "Beatriz", "Nuria", "Silvia", "Alba", "Irene", "Patricia",
    "Inés", "Amparo", "Mireia", "Noelia", "Claudia", "Lorena", "Teresa", "Rosa", "Verónica",
    "Andrea", "Aitana", "Celia", "Daniela", "Julia", "Sofía", "Antonio", "José", "Manuel",
    "Francisco", "David", "Juan", "Javier", "Daniel", "Carlos", "Jesús", "Alejandro", "Miguel",
    "Rafael", "Pedro", "Pablo", "Sergio", "Ángel", "Fernando", "Jorge", "Luis", "Alberto",
    "Álvaro", "Diego", "Adrián", "Raúl", "Iván", "Rubén", "Óscar", "Vicente", "Andrés", "Joaquín",
    "Ramón", "Hugo", "Marcos", "Iker", "Juan Carlos", "José Luis", "María José", "Ana Belén",
    "Miguel Ángel", "José Antonio", "María Dolores", "Juan José",
];

#[rustfmt::skip]
const SPANISH_LAST: &[&str] = &[
    "García", "Rodríguez", "González", "Fernández", "López", "Martínez", "Sánchez", "Pérez",
    "Gómez", "Martín", "Jiménez", "Ruiz", "Hernández", "Díaz", "Moreno", "Muñoz", "Álvarez",
    "Romero", "Alonso", "Gutiérrez", "Navarro", "Torres", "Domínguez", "Vázquez", "Ramos", "Gil",
    "Ramírez", "Serrano", "Blanco", "Molina", "Morales", "Suárez", "Ortega", "Delgado", "Castro",
    "Ortiz", "Rubio", "Marín", "Sanz", "Núñez", "Iglesias", "Medina", "Garrido", "Cortés",
    "Castillo", "Santos", "Lozano", "Guerrero", "Cano", "Prieto", "Méndez", "Cruz", "Calvo",
    "Gallego", "Vidal", "León", "Márquez", "Herrera", "Peña", "Flores", "Cabrera", "Campos",
    "Vega", "Fuentes", "Carrasco", "Ferrer", "Soler", "Esteve", "Pastor", "Climent", "Bosch",
    "Llopis", "Ivars", "Signes", "Bas", "Pous", "Mengual",
];

#[rustfmt::skip]
const ENGLISH_FIRST: &[&str] = &[
    "Emma", "Olivia", "Sophie", "Charlotte", "Emily", "Jessica", "Sarah", "Lucy", "Hannah", "Amy",
    "Rebecca", "Helen", "Karen", "Susan", "Linda", "Margaret", "Jane", "Alison", "Claire",
    "Rachel", "Fiona", "Catherine", "Grace", "Alice", "Siobhan", "Niamh", "Heather", "Victoria",
    "Georgina", "Joanna", "James", "Oliver", "Jack", "Harry", "Thomas", "George", "William",
    "Daniel", "Matthew", "Andrew", "Paul", "Mark", "Stephen", "Peter", "Graham", "Ian", "Keith",
    "Simon", "Martin", "Neil", "Robert", "Richard", "Alan", "Colin", "Gareth", "Sean", "Patrick",
    "Liam", "Callum", "Ewan", "Edward", "Christopher", "Philip", "Timothy", "Nigel", "Trevor",
    "Declan", "Rory", "Owen", "Rhys",
];

#[rustfmt::skip]
const ENGLISH_LAST: &[&str] = &[
    "Smith", "Jones", "Taylor", "Brown", "Williams", "Wilson", "Johnson", "Davies", "Robinson",
    "Wright", "Thompson", "Evans", "Walker", "White", "Roberts", "Green", "Hall", "Wood",
    "Jackson", "Clarke", "Harris", "Lewis", "Cooper", "King", "Turner", "Hill", "Ward", "Morris",
    "Moore", "Clark", "Baker", "Harrison", "Morgan", "Patel", "Young", "Allen", "Mitchell",
    "Anderson", "Phillips", "Lee", "Bell", "Parker", "Davis", "Bennett", "Miller", "Cook", "Shaw",
    "Cox", "Marshall", "Collins", "Gray", "Murphy", "O'Brien", "Kelly", "Byrne", "Campbell",
    "Stewart", "Fraser", "Hughes", "Price", "Fletcher", "Barnes", "Chapman", "Pearson", "Holmes",
    "Whitfield", "Ashworth",
];

/// A name; Spaniards carry two family names.
pub(crate) fn name(language: Language, rng: &mut Rng) -> Name {
    match language {
        Language::Spanish => {
            let (first, last) = (rng.pick(SPANISH_FIRST), rng.pick(SPANISH_LAST));
            Name { first: (*first).to_owned(), last: format!("{last} {}", rng.pick(SPANISH_LAST)) }
        }
        Language::English => {
            Name { first: (rng.pick(ENGLISH_FIRST)).to_owned(), last: (rng.pick(ENGLISH_LAST)).to_owned() }
        }
    }
}

/// A company that is a customer itself.
pub(crate) fn company(rng: &mut Rng) -> String {
    let last = rng.pick(SPANISH_LAST);
    let town = rng.pick(&["Levante", "Marina Alta", "Costa Blanca", "Turia", "Montgó", "La Safor", "Albufera"]);
    match rng.below(8) {
        0 => format!("Reformas {last} S.L."),
        1 => format!("Transportes {last} e Hijos S.L."),
        2 => format!("Talleres {last}"),
        3 => format!("Clínica Dental {town}"),
        4 => format!("Construcciones {town} S.L."),
        5 => format!("Catering {town} S.L."),
        6 => format!("Instalaciones Eléctricas {last} S.L."),
        _ => format!("{last} & {} Asesores", rng.pick(SPANISH_LAST)),
    }
}

/// Gives every contact of a tenant a telephone number and an e-mail address of its own.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    taken: BTreeSet<String>,
}

/// Ranges of a thousand numbers each that are reserved for drama.
#[rustfmt::skip]
const DRAMA: &[&str] = &[
    "+447700900", "+447700900", "+447700900", "+447700900", "+441632960", "+442079460",
    "+441134960", "+441144960", "+441154960", "+441164960", "+441174960", "+441184960",
    "+441214960", "+441314960", "+441414960", "+441514960", "+441614960", "+441914980",
    "+353209100", "+353209105",
];

impl Directory {
    /// A telephone number in E.164 form.
    pub(crate) fn phone(&mut self, language: Language, rng: &mut Rng) -> String {
        loop {
            let phone = match language {
                Language::Spanish => format!("+3475{:07}", rng.below(10_000_000)),
                Language::English => format!("{}{:03}", rng.pick(DRAMA), rng.below(1000)),
            };
            if self.taken.insert(phone.clone()) {
                return phone;
            }
        }
    }

    /// The e-mail address of a company with this domain.
    pub(crate) fn office_email(&mut self, domain: &str) -> String {
        let mut email = format!("info@{domain}");
        // Companies of the same name: theirs are info2, info3 and so on.
        let mut number = 2;
        while !self.taken.insert(email.clone()) {
            email = format!("info{number}@{domain}");
            number += 1;
        }
        email
    }

    /// An e-mail address that reads like the name.
    pub(crate) fn email(&mut self, first: &str, last: &str, rng: &mut Rng) -> String {
        let last = plain(last.split(' ').next().unwrap_or(last));
        let first = plain(first);
        let house = rng.pick(&["correo.example", "mail.example", "buzon.example", "post.example", "inbox.example"]);
        loop {
            let email = match rng.below(5) {
                0 => format!("{first}.{last}@{house}"),
                1 => format!("{first}{last}{}@{house}", rng.between(1, 99)),
                2 => format!("{}{last}{}@{house}", &first[..1], rng.between(60, 99)),
                3 => format!("{last}.{first}@{house}"),
                _ => format!("{first}.{last}{}@{house}", rng.between(1955, 2004)),
            };
            if self.taken.insert(email.clone()) {
                return email;
            }
        }
    }
}

/// Lower-case ASCII letters and digits of a text, accents taken off.
pub(crate) fn plain(text: &str) -> String {
    let bare = |letter: char| match letter {
        'á' | 'à' => Some('a'),
        'é' | 'è' => Some('e'),
        'í' | 'ï' => Some('i'),
        'ó' | 'ò' => Some('o'),
        'ú' | 'ü' => Some('u'),
        'ñ' => Some('n'),
        'ç' => Some('c'),
        letter => letter.is_ascii_alphanumeric().then_some(letter),
    };
    text.chars().flat_map(char::to_lowercase).filter_map(bare).collect()
}

/// A Spanish identity number with its check letter: a DNI, or a NIE for
/// foreigners. From the end of the number range, where none has been issued.
pub(crate) fn national_id(language: Language, rng: &mut Rng) -> String {
    const LETTERS: &[u8] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    let letter = |number: usize| char::from(LETTERS[number % 23]);
    match language {
        Language::Spanish => {
            let number = 99_000_000 + rng.below(1_000_000);
            format!("{number}{}", letter(number))
        }
        // A leading Z counts as the digit 2.
        Language::English => {
            let number = 9_900_000 + rng.below(100_000);
            format!("Z{number}{}", letter(20_000_000 + number))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_letter_of_a_known_dni_and_nie_agrees() {
        // 12345678Z and X1234567L are the specimens of the police's own page.
        const LETTERS: &[u8] = b"TRWAGMYFPDXBNJZSQVHLCKE";
        assert_eq!(LETTERS[12_345_678 % 23], b'Z');
        assert_eq!(LETTERS[1_234_567 % 23], b'L');
        let mut rng = Rng::for_subject(0, "test");
        let dni = national_id(Language::Spanish, &mut rng);
        let number: usize = dni[..8].parse().unwrap();
        assert_eq!(dni.as_bytes()[8], LETTERS[number % 23]);
    }

    #[test]
    fn nobody_shares_a_number_or_an_address() {
        let (mut directory, mut rng) = (Directory::default(), Rng::for_subject(0, "test"));
        let mut seen = BTreeSet::new();
        for turn in 0..4_000 {
            let language = if turn % 2 == 0 { Language::Spanish } else { Language::English };
            let name = name(language, &mut rng);
            assert!(seen.insert(directory.phone(language, &mut rng)));
            let email = directory.email(&name.first, &name.last, &mut rng);
            assert!(email.is_ascii() && email.ends_with(".example"), "{email}");
            assert!(seen.insert(email));
        }
    }
}
