//! What edges and core tell each other in the entries of their streams, as JSON.

use std::{net::IpAddr, ops::RangeInclusive, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    matchmaker::{
        Closing, EdgeId, GenuineReport, Input, Network, ReportRequest, SanctionUpdate, SiteIndex, SocketId,
        StoreAnswer, Visit,
    },
    protocol::{
        ErrorCode, Frame, NetworkTag, ToBrowser, decode_lenient, decode_strict, encode, encode_to_browser,
    },
};

/// The version of what edges and cores tell each other. It changes when a process of the release before would not
/// understand something; a field or a message that it may ignore needs no new one.
pub(crate) const BUS_VERSION: u32 = 1;

/// The versions that this process understands: its own and that of the release before, so that an update can replace one
/// process after the other.
pub(crate) const SPOKEN_VERSIONS: RangeInclusive<u32> = 1..=BUS_VERSION;

/// What an edge reports.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum ToCore {
    /// Something about the socket of this number.
    Socket(u64, SocketReport),
    /// The edge is about to stop.
    Drains,
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
    Message(Box<RawValue>),
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
    Send(u64, Box<RawValue>),
    /// Close the socket of this number once everything sent before has left.
    Close(u64, ErrorCode),
    /// Store a report.
    Store(ReportRequest, Box<GenuineReport>),
    /// There are so many edges now.
    Edges(usize),
}

impl ToCore {
    /// What an edge or a socket reports; `None` for inputs that come from elsewhere.
    pub(crate) fn of(input: Input) -> Option<Self> {
        let (socket, report) = match input {
            Input::Opened(Visit { socket, network, network_tags, site }) => {
                let tags = network_tags.map(|it| it.map(|NetworkTag(bytes)| bytes));
                (socket, SocketReport::Opened { network: network.address(), tags, site: site.0 })
            }
            Input::Message { socket, frame } => (socket, SocketReport::Message(raw(encode(&frame))?)),
            Input::Refused { socket, code, numbers } => (socket, SocketReport::Refused { code, numbers }),
            Input::RateLimited { socket, numbers, retry } => {
                let retry_ms = u64::try_from(retry.as_millis()).unwrap_or(u64::MAX);
                (socket, SocketReport::RateLimited { numbers, retry_ms })
            }
            Input::Closed { socket, closing } => {
                (socket, SocketReport::Closed { goodbye: closing == Closing::Goodbye })
            }
            Input::EdgeDrains(_) => return Some(Self::Drains),
            Input::Sanction(update) => return Some(Self::Decided(update)),
            Input::ReportStored { request, answer } => return Some(Self::Stored(request, answer)),
            Input::EdgeLost(_) | Input::Drain { .. } | Input::Tick => return None,
        };
        Some(Self::Socket(socket.number, report))
    }

    /// The same for the matchmaker; nothing if an edge of another version has sent something unknown.
    pub(crate) fn into_inputs(self, edge: EdgeId) -> Vec<Input> {
        match self {
            Self::Socket(number, report) => {
                report.into_input(SocketId { edge, number }).into_iter().collect()
            }
            Self::Drains => vec![Input::EdgeDrains(edge)],
            Self::Home(decisions) => decisions.into_iter().map(Input::Sanction).collect(),
            Self::Decided(update) => vec![Input::Sanction(update)],
            Self::Stored(request, answer) => vec![Input::ReportStored { request, answer }],
        }
    }
}

impl SocketReport {
    fn into_input(self, socket: SocketId) -> Option<Input> {
        Some(match self {
            Self::Opened { network, tags, site } => Input::Opened(Visit {
                socket,
                network: Network::of(network),
                network_tags: tags.map(|it| it.map(NetworkTag)),
                site: SiteIndex(site),
            }),
            // It is no longer than what the page has sent.
            Self::Message(frame) => Input::Message { socket, frame: decode_strict(frame.get()).ok()? },
            Self::Refused { code, numbers } => Input::Refused { socket, code, numbers },
            Self::RateLimited { numbers, retry_ms } => {
                Input::RateLimited { socket, numbers, retry: Duration::from_millis(retry_ms) }
            }
            Self::Closed { goodbye } => {
                Input::Closed { socket, closing: if goodbye { Closing::Goodbye } else { Closing::Lost } }
            }
        })
    }
}

impl ToEdge {
    /// A message for a socket of an edge.
    pub(crate) fn send(
        SocketId { edge, number }: SocketId,
        frame: &Frame<Arc<ToBrowser>>,
    ) -> Option<(EdgeId, Self)> {
        let text = encode_to_browser(&Frame { seq: frame.seq, ack: frame.ack, msg: &*frame.msg });
        Some((edge, Self::Send(number, raw(text)?)))
    }

    /// The end of a socket of an edge.
    pub(crate) const fn close(SocketId { edge, number }: SocketId, code: ErrorCode) -> (EdgeId, Self) {
        (edge, Self::Close(number, code))
    }
}

/// A message from the core; `None` if a core of another version has sent something unknown.
pub(crate) fn message(text: &RawValue) -> Option<Frame<Arc<ToBrowser>>> {
    let Frame { seq, ack, msg } = decode_lenient(text.get())?;
    Some(Frame { seq, ack, msg: Arc::new(msg) })
}

fn raw(text: String) -> Option<Box<RawValue>> {
    RawValue::from_string(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::ToServer;

    fn reported(input: Input) -> Option<Input> {
        let text = serde_json::to_string(&ToCore::of(input)?).unwrap();
        serde_json::from_str::<ToCore>(&text).unwrap().into_inputs(EdgeId(7)).pop()
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
        assert!(reported(Input::Tick).is_none(), "time is the core's own");
    }

    #[test]
    fn what_the_core_wants_arrives_at_the_edge_of_the_socket() {
        let socket = SocketId { edge: EdgeId(1), number: 5 };
        let frame = Frame { seq: 8, ack: 9, msg: Arc::new(ToBrowser::Waiting {}) };
        let carried = |(edge, order): (EdgeId, ToEdge)| {
            let text = serde_json::to_string(&order).unwrap();
            (edge, serde_json::from_str::<ToEdge>(&text).unwrap())
        };
        let (EdgeId(1), ToEdge::Send(5, text)) = carried(ToEdge::send(socket, &frame).unwrap()) else {
            panic!()
        };
        assert_eq!(message(&text), Some(frame));
        let closed = carried(ToEdge::close(socket, ErrorCode::TooSlow));
        assert!(matches!(closed, (EdgeId(1), ToEdge::Close(5, ErrorCode::TooSlow))));
    }
}
