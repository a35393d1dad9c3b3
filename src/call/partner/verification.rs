//! The code that two can read aloud to know that nobody sits between them; it must not know who says what to whom.
//!
//! A hash over both certificates alone could be ground out by whoever swaps them: 30 bits are a second's work. So both
//! ends add a number of their own, and the one that could choose last has bound itself first (commit and reveal, as
//! in RFC 6189, 4.4.1.1). What is left to an attacker is one guess in 2^30 for each call.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    call::Code,
    protocol::{PeerMessage, Role, Sdp},
};

/// What the hash begins with, so that it can be taken for no other.
const PURPOSE: &[u8] = b"passerby code 1";

/// Bytes of a SHA-256 hash.
const PRINT_BYTES: usize = 32;

/// The SHA-256 fingerprint of a certificate (RFC 8122, 5).
pub(crate) type Fingerprint = [u8; PRINT_BYTES];

/// The two certificates of a connection, in the order in which they are hashed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Certificates {
    /// The impolite end's.
    pub(crate) impolite: Fingerprint,
    /// The polite end's.
    pub(crate) polite: Fingerprint,
}

/// How far the two have come.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Verification {
    /// Nothing can be said yet.
    #[default]
    Idle,
    /// The impolite end is bound to its number.
    Committed {
        /// The number.
        own: Uuid,
    },
    /// The polite end waits for the commitment.
    Ready {
        /// Its number.
        own: Uuid,
    },
    /// The polite end has told its number, and waits for the other one.
    Answered {
        /// Its number.
        own: Uuid,
        /// The commitment.
        hash: Uuid,
    },
    /// Both numbers are known.
    Done(Code),
    /// The other end does not keep to what is agreed.
    Broken,
}

impl Verification {
    /// The channel is open: begins, with a number that nobody else knows.
    pub(crate) fn opened(&mut self, role: Role, own: Uuid) -> Option<PeerMessage> {
        match role {
            Role::Impolite => {
                *self = Self::Committed { own };
                Some(PeerMessage::Commit { hash: commitment(own) })
            }
            Role::Polite => {
                *self = Self::Ready { own };
                None
            }
        }
    }

    /// The other end has told its commitment.
    pub(crate) fn committed(&mut self, hash: Uuid) -> Option<PeerMessage> {
        let Self::Ready { own } = *self else {
            *self = Self::Broken;
            return None;
        };
        *self = Self::Answered { own, hash };
        Some(PeerMessage::Nonce { nonce: own })
    }

    /// The polite end has told its number.
    pub(crate) fn answered(&mut self, polite: Uuid, between: Option<Certificates>) -> Option<PeerMessage> {
        let Self::Committed { own } = *self else {
            *self = Self::Broken;
            return None;
        };
        *self = between.map_or(Self::Broken, |it| Self::Done(code(it, own, polite)));
        Some(PeerMessage::Reveal { nonce: own })
    }

    /// The impolite end has told its number.
    pub(crate) fn revealed(&mut self, impolite: Uuid, between: Option<Certificates>) {
        *self = match (*self, between) {
            (Self::Answered { own, hash }, Some(between)) if commitment(impolite) == hash => {
                Self::Done(code(between, impolite, own))
            }
            (
                Self::Idle
                | Self::Committed { .. }
                | Self::Ready { .. }
                | Self::Answered { .. }
                | Self::Done(_)
                | Self::Broken,
                _,
            ) => Self::Broken,
        };
    }

    /// The code, once there is one.
    pub(crate) const fn code(&self) -> Option<Code> {
        match self {
            Self::Done(code) => Some(*code),
            Self::Idle
            | Self::Committed { .. }
            | Self::Ready { .. }
            | Self::Answered { .. }
            | Self::Broken => None,
        }
    }
}

/// The certificate that a description names; `None` if it names none, several, or one by another hash. The browser
/// holds the connection to it.
pub(crate) fn fingerprint(Sdp(text): &Sdp) -> Option<Fingerprint> {
    let mut named = text.lines().filter_map(|line| line.strip_prefix("a=fingerprint:")).map(str::trim_end);
    let first = named.next()?;
    if named.any(|it| !it.eq_ignore_ascii_case(first)) {
        return None;
    }
    let (hash, hex) = first.split_once(' ')?;
    let mut bytes = hex.split(':').map(|it| u8::from_str_radix(it, 16).ok());
    let mut print = [0; PRINT_BYTES];
    for byte in &mut print {
        *byte = bytes.next()??;
    }
    (hash.eq_ignore_ascii_case("sha-256") && bytes.next().is_none()).then_some(print)
}

fn commitment(number: Uuid) -> Uuid {
    let hash = Sha256::digest(number.as_bytes());
    let mut first = [0; 16];
    first.copy_from_slice(&hash[..16]);
    Uuid::from_bytes(first)
}

fn code(Certificates { impolite, polite }: Certificates, impolite_number: Uuid, polite_number: Uuid) -> Code {
    let hash = Sha256::new()
        .chain_update(PURPOSE)
        .chain_update(impolite)
        .chain_update(polite)
        .chain_update(impolite_number.as_bytes())
        .chain_update(polite_number.as_bytes())
        .finalize();
    let bits = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
    Code([26, 20, 14, 8, 2].map(|shift| (bits >> shift & 63) as u8))
}
