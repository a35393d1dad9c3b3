//! The verification code: partners who read out the same code know that nobody intercepts their call.
//!
//! A hash of both certificates alone is not enough: an attacker who swaps the certificates could search for a
//! collision, and 30 bits take about a second. So each end adds a random number, and the impolite end, which would
//! otherwise choose last, commits to its number first (commit and reveal, as in RFC 6189, 4.4.1.1). That leaves an
//! attacker one guess in 2^30 for each call.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    call::Code,
    protocol::{PeerMessage, Role, Sdp},
};

/// The prefix of the hashed text, so that the hash cannot be mistaken for one made for another purpose.
const PURPOSE: &[u8] = b"passerby code 1";

/// Bytes of a SHA-256 hash.
const PRINT_BYTES: usize = 32;

/// The SHA-256 fingerprint of a certificate (RFC 8122, 5).
pub(crate) type Fingerprint = [u8; PRINT_BYTES];

/// The certificates of a connection, in the order in which they are hashed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Certificates {
    /// The certificate of the impolite end.
    pub(crate) impolite: Fingerprint,
    /// The certificate of the polite end.
    pub(crate) polite: Fingerprint,
}

/// The state of the exchange.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Verification {
    /// The data channel is not open yet.
    #[default]
    Idle,
    /// The impolite end has committed to its number.
    Committed {
        /// The number.
        own: Uuid,
    },
    /// The polite end waits for the commitment.
    Ready {
        /// Its number.
        own: Uuid,
    },
    /// The polite end has sent its number and waits for the other one.
    Answered {
        /// Its number.
        own: Uuid,
        /// The commitment.
        hash: Uuid,
    },
    /// Both numbers are known.
    Done(Code),
    /// The partner has violated the protocol.
    Broken,
}

impl Verification {
    /// The data channel is open. `own` is a secret random number. Returns the message to send.
    pub(crate) fn on_channel_opened(&mut self, role: Role, own: Uuid) -> Option<PeerMessage> {
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

    /// The impolite end has sent its commitment. Returns the reply.
    pub(crate) fn on_commit(&mut self, hash: Uuid) -> Option<PeerMessage> {
        let Self::Ready { own } = *self else {
            *self = Self::Broken;
            return None;
        };
        *self = Self::Answered { own, hash };
        Some(PeerMessage::Nonce { nonce: own })
    }

    /// The polite end has sent its number. Returns the reply.
    pub(crate) fn on_nonce(
        &mut self,
        polite: Uuid,
        certificates: Option<Certificates>,
    ) -> Option<PeerMessage> {
        let Self::Committed { own } = *self else {
            *self = Self::Broken;
            return None;
        };
        *self = certificates.map_or(Self::Broken, |it| Self::Done(code(it, own, polite)));
        Some(PeerMessage::Reveal { nonce: own })
    }

    /// The impolite end has revealed its number.
    pub(crate) fn on_reveal(&mut self, impolite: Uuid, certificates: Option<Certificates>) {
        *self = match (*self, certificates) {
            (Self::Answered { own, hash }, Some(certificates)) if commitment(impolite) == hash => {
                Self::Done(code(certificates, impolite, own))
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

    /// The code, once the exchange is done.
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

/// The certificate that a description names; `None` if it names none, several, or one by another hash.
///
/// The browser accepts no other certificate on the connection.
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
