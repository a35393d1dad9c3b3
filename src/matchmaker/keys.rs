//! [`Keys`]: the server's keys, which sign and seal, and the ids that only they can produce, of devices and of pairs of
//! devices.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chacha20::{R20, hchacha};
use hmac::{Hmac, Mac};
use ring::aead;
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
        let sealed = seal(&self.current.sealing, &nonce, &[version], payload);
        BASE64_URL_SAFE_NO_PAD.encode([&[version], &nonce[..], &sealed].concat())
    }

    /// The payload of a sealed text; `None` if its version is another one, or if none of the keys has sealed it.
    pub(crate) fn open(&self, version: u8, text: &str) -> Option<Vec<u8>> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, sealed) = bytes.strip_prefix(&[version])?.split_first_chunk::<NONCE_BYTES>()?;
        let mut keys = [&self.current].into_iter().chain(&self.former);
        keys.find_map(|key| open(&key.sealing, nonce, &[version], sealed))
    }

    /// Keys for this purpose: one from the current key, and those from the former ones. Each purpose has its own.
    pub(crate) fn derive(&self, purpose: &[u8]) -> (DerivedKey, Vec<DerivedKey>) {
        let derived = |it: &StateKey| derive(&it.signing, purpose);
        (derived(&self.current), self.former.iter().map(derived).collect())
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

/// The key and the nonce of ChaCha20-Poly1305 that those of XChaCha20-Poly1305 stand for
/// (draft-irtf-cfrg-xchacha-03, 2.3).
fn cipher(key: &[u8; 32], nonce: &Nonce) -> (aead::LessSafeKey, aead::Nonce) {
    let (Some(prefix), Some(rest)) = (nonce.first_chunk::<16>(), nonce.last_chunk::<8>()) else {
        unreachable!("a nonce has 24 bytes")
    };
    let subkey = Zeroizing::new(<[u8; 32]>::from(hchacha::<R20>(key.into(), prefix.into())));
    let Ok(subkey) = aead::UnboundKey::new(&aead::CHACHA20_POLY1305, &*subkey) else {
        unreachable!("a key has 32 bytes")
    };
    let mut short = [0; aead::NONCE_LEN];
    short[4..].copy_from_slice(rest);
    (aead::LessSafeKey::new(subkey), aead::Nonce::assume_unique_for_key(short))
}

/// Seals a payload.
fn seal(key: &[u8; 32], nonce: &Nonce, about: &[u8], payload: &[u8]) -> Vec<u8> {
    let (cipher, nonce) = cipher(key, nonce);
    let mut sealed = payload.to_vec();
    let Ok(()) = cipher.seal_in_place_append_tag(nonce, aead::Aad::from(about), &mut sealed) else {
        unreachable!("a payload is shorter than 256 GiB")
    };
    sealed
}

/// The payload that was sealed with this key; `None` if none was.
fn open(key: &[u8; 32], nonce: &Nonce, about: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (cipher, nonce) = cipher(key, nonce);
    let mut payload = sealed.to_vec();
    let length = cipher.open_in_place(nonce, aead::Aad::from(about), &mut payload).ok()?.len();
    payload.truncate(length);
    Some(payload)
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

    /// The example of draft-irtf-cfrg-xchacha-03, A.3.1.
    #[test]
    fn seals_as_xchacha20_poly1305_does() {
        let key = std::array::from_fn(|it| 0x80 + it as u8);
        let nonce = std::array::from_fn(|it| 0x40 + it as u8);
        let about = [0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7];
        let text = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the \
            future, sunscreen would be it.";
        let sealed = seal(&key, &nonce, &about, text);
        let hex: String = sealed.iter().map(|it| format!("{it:02x}")).collect();
        assert_eq!(
            hex,
            "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39\
             ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9\
             21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49"
        );
        assert_eq!(open(&key, &nonce, &about, &sealed).as_deref(), Some(text.as_slice()));
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
