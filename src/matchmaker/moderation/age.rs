//! [`AgeKey`]: statements of an age check provider that a person is 18 or older.
//!
//! A statement is a JSON Web Token (RFC 7519) in the compact form, signed with Ed25519 (`EdDSA`, RFC 8037), with the
//! claims `over18` and `exp`. It says nothing else, so the server learns neither a name nor a date of birth.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, de::DeserializeOwned, de::IgnoredAny};

/// The public key of a provider.
#[derive(Clone, PartialEq, Eq)]
pub struct AgeKey([u8; 32]);

/// The header of a token, as far as it matters (RFC 7515, 4.1).
#[derive(Deserialize)]
struct Header {
    alg: String,
    /// Extensions that must be understood; none is.
    crit: Option<IgnoredAny>,
}

/// The claims of a token, as far as they matter.
#[derive(Deserialize)]
struct Claims {
    over18: bool,
    /// In seconds since the Unix epoch.
    exp: u64,
}

impl AgeKey {
    /// The key in the form of `x` in a JSON Web Key: 32 bytes in base64url (RFC 8037, 2).
    pub fn parse(text: &str) -> Option<Self> {
        BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// Whether this is a statement of the provider that a person is 18 or older, and has not expired.
    pub(crate) fn confirms(&self, statement: &str, unix_seconds: u64) -> bool {
        self.claims(statement).is_some_and(|it| it.over18 && unix_seconds < it.exp)
    }

    /// The claims of a token with a valid signature.
    fn claims(&self, token: &str) -> Option<Claims> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let Header { alg, crit } = decode(header)?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
        let key = UnparsedPublicKey::new(&ED25519, &self.0);
        let is_genuine =
            alg == "EdDSA" && crit.is_none() && key.verify(signed.as_bytes(), &signature).is_ok();
        is_genuine.then(|| decode(claims))?
    }
}

impl fmt::Debug for AgeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AgeKey({})", BASE64_URL_SAFE_NO_PAD.encode(self.0))
    }
}

fn decode<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;
    use ring::signature::{Ed25519KeyPair, KeyPair};

    use super::*;

    const NOW: u64 = 1_764_000_000;

    /// A provider of tests, and its key as an operator configures it.
    pub(crate) fn provider(seed: u8) -> (Ed25519KeyPair, String) {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
        let key = BASE64_URL_SAFE_NO_PAD.encode(pair.public_key());
        (pair, key)
    }

    /// A token with this header and these claims.
    pub(crate) fn token(pair: &Ed25519KeyPair, header: &str, claims: &str) -> String {
        let signed = [header, claims].map(|it| BASE64_URL_SAFE_NO_PAD.encode(it)).join(".");
        let signature = BASE64_URL_SAFE_NO_PAD.encode(pair.sign(signed.as_bytes()));
        [signed, signature].join(".")
    }

    const HEADER: &str = r#"{"alg":"EdDSA","typ":"JWT"}"#;

    fn adult(exp: u64) -> String {
        format!(r#"{{"over18":true,"exp":{exp}}}"#)
    }

    #[test]
    fn only_a_valid_statement_of_the_provider_counts() {
        let ((pair, key), (other, _)) = (provider(1), provider(2));
        let key = AgeKey::parse(&key).unwrap();
        let valid = token(&pair, HEADER, &adult(NOW + 1));
        assert!(key.confirms(&valid, NOW));
        assert!(!key.confirms(&valid, NOW + 1), "it has expired");
        for (what, wrong) in [
            ("another provider", token(&other, HEADER, &adult(NOW + 1))),
            ("a child", token(&pair, HEADER, r#"{"over18":false,"exp":1999999999}"#)),
            ("no age", token(&pair, HEADER, r#"{"exp":1999999999}"#)),
            ("no end", token(&pair, HEADER, r#"{"over18":true}"#)),
            ("an end before the epoch", token(&pair, HEADER, r#"{"over18":true,"exp":-1}"#)),
            ("no algorithm", token(&pair, "{}", &adult(NOW + 1))),
            ("another algorithm", token(&pair, r#"{"alg":"none"}"#, &adult(NOW + 1))),
            ("an unknown extension", token(&pair, r#"{"alg":"EdDSA","crit":["x"]}"#, &adult(NOW + 1))),
            ("no JSON", token(&pair, "x", "y")),
            ("no signature", valid.rsplit_once('.').unwrap().0.to_owned()),
            ("padding", format!("{valid}=")),
            ("nothing", String::new()),
            ("dots", "..".to_owned()),
        ] {
            assert!(!key.confirms(&wrong, NOW), "{what}");
        }
        for bad in ["", "AAAA", &"A".repeat(44), "-"] {
            assert_eq!(AgeKey::parse(bad), None, "{bad}");
        }
    }

    /// The example of RFC 8037, A.4: an independent signature.
    #[test]
    fn signatures_are_those_of_the_standard() {
        let key = AgeKey::parse("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        let (signed, signature) = (
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        );
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
        assert!(UnparsedPublicKey::new(&ED25519, &key.0).verify(signed.as_bytes(), &bytes).is_ok());
        assert!(!key.confirms(&format!("{signed}.{signature}"), NOW), "it is no statement about an age");
    }

    proptest! {
        #[test]
        fn a_changed_statement_does_not_count(at in 0_usize..300, bit in 0_u32..6, text in ".*") {
            let (pair, key) = provider(1);
            let key = AgeKey::parse(&key).unwrap();
            let mut bytes = token(&pair, HEADER, &adult(NOW + 1)).into_bytes();
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            if let Ok(changed) = String::from_utf8(bytes) {
                prop_assert!(!key.confirms(&changed, NOW));
            }
            prop_assert!(!key.confirms(&text, NOW));
        }
    }
}
