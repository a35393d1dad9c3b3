//! Requests (RFC 8489 and 8656): who may ask, and what they get.

mod allocate;
mod permit;

use stun_types::{
    attribute::{
        AttributeType, ErrorCode, Fingerprint, MessageIntegrity, Nonce, Realm, Username, XorMappedAddress,
    },
    message::{
        BINDING, IntegrityAlgorithm, IntegrityKey, LongTermKeyCredentials, Message, MessageClass,
        StunParseError,
    },
    prelude::{Attribute, AttributeStaticType},
};
use turn_types::{
    attribute::{
        AdditionalAddressFamily, ChannelNumber, DontFragment, EvenPort, Lifetime, RequestedAddressFamily,
        RequestedTransport, XorPeerAddress,
    },
    message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH},
};

use super::{
    Relay,
    account::{Account, Accounts},
    counts::DropReason,
    packet::Packet,
    path::{Network, Path},
    reply::{REALM, Reply},
};
use crate::time::Moment;

/// How much longer than its request an answer to an unproven client may be, as a fraction. A relay that answers more
/// multiplies the traffic of those who ask in the name of others.
const MAX_AMPLIFICATION: (usize, usize) = (5, 2);

/// The attributes of requests that the relay must understand, and does.
const KNOWN: [AttributeType; 13] = [
    Username::TYPE,
    Realm::TYPE,
    Nonce::TYPE,
    MessageIntegrity::TYPE,
    Fingerprint::TYPE,
    RequestedTransport::TYPE,
    RequestedAddressFamily::TYPE,
    AdditionalAddressFamily::TYPE,
    EvenPort::TYPE,
    DontFragment::TYPE,
    Lifetime::TYPE,
    XorPeerAddress::TYPE,
    ChannelNumber::TYPE,
];

/// A request whose sender has proven its address and its account.
pub(crate) struct Proven<'a> {
    /// The request.
    pub(crate) message: &'a Message<'a>,
    /// Where it came from.
    pub(crate) path: Path,
    /// Whom it is from.
    pub(crate) account: Account,
}

/// An error of RFC 8489 or RFC 8656, by its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal(pub(crate) u16);

impl From<StunParseError> for Refusal {
    /// An attribute is missing or malformed.
    fn from(_: StunParseError) -> Self {
        Self(ErrorCode::BAD_REQUEST)
    }
}

impl<A: Accounts> Relay<A> {
    /// Answers a request: the packet becomes the answer.
    pub(crate) fn on_request(
        &mut self,
        (now, unix_seconds): (Moment, u64),
        packet: &mut Packet,
        path: Path,
    ) -> Result<Path, DropReason> {
        let bytes = packet.bytes();
        let message = Message::from_bytes(bytes).map_err(|_| DropReason::Malformed)?;
        let is_whole = usize::from(u16::from_be_bytes([bytes[2], bytes[3]])) + 20 == bytes.len();
        if !is_whole || !message.has_class(MessageClass::Request) {
            return Err(DropReason::Malformed);
        }
        let (account, key) = match self.authenticate((now, unix_seconds), &message, path) {
            Ok(it) => it,
            Err(unsigned) => {
                self.counts.unproven += 1;
                let is_short = unsigned.len() * MAX_AMPLIFICATION.1 <= bytes.len() * MAX_AMPLIFICATION.0;
                // A stream or an allocation proves the address, so a flood in its name cannot keep its owner from an
                // answer. Nobody repeats a request in a stream (RFC 8489, 6.2.2).
                let is_proven = path.transport.is_stream() || self.allocations.get(path).is_some();
                let may_answer = is_proven || is_short && self.source_limit.take(now, Network::of(path));
                if !may_answer {
                    return Err(DropReason::Unproven);
                }
                packet.replace(&unsigned);
                return Ok(path);
            }
        };
        let request = Proven { message: &message, path, account };
        let reply = match unknown_attributes(&message) {
            unknown if !unknown.is_empty() => Reply::unknown_attributes(&message, &unknown),
            _ => match message.method() {
                ALLOCATE => self.on_allocate(now, &request),
                REFRESH => self.on_refresh(now, &request),
                CREATE_PERMISSION => self.on_create_permission(now, &request),
                CHANNEL_BIND => self.on_channel_bind(now, &request),
                _ => Err(Refusal(ErrorCode::BAD_REQUEST)),
            }
            .unwrap_or_else(|Refusal(code)| Reply::error(&message, code)),
        };
        let signed = reply.sign(&key);
        packet.replace(&signed);
        Ok(path)
    }

    /// Checks nonce, account and signature (RFC 8489, 9.2.4), the cheapest first. Otherwise returns an unsigned answer.
    fn authenticate(
        &self,
        (now, unix_seconds): (Moment, u64),
        message: &Message,
        path: Path,
    ) -> Result<(Account, IntegrityKey), Vec<u8>> {
        if message.has_method(BINDING) {
            return Err(on_binding(message, path).finish());
        }
        let challenge = |code| Err(Reply::challenge(message, code, &self.nonces.make(now, path)).finish());
        if !message.has_attribute(MessageIntegrity::TYPE) {
            return challenge(ErrorCode::UNAUTHORIZED);
        }
        let parts =
            (message.attribute::<Username>(), message.attribute::<Realm>(), message.attribute::<Nonce>());
        let (Ok(user_name), Ok(_), Ok(nonce)) = parts else {
            return Err(Reply::error(message, ErrorCode::BAD_REQUEST).finish());
        };
        if !self.nonces.is_valid(now, path, nonce.nonce()) {
            return challenge(ErrorCode::STALE_NONCE);
        }
        let Some(account) = self.accounts.account(user_name.username()) else {
            return challenge(ErrorCode::UNAUTHORIZED);
        };
        let name = user_name.username().to_owned();
        let credentials = LongTermKeyCredentials::new(name, account.password.clone(), REALM.to_owned());
        let key = credentials.make_key(IntegrityAlgorithm::Sha1);
        // Only a new allocation needs credentials that have not expired, so that a long call can go on.
        let is_new = message.has_method(ALLOCATE) && self.allocations.get(path).is_none();
        let has_expired = is_new && account.expires_at <= unix_seconds;
        if has_expired || message.validate_integrity_with_key(&key).is_err() {
            return challenge(ErrorCode::UNAUTHORIZED);
        }
        Ok((account, key))
    }
}

/// Tells a client its own address.
fn on_binding<'a>(message: &'a Message<'a>, path: Path) -> Reply {
    let unknown = unknown_attributes(message);
    if !unknown.is_empty() {
        return Reply::unknown_attributes(message, &unknown);
    }
    Reply::success(message).with(&XorMappedAddress::new(path.client(), message.transaction_id()))
}

/// The attributes that the relay must understand and does not.
fn unknown_attributes(message: &Message) -> Vec<AttributeType> {
    let types = message.iter_attributes().map(|(_, it)| it.get_type());
    types.filter(|it| it.comprehension_required() && !KNOWN.contains(it)).collect()
}
