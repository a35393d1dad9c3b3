//! The words in which the model and a history speak of each other; it must not know either.

use crate::protocol::{EndReason, ErrorCode, Media, Role, Signalling};

/// What a page hears; matches go by their number in the order in which they are made here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::matchmaker) enum Heard {
    Welcome { resumed: bool },
    Waiting,
    Matched { of: usize, role: Role, partner: Media },
    Signal { of: usize, epoch: u32, text: usize },
    Partner { of: usize, signalling: Signalling },
    Ended { of: usize, reason: EndReason },
    Error(ErrorCode),
    ComeBack,
    Closed(ErrorCode),
}

/// What a page says.
#[derive(Clone, Copy, Debug)]
pub(in crate::matchmaker) enum Saying {
    Join,
    Leave,
    /// Of a match, or of one that never was.
    About(Option<usize>, Deed),
}

/// What a page says of a match.
#[derive(Clone, Copy, Debug)]
pub(in crate::matchmaker) enum Deed {
    Next,
    Failed,
    Connected,
    Signal { epoch: u32, text: usize },
}

/// Where a page stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::matchmaker) enum Standing {
    Silent {
        until: u64,
    },
    Idle,
    /// Since when, and the how-manieth ever to line up.
    Waiting(u64, usize),
    Matched(usize),
    Gone,
}

/// What the wire of a page is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::matchmaker) enum Wire {
    Whole,
    /// Nothing passes, and the server does not know.
    Cut,
    Lost {
        until: u64,
    },
}
