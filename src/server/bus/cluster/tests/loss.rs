//! [`Loss`]: what the network between a process and Redis loses.

/// What gets lost, of everything that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    Nothing,
    Commands,
    Answers,
}
