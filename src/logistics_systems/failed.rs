//! Why a system did not do what it was asked to, and what people read of it. Nothing is quoted but codes.

use std::time::Duration;

use super::System;
use crate::jobs::JobError;

/// A system has not done what it was asked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// It may do it later.
    Later {
        /// What went wrong, of capital letters, digits and `_`.
        code: String,
        /// What it says of when.
        after: Option<Duration>,
        /// Whether the system itself is in trouble.
        is_outage: bool,
    },
    /// It does not want this vehicle; others are none of its business.
    Refused {
        /// Why, as it says.
        code: String,
    },
    /// Nothing works before somebody has looked at the connection.
    Stopped {
        /// Why.
        code: String,
    },
}

impl Failed {
    /// The system is in trouble.
    pub(super) fn outage(system: System, what: &str) -> Self {
        Self::Later { code: format!("{}_{what}", system.name()), after: None, is_outage: true }
    }

    /// It said something that cannot be understood; asking again may help.
    pub(super) fn malformed(system: System) -> Self {
        Self::Later { code: format!("{}_MALFORMED", system.name()), after: None, is_outage: false }
    }

    /// It has the order, and has not decided yet.
    pub(super) fn undecided(system: System) -> Self {
        let after = Some(Duration::from_secs(10));
        Self::Later { code: format!("{}_UNDECIDED", system.name()), after, is_outage: false }
    }

    /// Somebody has to look at the connection.
    pub(super) fn stopped(system: System, what: &str) -> Self {
        Self::Stopped { code: format!("{}_{what}", system.name()) }
    }

    /// Whether the system itself is in trouble.
    pub(super) fn is_outage(&self) -> bool {
        matches!(self, Self::Later { is_outage: true, .. })
    }
}

/// What became of the vehicles of one request that were not taken, or not taken back.
#[derive(Debug, Default)]
pub(super) struct Refusals(Vec<(System, String, String)>);

impl Refusals {
    pub(super) fn add(&mut self, system: System, vin: &str, code: String) {
        self.0.push((system, vin.to_owned(), code));
    }

    /// A sentence about all of them; none when there are none. `what` is what was wanted of the vehicles.
    pub(super) fn sentence(&mut self, what: &str) -> Option<String> {
        self.0.sort_by(|a, b| a.1.cmp(&b.1));
        let (system, vin, code) = self.0.first()?;
        let system = system.name();
        Some(match self.0.len() - 1 {
            0 => format!("{system} refused to {what} the vehicle {vin} ({code})."),
            1 => format!("{system} refused to {what} the vehicle {vin} ({code}); one more was refused."),
            more => format!("{system} refused to {what} the vehicle {vin} ({code}); {more} more were refused."),
        })
    }
}

/// What people read when nothing works before somebody has looked at the connection.
pub(super) fn stopped_sentence(code: &str) -> String {
    let system = code.split('_').next().unwrap_or_default();
    let what = match code.split_once('_').map_or("", |(_, what)| what) {
        "NOT_CONNECTED" => "is not connected",
        "UNAUTHORIZED" => "does not accept our signature: look at the key of its connection",
        "ADDRESS_REFUSED" => "has an address that may not be called",
        "CREDENTIALS" => "has a key that cannot be opened: set it again",
        _ => "is not where its connection says",
    };
    format!("{system} {what} ({code}).")
}

/// What people read when it was tried for a long time.
pub(super) fn given_up_sentence(code: &str) -> String {
    format!("It was tried again and again, without success ({code}). It can be tried once more.")
}

impl From<Failed> for JobError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Later { code, after, .. } => Self::Retry { code, after },
            Failed::Refused { code } | Failed::Stopped { code } => Self::dead(code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_in_one_sentence_that_names_the_first_vehicle() {
        let mut refusals = Refusals::default();
        assert_eq!(refusals.sentence("take"), None);
        refusals.add(System::Tms, "WBA2", "NO_ROUTE".into());
        let expected = "TMS refused to take the vehicle WBA2 (NO_ROUTE).";
        assert_eq!(refusals.sentence("take").as_deref(), Some(expected));
        refusals.add(System::Slc, "WBA1", "CLOSED".into());
        refusals.add(System::Tms, "WBA3", "NO_ROUTE".into());
        let expected = "SLC refused to cancel the vehicle WBA1 (CLOSED); 2 more were refused.";
        assert_eq!(refusals.sentence("cancel").as_deref(), Some(expected));
    }

    #[test]
    fn what_stops_everything_names_the_system() {
        assert_eq!(stopped_sentence("SLC_NOT_CONNECTED"), "SLC is not connected (SLC_NOT_CONNECTED).");
        assert!(stopped_sentence("TMS_UNAUTHORIZED").starts_with("TMS does not accept our signature"));
    }
}
