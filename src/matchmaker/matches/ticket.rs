//! [`Ticket`]: a signed description of a match, from which a server that does not know the match can rebuild it.

use uuid::Uuid;

use crate::{
    matchmaker::keys::Keys,
    protocol::{MatchId, PeerId, Role},
};

/// Lifetime of a ticket in seconds: longer than calls last.
const LIFETIME_SECONDS: u64 = 24 * 60 * 60;

/// The first byte of the payload. It changes with the layout.
const VERSION: u8 = 1;

/// Length of the signed payload in bytes: version, three ids, two flags, expiry.
const PAYLOAD_BYTES: usize = 1 + 3 * 16 + 2 + 8;

/// A match as one of its ends knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    /// The match.
    pub(crate) match_id: MatchId,
    /// The peer that holds the ticket.
    pub(crate) peer: PeerId,
    /// Its partner.
    pub(crate) partner: PeerId,
    /// The role of the holder.
    pub(crate) role: Role,
    /// Whether only the relay may be used.
    pub(crate) relay_only: bool,
    /// When the ticket stops being valid, in seconds since the Unix epoch.
    pub(crate) expires: u64,
}

impl Ticket {
    /// A new ticket for the end with this role. `peers` are the impolite and the polite end; `now` is in Unix seconds.
    pub(crate) const fn new(
        now: u64,
        match_id: MatchId,
        [impolite, polite]: [PeerId; 2],
        role: Role,
        relay_only: bool,
    ) -> Self {
        let (peer, partner) = match role {
            Role::Impolite => (impolite, polite),
            Role::Polite => (polite, impolite),
        };
        Self { match_id, peer, partner, role, relay_only, expires: now + LIFETIME_SECONDS }
    }

    /// The impolite and the polite end.
    pub(crate) const fn peers(&self) -> [PeerId; 2] {
        match self.role {
            Role::Impolite => [self.peer, self.partner],
            Role::Polite => [self.partner, self.peer],
        }
    }

    /// The signed ticket as text.
    pub(crate) fn sign(&self, keys: &Keys) -> String {
        keys.sign(&self.payload())
    }

    /// Reads a signed ticket. `None` unless one of these keys signed it and it is valid at `now`, in Unix seconds.
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
    fn reads_back_a_signed_ticket() {
        let text = ticket().sign(&[7; 32].into());
        assert!(text.len() < 200);
        assert_eq!(Ticket::verify(&text, &[7; 32].into(), 999), Some(ticket()));
        let other = Ticket { role: Role::Impolite, relay_only: false, ..ticket() };
        assert_eq!(Ticket::verify(&other.sign(&[7; 32].into()), &[7; 32].into(), 0), Some(other));
    }

    #[test]
    fn rejects_forged_truncated_extended_and_expired_tickets() {
        let text = ticket().sign(&[7; 32].into());
        assert_eq!(Ticket::verify(&text, &[7; 32].into(), 1_000), None, "expired");
        assert_eq!(Ticket::verify(&text, &[8; 32].into(), 0), None, "another key");
        assert_eq!(Ticket::verify("", &[7; 32].into(), 0), None);
        assert_eq!(Ticket::verify("not a ticket", &[7; 32].into(), 0), None);
        assert_eq!(Ticket::verify(&text[..text.len() - 4], &[7; 32].into(), 0), None, "truncated");
        assert_eq!(Ticket::verify(&format!("{text}AAAA"), &[7; 32].into(), 0), None, "extended");
        for at in 0..text.len() - 1 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(bytes).unwrap();
            assert_eq!(Ticket::verify(&forged, &[7; 32].into(), 0), None, "character {at} changed");
        }
    }
}
