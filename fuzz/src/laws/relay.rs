//! Properties of the relay.

use std::net::SocketAddr;

use stun_types::{
    attribute::{Nonce, Realm, Username},
    message::{
        IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass, MessageType, MessageWriteVec,
        Method, TransactionId,
    },
    prelude::{MessageWrite, MessageWriteExt},
};
use turn_types::{
    attribute::{ChannelNumber, RequestedTransport, XorPeerAddress, XorRelayedAddress},
    message::{ALLOCATE, CHANNEL_BIND},
};

use crate::{
    relay::{Account, Accounts, DropReason, MAX_PACKET_BYTES, Packet, Path, Relay, RelayLimits, Transport},
    time::Moment,
};

/// The wall time of all packets, in seconds since 1970.
const TODAY: u64 = 1_800_000_000;

/// The methods of requests, and one that does not exist.
const METHODS: [Method; 6] = [
    ALLOCATE,
    turn_types::message::REFRESH,
    turn_types::message::CREATE_PERMISSION,
    CHANNEL_BIND,
    stun_types::message::BINDING,
    Method::new(0x0FF),
];

/// The user names are the ends of the only match.
#[derive(Debug)]
struct TwoEnds;

impl Accounts for TwoEnds {
    fn account(&self, user_name: &str) -> Option<Account> {
        let end = user_name.parse().ok().filter(|it| *it < 2)?;
        let (password, expires_at) = (user_name.to_owned(), TODAY + 60);
        Some(Account { match_id: 1, end, password, expires_at, max_bytes: None })
    }
}

struct World {
    relay: Relay<TwoEnds>,
    packet: Packet,
    now: Moment,
    nonces: [String; 2],
    transaction: u128,
}

/// The client of an end of the match, or a stranger.
fn path(number: usize) -> Path {
    let remote = SocketAddr::new([203, 0, 113, number as u8].into(), 4_000);
    let transport = [Transport::Udp, Transport::Tcp, Transport::Udp][number % 3];
    Path { transport, local: "198.51.100.1:3478".parse().expect("an address"), remote }
}

impl World {
    /// Two clients that have an allocation, and a channel for each other.
    fn new() -> Self {
        let limits = RelayLimits { max_allocations: 8, match_bytes_per_second: 1_000_000 };
        let (relay, now) = (Relay::new([1; 32], limits, TwoEnds), Moment::from_millis(1_000));
        let mut this = Self { relay, packet: Packet::new(), now, nonces: Default::default(), transaction: 0 };
        let transport = RequestedTransport::new(RequestedTransport::UDP);
        let names = [0, 1].map(|end| {
            let mut unsigned = this.request(ALLOCATE);
            unsigned.add_attribute(&transport).expect("room");
            let (_, challenge) = this.send(end, &unsigned.finish()).expect("a challenge");
            let challenge = Message::from_bytes(&challenge).expect("a message");
            this.nonces[end] = challenge.attribute::<Nonce>().expect("a nonce").nonce().to_owned();
            let mut signed = this.request(ALLOCATE);
            signed.add_attribute(&transport).expect("room");
            let signed = this.sign(end, signed);
            let (_, answer) = this.send(end, &signed).expect("an answer");
            let answer = Message::from_bytes(&answer).expect("a message");
            answer.attribute::<XorRelayedAddress>().expect("a name").addr(answer.transaction_id())
        });
        for end in [0, 1] {
            let mut bind = this.request(CHANNEL_BIND);
            let id = bind.transaction_id();
            bind.add_attribute(&ChannelNumber::new(0x4000)).expect("room");
            bind.add_attribute(&XorPeerAddress::new(names[1 - end], id)).expect("room");
            let bind = this.sign(end, bind);
            assert!(this.send(end, &bind).is_some());
        }
        this
    }

    fn request(&mut self, method: Method) -> MessageWriteVec {
        self.transaction += 1;
        let kind = MessageType::from_class_method(MessageClass::Request, method);
        Message::builder(kind, TransactionId::from(self.transaction), MessageWriteVec::new())
    }

    fn sign(&self, end: usize, mut message: MessageWriteVec) -> Vec<u8> {
        let name = end.to_string();
        message.add_attribute(&Username::new(&name).expect("short")).expect("room");
        message.add_attribute(&Realm::new("passerby").expect("short")).expect("room");
        message.add_attribute(&Nonce::new(&self.nonces[end]).expect("short")).expect("room");
        let key = LongTermKeyCredentials::new(name.clone(), name, "passerby".to_owned());
        message.add_message_integrity(&key.into(), IntegrityAlgorithm::Sha1).expect("room");
        message.finish()
    }

    fn send(&mut self, from: usize, bytes: &[u8]) -> Option<(Path, Vec<u8>)> {
        self.packet.fill(bytes);
        let to = self.relay.handle(self.now, TODAY, &mut self.packet, path(from))?;
        Some((to, self.packet.bytes().to_vec()))
    }
}

/// Checks that whatever clients and strangers send, packets go back to their sender or to the other end of the match,
/// that a stranger over UDP gets at most two and a half times what it has sent, and that what is not sent is counted.
///
/// The bytes are steps: who sends, what kind of packet, how long it is, and the packet or the attributes of a signed
/// request.
pub fn relay(data: &[u8]) {
    let (mut world, mut rest) = (World::new(), data);
    while let [kind, len, more @ ..] = rest {
        let (bytes, after) = more.split_at(usize::from(*len).min(more.len()));
        rest = after;
        let (from, kind) = (usize::from(kind % 3), usize::from(kind / 3));
        let packet = match METHODS.get(kind) {
            Some(method) if from < 2 => {
                let mut request = world.request(*method);
                request.push_data(&bytes[..bytes.len() / 4 * 4]);
                world.sign(from, request)
            }
            _ => bytes.to_vec(),
        };
        let dropped =
            |it: &World| DropReason::ALL.map(|why| it.relay.counts().dropped(why)).iter().sum::<u64>();
        let before = dropped(&world);
        match world.send(from, &packet) {
            Some((to, sent)) => {
                assert!(sent.len() <= MAX_PACKET_BYTES);
                assert!(to == path(from) || from < 2 && to == path(1 - from), "{to:?}");
                assert!(
                    from < 2 || sent.len() * 2 <= packet.len() * 5,
                    "{} for {}",
                    sent.len(),
                    packet.len()
                );
            }
            None => assert_eq!(dropped(&world), before + 1),
        }
        assert!(world.relay.allocations() <= 2);
    }
}
