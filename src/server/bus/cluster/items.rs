//! What edges and core tell each other in the entries of their streams, as JSON.

use std::{net::IpAddr, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    matchmaker::{Closing, EdgeId, Input, Network, SiteIndex, SocketId, Visit},
    protocol::{
        ErrorCode, Frame, NetworkTag, ToBrowser, decode_lenient, decode_strict, encode, encode_to_browser,
    },
};

/// What an edge reports of one socket.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ToCore {
    socket: u64,
    report: Report,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Report {
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

/// What the core wants of one socket.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ToEdge {
    /// The number of the socket.
    pub(crate) socket: u64,
    order: Order,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Order {
    Send(Box<RawValue>),
    Close(ErrorCode),
}

/// What an edge does with one of its sockets.
pub(crate) enum EdgeAction {
    /// Send a message on it.
    Send(Frame<Arc<ToBrowser>>),
    /// Close it once everything sent before has left.
    Close(ErrorCode),
}

impl ToCore {
    /// What a socket reports; `None` for inputs that come from elsewhere.
    pub(crate) fn of(input: Input) -> Option<Self> {
        let (socket, report) = match input {
            Input::Opened(Visit { socket, network, network_tags, site }) => {
                let tags = network_tags.map(|it| it.map(|NetworkTag(bytes)| bytes));
                (socket, Report::Opened { network: network.address(), tags, site: site.0 })
            }
            Input::Message { socket, frame } => (socket, Report::Message(raw(encode(&frame))?)),
            Input::Refused { socket, code, numbers } => (socket, Report::Refused { code, numbers }),
            Input::RateLimited { socket, numbers, retry } => {
                let retry_ms = u64::try_from(retry.as_millis()).unwrap_or(u64::MAX);
                (socket, Report::RateLimited { numbers, retry_ms })
            }
            Input::Closed { socket, closing } => {
                (socket, Report::Closed { goodbye: closing == Closing::Goodbye })
            }
            Input::EdgeLost(_)
            | Input::EdgeDrains(_)
            | Input::ReportStored { .. }
            | Input::Sanction(_)
            | Input::Drain { .. }
            | Input::Tick => return None,
        };
        Some(Self { socket: socket.number, report })
    }

    /// The same for the matchmaker; `None` if an edge of another version has sent something unknown.
    pub(crate) fn into_input(self, edge: EdgeId) -> Option<Input> {
        let socket = SocketId { edge, number: self.socket };
        Some(match self.report {
            Report::Opened { network, tags, site } => Input::Opened(Visit {
                socket,
                network: Network::of(network),
                network_tags: tags.map(|it| it.map(NetworkTag)),
                site: SiteIndex(site),
            }),
            // It is no longer than what the page has sent.
            Report::Message(frame) => Input::Message { socket, frame: decode_strict(frame.get()).ok()? },
            Report::Refused { code, numbers } => Input::Refused { socket, code, numbers },
            Report::RateLimited { numbers, retry_ms } => {
                Input::RateLimited { socket, numbers, retry: Duration::from_millis(retry_ms) }
            }
            Report::Closed { goodbye } => {
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
        Some((edge, Self { socket: number, order: Order::Send(raw(text)?) }))
    }

    /// The end of a socket of an edge.
    pub(crate) const fn close(SocketId { edge, number }: SocketId, code: ErrorCode) -> (EdgeId, Self) {
        (edge, Self { socket: number, order: Order::Close(code) })
    }

    /// What the edge does; `None` if a core of another version has sent something unknown.
    pub(crate) fn into_action(self) -> Option<EdgeAction> {
        Some(match self.order {
            Order::Send(text) => {
                let Frame { seq, ack, msg } = decode_lenient(text.get())?;
                EdgeAction::Send(Frame { seq, ack, msg: Arc::new(msg) })
            }
            Order::Close(code) => EdgeAction::Close(code),
        })
    }
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
        serde_json::from_str::<ToCore>(&text).unwrap().into_input(EdgeId(7))
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
        let (edge, order) = carried(ToEdge::send(socket, &frame).unwrap());
        assert_eq!((edge, order.socket), (EdgeId(1), 5));
        assert!(matches!(order.into_action(), Some(EdgeAction::Send(it)) if it == frame));
        let (_, order) = carried(ToEdge::close(socket, ErrorCode::TooSlow));
        assert!(matches!(order.into_action(), Some(EdgeAction::Close(ErrorCode::TooSlow))));
    }
}
