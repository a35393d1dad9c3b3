//! Packets between the clients of a match.

use core::{net::SocketAddr, time::Duration};

use proptest::prelude::*;
use stun_types::{AddressFamily, message::Message};
use turn_types::{
    attribute::{AdditionalAddressFamily, Data, RequestedAddressFamily, XorPeerAddress},
    channel::ChannelData,
    message::DATA,
};

use super::{Client, World, indication, pair};
use crate::relay::{DropReason, MAX_PACKET_BYTES, Transport};

/// A `ChannelData` message.
fn channel_data(number: u16, payload: &[u8], pads: bool) -> Vec<u8> {
    let mut bytes = vec![0; payload.len() + 4];
    ChannelData::new(number, payload).write_into_unchecked(&mut bytes);
    if pads {
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    bytes
}

/// The name and the payload in a `Data` indication.
fn read_data(bytes: &[u8]) -> (SocketAddr, Vec<u8>) {
    let message = Message::from_bytes(bytes).unwrap();
    assert!(message.has_method(DATA));
    assert_eq!(bytes.len() % 4, 0);
    let peer = message.attribute::<XorPeerAddress>().unwrap().addr(message.transaction_id());
    (peer, message.attribute::<Data>().unwrap().data().to_vec())
}

const TRANSPORTS: [Transport; 3] = [Transport::Udp, Transport::Tcp, Transport::Tls];

proptest! {
    #[test]
    fn a_payload_arrives_unchanged_in_every_form(
        payload in proptest::collection::vec(any::<u8>(), 0..=1_500),
        transports in (0..3_usize, 0..3_usize),
        (is_ipv6, sends_on_channel, receives_on_channel) in any::<(bool, bool, bool)>(),
    ) {
        let mut world = World::new();
        let family = AdditionalAddressFamily::new(AddressFamily::IPV6);
        let mut clients = [(1, 0, transports.0), (2, 1, transports.1)]
            .map(|(number, end, transport)| Client::new(number, 9, end).over(TRANSPORTS[transport]));
        let names = clients.each_mut().map(|it| {
            let name = it.allocate_with(&mut world, &[&family]).unwrap();
            if is_ipv6 { SocketAddr::new("100::8".parse().unwrap(), name.port()) } else { name }
        });
        let [mut one, mut other] = clients;
        one.permit(&mut world, names[1]).unwrap();
        other.permit(&mut world, names[0]).unwrap();
        if sends_on_channel {
            one.bind(&mut world, 0x4001, names[1]).unwrap();
        }
        if receives_on_channel {
            other.bind(&mut world, 0x7FFF, names[0]).unwrap();
        }
        let sent = if sends_on_channel {
            channel_data(0x4001, &payload, one.path.transport.is_stream())
        } else {
            indication(names[1], &payload)
        };
        let (to, bytes) = world.send(one.path, &sent).unwrap();
        prop_assert_eq!(to, other.path);
        prop_assert_eq!(world.allocated, 0, "forwarding takes no memory");
        if receives_on_channel {
            prop_assert_eq!(bytes, channel_data(0x7FFF, &payload, to.transport.is_stream()));
        } else {
            prop_assert_eq!(read_data(&bytes), (names[0], payload.clone()));
        }
        prop_assert_eq!((world.relay.counts().packets, world.relay.counts().bytes), (1, payload.len() as u64));
    }
}

#[test]
fn the_largest_packet_fits_in_every_form() {
    for bytes in [
        channel_data(0x4000, &vec![5; MAX_PACKET_BYTES - 4], false),
        indication("192.0.0.8:50000".parse().unwrap(), &vec![5; MAX_PACKET_BYTES - 36]),
    ] {
        let mut world = World::new();
        let [(mut one, _), (other, name)] = pair(&mut world);
        one.bind(&mut world, 0x4000, name).unwrap();
        let bytes = if bytes[0] == 0x40 { bytes } else { indication(name, &vec![5; MAX_PACKET_BYTES - 36]) };
        assert_eq!(bytes.len(), MAX_PACKET_BYTES);
        let (to, _) = world.send(one.path, &bytes).unwrap();
        assert_eq!(to, other.path);
    }
}

#[test]
fn both_must_permit() {
    let mut world = World::new();
    let mut clients = [(1, 0), (2, 1)].map(|(number, end)| Client::new(number, 9, end));
    let names = clients.each_mut().map(|it| it.allocate(&mut world).unwrap());
    let [mut one, mut other] = clients;
    assert_eq!(one.indicate(&mut world, names[1], b"x"), None);
    one.permit(&mut world, names[1]).unwrap();
    assert_eq!(one.indicate(&mut world, names[1], b"x"), None);
    assert_eq!(world.relay.counts().dropped(DropReason::NoPermission), 2);
    other.permit(&mut world, names[0]).unwrap();
    assert!(one.indicate(&mut world, names[1], b"x").is_some());
    world.pass(Duration::from_secs(299));
    assert!(one.indicate(&mut world, names[1], b"x").is_some());
    world.pass(Duration::from_secs(1));
    assert_eq!(one.indicate(&mut world, names[1], b"x"), None, "permissions last five minutes");
}

#[test]
fn nothing_reaches_another_match() {
    let mut world = World::new();
    let [(mut one, _), _] = pair(&mut world);
    let mut stranger = Client::new(3, 8, 0);
    let name = stranger.allocate(&mut world).unwrap();
    stranger.permit(&mut world, name).unwrap();
    let is_free = |it: &SocketAddr| {
        world.relay.allocations.path_of(9, crate::relay::name::Name::of(*it).unwrap()).is_none()
    };
    assert!(is_free(&name), "no client of the match happens to have this name");
    assert_eq!(one.indicate(&mut world, name, b"x"), None);
    assert_eq!(one.bind(&mut world, 0x4000, name), Err(403));
    assert_eq!(world.relay.counts().dropped(DropReason::NoClient), 1);
}

#[test]
fn a_client_without_a_name_in_a_family_reaches_nobody_there() {
    let mut world = World::new();
    let mut one = Client::new(1, 9, 0);
    one.allocate(&mut world).unwrap();
    let mut other = Client::new(2, 9, 1);
    let family = RequestedAddressFamily::new(AddressFamily::IPV6);
    let name = other.allocate_with(&mut world, &[&family]).unwrap();
    one.permit(&mut world, name).unwrap();
    assert_eq!(one.indicate(&mut world, name, b"x"), None);
    let same_port = SocketAddr::new("192.0.0.8".parse().unwrap(), name.port());
    assert_eq!(one.indicate(&mut world, same_port, b"x"), None, "the other has no IPv4 name");
}

#[test]
fn a_match_sends_no_more_than_it_may() {
    let mut world = World::with(|it| it.match_bytes_per_second = 1_000);
    let [(mut one, own_name), (mut other, name)] = pair(&mut world);
    assert!(one.indicate(&mut world, name, &[0; 1_000]).is_some());
    assert!(
        other.indicate(&mut world, own_name, &[0; 1_000]).is_some(),
        "two seconds at once, both ends together"
    );
    assert_eq!(one.indicate(&mut world, name, &[0; 500]), None);
    world.pass(Duration::from_millis(500));
    assert!(one.indicate(&mut world, name, &[0; 500]).is_some());
    assert_eq!(other.indicate(&mut world, own_name, &[0; 100]), None);
    assert_eq!(world.relay.counts().dropped(DropReason::Rate), 2);
}

#[test]
fn malformed_indications_and_channels_are_dropped() {
    let mut world = World::new();
    let [(mut one, _), (_, name)] = pair(&mut world);
    one.bind(&mut world, 0x4000, name).unwrap();
    let whole = channel_data(0x4000, b"hello", false);
    for bytes in [&whole[..3], &whole[..8], &channel_data(0x4001, b"hello", false)] {
        assert_eq!(world.send(one.path, bytes), None);
    }
    let whole = indication(name, b"hello");
    for len in 20..whole.len() {
        assert_eq!(world.send(one.path, &whole[..len]), None, "cut after {len} bytes");
    }
    let stranger = Client::new(77, 9, 0);
    assert_eq!(world.send(stranger.path, &channel_data(0x4000, b"hello", false)), None);
    assert_eq!(world.relay.counts().dropped(DropReason::NoAllocation), 1);
}
