//! What a written conversation is made of: parts of a few turns that make
//! sense in this order, with gaps that are filled from the customer, the
//! offer, the firm and the appointment.

use super::people::Language;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Customer,
    Staff,
}

/// What kind of message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Image,
    Audio,
    Document,
    Location,
    /// One of the firm's WhatsApp templates; the turn's text is its name.
    Template,
}

/// One message of a script. Texts hold wordings divided by `|`, and gaps such
/// as `{name}`. One wording is chosen for a whole part: the second answer
/// belongs to the second question.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    pub(crate) side: Side,
    pub(crate) form: Form,
    pub(crate) spanish: &'static str,
    pub(crate) english: &'static str,
    /// The turn comes the next day or later.
    pub(crate) later: bool,
    /// With this turn the appointment at `{day}` and `{time}` is agreed.
    pub(crate) books: bool,
}

/// How people meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meeting {
    InPerson,
    Call,
    Video,
}

/// A piece of a conversation about one subject.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) name: &'static str,
    /// Key of the tag that such conversations get; empty for none.
    pub(crate) tag: &'static str,
    /// The appointment that is made: how, title in Spanish, title in English.
    pub(crate) visit: Option<(Meeting, &'static str, &'static str)>,
    pub(crate) turns: &'static [Turn],
}

/// A turn of the customer.
pub(crate) const fn c(spanish: &'static str, english: &'static str) -> Turn {
    Turn { side: Side::Customer, form: Form::Text, spanish, english, later: false, books: false }
}

/// A turn of the firm's staff.
pub(crate) const fn a(spanish: &'static str, english: &'static str) -> Turn {
    Turn { side: Side::Staff, form: Form::Text, spanish, english, later: false, books: false }
}

/// A WhatsApp template sent by the firm.
pub(crate) const fn template(name: &'static str) -> Turn {
    Turn { side: Side::Staff, form: Form::Template, spanish: name, english: name, later: true, books: false }
}

impl Turn {
    pub(crate) const fn form(mut self, form: Form) -> Self {
        self.form = form;
        self
    }

    pub(crate) const fn later(mut self) -> Self {
        self.later = true;
        self
    }

    pub(crate) const fn books(mut self) -> Self {
        self.books = true;
        self
    }

    /// The wording with this number (counted round and round) in this language,
    /// its gaps still open.
    pub(crate) fn wording(&self, language: Language, number: usize) -> &'static str {
        let text = match language {
            Language::Spanish => self.spanish,
            Language::English => self.english,
        };
        text.split('|').nth(number % text.split('|').count()).unwrap_or(text)
    }
}

/// What the gaps of a text are filled with, by gap.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words {
    words: Vec<(&'static str, String)>,
}

impl Words {
    /// Sets a word; what was there is replaced.
    pub(crate) fn set(&mut self, gap: &'static str, word: impl Into<String>) {
        self.words.retain(|(known, _)| *known != gap);
        self.words.push((gap, word.into()));
    }

    /// The word for a gap.
    pub(crate) fn get(&self, gap: &str) -> Option<&str> {
        self.words.iter().find(|(known, _)| *known == gap).map(|(_, word)| word.as_str())
    }

    /// Takes over all words of another list.
    pub(crate) fn extend(&mut self, other: &Self) {
        for (gap, word) in &other.words {
            self.set(gap, word.clone());
        }
    }

    /// The text with its gaps filled, and the Spanish articles that follow
    /// `de` and `a` drawn together with them (`del piso`). A gap without a word stays as it is,
    /// which a test refuses.
    pub(crate) fn fill(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len() + 32);
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let (gap, tail) = after.split_once('}').unwrap_or((after, ""));
            match self.get(gap) {
                Some(word) => filled.push_str(word),
                None => filled.extend(["{", gap, "}"]),
            }
            rest = tail;
        }
        filled.push_str(rest);
        filled.replace(" de el ", " del ").replace(" a el ", " al ")
    }
}

/// The gaps of a text, in order of appearance, each once.
pub(crate) fn gaps(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for piece in text.split('{').skip(1) {
        if let Some((gap, _)) = piece.split_once('}')
            && !found.contains(&gap)
        {
            found.push(gap);
        }
    }
    found
}

/// Euros as people write them: `23.990 €` or `€23,990`.
pub(crate) fn euros(amount: i64, language: Language) -> String {
    match language {
        Language::Spanish => format!("{} €", grouped(amount, '.')),
        Language::English => format!("€{}", grouped(amount, ',')),
    }
}

/// A whole number with its thousands set apart.
pub(crate) fn grouped(number: i64, mark: char) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(mark);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_gaps_read_as_people_write_them() {
        assert_eq!(euros(1_234_567, Language::Spanish), "1.234.567 €");
        assert_eq!(euros(990, Language::English), "€990");
        let mut words = Words::default();
        words.set("name", "Ana");
        assert_eq!(words.fill("Hola {name}, soy {agent}."), "Hola Ana, soy {agent}.");
        assert_eq!(gaps("{day} a las {time}, {day}"), ["day", "time"]);
    }
}
