//! [`EntrySeals`]: seals what is in Redis, each text for its place, so that Redis can neither read it nor move it.
//!
//! Each text is sealed with AES-256-GCM and a key of its own, which is derived from 256 fresh random bits and the place
//! (HKDF-Expand, RFC 5869, 2.3). So a key seals one text only, even in two copies of one virtual machine, and the nonce
//! may be constant.

use std::{io, iter};

use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, MAX_TAG_LEN, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, Prk},
};

use super::entries::EntryPlace;
use crate::{matchmaker::Keys, server::clock::random_bytes};

/// What the keys of this file are derived for.
const PURPOSE: &[u8] = b"entries";

/// Length of what makes the key of a text differ from all others, in bytes.
const SALT_BYTES: usize = 32;

/// What a sealed text is longer than the text, in bytes.
pub(super) const SEAL_BYTES: usize = MAX_TAG_LEN + SALT_BYTES;

/// Seals and opens with the keys that all processes of a cluster have.
#[derive(Debug)]
pub(super) struct EntrySeals {
    current: Prk,
    former: Vec<Prk>,
}

impl EntrySeals {
    /// Seals with the current one of these keys, and opens what any of them has sealed.
    pub(super) fn new(keys: &Keys) -> Self {
        let (current, former) = keys.derive(PURPOSE);
        let prk = |key: &[u8; 32]| Prk::new_less_safe(HKDF_SHA256, key);
        Self { current: prk(&current), former: former.iter().map(|it| prk(it)).collect() }
    }

    /// Seals a text for a place. The result is the sealed text, its tag and its salt.
    ///
    /// # Errors
    ///
    /// If the system has no randomness.
    pub(super) fn seal(&self, place: &EntryPlace, mut text: Vec<u8>) -> io::Result<Vec<u8>> {
        let salt: [u8; SALT_BYTES] = random_bytes()?;
        let key = key_of(&self.current, place, &salt);
        let Ok(tag) = key.seal_in_place_separate_tag(nonce(), Aad::empty(), &mut text) else {
            unreachable!("an entry is shorter than 64 GiB")
        };
        text.extend_from_slice(tag.as_ref());
        text.extend_from_slice(&salt);
        Ok(text)
    }

    /// The text that was sealed for this place; `None` if none of the keys has sealed it.
    pub(super) fn open(&self, place: &EntryPlace, mut sealed: Vec<u8>) -> Option<Vec<u8>> {
        let salt: [u8; SALT_BYTES] = *sealed.last_chunk()?;
        sealed.truncate(sealed.len() - SALT_BYTES);
        let keys = iter::once(&self.current).chain(&self.former);
        // An attempt destroys what it cannot open. The last one needs no copy.
        let copies = iter::repeat_n(sealed, 1 + self.former.len());
        keys.zip(copies).find_map(|(prk, mut bytes)| {
            let key = key_of(prk, place, &salt);
            let length = key.open_in_place(nonce(), Aad::empty(), &mut bytes).ok()?.len();
            bytes.truncate(length);
            Some(bytes)
        })
    }
}

/// The key for the one text of this salt.
fn key_of(prk: &Prk, place: &EntryPlace, salt: &[u8; SALT_BYTES]) -> LessSafeKey {
    let info = [salt, &*place.name()];
    let Ok(key) = prk.expand(&info, &AES_256_GCM) else { unreachable!("HKDF gives more than one key") };
    LessSafeKey::new(UnboundKey::from(key))
}

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{matchmaker::EdgeId, server::bus::cluster::lease::Holder};

    const PLACE: EntryPlace =
        EntryPlace::ToEdge { holder: Holder { term: 7, process: 9 }, edge: EdgeId(1), number: 4 };

    fn seals(current: u8, former: &[u8]) -> EntrySeals {
        EntrySeals::new(&Keys::new([current; 32], former.iter().map(|it| [*it; 32]).collect()))
    }

    #[test]
    fn opens_what_was_sealed_for_the_place_and_nothing_else() {
        let seals = seals(7, &[]);
        let sealed = seals.seal(&PLACE, b"who met whom".to_vec()).unwrap();
        assert_eq!(sealed.len(), b"who met whom".len() + SEAL_BYTES);
        assert!(!sealed.windows(3).any(|it| it == b"met"));
        assert_eq!(seals.open(&PLACE, sealed.clone()).as_deref(), Some(b"who met whom".as_slice()));
        assert_ne!(sealed, seals.seal(&PLACE, b"who met whom".to_vec()).unwrap(), "equal texts differ");

        let holder = Holder { term: 7, process: 9 };
        for other in [
            EntryPlace::ToEdge { holder, edge: EdgeId(1), number: 5 },
            EntryPlace::ToEdge { holder, edge: EdgeId(2), number: 4 },
            EntryPlace::ToEdge { holder: Holder { term: 8, ..holder }, edge: EdgeId(1), number: 4 },
            EntryPlace::ToEdge { holder: Holder { process: 8, ..holder }, edge: EdgeId(1), number: 4 },
            EntryPlace::ToCore { holder: Some(holder), edge: EdgeId(1), number: 4 },
            EntryPlace::Mirror("decisions"),
        ] {
            assert_eq!(seals.open(&other, sealed.clone()), None);
        }
        for at in 0..sealed.len() {
            let mut forged = sealed.clone();
            forged[at] ^= 1;
            assert_eq!(seals.open(&PLACE, forged), None, "byte {at} changed");
            assert_eq!(seals.open(&PLACE, sealed[..at].to_vec()), None, "only {at} bytes");
        }
    }

    #[test]
    fn former_keys_open_what_they_have_sealed() {
        let sealed = seals(7, &[]).seal(&PLACE, b"text".to_vec()).unwrap();
        let open = |seals: EntrySeals| seals.open(&PLACE, sealed.clone());
        assert_eq!(open(seals(8, &[6, 7])).as_deref(), Some(b"text".as_slice()));
        assert_eq!(open(seals(8, &[6])), None);
    }
}
