//! What edges and core tell each other in the entries of their streams, as text with a line for each item.
//!
//! Most items are messages of people. Such a line is the number of the socket and the message as it is on the wire. Any
//! other line is JSON.

use std::{net::IpAddr, ops::RangeInclusive, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    matchmaker::{
        Closing, EdgeId, GenuineReport, Input, Network, OwnRelay, ReportRequest, SanctionUpdate, SiteIndex,
        SocketId, StoreAnswer, Visit,
    },
    protocol::{
        ErrorCode, Frame, Message, NetworkTag, Signal, ToBrowser, ToServer, append_to_browser,
        append_to_server, decode_lenient, decode_strict,
    },
};

/// The version of what edges and cores tell each other. It changes when a process of the release before would not
/// understand something; a field or a message that it may ignore needs no new one.
pub(crate) const BUS_VERSION: u32 = 1;

/// The versions that this process understands: its own and that of the release before, so that an update can replace
/// one process after the other.
pub(crate) const SPOKEN_VERSIONS: RangeInclusive<u32> = 1..=BUS_VERSION;

/// How long a line is besides the texts of a message, in bytes: about a candidate without its own text.
const LINE_BYTES: usize = 256;

/// Something that travels in entries.
pub(crate) trait EntryItem: Serialize + DeserializeOwned {
    /// A frame for or of a socket.
    type Message;

    /// The number of the socket and the frame, if this is a message.
    fn as_message(&self) -> Option<(u64, &Self::Message)>;

    /// How long the texts of a message are, in bytes.
    fn text_bytes(message: &Self::Message) -> usize;

    /// Appends a message as it is on the wire.
    fn write_message(message: &Self::Message, text: &mut String);

    /// The message that is this on the wire, for or of the socket of this number.
    fn read_message(number: u64, text: &str) -> Option<Self>;

    /// About how long its line is.
    fn likely_bytes(&self) -> usize {
        let text_bytes = self.as_message().map_or(0, |(_, it)| Self::text_bytes(it));
        LINE_BYTES + text_bytes + text_bytes / 8
    }

    /// Appends the line of this item.
    fn write(&self, text: &mut String) -> serde_json::Result<()> {
        match self.as_message() {
            Some((number, message)) => {
                text.push_str(&number.to_string());
                text.push(' ');
                // JSON has no line breaks but those between its parts, which our messages do not have.
                Self::write_message(message, text);
            }
            None => text.push_str(&serde_json::to_string(self)?),
        }
        text.push('\n');
        Ok(())
    }

    /// The item of a line; `None` if a process of another version has written something unknown.
    fn read(line: &str) -> Option<Self> {
        if !line.starts_with(|it: char| it.is_ascii_digit()) {
            return serde_json::from_str(line).ok();
        }
        let (number, message) = line.split_once(' ')?;
        Self::read_message(number.parse().ok()?, message)
    }
}

/// What an edge reports.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum ToCore {
    /// Something about the socket of this number.
    Socket(u64, SocketReport),
    /// The edge is about to stop.
    Drains,
    /// The edge has a relay.
    Relay(OwnRelay),
    /// The edge has the moderation store, and this is all that was decided and still holds.
    Home(Vec<SanctionUpdate>),
    /// Something was decided.
    Decided(SanctionUpdate),
    /// What has become of a report.
    Stored(ReportRequest, StoreAnswer),
}

/// What has become of a socket.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum SocketReport {
    /// It is open.
    Opened { network: IpAddr, tags: [Option<[u8; 16]>; 2], site: usize },
    /// It has sent this frame, which is valid.
    #[serde(skip)]
    Message(Frame<ToServer>),
    /// It has sent something that is not.
    Refused { code: ErrorCode, numbers: Option<(u64, u64)> },
    /// It has sent too much.
    RateLimited { numbers: (u64, u64), retry_ms: u64 },
    /// It is gone. The reason is whether its page said goodbye.
    Closed { goodbye: bool },
}

/// What the core wants of an edge.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum ToEdge {
    /// Send this message on the socket of this number.
    #[serde(skip)]
    Send(u64, Frame<Arc<ToBrowser>>),
    /// Close the socket of this number once everything sent before has left.
    Close(u64, ErrorCode),
    /// Store a report.
    Store(ReportRequest, Box<GenuineReport>),
    /// There are so many edges now.
    Edges(usize),
}

impl EntryItem for ToCore {
    type Message = Frame<ToServer>;

    fn as_message(&self) -> Option<(u64, &Frame<ToServer>)> {
        if let Self::Socket(number, SocketReport::Message(frame)) = self {
            Some((*number, frame))
        } else {
            None
        }
    }

