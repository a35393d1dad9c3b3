//! [`Topics`]: the interests and languages to look for, what the server requires of the next partner, and what the
//! current partner shares.

use crate::{
    call::{
        Preferences, Switch,
        deadline::{Deadline, DeadlineReason},
    },
    protocol::{Affinity, Interest, Language, Tastes},
    time::{Moment, seconds_left, until_next_second},
};

/// The texts that the page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicTexts {
    /// What the person likes to talk about, as written.
    pub written: String,
    /// The interests that the stranger shares.
    pub shared: String,
}

/// The kind of partner that the server is looking for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seeking {
    /// What a partner has to share at least.
    pub wants: Affinity,
    /// Seconds until the server requires less, rounded up.
    pub seconds: Option<u32>,
}

/// The interests and languages of this page, and their state in the search for a partner.
#[derive(Debug, Default)]
pub(crate) struct Topics {
    texts: TopicTexts,
    revision: u32,
    /// The languages that the person speaks.
    languages: Vec<Language>,
    /// What the server requires of a partner, and until when.
    seeking: Option<(Affinity, Option<Moment>)>,
    /// What the current partner shares.
    shared: Option<Affinity>,
}

impl Topics {
    /// The topics of a device that has stored this text, and of a person who speaks these languages.
    pub(crate) fn new(written: String, languages: Vec<Language>) -> Self {
        // An empty text is not shown: it would replace what the person types while the program is loading.
        let revision = u32::from(!written.is_empty());
        let texts = TopicTexts { written, shared: String::new() };
        Self { texts, languages, revision, ..Self::default() }
    }

    /// The texts to show; they change only when [`revision`](Self::revision) does.
    pub(crate) const fn texts(&self) -> &TopicTexts {
        &self.texts
    }

    /// Counts the changes of the texts.
    pub(crate) const fn revision(&self) -> u32 {
        self.revision
    }

    /// What the current partner shares.
    pub(crate) const fn shared(&self) -> Option<Affinity> {
        self.shared
    }

    /// What the server is told when this page joins the queue.
    pub(crate) fn tastes(&self, preferences: Preferences) -> Tastes {
        let languages = preferences.has(Switch::MyLanguages).then(|| self.languages.clone());
        Tastes { interests: Interest::all_in(&self.texts.written), languages: languages.unwrap_or_default() }
    }

    /// The languages that the person speaks.
    pub(crate) fn languages(&self) -> &[Language] {
        &self.languages
    }

    /// Takes over the languages that the person has chosen since.
    pub(crate) fn set_languages(&mut self, languages: Vec<Language>) {
        self.languages = languages;
    }

    /// Replaces what the person has written; `false` if it is the same.
    pub(crate) fn set_written(&mut self, written: String) -> bool {
        let is_new = self.texts.written != written;
        if is_new {
            self.texts.written = written;
            self.revision += 1;
        }
        is_new
    }

    /// The page has entered the queue.
    pub(crate) const fn on_waiting(&mut self) {
        self.seeking = None;
    }

    /// The server has said what it requires of a partner, and until when.
    pub(crate) const fn on_seeking(&mut self, wants: Affinity, until: Option<Moment>) {
        self.seeking = Some((wants, until));
    }

    /// The server has found a partner who shares this.
    pub(crate) fn on_matched(&mut self, shared: &Tastes) {
        self.shared = match (shared.interests.is_empty(), shared.languages.is_empty()) {
            (false, _) => Some(Affinity::Interest),
            (true, false) => Some(Affinity::Language),
            (true, true) => None,
        };
        let names: Vec<_> = shared.interests.iter().map(AsRef::as_ref).collect();
        self.texts.shared = names.join(", ");
        self.revision += 1;
    }

    /// What the server requires of a partner, as the page shows it.
    pub(crate) fn seeking(&self, now: Moment) -> Option<Seeking> {
        let (wants, until) = self.seeking?;
        Some(Seeking { wants, seconds: until.and_then(|it| seconds_left(it - now)) })
    }

    /// When the page has to show another number of seconds.
    pub(crate) fn deadline(&self, now: Moment) -> Option<Deadline> {
        let (_, until) = self.seeking?;
        until_next_second(until? - now).map(|it| (now + it, DeadlineReason::Countdown))
    }
}
