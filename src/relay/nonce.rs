//! [`Nonces`]: nonces that are checked without being stored, so that a request from a false address leaves nothing.

use core::{net::IpAddr, time::Duration};

use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::path::Path;
use crate::time::Moment;

/// How long a nonce is accepted. Clients get a new one with the error 438.
const VALID_FOR: Duration = Duration::from_secs(600);

/// Length of the time and of the code in a nonce, in hexadecimal digits. 24 in all: the answer with a nonce must be
/// short, since anybody can ask for one in the name of another.
const TIME_DIGITS: usize = 8;

/// Length of the code, in bytes: half as many as its digits.
const CODE_BYTES: usize = 8;

/// Makes nonces and checks them: the time in seconds, and a code for the time and the client's path (HMAC-SHA-256).
pub(crate) struct Nonces {
    mac: Hmac<Sha256>,
}

impl core::fmt::Debug for Nonces {
    /// Hides the key.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Nonces")
    }
}

impl Nonces {
    /// Nonces that only the holder of this key can make.
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let Ok(mac) = Hmac::new_from_slice(key) else { unreachable!("HMAC accepts a key of any length") };
        Self { mac }
    }

    /// A nonce for a client.
    pub(crate) fn make(&self, now: Moment, path: Path) -> String {
        let seconds = seconds(now);
        let code = self.code(seconds, path).finalize().into_bytes();
        let code = code[..CODE_BYTES].iter().fold(0, |all, it| all << 8 | u64::from(*it));
        format!("{seconds:08x}{code:016x}")
    }

    /// Whether this nonce was made for this client and is still valid.
    pub(crate) fn is_valid(&self, now: Moment, path: Path, nonce: &str) -> bool {
        if nonce.len() != TIME_DIGITS + 2 * CODE_BYTES || !nonce.bytes().all(|it| it.is_ascii_hexdigit()) {
            return false;
        }
        let (time, code) = nonce.split_at(TIME_DIGITS);
        let (Ok(made), Ok(code)) = (u32::from_str_radix(time, 16), u64::from_str_radix(code, 16)) else {
            return false;
        };
        let age = seconds(now).checked_sub(made);
        age.is_some_and(|it| u64::from(it) < VALID_FOR.as_secs())
            // In constant time, so that timing does not reveal how much of a guess is right.
            && self.code(made, path).verify_truncated_left(&code.to_be_bytes()).is_ok()
    }

    fn code(&self, seconds: u32, path: Path) -> Hmac<Sha256> {
        let mut mac = self.mac.clone();
        mac.update(&seconds.to_be_bytes());
        mac.update(&[path.transport as u8]);
        for address in [path.local, path.remote] {
            match address.ip() {
                IpAddr::V4(it) => mac.update(&it.octets()),
                IpAddr::V6(it) => mac.update(&it.octets()),
            }
            mac.update(&address.port().to_be_bytes());
        }
        mac
    }
}

/// Seconds since the origin of the clock. They overflow after 136 years.
fn seconds(now: Moment) -> u32 {
    u32::try_from(now.as_millis() / 1_000).unwrap_or(u32::MAX)
}
