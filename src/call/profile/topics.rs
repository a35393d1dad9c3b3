//! What the person would like to have in common with a stranger, whom the server looks for, and what was found; it must not
//! know who else waits.

use crate::{
    call::{Call, Output, Preferences, State, Switch},
    protocol::{Affinity, Interest, Language, Tastes},
    time::{Moment, seconds_left, until_next_second},
};

/// What is shown of it in the person's own words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicTexts {
    /// What the person likes to talk about, as it was written.
    pub written: String,
    /// What of it the stranger likes too.
    pub shared: String,
}

/// Whom the server looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seeking {
    /// What a stranger has to share at least.
    pub wants: Affinity,
    /// Seconds after which less is enough, rounded up.
    pub seconds: Option<u32>,
}

/// The interests and languages of this page, and what comes of them.
#[derive(Debug, Default)]
pub(crate) struct Topics {
    texts: TopicTexts,
    revision: u32,
    /// Of the browser.
    languages: Vec<Language>,
    /// Whom the server looks for, and until when.
    seeking: Option<(Affinity, Option<Moment>)>,
    shared: Option<Affinity>,
}

impl Topics {
    /// Those of a device that remembers this text, with a browser in these languages.
    pub(crate) fn recalled(written: String, languages: Vec<Language>) -> Self {
        // Nothing is not shown: it would replace what is being written while the program is on its way.
        let revision = u32::from(!written.is_empty());
        let texts = TopicTexts { written, shared: String::new() };
        Self { texts, languages, revision, ..Self::default() }
    }

    /// What is shown in words; changes when [`revision`](Self::revision) does.
    pub(crate) const fn texts(&self) -> &TopicTexts {
        &self.texts
    }

    /// Counts the changes of the texts.
    pub(crate) const fn revision(&self) -> u32 {
        self.revision
    }

    /// What the two have in common.
    pub(crate) const fn shared(&self) -> Option<Affinity> {
        self.shared
    }

    /// What the server is told.
    pub(crate) fn tastes(&self, preferences: Preferences) -> Tastes {
        let languages = preferences.has(Switch::MyLanguages).then(|| self.languages.clone());
        Tastes { interests: Interest::all_in(&self.texts.written), languages: languages.unwrap_or_default() }
    }

    /// The person writes something else; `false` if it is the same.
    pub(crate) fn write(&mut self, written: String) -> bool {
        let is_new = self.texts.written != written;
        if is_new {
            self.texts.written = written;
            self.revision += 1;
        }
        is_new
    }

    /// This page waits from now on.
    pub(crate) const fn waits(&mut self) {
        self.seeking = None;
    }

    /// The server says whom it looks for, and for how long.
    pub(crate) const fn seeks(&mut self, wants: Affinity, until: Option<Moment>) {
        self.seeking = Some((wants, until));
    }

    /// Somebody was found, with whom this is shared.
    pub(crate) fn found(&mut self, shared: &Tastes) {
        self.shared = match (shared.interests.is_empty(), shared.languages.is_empty()) {
            (false, _) => Some(Affinity::Interest),
            (true, false) => Some(Affinity::Language),
            (true, true) => None,
        };
        let names: Vec<_> = shared.interests.iter().map(AsRef::as_ref).collect();
        self.texts.shared = names.join(", ");
        self.revision += 1;
    }

    /// Whom the server looks for, as people see it.
    pub(crate) fn seeking(&self, now: Moment) -> Option<Seeking> {
        let (wants, until) = self.seeking?;
        Some(Seeking { wants, seconds: until.and_then(|it| seconds_left(it - now)) })
    }

    /// When another number of seconds is to be seen.
    pub(crate) fn deadline(&self, now: Moment) -> Option<Moment> {
        let (_, until) = self.seeking?;
        until_next_second(until? - now).map(|it| now + it)
    }
}

impl Call {
    /// What is shown of topics in words; changes when [`Snapshot::topics`](crate::call::Snapshot::topics) does.
    pub fn topics(&self) -> TopicTexts {
        self.topics.texts().clone()
    }

    /// The person likes to talk about something else.
    pub(crate) fn talk_about(&mut self, written: String, out: &mut Vec<Output>) {
        if self.topics.write(written) {
            self.remember(out);
            self.join_anew_if_changed(out);
        }
    }

    /// Whom the server looks for, while this page waits.
    pub(crate) fn seeking(&self) -> Option<Seeking> {
        match self.state {
            State::Waiting { .. } => self.topics.seeking(self.now),
            State::Landing(_)
            | State::Asking(_)
            | State::Mirror
            | State::Ready { .. }
            | State::Meeting(_)
            | State::Ended { .. } => None,
        }
    }
}
