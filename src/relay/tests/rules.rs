//! What clients get, and what they do not.

use core::time::Duration;

use stun_types::{
    AddressFamily,
    attribute::XorMappedAddress,
    message::{BINDING, IntegrityAlgorithm, LongTermKeyCredentials, Message},
    prelude::MessageWrite,
};
use turn_types::{
    attribute::{
        AdditionalAddressFamily, EvenPort, Lifetime, RequestedAddressFamily, RequestedTransport,
        ReservationToken,
    },
    message::{ALLOCATE, CONNECT, REFRESH},
};

use super::{Client, TODAY, World, answer, names, pair};
use crate::relay::{
    DropReason, MAX_PACKET_BYTES, Transport,
    allocations::{MAX_CHANNELS, MAX_PER_END, MAX_PER_NETWORK},
    reply::REALM,
};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn tells_anybody_their_address() {
    let (mut world, mut client) = (World::new(), Client::new(1, 9, 0));
    let request = client.build(BINDING, &[]).finish();
    let (to, bytes) = world.send(client.path, &request).unwrap();
    assert_eq!(to, client.path);
    let message = Message::from_bytes(&bytes).unwrap();
    assert_eq!(
        message.attribute::<XorMappedAddress>().unwrap().addr(message.transaction_id()),
        client.path.remote
    );
}

#[test]
fn tells_an_ipv4_client_of_a_socket_for_both_families_its_ipv4_address() {
    let (mut world, mut client) = (World::new(), Client::new(1, 9, 0));
    client.path.remote = "[::ffff:203.0.113.9]:4000".parse().unwrap();
    client.prove(&mut world);
    let binding = client.build(BINDING, &[]).finish();
    let message = client.build(ALLOCATE, &[&RequestedTransport::new(RequestedTransport::UDP)]);
    for request in [binding, client.sign(message)] {
        let (to, bytes) = world.send(client.path, &request).unwrap();
        assert_eq!(to, client.path);
        let message = Message::from_bytes(&bytes).unwrap();
        let mapped = message.attribute::<XorMappedAddress>().unwrap().addr(message.transaction_id());
        assert_eq!(mapped, "203.0.113.9:4000".parse().unwrap());
    }
}

#[test]
fn a_flood_does_not_keep_a_client_with_an_allocation_from_a_new_nonce() {
    let (mut world, mut client) = (World::new(), Client::new(1, 9, 0));
    client.allocate(&mut world).unwrap();
    let mut flood = client.clone();
    flood.path.remote.set_port(1_234);
    let request = flood.build(ALLOCATE, &[&RequestedTransport::new(RequestedTransport::UDP)]).finish();
    while world.send(flood.path, &request).is_some() {}
    client.nonce = "0".repeat(24);
    assert_eq!(client.request(&mut world, REFRESH, &[]), Err(438));
    client.prove(&mut world);
    assert!(client.request(&mut world, REFRESH, &[]).is_ok());
}

#[test]
fn answers_to_the_unproven_are_short_and_few() {
    let (mut world, mut client) = (World::new(), Client::new(1, 9, 0));
    let request = client.build(ALLOCATE, &[&RequestedTransport::new(RequestedTransport::UDP)]).finish();
    for _ in 0..10 {
        let (_, bytes) = world.send(client.path, &request).unwrap();
        assert!(bytes.len() * 2 <= request.len() * 5, "{} for {}", bytes.len(), request.len());
    }
    assert_eq!(world.send(client.path, &request), None, "ten at once");
    let mut neighbour = client.clone();
    neighbour.path.remote.set_port(1_234);
    assert_eq!(world.send(neighbour.path, &request), None, "a network has one limit");
    world.pass(Duration::from_millis(100));
    assert!(world.send(client.path, &request).is_some(), "ten a second");
    let short = client.build(ALLOCATE, &[]).finish();
    world.pass(MINUTE);
    assert_eq!(world.send(client.path, &short), None, "the answer would be too long");
    assert_eq!((world.relay.counts().dropped(DropReason::Unproven), world.relay.allocations()), (3, 0));
}

#[test]
fn a_stream_proves_the_address_so_that_each_of_its_requests_is_answered() {
    for transport in [Transport::Tcp, Transport::Tls] {
        let (mut world, mut client) = (World::new(), Client::new(1, 9, 0).over(transport));
        let request = client.build(ALLOCATE, &[]).finish();
        for _ in 0..100 {
            assert!(world.send(client.path, &request).is_some());
        }
        let mut flood = Client::new(1, 9, 0);
        let request = flood.build(ALLOCATE, &[&RequestedTransport::new(RequestedTransport::UDP)]).finish();
        while world.send(flood.path, &request).is_some() {}
        let request = client.build(ALLOCATE, &[]).finish();
        assert!(world.send(client.path, &request).is_some(), "{transport:?}");
    }
}

