//! [`Ticket`]: a sealed description of a match, from which a server that does not know the match can rebuild it, and
//! which proves to any server with the key whom its holder met.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    matchmaker::keys::{Keys, Nonce},
    protocol::{DeviceId, MatchId, NetworkTag, PeerId, Role},
};

/// Lifetime of a ticket in seconds: longer than calls last. A person can report as long after the start of a match: to
/// sleep on it is enough, and a ticket that somebody finds later is of no use.
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

/// The flag of a ticket that tells whom its holder met. Only such a ticket can be used for a report.
const MEETING: u8 = 1 << 4;

/// The flags of a ticket that tells the network tag of its holder, and that of the partner.
const TAGGED: [u8; 2] = [1 << 5, 1 << 6];

/// A device and the network that it was in: one end of a match, as a report names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// The device.
    pub device: DeviceId,
    /// The tag of its network; `None` if the server that made the match tags no networks.
    pub network: Option<NetworkTag>,
}

/// Whom the holder of a ticket met, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meeting {
    /// When the match began, in seconds since the Unix epoch.
    pub(crate) started: u64,
    /// The holder of the ticket.
    pub(crate) holder: Participant,
    /// The partner.
    pub(crate) partner: Participant,
}

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
    /// What a report needs; `None` in a ticket of a former version.
    pub(crate) meeting: Option<Meeting>,
}

impl Ticket {
    /// A new ticket for the end with this role. `ends` are the impolite and the polite end, each with what a report
    /// says about it; `now` is in Unix seconds.
    pub(crate) fn new(
        now: u64,
        match_id: MatchId,
        [impolite, polite]: [(PeerId, Option<Participant>); 2],
        role: Role,
        relay_only: bool,
    ) -> Self {
        let ((peer, holder), (partner, other)) = match role {
            Role::Impolite => (impolite, polite),
            Role::Polite => (polite, impolite),
        };
        let meeting = holder.zip(other);
        let meeting = meeting.map(|(holder, partner)| Meeting { started: now, holder, partner });
        Self { match_id, peer, partner, role, relay_only, expires: now + LIFETIME_SECONDS, meeting }
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
        let flags = flags | self.meeting.map_or(0, Meeting::flags);
        let ids = [self.match_id.0, self.peer.0, self.partner.0];
        let meeting = self.meeting.map(Meeting::payload).unwrap_or_default();
        [ids.map(Uuid::into_bytes).as_flattened(), &[flags], &self.expires.to_be_bytes(), &meeting].concat()
    }

    /// Reads a payload: three ids, the flags, the expiry, the meeting if its flag is set. Later versions may add flags,
    /// and fields at the end, which are ignored here.
    fn read(payload: &[u8]) -> Option<Self> {
        let (ids, rest) = payload.split_first_chunk::<48>()?;
        let (flags, rest) = rest.split_first()?;
        let (expires, rest) = rest.split_first_chunk::<8>()?;
        let (is_polite, relay_only) = (flags & POLITE != 0, flags & RELAY_ONLY != 0);
        let meeting = if flags & MEETING == 0 { None } else { Some(Meeting::read(*flags, rest)?) };
        Some(Self { meeting, ..Self::from_fields(ids, is_polite, relay_only, *expires) })
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
            meeting: None,
        }
    }
}

impl Meeting {
    /// The flags of a ticket with this meeting.
    fn flags(self) -> u8 {
        let tagged = [self.holder, self.partner].map(|it| it.network.is_some());
        TAGGED
            .into_iter()
            .zip(tagged)
            .fold(MEETING, |flags, (flag, is_set)| flags | if is_set { flag } else { 0 })
    }

    /// Start, devices, network tags; a tag that is not known takes as many bytes, so that a ticket does not show it.
    fn payload(self) -> Vec<u8> {
        let devices = [self.holder, self.partner].map(|it| it.device.0.into_bytes());
        let tags = [self.holder, self.partner].map(|it| it.network.map_or([0; 16], |it| it.0));
        [&self.started.to_be_bytes()[..], devices.as_flattened(), tags.as_flattened()].concat()
    }

