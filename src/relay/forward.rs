//! Forwarding packets between the clients of a match, without copying or allocating.

use core::{net::SocketAddr, ops::Range};

use stun_types::{
    AddressFamily,
    message::{MAGIC_COOKIE, Message, MessageClass, MessageHeader, MessageType, TransactionId},
    prelude::{Attribute, AttributeFromRaw, AttributeStaticType, AttributeWrite},
};
use turn_types::{
    attribute::{Data, XorPeerAddress},
    channel::ChannelData,
    message::DATA,
};

use super::{
    Relay,
    account::Accounts,
    counts::DropReason,
    name::Name,
    packet::{MAX_PACKET_BYTES, Packet},
    path::Path,
};
use crate::time::Moment;

/// Length of the header of `ChannelData`, and of an attribute, in bytes.
const SHORT_HEADER: usize = 4;

impl<A: Accounts> Relay<A> {
    /// Forwards a `ChannelData` message or a `Send` indication: the packet becomes what the receiver gets.
    ///
    /// Returns the receiver's path, or why the packet must be dropped.
    pub(crate) fn forward(
        &mut self,
        now: Moment,
        packet: &mut Packet,
        from: Path,
    ) -> Result<Path, DropReason> {
        let sender = self.allocations.get_mut(from).ok_or(DropReason::NoAllocation)?;
        sender.active_at = now;
        let match_id = sender.match_id;
        let bytes = packet.bytes();
        let (name, payload) = if packet.is_channel_data() {
            let (number, len) = ChannelData::parse_header(bytes).map_err(|_| DropReason::Malformed)?;
            let payload = SHORT_HEADER..SHORT_HEADER + len;
            if payload.end > bytes.len() {
                return Err(DropReason::Malformed);
            }
            (sender.name_of_channel(now, number).ok_or(DropReason::NoClient)?, payload)
        } else {
            let (address, payload) = parse_send(bytes).ok_or(DropReason::Malformed)?;
            (Name::of(address).ok_or(DropReason::NoClient)?, payload)
        };
        let own_name = sender.name(name.family).ok_or(DropReason::NoClient)?;
        if !sender.permits(now, name.family) {
            return Err(DropReason::NoPermission);
        }
        let to = self.allocations.path_of(match_id, name).ok_or(DropReason::NoClient)?;
        let receiver = self.allocations.get(to).ok_or(DropReason::NoClient)?;
        if !receiver.permits(now, name.family) {
            return Err(DropReason::NoPermission);
        }
        let channel = receiver.channel_of_name(now, own_name);
        let len = payload.len();
        if !self.allocations.take_bytes(now, match_id, len) {
            return Err(DropReason::Rate);
        }
        let fits = match channel {
            Some(number) => wrap_as_channel_data(packet, payload, number, to),
            None => self.wrap_as_data(packet, payload, own_name),
        };
        if !fits {
            return Err(DropReason::Malformed);
        }
        self.counts.packets += 1;
        self.counts.bytes += len as u64;
        Ok(to)
    }

    /// Makes the packet a `Data` indication (RFC 8656, 11.3).
    fn wrap_as_data(&mut self, packet: &mut Packet, payload: Range<usize>, from: Name) -> bool {
        let id = TransactionId::from(u128::from(self.random.u64(..)) << 32 | u128::from(self.random.u32(..)));
        let peer = XorPeerAddress::new(from.address(), id);
        let peer_bytes = SHORT_HEADER
            + match from.family {
                AddressFamily::IPV4 => 8,
                AddressFamily::IPV6 => 20,
            };
        let mut header = [0; MessageHeader::LENGTH + SHORT_HEADER + 20 + SHORT_HEADER];
        let header = &mut header[..MessageHeader::LENGTH + peer_bytes + SHORT_HEADER];
        let (Ok(len), data_bytes) = (u16::try_from(payload.len()), payload.len().next_multiple_of(4)) else {
            return false;
        };
        let Ok(message_len) = u16::try_from(peer_bytes + SHORT_HEADER + data_bytes) else { return false };
        let (message, attributes) = header.split_at_mut(MessageHeader::LENGTH);
        let (peer_header, data_header) = attributes.split_at_mut(peer_bytes);
        MessageType::from_class_method(MessageClass::Indication, DATA).write_into(&mut message[..2]);
        message[2..4].copy_from_slice(&message_len.to_be_bytes());
        message[4..].copy_from_slice(&u128::from(id).to_be_bytes());
        message[4..8].copy_from_slice(&MAGIC_COOKIE.to_be_bytes());
        peer.write_into_unchecked(peer_header);
        data_header[..2].copy_from_slice(&Data::TYPE.value().to_be_bytes());
        data_header[2..].copy_from_slice(&len.to_be_bytes());
        packet.wrap(payload, header, true)
    }
}

/// Makes the packet a `ChannelData` message (RFC 8656, 12.4).
fn wrap_as_channel_data(packet: &mut Packet, payload: Range<usize>, number: u16, to: Path) -> bool {
    let Ok(len) = u16::try_from(payload.len()) else { return false };
    let [[a, b], [c, d]] = [number, len].map(u16::to_be_bytes);
    packet.wrap(payload, &[a, b, c, d], to.transport.is_stream())
}

/// Where a `Send` indication goes, and where its payload is.
fn parse_send(bytes: &[u8]) -> Option<(SocketAddr, Range<usize>)> {
    let message = Message::from_bytes(bytes).ok()?;
    let (_, peer) = message.raw_attribute_and_offset(XorPeerAddress::TYPE)?;
    let address = XorPeerAddress::from_raw_ref(&peer).ok()?.addr(message.transaction_id());
    let (offset, data) = message.raw_attribute_and_offset(Data::TYPE)?;
    let payload = offset + SHORT_HEADER..offset + SHORT_HEADER + usize::from(data.length());
    (payload.end <= bytes.len().min(MAX_PACKET_BYTES)).then_some((address, payload))
}
