//! The car models that the demo dealership trades, with the code of the plant
//! that really builds them (WMI), so that a VIN decoder names the same make.

// The values of `vehicles.fuel_type` that are sold here.
pub(crate) const GASOLINE: &str = "GASOLINE";
pub(crate) const DIESEL: &str = "DIESEL";
pub(crate) const HYBRID: &str = "HYBRID";
pub(crate) const PLUG_IN: &str = "PLUG_IN_HYBRID";
pub(crate) const ELECTRIC: &str = "ELECTRIC";
pub(crate) const LPG: &str = "LPG";

/// One model and the versions of it that are on the used market.
#[derive(Debug)]
pub(crate) struct Model {
    /// World manufacturer identifier, the first three characters of the VIN.
    pub(crate) maker: &'static str,
    pub(crate) make: &'static str,
    pub(crate) model: &'static str,
    /// Characters 4 to 8 of the VIN.
    pub(crate) description: &'static str,
    pub(crate) plant: char,
    /// First model year of this generation.
    pub(crate) since: i32,
    pub(crate) versions: &'static [Version],
}

/// A version: name, fuel, transmission, price when new in euros.
#[derive(Debug)]
pub(crate) struct Version(pub(crate) &'static str, pub(crate) &'static str, pub(crate) Gearbox, pub(crate) i64);

/// How a version changes gears.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Gearbox {
    M,
    A,
    C,
}

impl Gearbox {
    /// The value of `vehicles.transmission`.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::M => "MANUAL",
            Self::A => "AUTOMATIC",
            Self::C => "CVT",
        }
    }
}

use Gearbox::{A, C, M};

macro_rules! models {
    ($( $maker:literal $make:literal $model:literal $vds:literal $plant:literal $since:literal
        [ $( $name:literal $fuel:ident $gearbox:ident $price:literal ),* $(,)? ] )*) => {
        &[$( Model {
            maker: $maker, make: $make, model: $model, description: $vds, plant: $plant, since: $since,
            versions: &[$( Version($name, $fuel, $gearbox, $price) ),*],
        } ),*]
    };
}

