//! The English text about the operator of a private server.

/// What stands in the place of the operator's facts on a private server.
pub(super) const PRIVATE: &str = "This server is private: it is meant for people who know each other, and its \
                                  operator has not named a contact. Ask the person who gave you its address.";
