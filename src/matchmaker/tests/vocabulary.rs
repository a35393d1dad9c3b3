//! The words in which the model and a history speak of each other; it must not know either.

use crate::protocol::{Affinity, EndReason, ErrorCode, Interest, Language, Media, Role, Signalling, Tastes};

/// What a page of a history may name, interests and languages; most name nothing.
pub(crate) const TASTES: [(&str, &str); 7] =
    [("", ""), ("art", ""), ("art", "de"), ("bees,art", "de,en"), ("", "de"), ("", "fr"), ("bees", "fr")];

/// The same as it is said.
pub(crate) fn tastes((interests, languages): (&str, &str)) -> Tastes {
    let languages = languages.split(',').filter_map(Language::new).collect();
    Tastes { interests: Interest::all_in(interests), languages }
}

/// What a page hears; matches go by their number in the order in which they are made here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Welcome {
        resumed: bool,
    },
    Waiting,
    Seeking {
        wants: Affinity,
        widens_in_ms: Option<u32>,
    },
    /// Interests and languages in common are counted.
    Matched {
        of: usize,
        role: Role,
        partner: Media,
        shared: [usize; 2],
    },
    Signal {
        of: usize,
        epoch: u32,
        text: usize,
    },
    Partner {
        of: usize,
        signalling: Signalling,
    },
    Ended {
        of: usize,
        reason: EndReason,
    },
    Error(ErrorCode),
    ComeBack,
    Closed(ErrorCode),
}

/// What a page says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Saying {
    /// With these of [`TASTES`].
    Join(usize),
    Leave,
    /// The partner of a match that it has heard of, or nobody.
    Block(Option<usize>),
    Unblock,
    /// Of a match, or of one that never was.
    About(Option<usize>, Deed),
}

/// What a page says of a match.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deed {
    Next,
    Failed,
    Connected,
    Signal { epoch: u32, text: usize },
}

/// Where a page stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
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
pub(crate) enum Wire {
    Whole,
    /// Nothing passes, and the server does not know.
    Cut,
    Lost {
        until: u64,
    },
}
