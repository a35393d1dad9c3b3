//! The requests `CreatePermission` and `ChannelBind` (RFC 8656, 9 to 12).

use core::time::Duration;

use stun_types::{
    attribute::ErrorCode,
    prelude::{Attribute, AttributeFromRaw, AttributeStaticType},
};
use turn_types::attribute::{ChannelNumber, XorPeerAddress};

use super::{Proven, Refusal};
use crate::{
    relay::{
        Relay,
        account::{Account, Accounts},
        allocations::{Allocation, ChannelError},
        name::Name,
        packet::CHANNEL_NUMBERS,
        path::Path,
        reply::Reply,
    },
    time::Moment,
};

/// How long a permission lasts (RFC 8656, 3.3).
const PERMISSION_FOR: Duration = Duration::from_secs(300);

/// How long a channel stays bound (RFC 8656, 3.5).
const CHANNEL_FOR: Duration = Duration::from_secs(600);

impl<A: Accounts> Relay<A> {
    /// Lets a client exchange packets with the names of its match.
    ///
    /// The address alone decides, so a client may ask before its partner has an allocation. The addresses of names are
    /// always permitted: after one refusal, Firefox does not try an address again.
    pub(crate) fn on_create_permission(&mut self, now: Moment, request: &Proven) -> Result<Reply, Refusal> {
        let Proven { message, path, account } = request;
        let it = self.own(*path, account)?;
        let peers = message.iter_attributes().filter(|(_, it)| it.get_type() == XorPeerAddress::TYPE);
        let names = peers.map(|(_, raw)| {
            let address = XorPeerAddress::from_raw_ref(&raw)?.addr(message.transaction_id());
            Name::of(address).ok_or(Refusal(ErrorCode::FORBIDDEN))
        });
        let names: Vec<_> = names.collect::<Result<_, Refusal>>()?;
        if names.is_empty() {
            return Err(Refusal(ErrorCode::BAD_REQUEST));
        }
        names.iter().for_each(|name| it.permit(name.family, now + PERMISSION_FOR));
        Ok(Reply::success(message))
    }

    /// Binds a channel to the name of a client of the same match.
    pub(crate) fn on_channel_bind(&mut self, now: Moment, request: &Proven) -> Result<Reply, Refusal> {
        let Proven { message, path, account } = request;
        self.own(*path, account)?;
        let number = message.attribute::<ChannelNumber>()?.channel();
        let address = message.attribute::<XorPeerAddress>()?.addr(message.transaction_id());
        if !CHANNEL_NUMBERS.contains(&number) {
            return Err(Refusal(ErrorCode::BAD_REQUEST));
        }
        let name = Name::of(address).filter(|it| self.allocations.path_of(account.match_id, *it).is_some());
        let name = name.ok_or(Refusal(ErrorCode::FORBIDDEN))?;
        let it = self.own(*path, account)?;
        it.bind(now, number, name, now + CHANNEL_FOR).map_err(|error| {
            Refusal(match error {
                ChannelError::Taken => ErrorCode::BAD_REQUEST,
                ChannelError::TooMany => ErrorCode::INSUFFICIENT_CAPACITY,
            })
        })?;
        it.permit(name.family, now + PERMISSION_FOR);
        Ok(Reply::success(message))
    }

    /// The allocation that a client asks about, if it is its own.
    pub(crate) fn own(&mut self, path: Path, account: &Account) -> Result<&mut Allocation, Refusal> {
        let it = self.allocations.get_mut(path).ok_or(Refusal(ErrorCode::ALLOCATION_MISMATCH))?;
        if it.is_of(account) { Ok(it) } else { Err(Refusal(ErrorCode::WRONG_CREDENTIALS)) }
    }
}
