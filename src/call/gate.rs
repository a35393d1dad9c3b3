//! The questions before a start: the person is 18 or older, also by the word of a provider where the server wants it,
//! accepts the rules, and sees their own picture before the first stranger does.

use super::{Call, Output, Problem, state::CallState};

impl Call {
    /// Starts, after the questions; `for_mirror` is whether the person wants a preview.
    pub(crate) fn begin(&mut self, for_mirror: bool, out: &mut Vec<Output>) {
        if !self.has_accepted_rules() {
            self.state = CallState::Gate { for_mirror };
            return;
        }
        if self.lacks_age_statement() {
            return self.stop(Some(Problem::AgeCheck), out);
        }
        // Nobody is shown to a stranger before they have seen once what a stranger sees.
        let for_mirror = for_mirror || !self.profile.consent.has_met;
        self.acquire_devices(for_mirror, out);
        if !for_mirror {
            // Connect while the person reads the question of the browser.
            self.session.open(self.now, out);
            // It may be waiting to connect again for a report.
            self.session.retry_now(self.now, out);
        }
    }

    /// The person is 18 or older and accepts the rules.
    pub(crate) fn accept_rules(&mut self, out: &mut Vec<Output>) {
        let CallState::Gate { for_mirror } = self.state else { return };
        self.rules.clone_into(&mut self.profile.consent.rules);
        self.profile.consent.under_age_since = None;
        self.save_profile(out);
        self.begin(for_mirror, out);
    }

    /// The person is under 18. They are not asked again today.
    pub(crate) fn say_under_age(&mut self, out: &mut Vec<Output>) {
        let CallState::Gate { .. } = self.state else { return };
        self.profile.consent.under_age_since = Some(self.profile.unix_seconds(self.now));
        self.save_profile(out);
        self.stop(Some(Problem::UnderAge), out);
    }

    /// The server has refused the statement about the person's age, or there was none. A call goes on, since it does
    /// not need the server; the next one is not looked for.
    pub(crate) fn on_age_required(&mut self, out: &mut Vec<Output>) {
        self.checks_age = true;
        self.profile.age.clear();
        self.save_profile(out);
        self.standing.set_aside();
        if !self.state.is_matched() {
            self.stop(Some(Problem::AgeCheck), out);
        }
    }

    /// Whether the server wants a statement about the person's age, and there is none.
    pub(crate) fn lacks_age_statement(&self) -> bool {
        self.checks_age && self.profile.age.is_empty()
    }

    /// Whether the person has accepted these rules.
    pub(crate) fn has_accepted_rules(&self) -> bool {
        self.profile.consent.rules == self.rules
    }
}