#[test]
fn a_connection_must_be_closed_when_its_allocation_ends() {
    let none = Lifetime::new(0);
    let mut world = World::new();
    let mut clients =
        [Transport::Tcp, Transport::Udp, Transport::Tls].map(|it| Client::new(it as u16 + 1, 9, 0).over(it));
    for client in &mut clients {
        client.allocate(&mut world).unwrap();
    }
    assert_eq!(world.relay.take_ended_streams(), []);
    let [tcp, udp, tls] = &mut clients;
    assert!(tcp.request(&mut world, REFRESH, &[&none]).is_ok());
    assert!(udp.request(&mut world, REFRESH, &[&none]).is_ok());
    assert_eq!(world.relay.take_ended_streams(), [tcp.path]);
    assert_eq!(world.relay.take_ended_streams(), [], "each is told once");
    world.pass(11 * MINUTE);
    world.relay.handle_timeout(world.now);
    assert_eq!(world.relay.take_ended_streams(), [tls.path]);
}

#[test]
fn answers_nothing_to_port_0() {
    let (mut world, mut client) = (World::new(), Client::new(1, 9, 0));
    client.path.remote.set_port(0);
    let request = client.build(BINDING, &[]).finish();
    assert_eq!(world.send(client.path, &request), None);
    assert_eq!(world.relay.counts().dropped(DropReason::NoPort), 1);
}

#[test]
fn answers_to_the_proven_are_signed() {
    let (mut world, mut client) = (World::new(), Client::new(1, 9, 0));
    client.prove(&mut world);
    let key =
        LongTermKeyCredentials::new(client.user_name.clone(), client.password.clone(), REALM.to_owned());
    let key = key.make_key(IntegrityAlgorithm::Sha1);
    // A success, then an error.
    for transport in [RequestedTransport::UDP, RequestedTransport::UDP] {
        let message = client.build(ALLOCATE, &[&RequestedTransport::new(transport)]);
        let (_, bytes) = world.send(client.path, &client.sign(message)).unwrap();
        assert!(Message::from_bytes(&bytes).unwrap().validate_integrity_with_key(&key).is_ok());
    }
}

#[test]
fn credentials_and_nonce_must_be_right() {
    let mut world = World::new();
    let mut client = Client::new(1, 9, 0);
    client.prove(&mut world);
    let transport = RequestedTransport::new(RequestedTransport::UDP);
    let mut other = client.clone();
    other.password.push('x');
    assert_eq!(other.request(&mut world, ALLOCATE, &[&transport]), Err(401), "a wrong password");
    let mut other = client.clone();
    other.user_name = "nobody".to_owned();
    assert_eq!(other.request(&mut world, ALLOCATE, &[&transport]), Err(401), "an unknown name");
    let mut other = client.clone();
    other.path.remote.set_port(1_234);
    assert_eq!(other.request(&mut world, ALLOCATE, &[&transport]), Err(438), "the nonce of another client");
    for nonce in ["", "x", "0000000000000000000000000", &format!("+{}", &client.nonce[1..])] {
        let mut other = client.clone();
        other.nonce = nonce.to_owned();
        assert_eq!(other.request(&mut world, ALLOCATE, &[&transport]), Err(438), "{nonce}");
    }
    world.pass(10 * MINUTE - Duration::from_secs(1));
    client.user_name = format!("{}:9:0", world.unix_seconds + 1);
    client.password = super::password(&client.user_name);
    assert!(client.request(&mut world, ALLOCATE, &[&transport]).is_ok());
    world.pass(Duration::from_secs(1));
    assert_eq!(client.request(&mut world, REFRESH, &[]), Err(438), "a nonce is good for ten minutes");
}

#[test]
fn credentials_expire_for_new_allocations_only() {
    let (mut world, mut client) = (World::new(), Client::new(1, 9, 0));
    client.allocate(&mut world).unwrap();
    world.pass(2 * MINUTE);
    assert!(world.unix_seconds > TODAY + 60);
    assert!(client.request(&mut world, REFRESH, &[]).is_ok(), "a long call goes on");
    assert_eq!(Client::new(2, 9, 0).allocate(&mut world), Err(401));
    assert!(client.request(&mut world, REFRESH, &[&Lifetime::new(0)]).is_ok());
    assert_eq!(world.relay.allocations(), 0);
    assert_eq!(client.request(&mut world, REFRESH, &[&Lifetime::new(0)]), Err(437), "it is gone");
}

#[test]
fn a_repeated_request_gets_the_same_name_and_another_one_none() {
    let (mut world, mut client) = (World::new(), Client::new(1, 9, 0));
    client.prove(&mut world);
    let message = client.build(ALLOCATE, &[&RequestedTransport::new(RequestedTransport::UDP)]);
    let request = client.sign(message);
    let first = world.send(client.path, &request).unwrap();
    assert_eq!(world.send(client.path, &request).unwrap(), first);
    assert_eq!(client.request(&mut world, ALLOCATE, &[&RequestedTransport::new(17)]), Err(437));
    assert_eq!((world.relay.allocations(), world.relay.counts().allocated), (1, 1));
}

