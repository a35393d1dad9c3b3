//! What of a profile is stored on the device, for later visits and for the other pages of this browser.

use super::Profile;
use crate::call::{ChosenDevices, Output, StoredProfile};

impl Profile {
    /// Stores the profile, together with the devices that the person has chosen.
    pub(crate) fn save(&self, chosen: &ChosenDevices, out: &mut Vec<Output>) {
        out.push(Output::SaveProfile(self.stored(chosen)));
    }

    /// What is stored for the next visit.
    pub(crate) fn stored(&self, chosen: &ChosenDevices) -> StoredProfile {
        StoredProfile {
            consent: self.consent.clone(),
            age: self.age.clone(),
            preferences: self.preferences,
            chosen: chosen.clone(),
            topics: self.topics.texts().written.clone(),
            languages: self.topics.languages().to_vec(),
            acquaintances: self.past_partners.clone(),
            reports: self.reports.clone(),
        }
    }

    /// Takes over a profile that another page has stored, and returns the devices in it.
    ///
    /// With its old profile, this page would overwrite the new one at the next change, and lose the pairs that were
    /// blocked there. The caller must not save the profile again: two pages would answer each other for ever.
    pub(crate) fn apply_stored(&mut self, stored: StoredProfile) -> ChosenDevices {
        let StoredProfile { consent, age, preferences, chosen, topics, languages, acquaintances, reports } =
            stored;
        self.consent = consent;
        self.age = age;
        self.preferences = preferences;
        self.topics.set_written(topics);
        self.topics.set_languages(languages);
        self.past_partners = acquaintances;
        self.reports = reports;
        chosen
    }

    /// Resets everything to what a first visit has.
    pub(crate) fn forget(&mut self) {
        self.apply_stored(StoredProfile::default());
    }
}
