//! The signed account of a match, from which a server that has forgotten it can take it up again; it must not know
//! whether the match still goes on.

use uuid::Uuid;

use crate::{
    matchmaker::keys::Keys,
    protocol::{MatchId, PeerId, Role},
};

/// How long a ticket is good for, in seconds: longer than calls last.
pub(crate) const GOOD_FOR_SECONDS: u64 = 24 * 60 * 60;

/// The first byte: another layout needs another one.
const VERSION: u8 = 1;

/// Bytes of what is signed: the version, three ids, two flags, the expiry.
const PAYLOAD_BYTES: usize = 1 + 3 * 16 + 2 + 8;

/// One end's account of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    /// The match.
    pub(crate) match_id: MatchId,
    /// Whose account it is.
    pub(crate) peer: PeerId,
    /// The other end.
    pub(crate) partner: PeerId,
    /// Whose account it is, once more.
    pub(crate) role: Role,
    /// Whether both use the relay only.
    pub(crate) relay_only: bool,
    /// Seconds since the Unix epoch from which on it is worth nothing.
    pub(crate) expires: u64,
}

impl Ticket {
    /// The ticket as text.
    pub(crate) fn sign(&self, keys: &Keys) -> String {
        keys.sign(&self.payload())
    }

    /// Reads a text; `None` unless it was signed with one of these keys and has not expired by `now`, in Unix seconds.
    pub(crate) fn verify(text: &str, keys: &Keys, now: u64) -> Option<Self> {
        let (payload, _) = keys.verify(text)?;
        Self::read(&payload).filter(|it| now < it.expires)
    }

    fn payload(&self) -> [u8; PAYLOAD_BYTES] {
        let mut payload = [0; PAYLOAD_BYTES];
        payload[0] = VERSION;
        payload[1..17].copy_from_slice(self.match_id.0.as_bytes());
        payload[17..33].copy_from_slice(self.peer.0.as_bytes());
        payload[33..49].copy_from_slice(self.partner.0.as_bytes());
        payload[49] = u8::from(self.role == Role::Polite);
        payload[50] = u8::from(self.relay_only);
        payload[51..].copy_from_slice(&self.expires.to_be_bytes());
        payload
    }

    fn read(payload: &[u8]) -> Option<Self> {
        let id = |from: usize| Uuid::from_slice(payload.get(from..from + 16)?).ok();
        (payload.len() == PAYLOAD_BYTES && payload.first() == Some(&VERSION)).then_some(())?;
        Some(Self {
            match_id: MatchId(id(1)?),
            peer: PeerId(id(17)?),
            partner: PeerId(id(33)?),
            role: if payload.get(49) == Some(&1) { Role::Polite } else { Role::Impolite },
            relay_only: payload.get(50) == Some(&1),
            expires: u64::from_be_bytes(payload.get(51..)?.try_into().ok()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket() -> Ticket {
        let id = Uuid::from_u128;
        Ticket {
            match_id: MatchId(id(1)),
            peer: PeerId(id(2)),
            partner: PeerId(id(3)),
            role: Role::Polite,
            relay_only: true,
            expires: 1_000,
        }
    }

    #[test]
    fn a_ticket_says_what_was_signed() {
        let text = ticket().sign(&[7; 32].into());
        assert!(text.len() < 200);
        assert_eq!(Ticket::verify(&text, &[7; 32].into(), 999), Some(ticket()));
        let other = Ticket { role: Role::Impolite, relay_only: false, ..ticket() };
        assert_eq!(Ticket::verify(&other.sign(&[7; 32].into()), &[7; 32].into(), 0), Some(other));
    }

    #[test]
    fn what_is_forged_cut_lengthened_or_old_is_worth_nothing() {
        let text = ticket().sign(&[7; 32].into());
        assert_eq!(Ticket::verify(&text, &[7; 32].into(), 1_000), None, "old");
        assert_eq!(Ticket::verify(&text, &[8; 32].into(), 0), None, "another key");
        assert_eq!(Ticket::verify("", &[7; 32].into(), 0), None);
        assert_eq!(Ticket::verify("not a ticket", &[7; 32].into(), 0), None);
        assert_eq!(Ticket::verify(&text[..text.len() - 4], &[7; 32].into(), 0), None, "cut");
        assert_eq!(Ticket::verify(&format!("{text}AAAA"), &[7; 32].into(), 0), None, "lengthened");
        for at in 0..text.len() - 1 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(bytes).unwrap();
            assert_eq!(Ticket::verify(&forged, &[7; 32].into(), 0), None, "character {at} changed");
        }
    }
}
