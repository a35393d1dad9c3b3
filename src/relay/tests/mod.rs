//! Tests of the relay: a virtual clock, clients without sockets, and everything that they send and receive.

mod client;
mod forwarding;
mod history;
mod probes;
mod rules;

use core::{net::SocketAddr, time::Duration};

use stun_types::{
    attribute::{ErrorCode, Nonce, Realm, Username},
    message::{
        IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass, MessageWriteVec, Method,
        TransactionId,
    },
    prelude::{AttributeWrite, MessageWrite, MessageWriteExt},
};
use turn_types::{
    attribute::{Data, RequestedTransport, XorPeerAddress, XorRelayedAddress},
    message::{ALLOCATE, CREATE_PERMISSION, SEND},
};

use super::{Account, Accounts, Packet, Path, Relay, RelayLimits, Transport, reply::REALM};
use crate::time::Moment;

/// Seconds since 1970 in all tests, unless a test changes them.
const TODAY: u64 = 1_800_000_000;

/// Every user name `{expiry}:{match}:{end}` is known.
#[derive(Debug)]
struct TestAccounts;

impl Accounts for TestAccounts {
    fn account(&self, user_name: &str) -> Option<Account> {
        let mut parts = user_name.split(':').map(str::parse::<u64>);
        let (Some(Ok(expires_at)), Some(Ok(match_id)), Some(Ok(end)), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let (match_id, end) = (match_id.into(), end as u8);
        Some(Account { match_id, end, password: password(user_name), expires_at, max_bytes: None })
    }
}

fn password(user_name: &str) -> String {
    format!("password of {user_name}")
}

/// A relay, and the time.
struct World {
    relay: Relay<TestAccounts>,
    now: Moment,
    unix_seconds: u64,
    packet: Packet,
    /// How often the relay has allocated memory for the last packet.
    allocated: u64,
}

impl World {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut RelayLimits)) -> Self {
        let mut limits = RelayLimits { max_allocations: 1_000, match_bytes_per_second: 1_000_000 };
        change(&mut limits);
        let now = Moment::from_millis(5_000);
        Self {
            relay: Relay::new([7; 32], limits, TestAccounts),
            now,
            unix_seconds: TODAY,
            packet: Packet::new(),
            allocated: 0,
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
        self.unix_seconds += time.as_secs();
    }

    /// A client sends a packet. What the relay sends then, and where to.
    fn send(&mut self, from: Path, bytes: &[u8]) -> Option<(Path, Vec<u8>)> {
        let space = self.packet.space();
        let len = bytes.len().min(space.len());
        space[..len].copy_from_slice(&bytes[..len]);
        self.packet.set_len(len);
        let mut to = None;
        let work = || to = self.relay.handle(self.now, self.unix_seconds, &mut self.packet, from);
        self.allocated = allocation_counter::measure(work).count_total;
        Some((to?, self.packet.bytes().to_vec()))
    }
}

/// A client that sends whatever a test wants.
#[derive(Clone, Debug)]
struct Client {
    path: Path,
    user_name: String,
    password: String,
    nonce: String,
    transactions: u128,
}

/// The answer to a request: success, or an error.
type Answer = Result<Vec<u8>, u16>;

impl Client {
    /// The client with this number, of this end of this match. Each is in a network of its own.
    fn new(number: u16, match_id: u64, end: u8) -> Self {
        let [a, b] = number.to_be_bytes();
        let path = Path {
            transport: Transport::Udp,
            local: "198.51.100.1:3478".parse().unwrap(),
            remote: SocketAddr::new([203, 0, a, b].into(), 40_000),
        };
        let user_name = format!("{}:{match_id}:{end}", TODAY + 60);
        Self {
            path,
            password: password(&user_name),
            user_name,
            nonce: String::new(),
            transactions: number.into(),
        }
    }

    fn over(mut self, transport: Transport) -> Self {
        self.path.transport = transport;
        self
    }

    fn build(&mut self, method: Method, attributes: &[&dyn AttributeWrite]) -> MessageWriteVec {
        self.transactions += 1 << 32;
        let kind = stun_types::message::MessageType::from_class_method(MessageClass::Request, method);
        let id = TransactionId::from(self.transactions);
        let mut message = Message::builder(kind, id, MessageWriteVec::new());
        attributes.iter().for_each(|it| message.add_attribute(*it).unwrap());
        message
    }

