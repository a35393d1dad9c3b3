//! [`Stage`]: the two ends by which the views hang on to the call; it must not know who holds the other ends.

use leptos::prelude::{Callback, ReadSignal};

use crate::call::{Intent, Snapshot};

/// What every view may see and say, given by context.
#[derive(Clone, Copy)]
pub struct Stage {
    /// What is the case.
    pub snapshot: ReadSignal<Snapshot>,
    /// Where a wish goes.
    pub intend: Callback<Intent>,
}