#[test]
fn names_are_ipv4_unless_ipv6_is_asked_for() {
    let ipv6 = AddressFamily::IPV6;
    let asked = |wishes: &[&dyn stun_types::prelude::AttributeWrite]| {
        let (mut world, mut client) = (World::new(), Client::new(1, 9, 0));
        client.path.remote = "[2001:db8::1]:4000".parse().unwrap();
        client.prove(&mut world);
        let transport = RequestedTransport::new(RequestedTransport::UDP);
        let mut all: Vec<&dyn stun_types::prelude::AttributeWrite> = vec![&transport];
        all.extend(wishes);
        let bytes = client.request(&mut world, ALLOCATE, &all)?;
        Ok::<_, u16>(names(&bytes).iter().map(|it| it.ip().to_string()).collect::<Vec<_>>())
    };
    assert_eq!(asked(&[]), Ok(vec!["192.0.0.8".to_owned()]));
    assert_eq!(asked(&[&RequestedAddressFamily::new(ipv6)]), Ok(vec!["100::8".to_owned()]));
    let both = Ok(vec!["192.0.0.8".to_owned(), "100::8".to_owned()]);
    assert_eq!(asked(&[&AdditionalAddressFamily::new(ipv6)]), both);
    assert_eq!(asked(&[&RequestedAddressFamily::new(ipv6), &AdditionalAddressFamily::new(ipv6)]), Err(400));
}

#[test]
fn what_is_not_offered_is_refused_by_its_code() {
    let mut world = World::new();
    let mut number = 0;
    let mut asked = |wish: &dyn stun_types::prelude::AttributeWrite| {
        number += 1;
        Client::new(number, 9, 0).allocate_with(&mut world, &[wish])
    };
    assert!(asked(&EvenPort::new(false)).unwrap().port().is_multiple_of(2));
    assert_eq!(asked(&EvenPort::new(true)), Err(508));
    assert_eq!(asked(&ReservationToken::new(7)), Err(420));
    let mut client = Client::new(100, 9, 0);
    client.prove(&mut world);
    assert_eq!(client.request(&mut world, ALLOCATE, &[&RequestedTransport::new(6)]), Err(442));
    assert_eq!(client.request(&mut world, ALLOCATE, &[]), Err(400));
    assert_eq!(client.request(&mut world, CONNECT, &[]), Err(400));
}

#[test]
fn at_the_limit_of_an_end_the_idlest_allocation_goes() {
    let mut world = World::new();
    let mut clients: Vec<_> = (0..=MAX_PER_END as u16).map(|it| Client::new(it, 9, 0)).collect();
    let mut last = clients.pop().unwrap();
    let mut names = Vec::new();
    for client in &mut clients {
        world.pass(Duration::from_millis(1));
        names.push(client.allocate(&mut world).unwrap());
    }
    clients[0].permit(&mut world, names[1]).unwrap();
    world.pass(Duration::from_millis(1));
    clients[0].indicate(&mut world, names[1], b"active");
    Client::new(500, 9, 1).allocate(&mut world).unwrap();
    assert_eq!(world.relay.allocations(), MAX_PER_END + 1, "the other end has its own limit");
    last.allocate(&mut world).unwrap();
    assert_eq!(world.relay.allocations(), MAX_PER_END + 1);
    assert!(clients[0].request(&mut world, REFRESH, &[]).is_ok(), "it was active");
    assert_eq!(clients[1].request(&mut world, REFRESH, &[]), Err(437));
}

#[test]
fn a_network_and_the_relay_have_a_limit() {
    let mut world = World::with(|it| it.max_allocations = MAX_PER_NETWORK as usize + 1);
    let client = |number: u16| {
        let mut it = Client::new(1, u64::from(number), 0);
        it.path.remote.set_port(1_000 + number);
        it
    };
    for number in 0..MAX_PER_NETWORK as u16 {
        world.pass(Duration::from_secs(1));
        let mut it = client(number);
        it.user_name = format!("{}:{number}:0", u64::MAX);
        it.password = super::password(&it.user_name);
        it.allocate(&mut world).unwrap();
    }
    world.unix_seconds = TODAY;
    assert_eq!(client(999).allocate(&mut world), Err(486));
    Client::new(2, 9, 0).allocate(&mut world).unwrap();
    assert_eq!(Client::new(3, 9, 0).allocate(&mut world), Err(508));
    world.relay.on_closed(client(0).path);
    Client::new(3, 9, 0).allocate(&mut world).unwrap();
}