    fn text_bytes(frame: &Frame<ToServer>) -> usize {
        frame.msg.signal().map_or(0, Signal::text_bytes)
    }

    fn write_message(frame: &Frame<ToServer>, text: &mut String) {
        append_to_server(frame, text);
    }

    fn read_message(number: u64, text: &str) -> Option<Self> {
        // It is no longer than what the page has sent.
        Some(Self::Socket(number, SocketReport::Message(decode_strict(text).ok()?)))
    }
}

impl EntryItem for ToEdge {
    type Message = Frame<Arc<ToBrowser>>;

    fn as_message(&self) -> Option<(u64, &Frame<Arc<ToBrowser>>)> {
        if let Self::Send(number, frame) = self { Some((*number, frame)) } else { None }
    }

    fn text_bytes(frame: &Frame<Arc<ToBrowser>>) -> usize {
        frame.msg.text_bytes()
    }

    fn write_message(Frame { seq, ack, msg }: &Frame<Arc<ToBrowser>>, text: &mut String) {
        append_to_browser(&Frame { seq: *seq, ack: *ack, msg }, text);
    }

    fn read_message(number: u64, text: &str) -> Option<Self> {
        let Frame { seq, ack, msg } = decode_lenient(text)?;
        Some(Self::Send(number, Frame { seq, ack, msg: Arc::new(msg) }))
    }
}

impl ToCore {
    /// What an edge or a socket reports; `None` for inputs that come from elsewhere.
    pub(crate) fn of(input: Input) -> Option<Self> {
        let (socket, report) = match input {
            Input::Opened(Visit { socket, network, network_tags, site }) => {
                let tags = network_tags.map(|it| it.map(|NetworkTag(bytes)| bytes));
                (socket, SocketReport::Opened { network: network.address(), tags, site: site.0 })
            }
            Input::Message { socket, frame } => (socket, SocketReport::Message(frame)),
            Input::Refused { socket, code, numbers } => (socket, SocketReport::Refused { code, numbers }),
            Input::RateLimited { socket, numbers, retry } => {
                let retry_ms = u64::try_from(retry.as_millis()).unwrap_or(u64::MAX);
                (socket, SocketReport::RateLimited { numbers, retry_ms })
            }
            Input::Closed { socket, closing } => {
                (socket, SocketReport::Closed { goodbye: closing == Closing::Goodbye })
            }
            Input::EdgeDrains(_) => return Some(Self::Drains),
            Input::EdgeRelay { relay, .. } => return Some(Self::Relay(relay)),
            Input::Sanction(update) => return Some(Self::Decided(update)),
            Input::ReportStored { request, answer } => return Some(Self::Stored(request, answer)),
            Input::EdgeLost(_) | Input::Drain { .. } | Input::Tick => return None,
        };
        Some(Self::Socket(socket.number, report))
    }

    /// The same for the matchmaker.
    pub(crate) fn into_inputs(self, edge: EdgeId) -> Vec<Input> {
        match self {
            Self::Socket(number, report) => vec![report.into_input(SocketId { edge, number })],
            Self::Drains => vec![Input::EdgeDrains(edge)],
            Self::Relay(relay) => vec![Input::EdgeRelay { edge, relay }],
            Self::Home(decisions) => decisions.into_iter().map(Input::Sanction).collect(),
            Self::Decided(update) => vec![Input::Sanction(update)],
            Self::Stored(request, answer) => vec![Input::ReportStored { request, answer }],
        }
    }
}

impl SocketReport {
    fn into_input(self, socket: SocketId) -> Input {
        match self {
            Self::Opened { network, tags, site } => Input::Opened(Visit {
                socket,
                network: Network::of(network),
                network_tags: tags.map(|it| it.map(NetworkTag)),
                site: SiteIndex(site),
            }),
            Self::Message(frame) => Input::Message { socket, frame },
            Self::Refused { code, numbers } => Input::Refused { socket, code, numbers },
            Self::RateLimited { numbers, retry_ms } => {
                Input::RateLimited { socket, numbers, retry: Duration::from_millis(retry_ms) }
            }
            Self::Closed { goodbye } => {
                Input::Closed { socket, closing: if goodbye { Closing::Goodbye } else { Closing::Lost } }
            }
        }
    }
}

impl ToEdge {
    /// A message for a socket of an edge.
    pub(crate) const fn send(
        SocketId { edge, number }: SocketId,
        frame: Frame<Arc<ToBrowser>>,
    ) -> (EdgeId, Self) {
        (edge, Self::Send(number, frame))
    }

