//! [`Keys`]: the server's keys, which sign and seal, and the ids that only they can produce, of devices and of pairs of
//! devices.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::{Builder, Uuid};
use zeroize::Zeroizing;

use crate::protocol::{DeviceId, PairId};

/// Prefix of the signed payload of a device name. A ticket of version 1 begins with a small number instead.
const DEVICE: &[u8] = b"device";

/// Prefix of the input of a pair id.
const PAIR: &[u8] = b"pair";

/// What the sealing key is derived for. Neither a signed payload nor the input of a pair id begins like this, or like
/// another purpose.
const SEALING: &[u8] = b"sealing";

/// The number of the only block of output of a derived key (HKDF-Expand, RFC 5869, 2.3).
const ONLY_BLOCK: &[u8] = b"\x01";

/// Length of a signature (HMAC-SHA-256), in bytes.
const SIGNATURE_BYTES: usize = 32;

/// Length of a nonce of XChaCha20-Poly1305, in bytes: enough to draw them at random.
pub(crate) const NONCE_BYTES: usize = 24;

/// Makes two texts differ that are sealed with the same key; it must never be used for another one.
pub(crate) type Nonce = [u8; NONCE_BYTES];

/// A key for one purpose, which is wiped when it is dropped.
pub(crate) type DerivedKey = Zeroizing<[u8; 32]>;

/// The current key and the former ones. Every server with these keys accepts what any of them has signed or sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    current: StateKey,
    former: Vec<StateKey>,
}

/// A key from the configuration or the key file, and the one derived from it. Both are wiped when they are dropped.
#[derive(Clone, PartialEq, Eq)]
struct StateKey {
    signing: Zeroizing<[u8; 32]>,
    sealing: DerivedKey,
}

impl StateKey {
    fn new(signing: [u8; 32]) -> Self {
        Self { signing: Zeroizing::new(signing), sealing: derive(&signing, SEALING) }
    }

    fn derive(&self, purpose: &[u8]) -> DerivedKey {
        derive(&self.signing, purpose)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.sealing).into())
    }
}

impl std::fmt::Debug for Keys {
    /// Hides the keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys(1 and {} former)", self.former.len())
    }
}

impl From<[u8; 32]> for Keys {
    fn from(current: [u8; 32]) -> Self {
        Self::new(current, Vec::new())
    }
}

impl Keys {
    /// Signs and seals with `current`; what the `former` keys have signed and sealed stays valid.
    pub fn new(current: [u8; 32], former: Vec<[u8; 32]>) -> Self {
        Self { current: StateKey::new(current), former: former.into_iter().map(StateKey::new).collect() }
    }

    /// Seals a payload: its holder can neither read it nor change it (XChaCha20-Poly1305).
    ///
    /// The text is `version`, the nonce and the sealed payload in base64url without padding.
    pub(crate) fn seal(&self, version: u8, nonce: Nonce, payload: &[u8]) -> String {
        let payload = Payload { msg: payload, aad: &[version] };
        let Ok(sealed) = self.current.cipher().encrypt(&nonce.into(), payload) else {
            unreachable!("a payload is shorter than 256 GiB")
        };
        BASE64_URL_SAFE_NO_PAD.encode([&[version], &nonce[..], &sealed].concat())
    }

    /// The payload of a sealed text; `None` if its version is another one, or if none of the keys has sealed it.
    pub(crate) fn open(&self, version: u8, text: &str) -> Option<Vec<u8>> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, sealed) = bytes.strip_prefix(&[version])?.split_first_chunk::<NONCE_BYTES>()?;
        let mut keys = [&self.current].into_iter().chain(&self.former);
        keys.find_map(|key| {
            let payload = Payload { msg: sealed, aad: &[version] };
            key.cipher().decrypt(nonce.into(), payload).ok()
        })
    }

    /// Keys for this purpose: one from the current key, and those from the former ones. Each purpose has its own.
    pub(crate) fn derive(&self, purpose: &[u8]) -> (DerivedKey, Vec<DerivedKey>) {
        (self.current.derive(purpose), self.former.iter().map(|it| it.derive(purpose)).collect())
    }

    /// Signs a payload. The text is the payload and its signature in base64url without padding.
    pub(crate) fn sign(&self, payload: &[u8]) -> String {
        let mut signed = payload.to_vec();
        signed.extend(mac(&self.current.signing, &[payload]).finalize().into_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(signed)
    }

    /// The payload of a signed text, and whether the current key signed it; `None` if none of the keys did.
    pub(crate) fn verify(&self, text: &str) -> Option<(Vec<u8>, bool)> {
        let mut payload = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let signature = payload.split_off(payload.len().checked_sub(SIGNATURE_BYTES)?);
        // `verify_slice` takes constant time, so that timing does not reveal how much of a guess is right.
        let is_of = |key: &StateKey| mac(&key.signing, &[&payload]).verify_slice(&signature).is_ok();
        let is_current = is_of(&self.current);
        (is_current || self.former.iter().any(is_of)).then_some((payload, is_current))
    }

    /// The signed name of a device.
    pub(crate) fn sign_device(&self, device: DeviceId) -> String {
        self.sign(&[DEVICE, device.0.as_bytes()].concat())
    }

    /// The device of a signed name, and whether the current key signed it; `None` for any other text.
    pub(crate) fn device(&self, text: &str) -> Option<(DeviceId, bool)> {
        let (payload, is_current) = self.verify(text)?;
        let id = Uuid::from_slice(payload.strip_prefix(DEVICE)?).ok()?;
        Some((DeviceId(id), is_current))
    }

    /// The ids of a pair of devices, in either order. The first id is sent to peers. The others follow from former
    /// keys, and pages may still store them.
    pub(crate) fn pairs(&self, one: DeviceId, other: DeviceId) -> impl Iterator<Item = PairId> {
        let (first, second) = (one.min(other), one.max(other));
        [&self.current].into_iter().chain(&self.former).map(move |key| {
            let all = mac(&key.signing, &[PAIR, first.0.as_bytes(), second.0.as_bytes()]);
            let all = all.finalize().into_bytes();
            let mut bytes = [0; 16];
            bytes.copy_from_slice(&all[..16]);
            PairId(Builder::from_custom_bytes(bytes).into_uuid())
        })
    }
}