/// Every model; those that sell best in Spain appear with more versions.
pub(crate) const MODELS: &[Model] = models! {
    "VSS" "SEAT" "Ibiza" "KJ1ZZ" 'R' 2018
        ["1.0 TSI 95 CV Style" GASOLINE M 19_900, "1.0 TSI 115 CV FR" GASOLINE M 22_400, "1.0 TSI 115 CV DSG FR" GASOLINE A 24_300]
    "VSS" "SEAT" "León" "KL1ZZ" 'R' 2020
        ["1.5 TSI 130 CV Style" GASOLINE M 26_900, "2.0 TDI 150 CV DSG FR" DIESEL A 33_800, "1.4 e-Hybrid 204 CV FR" PLUG_IN A 37_900]
    "VSS" "SEAT" "Arona" "KJ7ZZ" 'R' 2018
        ["1.0 TSI 95 CV Reference" GASOLINE M 21_300, "1.0 TSI 115 CV DSG Xperience" GASOLINE A 26_700]
    "VSS" "CUPRA" "Formentor" "KM7ZZ" 'R' 2021
        ["1.5 TSI 150 CV DSG" GASOLINE A 36_200, "1.4 e-Hybrid 245 CV VZ" PLUG_IN A 46_500]
    "VSS" "CUPRA" "Born" "K1ZZZ" 'P' 2022
        ["58 kWh 204 CV" ELECTRIC A 41_900, "77 kWh 231 CV" ELECTRIC A 47_600]
    "WVW" "Volkswagen" "Golf" "CD1ZZ" 'W' 2020
        ["1.5 TSI 130 CV Life" GASOLINE M 31_200, "2.0 TDI 150 CV DSG R-Line" DIESEL A 38_900, "1.5 eTSI 150 CV DSG Style" HYBRID A 36_400]
    "WVW" "Volkswagen" "Polo" "AW1ZZ" 'Y' 2018
        ["1.0 TSI 95 CV Advance" GASOLINE M 22_500]
    "WVG" "Volkswagen" "Tiguan" "5N1ZZ" 'W' 2017
        ["2.0 TDI 150 CV DSG Life" DIESEL A 40_300, "1.5 TSI 150 CV Life" GASOLINE M 36_100]
    "WVW" "Volkswagen" "ID.3" "E1ZZZ" 'P' 2021
        ["Pro Performance 58 kWh 204 CV" ELECTRIC A 42_700]
    "TMB" "Škoda" "Octavia" "NX1ZZ" 'B' 2020
        ["2.0 TDI 150 CV DSG Style" DIESEL A 34_900, "1.5 TSI 150 CV Ambition Combi" GASOLINE M 29_800]
    "TMB" "Škoda" "Kamiq" "NW1ZZ" 'B' 2020
        ["1.0 TSI 110 CV Ambition" GASOLINE M 24_100]
    "WAU" "Audi" "A3 Sportback" "GY1ZZ" 'A' 2020
        ["35 TFSI S tronic S line" GASOLINE A 38_700, "35 TDI S tronic Advanced" DIESEL A 39_900]
    "WAU" "Audi" "Q3" "F31ZZ" 'A' 2019
        ["35 TDI S tronic Black line" DIESEL A 47_200]
    "WBA" "BMW" "Serie 1" "7K310" 'V' 2020
        ["118i Pack M" GASOLINE A 38_400, "118d" DIESEL A 39_100]
    "WBA" "BMW" "X1" "XE510" '3' 2020
        ["sDrive18d Pack M" DIESEL A 46_300, "xDrive25e" PLUG_IN A 51_900]
    "W1K" "Mercedes-Benz" "Clase A" "3F8BB" 'N' 2019
        ["A 180 d AMG Line" DIESEL A 41_800, "A 250 e" PLUG_IN A 44_600]
    "W1N" "Mercedes-Benz" "GLA" "4M8BB" 'J' 2020
        ["GLA 200 d Progressive" DIESEL A 47_900]
    "VF1" "Renault" "Clio" "RJA00" '6' 2020
        ["TCe 90 CV Evolution" GASOLINE M 19_200, "E-Tech 145 CV Techno" HYBRID A 24_600, "TCe 100 CV GLP Zen" LPG M 18_900]
    "VF1" "Renault" "Captur" "RJB00" '6' 2020
        ["TCe 140 CV EDC Techno" GASOLINE A 27_400, "E-Tech 145 CV Engineered" HYBRID A 29_900]
    "VF1" "Renault" "Mégane E-Tech" "RCB00" '2' 2022
        ["EV60 220 CV Techno" ELECTRIC A 42_100]
    "VF1" "Renault" "Austral" "RHN00" '7' 2023
        ["E-Tech 200 CV Esprit Alpine" HYBRID A 41_500]
    "UU1" "Dacia" "Sandero" "DJF00" '6' 2021
        ["Stepway ECO-G 100 CV Expression" LPG M 16_800, "TCe 90 CV Essential" GASOLINE M 14_300]
    "UU1" "Dacia" "Duster" "HJD00" '6' 2018
        ["ECO-G 100 CV Extreme" LPG M 20_900, "Blue dCi 115 CV 4x4 Prestige" DIESEL M 23_700]
    "VF3" "Peugeot" "3008" "MCYHZ" 'S' 2017
        ["BlueHDi 130 CV EAT8 Allure" DIESEL A 37_200, "Hybrid 225 CV e-EAT8 GT" PLUG_IN A 45_800]
    "VR3" "Peugeot" "208" "UPHNE" 'K' 2020
        ["PureTech 100 CV Allure" GASOLINE M 21_700, "e-208 136 CV Active" ELECTRIC A 33_900]
    "VR3" "Peugeot" "2008" "USHNK" 'J' 2020
        ["PureTech 130 CV EAT8 GT" GASOLINE A 30_200]
    "VR7" "Citroën" "C4" "BAHNS" 'V' 2021
        ["PureTech 130 CV Shine" GASOLINE M 26_300, "ë-C4 136 CV Shine" ELECTRIC A 37_800]
    "VR7" "Citroën" "Berlingo" "ECYHY" 'J' 2019
        ["BlueHDi 100 CV Talla M" DIESEL M 26_900]
    "VXK" "Opel" "Corsa" "UPHNE" 'W' 2020
        ["1.2 T 100 CV GS Line" GASOLINE M 21_400]
    "WF0" "Ford" "Puma" "JXXGA" 'K' 2020
        ["1.0 EcoBoost MHEV 125 CV ST-Line" HYBRID M 27_300]
    "WF0" "Ford" "Kuga" "FXXWP" 'L' 2020
        ["2.5 PHEV 225 CV ST-Line" PLUG_IN C 43_200, "1.5 EcoBlue 120 CV Titanium" DIESEL A 34_400]
    "WF0" "Ford" "Focus" "NXXGC" 'H' 2019
        ["1.0 EcoBoost MHEV 125 CV Trend+" HYBRID M 26_700]
    "VNK" "Toyota" "Yaris" "KBAC3" 'A' 2021
        ["120H Style" HYBRID C 24_900]
    "SB1" "Toyota" "Corolla" "K53BE" 'E' 2019
        ["125H Active Tech" HYBRID C 28_700, "180H GR Sport Touring" HYBRID C 33_900]
    "NMT" "Toyota" "C-HR" "KHMBX" 'R' 2017
        ["180H Advance" HYBRID C 34_600]
    "JTM" "Toyota" "RAV4" "RWRFV" 'D' 2019
        ["220H Advance" HYBRID C 41_200]
    "TMA" "Hyundai" "Tucson" "JB81E" 'J' 2021
        ["1.6 TGDI HEV 230 CV Tecno" HYBRID A 38_300, "1.6 CRDi 136 CV N Line" DIESEL A 36_700]
    "KMH" "Hyundai" "Kona" "K381H" 'U' 2019
        ["EV 64 kWh 204 CV Tecno" ELECTRIC A 42_900]
    "NLH" "Hyundai" "i20" "BM51B" 'Z' 2021
        ["1.2 MPI 84 CV Klass" GASOLINE M 18_600]
    "U5Y" "Kia" "Sportage" "PV81G" 'L' 2022
        ["1.6 T-GDi HEV 230 CV Tech" HYBRID A 38_900, "1.6 CRDi 115 CV Drive" DIESEL M 32_400]
    "KNA" "Kia" "Niro" "CR81L" '5' 2019
        ["1.6 HEV 141 CV Drive" HYBRID A 31_400]
    "SJN" "Nissan" "Qashqai" "TAAJ1" 'U' 2021
        ["1.3 DIG-T MHEV 140 CV N-Connecta" HYBRID M 33_100, "e-Power 190 CV Tekna" HYBRID A 40_200]
    "JMZ" "Mazda" "CX-30" "DMAW7" '1' 2020
        ["2.0 e-Skyactiv G 122 CV Zenith" GASOLINE M 31_600]
    "YV1" "Volvo" "XC40" "XZK5V" '2' 2019
        ["T4 Recharge Plus" PLUG_IN A 49_700]
    "ZFA" "Fiat" "500" "31200" 'J' 2016
        ["1.0 Hybrid 70 CV Dolcevita" HYBRID M 18_300]
    "WMW" "MINI" "Cooper" "XR310" '2' 2018
        ["Cooper 136 CV" GASOLINE A 28_900]
    "LSJ" "MG" "ZS" "W74U9" 'Z' 2021
        ["1.5 VTi-tech 106 CV Comfort" GASOLINE M 18_400]
    "LSJ" "MG" "MG4" "WH409" 'N' 2023
        ["51 kWh 170 CV Standard" ELECTRIC A 29_900]
    "LRW" "Tesla" "Model 3" "3F7EK" 'C' 2021
        ["RWD" ELECTRIC A 41_900, "Long Range AWD" ELECTRIC A 51_900]
    "XP7" "Tesla" "Model Y" "YGCEK" 'B' 2022
        ["Long Range AWD" ELECTRIC A 55_900]
    "TSM" "Suzuki" "Vitara" "LYDA1" 'S' 2019
        ["1.4 Mild Hybrid 129 CV S3" HYBRID M 27_200]
};

