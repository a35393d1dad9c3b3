//! The pages of the moderators: documents that need no script, which only the server renders.
//!
//! They are functions of the plain data in `facts`, which say nothing of the store. `keys.js` adds single keys.

mod facts;
mod words;
mod frame;
mod parts;
mod sign_in;
mod queue;
mod subject;
mod appeals;

pub use appeals::{appeal_page, appeals_page};
pub use facts::{
    AppealLine, AppealPage, AppealsPage, DecisionDraft, DecisionLine, ModeratorFrame, ModeratorNotice,
    QueueLine, QueuePage, ReportLine, ShownClaim, ShownLength, ShownTime, SubjectPage,
};
pub use frame::{KEYS, KEYS_PATH, STYLE, STYLE_PATH, problem_page};
pub use queue::queue_page;
pub use sign_in::sign_in_page;
pub use subject::subject_page;
