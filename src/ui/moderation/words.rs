//! Names that several pages of the moderators use. They are in English only.

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
