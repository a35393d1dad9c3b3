//! [`Stage`]: the two ends by which the views hang on to the call; it must not know who holds the other ends.

use leptos::prelude::{Callback, ReadSignal, signal};

use crate::call::{ChatLine, Intent, Menus, Sample, Snapshot, TopicTexts};

/// What every view may see and say, given by context.
#[derive(Clone, Copy)]
pub struct Stage {
    /// What is the case.
    pub snapshot: ReadSignal<Snapshot>,
    /// What the two have written, the oldest first.
    pub lines: ReadSignal<Vec<ChatLine>>,
    /// The devices to choose from.
    pub menus: ReadSignal<Menus>,
    /// What the person likes to talk about, and what of it the stranger does too.
    pub topics: ReadSignal<TopicTexts>,
    /// The last minute of the call, second by second.
    pub samples: ReadSignal<Vec<Sample>>,
    /// Where a wish goes.
    pub intend: Callback<Intent>,
}

impl Stage {
    /// One on which nothing moves, as the server writes it.
    pub fn still(snapshot: Snapshot) -> Self {
        Self {
            snapshot: signal(snapshot).0,
            lines: signal(Vec::new()).0,
            menus: signal(Menus::default()).0,
            topics: signal(TopicTexts::default()).0,
            samples: signal(Vec::new()).0,
            intend: Callback::new(|_| ()),
        }
    }
}
