//! [`Accounts`]: what the relay must know of a user name.

/// What a user name stands for, and what its holder may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The match. Its clients reach each other and nobody else.
    pub match_id: u128,
    /// The end of the match, 0 or 1.
    pub end: u8,
    /// The password (RFC 8489, 9.2).
    pub password: String,
    /// Until when a client may make allocations, in seconds since 1970. It may refresh them after that.
    pub expires_at: u64,
    /// How much the match may send in all, in bytes; `None` for a call.
    pub max_bytes: Option<u64>,
}

/// The user names that the relay knows.
pub trait Accounts {
    /// The account of a user name; `None` if it is not one of ours. It must be fast: anybody can ask.
    fn account(&self, user_name: &str) -> Option<Account>;
}
