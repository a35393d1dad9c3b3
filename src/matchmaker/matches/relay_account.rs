//! [`RelayAccount`]: with what one end of a match uses this server's own relay.

use uuid::Uuid;

use crate::{
    matchmaker::keys::{Keys, NONCE_BYTES},
    protocol::MatchId,
};

/// The first byte of a sealed account. No ticket begins like this.
const SEALED: u8 = 0x52;

/// Stands for a match that may send any number of bytes.
const ANY_NUMBER: u64 = u64::MAX;

/// An account at the relay.
///
/// Its user name is the account itself, sealed: so the relay needs no table, any server with the same keys accepts it,
/// and to everybody else the names of the two ends look unrelated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelayAccount {
    /// The match.
    pub match_id: MatchId,
    /// The end of the match: 0 or 1.
    pub end: u8,
    /// When the account expires, in seconds since the Unix epoch.
    pub expires_at: u64,
    /// How much the match may send in all, in bytes; `None` for a call.
    pub max_bytes: Option<u64>,
    /// The password.
    pub password: Uuid,
}

impl RelayAccount {
    /// The user name of this account.
    pub fn user_name(&self, keys: &Keys, nonce: [u8; NONCE_BYTES]) -> String {
        let mut payload = Vec::with_capacity(49);
        payload.extend(self.match_id.0.as_bytes());
        payload.extend(self.password.as_bytes());
        payload.extend(self.expires_at.to_be_bytes());
        payload.extend(self.max_bytes.unwrap_or(ANY_NUMBER).to_be_bytes());
        payload.push(self.end);
        keys.seal(SEALED, nonce, &payload)
    }

    /// The account with this user name; `None` unless one of these keys has sealed it.
    pub fn open(keys: &Keys, user_name: &str) -> Option<Self> {
        let payload = keys.open(SEALED, user_name)?;
        let (match_id, rest) = payload.split_first_chunk::<16>()?;
        let (password, rest) = rest.split_first_chunk::<16>()?;
        let (expires_at, rest) = rest.split_first_chunk::<8>()?;
        let (max_bytes, rest) = rest.split_first_chunk::<8>()?;
        let &[end] = rest else { return None };
        let max_bytes = u64::from_be_bytes(*max_bytes);
        Some(Self {
            match_id: MatchId(Uuid::from_bytes(*match_id)),
            end,
            expires_at: u64::from_be_bytes(*expires_at),
            max_bytes: (max_bytes != ANY_NUMBER).then_some(max_bytes),
            password: Uuid::from_bytes(*password),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_with_the_key_opens_a_user_name() {
        let account = RelayAccount {
            match_id: MatchId(Uuid::from_u128(7)),
            end: 1,
            expires_at: 1_764_000_600,
            max_bytes: None,
            password: Uuid::from_u128(9),
        };
        for account in [account, RelayAccount { max_bytes: Some(65_536), end: 0, ..account }] {
            let name = account.user_name(&[7; 32].into(), [1; _]);
            assert!(name.len() < 128, "{}", name.len());
            assert_eq!(RelayAccount::open(&[7; 32].into(), &name), Some(account));
            assert_eq!(RelayAccount::open(&Keys::new([8; 32], vec![[7; 32]]), &name), Some(account));
            assert_eq!(RelayAccount::open(&[8; 32].into(), &name), None);
            assert_eq!(RelayAccount::open(&[7; 32].into(), &name[1..]), None);
            let other = account.user_name(&[7; 32].into(), [2; _]);
            assert_ne!(name[2..], other[2..], "the names of one account look unrelated");
        }
    }
}
