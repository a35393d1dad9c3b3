//! [`Ticket`]: a sealed description of a match, from which a server that does not know the match can rebuild it.

use uuid::Uuid;

use crate::{
    matchmaker::keys::{Keys, Nonce},
    protocol::{MatchId, PeerId, Role},
};

/// Lifetime of a ticket in seconds: longer than calls last.
const LIFETIME_SECONDS: u64 = 24 * 60 * 60;

/// The first byte of a sealed ticket. It changes if a server of an earlier version must not read the payload.
const SEALED: u8 = 2;

/// The first byte of a ticket that is signed, but can be read by its holder: the format of servers up to version 0.1,
/// whose tickets run out within [`LIFETIME_SECONDS`] of an update.
const SIGNED: u8 = 1;

/// The flag of a ticket whose holder is the polite end.
const POLITE: u8 = 1 << 0;

/// The flag of a ticket whose match may only use the relay.
const RELAY_ONLY: u8 = 1 << 1;

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

    /// The ticket as a text from which its holder learns nothing.
    pub(crate) fn seal(&self, keys: &Keys, nonce: Nonce) -> String {
        keys.seal(SEALED, nonce, &self.payload())
    }

    /// Opens a ticket. `None` unless one of these keys has made it and it is valid at `now`, in Unix seconds.
    pub(crate) fn open(text: &str, keys: &Keys, now: u64) -> Option<Self> {
        let ticket = match keys.open(SEALED, text) {
            Some(payload) => Self::read(&payload),
            None => Self::read_signed(&keys.verify(text)?.0),
        };
        ticket.filter(|it| now < it.expires)
    }

    fn payload(&self) -> Vec<u8> {
        let flag = |is_set, flag| if is_set { flag } else { 0 };
        let flags = flag(self.role == Role::Polite, POLITE) | flag(self.relay_only, RELAY_ONLY);
        let ids = [self.match_id.0, self.peer.0, self.partner.0];
        [ids.map(Uuid::into_bytes).as_flattened(), &[flags], &self.expires.to_be_bytes()].concat()
    }

    /// Reads a payload: three ids, the flags, the expiry. Later versions may add flags, and fields at the end, which
    /// are ignored here.
    fn read(payload: &[u8]) -> Option<Self> {
        let (ids, rest) = payload.split_first_chunk::<48>()?;
        let (flags, rest) = rest.split_first()?;
        let (expires, _) = rest.split_first_chunk::<8>()?;
        let (is_polite, relay_only) = (flags & POLITE != 0, flags & RELAY_ONLY != 0);
        Some(Self::from_fields(ids, is_polite, relay_only, *expires))
    }

    /// Reads the payload of a signed ticket: version, three ids, two flags of a byte each, expiry.
    fn read_signed(payload: &[u8]) -> Option<Self> {
        let (ids, rest) = payload.strip_prefix(&[SIGNED])?.split_first_chunk::<48>()?;
        let ([is_polite, relay_only], expires) = rest.split_first_chunk::<2>()?;
        Some(Self::from_fields(ids, *is_polite == 1, *relay_only == 1, expires.try_into().ok()?))
    }

    fn from_fields(ids: &[u8; 48], is_polite: bool, relay_only: bool, expires: [u8; 8]) -> Self {
        let id = |at: usize| Uuid::from_bytes(std::array::from_fn(|byte| ids[16 * at + byte]));
        Self {
            match_id: MatchId(id(0)),
            peer: PeerId(id(1)),
            partner: PeerId(id(2)),
            role: if is_polite { Role::Polite } else { Role::Impolite },
            relay_only,
            expires: u64::from_be_bytes(expires),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

    /// A ticket as version 0.1 made it: [`ticket`] signed with the key of [`keys`].
    const SIGNED_TICKET: &str = "AaGhoaGhoaGhoaGhoaGhoaGysrKysrKysrKysrKysrKyw8PDw8PDw8PDw8PDw8PDwwEBAAAAAAAAA-gC-NpRriJ91l\
        KhOHnon8qVXvRT5ugnk6G1Uk7DCuga2A";

    /// [`ticket`] as this version seals it with the key of [`keys`] and the nonce of [`seal`].
    const SEALED_TICKET: &str = "AgkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCbUzvaS6-koRQk2mH3lf37XHbb-Cs_wNNbrurXS0ZAvJkQp7s5t_C3qoyG\
        ltnGGsA3Odlceq3ibYgvq2iZVxEoDu54YmAVuOYr0";

    fn ticket() -> Ticket {
        let id = |byte: u8| Uuid::from_bytes([byte; 16]);
        Ticket {
            match_id: MatchId(id(0xa1)),
            peer: PeerId(id(0xb2)),
            partner: PeerId(id(0xc3)),
            role: Role::Polite,
            relay_only: true,
            expires: 1_000,
        }
    }

    fn keys() -> Keys {
        [7; 32].into()
    }

    fn seal(ticket: Ticket) -> String {
        ticket.seal(&keys(), [9; 24])
    }

    #[test]
    fn reads_back_a_sealed_ticket() {
        let text = seal(ticket());
        assert!(text.len() < 200);
        assert_eq!(Ticket::open(&text, &keys(), 999), Some(ticket()));
        let other = Ticket { role: Role::Impolite, relay_only: false, ..ticket() };
        assert_eq!(Ticket::open(&seal(other), &keys(), 0), Some(other));
    }

    #[test]
    fn tickets_of_this_and_the_former_version_are_accepted() {
        assert_eq!(seal(ticket()), SEALED_TICKET);
        for text in [SEALED_TICKET, SIGNED_TICKET] {
            assert_eq!(Ticket::open(text, &keys(), 999), Some(ticket()));
            assert_eq!(Ticket::open(text, &keys(), 1_000), None, "expired");
            let rotated = Keys::new([8; 32], vec![[7; 32]]);
            assert_eq!(Ticket::open(text, &rotated, 0), Some(ticket()), "a former key");
            assert_eq!(Ticket::open(text, &[8; 32].into(), 0), None, "another key");
        }
    }

    #[test]
    fn a_ticket_reveals_nothing_to_its_holder() {
        let text = seal(ticket());
        assert_ne!(text, ticket().seal(&keys(), [8; 24]), "equal contents give different texts");
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
        let ids = [ticket().match_id.0, ticket().peer.0, ticket().partner.0];
        for id in ids {
            let half = &id.as_bytes()[..4];
            assert!(!bytes.windows(4).any(|it| it == half), "a part of an id is readable");
        }
    }

    #[test]
    fn unknown_later_flags_and_fields_are_ignored() {
        let mut payload = ticket().payload();
        payload[48] |= 1 << 7;
        payload.extend(b"a field of a later version");
        let text = keys().seal(SEALED, [9; 24], &payload);
        assert_eq!(Ticket::open(&text, &keys(), 0), Some(ticket()));
        let later = keys().seal(SEALED + 1, [9; 24], &payload);
        assert_eq!(Ticket::open(&later, &keys(), 0), None, "a version that must not be read as this one");
        for length in 0..ticket().payload().len() {
            let short = keys().seal(SEALED, [9; 24], &payload[..length]);
            assert_eq!(Ticket::open(&short, &keys(), 0), None, "{length} bytes");
        }
    }

    #[test]
    fn rejects_forged_truncated_and_extended_tickets() {
        for text in [seal(ticket()).as_str(), SIGNED_TICKET] {
            assert_eq!(Ticket::open("", &keys(), 0), None);
            assert_eq!(Ticket::open("not a ticket", &keys(), 0), None);
            for length in 0..text.len() {
                assert_eq!(Ticket::open(&text[..length], &keys(), 0), None, "{length} characters of it");
            }
            assert_eq!(Ticket::open(&format!("{text}AAAA"), &keys(), 0), None, "extended");
            for at in 0..text.len() - 1 {
                let mut bytes = text.as_bytes().to_vec();
                bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
                let forged = String::from_utf8(bytes).unwrap();
                assert_eq!(Ticket::open(&forged, &keys(), 0), None, "character {at} changed");
            }
        }
    }
}