#[test]
fn an_allocation_ends_in_time_and_its_names_with_it() {
    let mut world = World::new();
    let [(mut one, _), (_, other_name)] = pair(&mut world);
    assert_eq!(world.relay.deadline(), Some(world.now + 10 * MINUTE));
    world.pass(4 * MINUTE);
    one.prove(&mut world);
    assert!(one.request(&mut world, REFRESH, &[&Lifetime::new(999_999)]).is_ok(), "at most an hour");
    world.pass(6 * MINUTE);
    world.relay.handle_timeout(world.now);
    assert_eq!(world.relay.allocations(), 1);
    one.prove(&mut world);
    one.permit(&mut world, other_name).unwrap();
    assert_eq!(one.indicate(&mut world, other_name, b"x"), None);
    assert_eq!(one.bind(&mut world, 0x4000, other_name), Err(403));
    assert_eq!(world.relay.deadline(), Some(world.now + 54 * MINUTE));
    world.pass(54 * MINUTE);
    world.relay.handle_timeout(world.now);
    assert_eq!((world.relay.allocations(), world.relay.deadline()), (0, None));
}

#[test]
fn another_account_cannot_use_an_allocation() {
    let (mut world, mut client) = (World::new(), Client::new(1, 9, 0));
    client.allocate(&mut world).unwrap();
    for match_and_end in ["9:1", "8:0"] {
        let mut thief = client.clone();
        thief.user_name = format!("{}:{match_and_end}", TODAY + 60);
        thief.password = super::password(&thief.user_name);
        assert_eq!(thief.request(&mut world, REFRESH, &[&Lifetime::new(0)]), Err(441));
    }
    client.user_name = format!("{}:9:0", TODAY + 999);
    client.password = super::password(&client.user_name);
    assert!(client.request(&mut world, REFRESH, &[]).is_ok(), "renewed credentials are of the same account");
}

#[test]
fn channels_are_bound_once_and_few() {
    let mut world = World::new();
    let [(mut one, own_name), (_, other_name)] = pair(&mut world);
    for wrong in [0x3FFF, 0x8000, 0xFFFF] {
        assert_eq!(one.bind(&mut world, wrong, other_name), Err(400), "{wrong:x}");
    }
    assert!(one.bind(&mut world, 0x4000, other_name).is_ok());
    assert!(one.bind(&mut world, 0x4000, other_name).is_ok(), "again");
    assert_eq!(one.bind(&mut world, 0x4000, own_name), Err(400), "the number is taken");
    assert_eq!(one.bind(&mut world, 0x4001, other_name), Err(400), "the name is taken");
    assert!(one.bind(&mut world, 0x7FFF, own_name).is_ok(), "one's own end is reachable, too");
    for number in 2..=MAX_CHANNELS as u16 {
        let name = Client::new(10 + number, 9, 1).allocate(&mut world).unwrap();
        let expected = if usize::from(number) < MAX_CHANNELS { None } else { Some(508) };
        assert_eq!(one.bind(&mut world, 0x4000 + number, name).err(), expected);
    }
}

#[test]
fn malformed_packets_are_dropped_and_counted() {
    let (mut world, mut client) = (World::new(), Client::new(1, 9, 0));
    client.prove(&mut world);
    let message = client.build(ALLOCATE, &[&RequestedTransport::new(17)]);
    let good = client.sign(message);
    let before = world.relay.counts().dropped(DropReason::Malformed);
    for len in 0..good.len() {
        assert_eq!(world.send(client.path, &good[..len]), None, "cut after {len} bytes");
    }
    let longer = [&good[..], &[0]].concat();
    let huge = vec![0; 70_000];
    let success = world.send(client.path, &good).unwrap().1;
    for bytes in [longer, huge, success.clone(), vec![0xFF; 20], vec![0; MAX_PACKET_BYTES + 1]] {
        assert_eq!(world.send(client.path, &bytes), None);
    }
    assert_eq!(world.relay.counts().dropped(DropReason::Malformed) - before, good.len() as u64 + 5);
    assert!(answer(success).is_ok());
    // A bit that changes on the way must not be believed.
    for bit in 0..good.len() * 8 {
        let mut changed = good.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        world.pass(Duration::from_millis(100));
        if let Some((_, bytes)) = world.send(Client::new(2, 9, 0).path, &changed) {
            let is_binding = Message::from_bytes(&bytes).unwrap().has_method(BINDING);
            assert!(is_binding || answer(bytes).is_err(), "bit {bit}");
        }
    }
}

#[test]
fn a_closed_connection_ends_its_allocation() {
    let mut world = World::new();
    let mut client = Client::new(1, 9, 0).over(Transport::Tls);
    client.allocate(&mut world).unwrap();
    world.relay.on_closed(client.path);
    assert_eq!((world.relay.allocations(), world.relay.deadline()), (0, None));
}
