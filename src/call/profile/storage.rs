//! What this device keeps from one visit to the next, and for all its pages; it must not know where.

use std::mem;

use crate::call::{Call, Output, Preferences, StoredProfile, Switch};

impl Call {
    /// Keeps what there is to keep.
    pub(crate) fn remember(&self, out: &mut Vec<Output>) {
        out.push(Output::SaveProfile(self.kept()));
    }

    /// What this device keeps for the next visit.
    pub(crate) fn kept(&self) -> StoredProfile {
        let (chosen, topics) = (self.devices.chosen().clone(), self.topics.texts().written.clone());
        let (preferences, acquaintances) = (self.preferences, self.acquaintances.clone());
        StoredProfile { preferences, chosen, topics, acquaintances }
    }

    /// Another page has kept this. It is this page's too: else the next thing kept here would undo it, and who was blocked
    /// there would be met here.
    ///
    /// Nothing is kept for that: two pages that answered each other would never come to an end.
    pub(crate) fn recalled(&mut self, kept: StoredProfile, out: &mut Vec<Output>) {
        let StoredProfile { preferences, chosen, topics, acquaintances } = kept;
        let before = mem::replace(&mut self.preferences, preferences);
        let is_changed = |switch| before.has(switch) != preferences.has(switch);
        self.devices.apply_stored(chosen, preferences.has(Switch::PushToTalk));
        self.topics.write(topics);
        self.acquaintances = acquaintances;
        self.say_blocked(out);
        self.preferred(out);
        if is_changed(Switch::PushToTalk) {
            self.sending_changed(out);
        }
        if is_changed(Switch::Blur) {
            out.push(Output::Blur(preferences.has(Switch::Blur)));
        }
    }

    /// Everything is as on the first visit.
    pub(crate) fn forget(&mut self, out: &mut Vec<Output>) {
        self.devices.forget_choices();
        self.topics.write(String::new());
        self.forget_acquaintances(out);
        self.prefer(Preferences::default(), out);
        self.sending_changed(out);
        out.extend([Output::Blur(false), Output::EraseProfile]);
    }
}
