//! Towns and streets of the coast between Valencia and Alicante.

use super::rng::Rng;

/// A town with the middle of its map.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Town {
    pub(crate) name: &'static str,
    pub(crate) postcode: &'static str,
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
    /// How dear a square metre is there, in euros.
    pub(crate) square_metre: i64,
    /// By the sea: villas and views are sold here.
    pub(crate) seaside: bool,
}

const fn town(
    name: &'static str,
    postcode: &'static str,
    (latitude, longitude): (f64, f64),
    square_metre: i64,
    seaside: bool,
) -> Town {
    Town { name, postcode, latitude, longitude, square_metre, seaside }
}

/// The towns customers live in and homes are sold in.
pub(crate) const TOWNS: &[Town] = &[
    town("Valencia", "46005", (39.4653, -0.3687), 2_650, false),
    town("Gandia", "46701", (38.9680, -0.1840), 1_550, true),
    town("Oliva", "46780", (38.9197, -0.1190), 1_600, true),
    town("Dénia", "03700", (38.8408, 0.1057), 2_350, true),
    town("Jávea", "03730", (38.7890, 0.1660), 2_900, true),
    town("Moraira", "03724", (38.6883, 0.1340), 3_200, true),
    town("Calpe", "03710", (38.6447, 0.0445), 2_500, true),
    town("Altea", "03590", (38.5989, -0.0514), 2_700, true),
    town("Benidorm", "03501", (38.5411, -0.1225), 2_400, true),
    town("Villajoyosa", "03570", (38.5075, -0.2335), 2_100, true),
    town("Pedreguer", "03750", (38.7930, 0.0340), 1_350, false),
    town("Ondara", "03760", (38.8280, 0.0180), 1_250, false),
    town("Xàtiva", "46800", (38.9904, -0.5184), 1_050, false),
    town("Alicante", "03002", (38.3452, -0.4810), 2_150, true),
    town("Paterna", "46980", (39.5028, -0.4406), 1_800, false),
    town("Torrent", "46900", (39.4371, -0.4655), 1_500, false),
];

#[rustfmt::skip]
const STREETS: &[&str] = &[
    "Calle Mayor", "Calle San Vicente", "Avenida del Mar", "Calle Colón",
    "Avenida de la Constitución", "Calle de la Paz", "Calle del Pintor Sorolla",
    "Avenida Juan Carlos I", "Calle Sant Josep", "Camí de la Fontana", "Calle Cervantes",
    "Calle La Nau", "Avenida de Valencia", "Calle Jaime I", "Carrer del Calvari",
    "Calle del Pinar", "Avenida Rei En Jaume", "Calle Blasco Ibáñez", "Plaza de la Iglesia",
    "Calle Ramón y Cajal", "Passeig de la Mar", "Calle Maestro Serrano", "Calle Doctor Fleming",
    "Camino Viejo de Gandia", "Calle Virgen de los Desamparados",
];

/// Street and number.
pub(crate) fn street(rng: &mut Rng) -> String {
    format!("{} {}", rng.pick(STREETS), rng.between(1, 140))
}

/// A whole postal address of a private person.
pub(crate) fn address(rng: &mut Rng) -> String {
    let town = rng.pick(TOWNS);
    let door = match rng.below(3) {
        0 => String::new(),
        1 => format!(", {}º {}ª", rng.between(1, 8), rng.between(1, 4)),
        _ => format!(", piso {} puerta {}", rng.between(1, 6), rng.between(1, 24)),
    };
    format!("{}{door}, {} {}", street(rng), town.postcode, town.name)
}
