//! [`Greetings`]: what an edge remembers of its sockets, so that it can introduce them to a new core.
//!
//! A core expects a `hello` first on each socket. Pages that have said theirs to a former core are asked to say it
//! again, and what they have sent before that is meant for the former core and dropped.

use crate::{
    matchmaker::{Input, SocketId, Visit, id_map::IdMap},
    protocol::{Feature, ToServer},
};

/// The open sockets of an edge, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Greetings(IdMap<u64, Greeting>);

/// What an edge remembers of one socket.
#[derive(Debug)]
struct Greeting {
    visit: Visit,
    stage: Stage,
}

/// How far the page is with its `hello`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It has not come, so a new core gets it anyway.
    Expected,
    /// It has come.
    Said {
        /// Whether the page can say it again.
        can_repeat: bool,
    },
    /// The page was asked to say it again.
    Awaited,
}

/// What to do with the sockets when there is a new core.
#[derive(Debug, Default)]
pub(crate) struct Introductions {
    /// Introduce these.
    pub(crate) visits: Vec<Visit>,
    /// Ask the pages of these for another `hello`.
    pub(crate) ask: Vec<u64>,
    /// Close these: their pages cannot say it again.
    pub(crate) close: Vec<u64>,
}

impl Greetings {
    /// A socket is open.
    pub(crate) fn on_opened(&mut self, visit: Visit) {
        self.0.insert(visit.socket.number, Greeting { visit, stage: Stage::Expected });
    }

    /// A socket is closed.
    pub(crate) fn on_closed(&mut self, number: u64) {
        self.0.remove(&number);
    }

    /// All sockets are closed.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether the core gets what a socket reports.
    pub(crate) fn admits(&mut self, socket: SocketId, input: &Input) -> bool {
        let Some(Greeting { stage, .. }) = self.0.get_mut(&socket.number) else { return true };
        if let Input::Message { frame, .. } = input
            && let ToServer::Hello { features, .. } = &frame.msg
        {
            *stage = Stage::Said { can_repeat: features.has(Feature::Again) };
        }
        // That a socket is gone concerns every core.
        *stage != Stage::Awaited || matches!(input, Input::Closed { .. })
    }

    /// There is a new core, which knows none of the sockets.
    pub(crate) fn introduce(&mut self) -> Introductions {
        #[expect(clippy::disallowed_methods, reason = "sorted at once")]
        let mut numbers: Vec<_> = self.0.keys().copied().collect();
        numbers.sort_unstable();
        let mut all = Introductions::default();
        for number in numbers {
            let Some(Greeting { visit, stage }) = self.0.get_mut(&number) else { continue };
            match stage {
                Stage::Said { can_repeat: false } => {
                    self.0.remove(&number);
                    all.close.push(number);
                    continue;
                }
                Stage::Said { can_repeat: true } => {
                    *stage = Stage::Awaited;
                    all.ask.push(number);
                }
                Stage::Expected | Stage::Awaited => {}
            }
            all.visits.push(*visit);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        matchmaker::{EdgeId, Network, SiteIndex},
        protocol::decode_strict,
    };

    fn socket(number: u64) -> SocketId {
        SocketId { edge: EdgeId(1), number }
    }

    fn opened(numbers: std::ops::Range<u64>) -> Greetings {
        let mut greetings = Greetings::default();
        for number in numbers {
            let network = Network::of([192, 0, 2, 1].into());
            let socket = socket(number);
            let site = SiteIndex::default();
            greetings.on_opened(Visit { socket, network, network_tags: Default::default(), site });
        }
        greetings
    }

    fn says(greetings: &mut Greetings, number: u64, msg: &str) -> bool {
        let frame = decode_strict(&format!(r#"{{"seq":0,"ack":0,"msg":{msg}}}"#)).unwrap();
        greetings.admits(socket(number), &Input::Message { socket: socket(number), frame })
    }

    const HELLO: &str = r#"{"hello":{"features":["again"]}}"#;

    #[test]
    fn pages_say_hello_to_each_core_once() {
        let mut greetings = opened(1..4);
        assert!(says(&mut greetings, 1, HELLO));
        assert!(says(&mut greetings, 2, r#"{"hello":{}}"#));
        let all = greetings.introduce();
        assert_eq!(all.visits.iter().map(|it| it.socket.number).collect::<Vec<_>>(), [1, 3]);
        assert_eq!((all.ask, all.close), (vec![1], vec![2]), "the third page has not said it yet");
        assert!(!says(&mut greetings, 1, r#"{"ping":{}}"#), "that was for the former core");
        assert!(says(&mut greetings, 3, HELLO));

        let again = greetings.introduce();
        assert_eq!((again.visits.len(), again.ask), (2, vec![3]), "the first page is asked once");
        assert!(says(&mut greetings, 1, HELLO) && says(&mut greetings, 3, HELLO));
        assert!(says(&mut greetings, 1, r#"{"ping":{}}"#));
        greetings.on_closed(3);
        assert_eq!(greetings.introduce().ask, [1]);
    }
}