    /// The end of a socket of an edge.
    pub(crate) const fn close(SocketId { edge, number }: SocketId, code: ErrorCode) -> (EdgeId, Self) {
        (edge, Self::Close(number, code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matchmaker::RelayUrls;

    /// What arrives of an item in the only line of a text.
    fn carried<T: EntryItem>(item: &T) -> T {
        let mut text = String::new();
        item.write(&mut text).unwrap();
        assert_eq!(text.find('\n'), Some(text.len() - 1), "{text}");
        T::read(text.trim_end()).unwrap()
    }

    fn reported(input: Input) -> Option<Input> {
        carried(&ToCore::of(input)?).into_inputs(EdgeId(7)).pop()
    }

    #[test]
    fn what_a_socket_reports_arrives_under_the_id_of_its_edge() {
        let socket = SocketId { edge: EdgeId(1), number: 5 };
        let at_core = SocketId { edge: EdgeId(7), number: 5 };
        let visit = Visit {
            socket,
            network: Network::of([192, 0, 2, 1].into()),
            network_tags: [Some(NetworkTag([3; 16])), None],
            site: SiteIndex(2),
        };
        let Some(Input::Opened(opened)) = reported(Input::Opened(visit)) else { panic!() };
        assert_eq!(opened, Visit { socket: at_core, ..visit });

        let frame = decode_strict(r#"{"seq":1,"ack":2,"msg":{"leave":{}}}"#).unwrap();
        let Some(Input::Message { socket, frame }) = reported(Input::Message { socket, frame }) else {
            panic!()
        };
        assert_eq!((socket, frame), (at_core, Frame { seq: 1, ack: 2, msg: ToServer::Leave {} }));

        let closed = reported(Input::Closed { socket, closing: Closing::Goodbye });
        assert!(
            matches!(closed, Some(Input::Closed { socket, closing: Closing::Goodbye }) if socket == at_core)
        );
        let retry = Duration::from_millis(1_500);
        let limited = reported(Input::RateLimited { socket, numbers: (3, 4), retry });
        assert!(
            matches!(limited, Some(Input::RateLimited { numbers: (3, 4), retry: it, .. }) if it == retry)
        );
        let refused = reported(Input::Refused { socket, code: ErrorCode::BadFrame, numbers: None });
        assert!(matches!(refused, Some(Input::Refused { code: ErrorCode::BadFrame, numbers: None, .. })));
        let drains = reported(Input::EdgeDrains(EdgeId(1)));
        assert!(matches!(drains, Some(Input::EdgeDrains(EdgeId(7)))));
        let sites = vec![RelayUrls { stun: "stun:a".into(), turn: vec!["turn:a".into()] }];
        let relay = OwnRelay { sites: sites.clone(), lifetime: retry };
        let Some(Input::EdgeRelay { edge: EdgeId(7), relay }) =
            reported(Input::EdgeRelay { edge: EdgeId(1), relay })
        else {
            panic!()
        };
        assert_eq!((relay.sites, relay.lifetime), (sites, retry));
        assert!(reported(Input::Tick).is_none(), "time is the core's own");
    }

    #[test]
    fn what_the_core_wants_arrives_at_the_edge_of_the_socket() {
        let socket = SocketId { edge: EdgeId(1), number: 5 };
        let frame = Frame { seq: 8, ack: 9, msg: Arc::new(ToBrowser::Waiting {}) };
        let (edge, sent) = ToEdge::send(socket, frame.clone());
        let ToEdge::Send(5, got) = carried(&sent) else { panic!("{sent:?}") };
        assert_eq!((edge, got), (EdgeId(1), frame));
        let (edge, close) = ToEdge::close(socket, ErrorCode::TooSlow);
        assert!(matches!((edge, carried(&close)), (EdgeId(1), ToEdge::Close(5, ErrorCode::TooSlow))));
    }

    #[test]
    fn a_message_stays_in_its_line() {
        let offer = r#"{"prepared":{"number":1,"signal":{"offer":{"sdp":"v=0\r\n1 {}\n"}}}}"#;
        let frame = decode_strict(&format!(r#"{{"seq":1,"ack":2,"msg":{offer}}}"#));
        let socket = SocketId { edge: EdgeId(1), number: 5 };
        let Some(Input::Message { frame: got, .. }) =
            reported(Input::Message { socket, frame: frame.clone().unwrap() })
        else {
            panic!()
        };
        assert_eq!(Ok(got), frame);
        for unknown in ["", "5", "5x {}", "{}", r#"{"later":{}}"#, "99999999999999999999 {}"] {
            assert!(ToCore::read(unknown).is_none(), "{unknown}");
        }
    }
}
