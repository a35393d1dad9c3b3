//! What views get from the Leptos context: [`PageContext`], to read the call and to send intents to it, and [`Home`].

use leptos::prelude::{Callback, ReadSignal, signal};

use crate::call::{ChatLine, Intent, Menus, Sample, Snapshot, TopicTexts};

/// The signals that the views read, and the callback for what the person wants.
#[derive(Clone, Copy, Debug)]
pub struct PageContext {
    /// The state of the call.
    pub snapshot: ReadSignal<Snapshot>,
    /// The lines of the chat, the oldest first.
    pub lines: ReadSignal<Vec<ChatLine>>,
    /// The devices to choose from.
    pub menus: ReadSignal<Menus>,
    /// The topics of this person, and those that the stranger shares.
    pub topics: ReadSignal<TopicTexts>,
    /// The last minute of the call, one sample a second.
    pub samples: ReadSignal<Vec<Sample>>,
    /// Sends an intent to the call.
    pub send_intent: Callback<Intent>,
}

/// The public origin of the site: the address at which the page works. Empty if the page does not know it.
#[derive(Clone, Debug, Default)]
pub struct Home(pub String);

/// Parts of the page as HTML. Only the server renders them: the browser half keeps what it finds, so that the program
/// of the first page need not contain them. Empty in the browser.
#[derive(Clone, Debug, Default)]
pub struct StaticParts {
    /// The links to the plain pages.
    pub links: String,
    /// [`SafetyContent`](super::SafetyContent).
    pub safety: String,
    /// The reasons in it.
    pub reasons: String,
    /// The languages to choose from in the settings.
    pub spoken: String,
}

/// What the page shows of reports and sanctions besides the snapshot: codes, and times in its language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SafetyTexts {
    /// The code with which the person can ask what came of the last report; empty without one.
    pub outcome: String,
    /// The code with which the person can appeal; empty without one.
    pub appeal: String,
    /// The date and time when the sanction ends.
    pub until: String,
    /// When the past calls began and how long they took, in the order of the snapshot
    /// ([`past_text`](super::past_text)).
    pub past: [String; 3],
}

impl PageContext {
    /// A context that never changes and ignores intents. The server renders pages with it.
    pub fn fixed(snapshot: Snapshot) -> Self {
        Self {
            snapshot: signal(snapshot).0,
            lines: signal(Vec::new()).0,
            menus: signal(Menus::default()).0,
            topics: signal(TopicTexts::default()).0,
            samples: signal(Vec::new()).0,
            send_intent: Callback::new(|_| ()),
        }
    }
}
