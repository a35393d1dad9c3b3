//! [`Consent`]: what a person has said before their first call, and whether they have had one.

use std::time::Duration;

use crate::protocol::limits::MAX_RULES_VERSION_BYTES;

/// How long this device remembers that its person is under 18.
const UNDER_AGE_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// The names of the fields as text.
const RULES: &str = "rules:";
const UNDER_AGE: &str = "under-age:";
const MET: &str = "met";
const WARNING: &str = "warning:";

/// The answers, as this device stores them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consent {
    /// The version of the rules that the person has accepted, with which they have said that they are 18 or older;
    /// empty before.
    pub rules: String,
    /// When the person said that they are under 18, in seconds since the Unix epoch.
    pub under_age_since: Option<u64>,
    /// Whether the person has ever been connected with somebody.
    pub has_met: bool,
    /// The end of the last warning that the person has read, in seconds since the Unix epoch. A later one ends later.
    pub read_warning: Option<u64>,
}

impl Consent {
    /// Whether the person has said within the last 24 hours that they are under 18; `now` is in Unix seconds. A date in
    /// the future comes from a clock that ran ahead.
    pub(crate) fn is_under_age(&self, now: u64) -> bool {
        self.under_age_since.is_some_and(|since| now.saturating_sub(since) < UNDER_AGE_FOR.as_secs())
    }

    /// As text, for storage: the fields that differ from the default, separated by spaces.
    pub fn to_text(&self) -> String {
        let is_storable = !self.rules.is_empty() && self.rules.len() <= MAX_RULES_VERSION_BYTES;
        let rules = is_storable.then(|| [RULES, &self.rules].concat());
        let under_age = self.under_age_since.map(|it| [UNDER_AGE, &it.to_string()].concat());
        let met = self.has_met.then(|| MET.to_owned());
        let warning = self.read_warning.map(|it| [WARNING, &it.to_string()].concat());
        [rules, under_age, met, warning].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// Parses such a text and ignores what it does not know.
    pub fn from_text(text: &str) -> Self {
        let mut it = Self::default();
        for word in text.split(' ') {
            if let Some(version) = word.strip_prefix(RULES) {
                version.clone_into(&mut it.rules);
            } else if let Some(since) = word.strip_prefix(UNDER_AGE) {
                it.under_age_since = since.parse().ok();
            } else if let Some(until) = word.strip_prefix(WARNING) {
                it.read_warning = until.parse().ok();
            } else if word == MET {
                it.has_met = true;
            }
        }
        it
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips_and_ignores_unknown_words() {
        for rules in ["", "1", "2026-11"] {
            for under_age_since in [None, Some(0), Some(1_764_000_000)] {
                for (has_met, read_warning) in [(false, None), (true, None), (true, Some(1_764_000_000))] {
                    let it = Consent { rules: rules.into(), under_age_since, has_met, read_warning };
                    assert_eq!(Consent::from_text(&it.to_text()), it);
                }
            }
        }
        assert_eq!(Consent::default().to_text(), "");
        let read = Consent::from_text("later:3 rules:7 met under-age:x warning:");
        assert_eq!(read, Consent { rules: "7".into(), has_met: true, ..Consent::default() });
    }

    #[test]
    fn being_under_age_is_remembered_for_a_day() {
        let day = 24 * 60 * 60;
        let it = Consent { under_age_since: Some(1_000), ..Consent::default() };
        for (now, expected) in [(0, true), (1_000, true), (999 + day, true), (1_000 + day, false)] {
            assert_eq!(it.is_under_age(now), expected, "{now}");
        }
        assert!(!Consent::default().is_under_age(0));
    }
}
