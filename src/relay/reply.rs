//! [`Reply`]: an answer while it is written.

use stun_types::{
    attribute::{AttributeType, ErrorCode, Nonce, Realm, UnknownAttributes},
    message::{IntegrityAlgorithm, IntegrityKey, Message, MessageWriteVec},
    prelude::{AttributeWrite, MessageWrite, MessageWriteExt},
};

/// The realm of all accounts. Clients only send it back.
pub(crate) const REALM: &str = "passerby";

/// An answer to a request.
pub(crate) struct Reply(MessageWriteVec);

impl Reply {
    /// The request is granted.
    pub(crate) fn success(request: &Message) -> Self {
        Self(Message::builder_success(request, MessageWriteVec::new()))
    }

    /// The request is refused, with an error of RFC 8489 or RFC 8656.
    pub(crate) fn error(request: &Message, code: u16) -> Self {
        Self::refusal(request, code, ErrorCode::default_reason_for_code(code))
    }

    /// The request must be sent again with credentials and this nonce. As short as possible, since the request may
    /// come from a false address.
    pub(crate) fn challenge(request: &Message, code: u16, nonce: &str) -> Self {
        let mut it = Self::refusal(request, code, "");
        if let (Ok(realm), Ok(nonce)) = (Realm::new(REALM), Nonce::new(nonce)) {
            it = it.with(&realm).with(&nonce);
        }
        it
    }

    /// The request has attributes that the relay must understand and does not.
    pub(crate) fn unknown_attributes(request: &Message, unknown: &[AttributeType]) -> Self {
        Self::error(request, ErrorCode::UNKNOWN_ATTRIBUTE).with(&UnknownAttributes::new(unknown))
    }

    fn refusal(request: &Message, code: u16, reason: &str) -> Self {
        let it = Self(Message::builder_error(request, MessageWriteVec::new()));
        match ErrorCode::new(code, reason) {
            Ok(code) => it.with(&code),
            Err(_) => it,
        }
    }

    /// Adds an attribute.
    pub(crate) fn with(mut self, attribute: &dyn AttributeWrite) -> Self {
        // It can only fail for a second one of the same type, or after the signature.
        let _ = self.0.add_attribute(attribute);
        self
    }

    /// The bytes of an unsigned answer.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.0.finish()
    }

    /// The bytes of a signed answer.
    pub(crate) fn sign(mut self, key: &IntegrityKey) -> Vec<u8> {
        let _ = self.0.add_message_integrity_with_key(key, IntegrityAlgorithm::Sha1);
        self.0.finish()
    }
}