fn derive(key: &[u8; 32], purpose: &[u8]) -> DerivedKey {
    Zeroizing::new(mac(key, &[purpose, ONLY_BLOCK]).finalize().into_bytes().into())
}

fn mac(key: &[u8; 32], parts: &[&[u8]]) -> Hmac<Sha256> {
    let Ok(mut mac) = Hmac::new_from_slice(key) else { unreachable!("HMAC accepts a key of any length") };
    parts.iter().for_each(|it| mac.update(it));
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(number: u128) -> DeviceId {
        DeviceId(Uuid::from_u128(number))
    }

    #[test]
    fn signed_device_names_survive_key_rotation() {
        let keys = Keys::from([7; 32]);
        let name = keys.sign_device(device(5));
        assert!(name.len() < 100);
        assert_eq!(keys.device(&name), Some((device(5), true)));
        let rotated = Keys::new([8; 32], vec![[7; 32]]);
        assert_eq!(rotated.device(&name), Some((device(5), false)), "it must be signed again");
        assert_eq!(Keys::from([8; 32]).device(&name), None, "the old key is no longer valid");
    }

    #[test]
    fn rejects_forged_device_names() {
        let keys = Keys::from([7; 32]);
        let name = keys.sign_device(device(5));
        for text in ["", "AAAA", "not a name", &name[1..], &format!("{name}AAAA"), &keys.sign(&[1; 59])] {
            assert_eq!(keys.device(text), None, "{text}");
        }
        for at in 0..name.len() - 1 {
            let mut bytes = name.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(keys.device(&String::from_utf8(bytes).unwrap()), None, "character {at} changed");
        }
    }

    #[test]
    fn sealed_texts_reveal_nothing_and_survive_key_rotation() {
        let keys = Keys::from([7; 32]);
        let text = keys.seal(2, [1; 24], b"who met whom");
        assert_eq!(keys.open(2, &text).as_deref(), Some(b"who met whom".as_slice()));
        assert_ne!(text, keys.seal(2, [2; 24], b"who met whom"), "the nonce makes equal payloads differ");
        let rotated = Keys::new([8; 32], vec![[7; 32]]);
        assert_eq!(rotated.open(2, &text).as_deref(), Some(b"who met whom".as_slice()));
        assert_eq!(Keys::from([8; 32]).open(2, &text), None, "the old key is no longer valid");
        assert_eq!(keys.open(3, &text), None, "another version");
        assert_ne!(*keys.current.sealing, *keys.current.signing);
        for text in
            ["", "Ag", "not sealed!", &text[..text.len() - 4], &format!("{text}AAAA"), &keys.sign(&[2; 59])]
        {
            assert_eq!(keys.open(2, text), None, "{text}");
        }
    }

    #[test]
    fn pair_ids_are_symmetric_and_distinct() {
        let keys = Keys::from([7; 32]);
        let pair = |one, other| keys.pairs(device(one), device(other)).next().unwrap();
        assert_eq!(pair(1, 2), pair(2, 1));
        assert_ne!(pair(1, 2), pair(1, 3));
        assert_ne!(pair(1, 1), pair(2, 2));
        let rotated = Keys::new([8; 32], vec![[7; 32]]);
        let names: Vec<_> = rotated.pairs(device(1), device(2)).collect();
        assert_eq!((names.len(), names[1]), (2, pair(1, 2)), "their former id is still theirs");
    }
}