/// Colours as they stand in the papers, most frequent first.
#[rustfmt::skip]
pub(crate) const COLORS: &[(u32, &str)] = &[
    (24, "Blanco"), (18, "Gris"), (16, "Negro"), (11, "Azul"), (10, "Plata"), (8, "Rojo"),
    (4, "Verde"), (3, "Beige"), (2, "Naranja"), (2, "Marrón"), (2, "Amarillo"),
];

/// Equipment, from what every car has to what few have.
#[rustfmt::skip]
pub(crate) const FEATURES: &[&str] = &[
    "Bluetooth", "Climatizador bizona", "Sensores de aparcamiento",
    "Android Auto / Apple CarPlay", "Control de crucero", "Faros LED", "Cámara de visión trasera",
    "Navegador", "Llantas de aleación 17\"", "Control de crucero adaptativo",
    "Asientos calefactables", "Acceso y arranque sin llave", "Techo panorámico",
    "Portón eléctrico", "Head-up display", "Tapicería de cuero", "Bola de remolque",
    "Sonido Harman Kardon",
];

/// Motor types of the catalogue: code, fuel of the vehicles that carry it,
/// name in Spanish, name in English.
pub(crate) const ENGINES: &[(&str, &str, &str, &str)] = &[
    ("GAS", GASOLINE, "Gasolina", "Petrol"),
    ("DSL", DIESEL, "Diésel", "Diesel"),
    ("HEV", HYBRID, "Híbrido", "Hybrid"),
    ("PHEV", PLUG_IN, "Híbrido enchufable", "Plug-in hybrid"),
    ("BEV", ELECTRIC, "Eléctrico", "Electric"),
    ("GLP", LPG, "Gas licuado (GLP)", "Liquefied petroleum gas"),
    ("GNC", "CNG", "Gas natural comprimido", "Compressed natural gas"),
    ("FCEV", "HYDROGEN", "Pila de combustible", "Hydrogen fuel cell"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_description_fits_into_a_vin() {
        for model in MODELS {
            let code = format!("{}{}{}", model.maker, model.description, model.plant);
            assert_eq!(code.len(), 9, "{} {}", model.make, model.model);
            let legal =
                |letter: char| letter.is_ascii_digit() || (letter.is_ascii_uppercase() && !"IOQ".contains(letter));
            assert!(code.chars().all(legal), "{} {}", model.make, model.model);
            for version in model.versions {
                assert!(ENGINES.iter().any(|engine| engine.1 == version.1), "{}", version.0);
            }
        }
    }
}
