//! [`StoredProfile`]: everything that the browser stores from one visit to the next.

use super::devices::ChosenDevices;
use crate::{
    call::{Consent, PastPartners, Preferences, StoredReports},
    protocol::Language,
};

/// What the browser stores for all pages of this site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredProfile {
    /// What the person has said before their first call.
    pub consent: Consent,
    /// The statement of an age check provider about the person; empty without one.
    pub age: String,
    /// The switches, and the corner of the own picture.
    pub preferences: Preferences,
    /// The devices that the person has chosen.
    pub chosen: ChosenDevices,
    /// The topics that the person likes to talk about, as typed.
    pub topics: String,
    /// The languages that the person speaks: the chosen ones, or else those of the browser. The document stores them,
    /// so that saving a profile does not change them.
    pub languages: Vec<Language>,
    /// The partners that this device has met or blocked.
    pub acquaintances: PastPartners,
    /// The past matches that can be reported, and the reports that the server has not answered.
    pub reports: StoredReports,
}

impl StoredProfile {
    /// Takes the statement about the person's age with which a provider has led back to this page, unless there is
    /// one: a link that somebody sends must not replace a valid one. One that the server has refused is gone. Returns
    /// whether it was taken.
    pub fn take_age_statement(&mut self, statement: Option<String>) -> bool {
        let is_taken = self.age.is_empty() && statement.is_some();
        if let Some(statement) = statement.filter(|_| is_taken) {
            self.age = statement;
        }
        is_taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_about_the_age_does_not_replace_another_one() {
        let mut stored = StoredProfile::default();
        assert!(!stored.take_age_statement(None));
        assert!(stored.take_age_statement(Some("first".into())));
        assert!(!stored.take_age_statement(Some("second".into())));
        assert_eq!(stored.age, "first");
    }
}
