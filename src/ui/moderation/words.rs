//! Names that several pages of the moderators use. They are in English only.

use super::facts::ShownLength;
use crate::protocol::{NoticeKind, ReportReason};

/// A reason as a moderator reads it.
pub(super) const fn reason(reason: ReportReason) -> &'static str {
    match reason {
        ReportReason::Nudity => "Nudity",
        ReportReason::Harassment => "Harassment",
        ReportReason::Hate => "Hate",
        ReportReason::Spam => "Spam or fake video",
        ReportReason::UnderAge => "Looks under 18",
        ReportReason::Threats => "Threats",
        ReportReason::Other => "Other",
    }
}

/// The name of a sanction.
pub(super) const fn sanction(sanction: NoticeKind) -> &'static str {
    match sanction {
        NoticeKind::Warned => "Warning",
        NoticeKind::Paused => "Pause",
        NoticeKind::Banned => "Ban",
    }
}

/// How long a ban lasts.
pub(super) fn length(ShownLength { days, is_for_severe }: ShownLength) -> String {
    let time = if days == 1 { "24 hours".to_owned() } else { format!("{days} days") };
    if is_for_severe { format!("{time}, for severe reasons only") } else { time }
}

/// A name as a title: with a capital letter.
pub(super) fn title(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}