    fn read(flags: u8, fields: &[u8]) -> Option<Self> {
        let (started, rest) = fields.split_first_chunk::<8>()?;
        let (fields, _) = rest.split_first_chunk::<64>()?;
        let field = |at: usize| std::array::from_fn(|byte| fields[16 * at + byte]);
        let party = |at: usize| Participant {
            device: DeviceId(Uuid::from_bytes(field(at))),
            network: (flags & TAGGED[at] != 0).then(|| NetworkTag(field(2 + at))),
        };
        Some(Self { started: u64::from_be_bytes(*started), holder: party(0), partner: party(1) })
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

    /// [`ticket_with_meeting`] as this version seals it with the key of [`keys`] and the nonce of [`seal`].
    const SEALED_TICKET_WITH_MEETING: &str = "AgkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCbUzvaS6-koRQk2mH3lf37XHbb-Cs_wNNbrurXS0ZAvJkQp7s5t_C3qoyGltnG\
        GsAwOdlceq3ibYgps3sleMhD0ixMVF7f_jjVEWPGyfL6iFhLtGNY-mPIikLwAmL6VV5kSMqVTWbu77k_TCPXiYUDl-wm42\
        jD7S2DZwRVjm6KAcloc0Q6qgCS3txZEnpxnGkzU";

    fn id(byte: u8) -> Uuid {
        Uuid::from_bytes([byte; 16])
    }

    fn ticket() -> Ticket {
        Ticket {
            match_id: MatchId(id(0xa1)),
            peer: PeerId(id(0xb2)),
            partner: PeerId(id(0xc3)),
            role: Role::Polite,
            relay_only: true,
            expires: 1_000,
            meeting: None,
        }
    }

    fn meeting(tags: [Option<u8>; 2]) -> Meeting {
        let party = |device, tag: Option<u8>| Participant {
            device: DeviceId(id(device)),
            network: tag.map(|it| NetworkTag([it; 16])),
        };
        Meeting { started: 990, holder: party(0xd4, tags[0]), partner: party(0xe5, tags[1]) }
    }

    fn ticket_with_meeting() -> Ticket {
        Ticket { meeting: Some(meeting([Some(0xf6), Some(0x17)])), ..ticket() }
    }

    fn keys() -> Keys {
        [7; 32].into()
    }

    fn seal(ticket: Ticket) -> String {
        ticket.seal(&keys(), [9; 24])
    }

    #[test]
    fn reads_back_a_sealed_ticket() {
        let text = seal(ticket_with_meeting());
        assert!(text.len() < 256, "{} characters", text.len());
        assert_eq!(Ticket::open(&text, &keys(), 999), Some(ticket_with_meeting()));
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
    fn a_ticket_of_this_version_tells_whom_its_holder_met() {
        assert_eq!(seal(ticket_with_meeting()), SEALED_TICKET_WITH_MEETING);
        for tags in [[None, None], [Some(1), None], [None, Some(2)], [Some(1), Some(2)]] {
            let it = Ticket { meeting: Some(meeting(tags)), ..ticket() };
            assert_eq!(Ticket::open(&seal(it), &keys(), 0), Some(it));
            assert_eq!(seal(it).len(), SEALED_TICKET_WITH_MEETING.len(), "{tags:?}");
        }
    }

    #[test]
    fn each_end_gets_a_ticket_of_its_own_meeting() {
        let Meeting { holder: ann, partner: bob, .. } = meeting([Some(1), None]);
        let ends = [(PeerId(id(1)), Some(ann)), (PeerId(id(2)), Some(bob))];
        let of = |role| Ticket::new(990, MatchId(id(3)), ends, role, false);
        let parties = |it: Ticket| it.meeting.map(|it| (it.started, it.holder, it.partner));
        assert_eq!(parties(of(Role::Impolite)), Some((990, ann, bob)));
        assert_eq!(parties(of(Role::Polite)), Some((990, bob, ann)));
        assert_eq!(of(Role::Polite).expires, 990 + 24 * 60 * 60);
    }

    #[test]
    fn a_ticket_reveals_nothing_to_its_holder() {
        let text = seal(ticket_with_meeting());
        assert_ne!(text, ticket_with_meeting().seal(&keys(), [8; 24]), "equal contents give different texts");
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
        for byte in [0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6, 0x17] {
            assert!(!bytes.windows(4).any(|it| it == [byte; 4]), "a part of an id or a tag is readable");
        }
    }

    #[test]
    fn unknown_later_flags_and_fields_are_ignored() {
        for ticket in [ticket(), ticket_with_meeting()] {
            let mut payload = ticket.payload();
            payload[48] |= 1 << 7;
            payload.extend(b"a field of a later version");
            let text = keys().seal(SEALED, [9; 24], &payload);
            assert_eq!(Ticket::open(&text, &keys(), 0), Some(ticket));
            let later = keys().seal(SEALED + 1, [9; 24], &payload);
            assert_eq!(Ticket::open(&later, &keys(), 0), None, "a version that must not be read as this one");
            for length in 0..ticket.payload().len() {
                let short = keys().seal(SEALED, [9; 24], &payload[..length]);
                assert_eq!(Ticket::open(&short, &keys(), 0), None, "{length} bytes");
            }
        }
    }

    #[test]
    fn rejects_forged_truncated_and_extended_tickets() {
        for text in [SEALED_TICKET, SEALED_TICKET_WITH_MEETING, SIGNED_TICKET] {
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
