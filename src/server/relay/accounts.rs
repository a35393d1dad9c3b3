//! [`SealedAccounts`]: the accounts of the relay, which are in the user names themselves.

use crate::{
    matchmaker::{Keys, RelayAccount},
    relay::{Account, Accounts},
};

/// The user names that were sealed with these keys.
#[derive(Debug)]
pub(crate) struct SealedAccounts(pub(crate) Keys);

impl Accounts for SealedAccounts {
    fn account(&self, user_name: &str) -> Option<Account> {
        let it = RelayAccount::open(&self.0, user_name)?;
        Some(Account {
            match_id: it.match_id.0.as_u128(),
            end: it.end,
            password: it.password.to_string(),
            expires_at: it.expires_at,
            max_bytes: it.max_bytes,
        })
    }
}
