//! The requests `Allocate` and `Refresh` (RFC 8656, 7).

use core::time::Duration;

use stun_types::{
    AddressFamily,
    attribute::{ErrorCode, XorMappedAddress},
    message::Message,
    prelude::{AttributeFromRaw, AttributeStaticType},
};
use turn_types::attribute::{
    AdditionalAddressFamily, EvenPort, Lifetime, RequestedAddressFamily, RequestedTransport,
    XorRelayedAddress,
};

use super::{Proven, Refusal};
use crate::{
    relay::{
        Relay,
        account::Accounts,
        allocations::{Allocation, Families, Full},
        reply::Reply,
    },
    time::Moment,
};

/// How long an allocation lives without a refresh (RFC 8656, 3.2), and at most.
const LIFETIMES: (Duration, Duration) = (Duration::from_secs(600), Duration::from_secs(3_600));

impl<A: Accounts> Relay<A> {
    /// Makes an allocation.
    pub(crate) fn on_allocate(&mut self, now: Moment, request: &Proven) -> Result<Reply, Refusal> {
        let Proven { message, path, account } = request;
        let transaction = u128::from(message.transaction_id());
        if let Some(it) = self.allocations.get(*path) {
            if it.transaction != transaction {
                return Err(Refusal(ErrorCode::ALLOCATION_MISMATCH));
            }
            return Ok(allocated(now, request, it));
        }
        if message.attribute::<RequestedTransport>()?.protocol() != RequestedTransport::UDP {
            return Err(Refusal(ErrorCode::UNSUPPORTED_TRANSPORT_PROTOCOL));
        }
        let even = optional::<EvenPort>(message)?;
        if even.as_ref().is_some_and(EvenPort::requested) {
            // The next port cannot be reserved.
            return Err(Refusal(ErrorCode::INSUFFICIENT_CAPACITY));
        }
        let families = families(message)?;
        let expires_at = now + lifetime(message)?.unwrap_or(LIFETIMES.0).clamp(LIFETIMES.0, LIFETIMES.1);
        let it = Allocation::new(account, transaction, families, (now, expires_at));
        let (even, random) = (even.is_some(), self.random.u32(..));
        let it = self.allocations.insert(*path, it, (even, random, account.max_bytes)).map_err(|full| {
            Refusal(match full {
                Full::Network => ErrorCode::ALLOCATION_QUOTA_REACHED,
                Full::Relay => ErrorCode::INSUFFICIENT_CAPACITY,
            })
        })?;
        self.counts.allocated += 1;
        Ok(allocated(now, request, it))
    }

    /// Keeps an allocation for longer, or ends it.
    pub(crate) fn on_refresh(&mut self, now: Moment, request: &Proven) -> Result<Reply, Refusal> {
        let Proven { message, path, account } = request;
        let it = self.own(*path, account)?;
        let family = optional::<RequestedAddressFamily>(message)?.map(|it| it.family());
        if family.is_some_and(|family| !it.families.contains(family)) {
            return Err(Refusal(ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH));
        }
        let wanted = lifetime(message)?.unwrap_or(LIFETIMES.0);
        let granted = if wanted.is_zero() { wanted } else { wanted.clamp(LIFETIMES.0, LIFETIMES.1) };
        if granted.is_zero() {
            self.allocations.remove(*path);
        } else {
            self.allocations.set_expiry(*path, now + granted);
        }
        Ok(Reply::success(message).with(&in_seconds(granted)))
    }
}

/// The answer with the names of an allocation.
fn allocated(now: Moment, request: &Proven, it: &Allocation) -> Reply {
    let Proven { message, path, .. } = request;
    let id = message.transaction_id();
    let names = it.families.iter().filter_map(|family| it.name(family));
    names
        .fold(Reply::success(message), |reply, name| reply.with(&XorRelayedAddress::new(name.address(), id)))
        .with(&in_seconds(it.expires_at - now))
        .with(&XorMappedAddress::new(path.client(), id))
}

/// The families that a client asks for (RFC 8656, 7.2). Without a wish it gets an IPv4 name, whatever its own address
/// is, so that a client that has only IPv6 can meet one that has only IPv4.
fn families(message: &Message) -> Result<Families, Refusal> {
    let requested = optional::<RequestedAddressFamily>(message)?.map(|it| it.family());
    let additional = optional::<AdditionalAddressFamily>(message)?.map(|it| it.family());
    match (requested, additional) {
        (requested, None) => Ok(Families::One(requested.unwrap_or(AddressFamily::IPV4))),
        (None, Some(AddressFamily::IPV6)) => Ok(Families::Both),
        (Some(_), Some(_)) | (None, Some(AddressFamily::IPV4)) => Err(Refusal(ErrorCode::BAD_REQUEST)),
    }
}

fn lifetime(message: &Message) -> Result<Option<Duration>, Refusal> {
    Ok(optional::<Lifetime>(message)?.map(|it| Duration::from_secs(it.seconds().into())))
}

fn in_seconds(lifetime: Duration) -> Lifetime {
    Lifetime::new(u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX))
}

/// An attribute that may be missing, but not malformed.
fn optional<T: for<'a> AttributeFromRaw<'a> + AttributeStaticType>(
    message: &Message,
) -> Result<Option<T>, Refusal> {
    if message.has_attribute(T::TYPE) { Ok(Some(message.attribute::<T>()?)) } else { Ok(None) }
}