    /// The bytes of a signed request.
    fn sign(&self, mut message: MessageWriteVec) -> Vec<u8> {
        message.add_attribute(&Username::new(&self.user_name).unwrap()).unwrap();
        message.add_attribute(&Realm::new(REALM).unwrap()).unwrap();
        message.add_attribute(&Nonce::new(&self.nonce).unwrap()).unwrap();
        let key =
            LongTermKeyCredentials::new(self.user_name.clone(), self.password.clone(), REALM.to_owned());
        message.add_message_integrity(&key.into(), IntegrityAlgorithm::Sha1).unwrap();
        message.finish()
    }

    /// Sends a signed request, with a nonce if the client has one.
    fn request(&mut self, world: &mut World, method: Method, attributes: &[&dyn AttributeWrite]) -> Answer {
        let message = self.build(method, attributes);
        let bytes = self.sign(message);
        let (to, bytes) = world.send(self.path, &bytes).unwrap();
        assert_eq!(to, self.path, "answers go back");
        answer(bytes)
    }

    /// Gets a nonce.
    fn prove(&mut self, world: &mut World) {
        let unsigned = self.build(ALLOCATE, &[&RequestedTransport::new(RequestedTransport::UDP)]).finish();
        let (_, bytes) = world.send(self.path, &unsigned).unwrap();
        let message = Message::from_bytes(&bytes).unwrap();
        self.nonce = message.attribute::<Nonce>().unwrap().nonce().to_owned();
    }

    /// Gets a nonce and an allocation. The first of its names.
    fn allocate(&mut self, world: &mut World) -> Result<SocketAddr, u16> {
        self.allocate_with(world, &[])
    }

    fn allocate_with(&mut self, world: &mut World, more: &[&dyn AttributeWrite]) -> Result<SocketAddr, u16> {
        self.prove(world);
        let transport = RequestedTransport::new(RequestedTransport::UDP);
        let attributes: Vec<_> =
            [&transport as &dyn AttributeWrite].into_iter().chain(more.iter().copied()).collect();
        let bytes = self.request(world, ALLOCATE, &attributes)?;
        Ok(names(&bytes)[0])
    }

    fn permit(&mut self, world: &mut World, peer: SocketAddr) -> Answer {
        let id = TransactionId::from(self.transactions + (1 << 32));
        self.request(world, CREATE_PERMISSION, &[&XorPeerAddress::new(peer, id)])
    }

    fn bind(&mut self, world: &mut World, number: u16, peer: SocketAddr) -> Answer {
        let id = TransactionId::from(self.transactions + (1 << 32));
        let number = turn_types::attribute::ChannelNumber::new(number);
        let method = turn_types::message::CHANNEL_BIND;
        self.request(world, method, &[&number, &XorPeerAddress::new(peer, id)])
    }

    /// Sends a `Send` indication.
    fn indicate(&mut self, world: &mut World, peer: SocketAddr, payload: &[u8]) -> Option<(Path, Vec<u8>)> {
        let bytes = indication(peer, payload);
        world.send(self.path, &bytes)
    }
}

fn indication(peer: SocketAddr, payload: &[u8]) -> Vec<u8> {
    let mut message = Message::builder_indication(SEND, MessageWriteVec::new());
    let id = message.transaction_id();
    message.add_attribute(&XorPeerAddress::new(peer, id)).unwrap();
    message.add_attribute(&Data::new(payload)).unwrap();
    message.finish()
}

/// The names in the answer to Allocate.
fn names(bytes: &[u8]) -> Vec<SocketAddr> {
    let message = Message::from_bytes(bytes).unwrap();
    let all = (0..).map_while(|n| message.nth_attribute::<XorRelayedAddress>(n).ok());
    all.map(|it| it.addr(message.transaction_id())).collect()
}

fn answer(bytes: Vec<u8>) -> Answer {
    let message = Message::from_bytes(&bytes);
    let error = message.is_ok_and(|it| it.has_class(MessageClass::Error)).then(|| error_code(&bytes));
    error.map_or(Ok(bytes), Err)
}

fn error_code(bytes: &[u8]) -> u16 {
    Message::from_bytes(bytes).unwrap().attribute::<ErrorCode>().unwrap().code()
}

/// Two clients of one match with a permission for each other, and their names.
fn pair(world: &mut World) -> [(Client, SocketAddr); 2] {
    let mut pair = [(1, 0), (2, 1)].map(|(number, end)| {
        let mut client = Client::new(number, 9, end);
        let name = client.allocate(world).unwrap();
        (client, name)
    });
    let [first, second] = &mut pair;
    first.0.permit(world, second.1).unwrap();
    second.0.permit(world, first.1).unwrap();
    pair
}
