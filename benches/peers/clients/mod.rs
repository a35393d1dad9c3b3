//! The four protocols behind one interface.

mod floor;
mod matchbox;
mod passerby;
mod replaced;

use std::{net::SocketAddr, time::Duration};

use crate::{
    script::{Part, Script},
    socket::Received,
};
pub(crate) use {floor::Floor, matchbox::Matchbox, passerby::Passerby, replaced::Replaced};

/// Where a server listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addresses {
    pub(crate) main: SocketAddr,
    /// A second listener, if the server has one.
    pub(crate) second: SocketAddr,
}

/// What a message from the server means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The person has a partner, and makes the offer or waits for it.
    Matched {
        offers: bool,
    },
    Offer,
    Answer,
    Candidate,
    /// The match is over.
    Ended,
    /// Anything else.
    Other,
}

/// One person's connection to a server.
pub(crate) trait Client: Sized + 'static {
    /// Sockets of one person.
    const SOCKETS: usize = 1;

    /// Whether a person can have another match without a new connection.
    const KEEPS_SOCKETS: bool = true;

    /// Connects; `None` if the server does not accept.
    async fn connect(server: Addresses, tag: &str) -> Option<Self>;

    /// Is there without asking for a partner. `number` differs for each client.
    async fn idle(&mut self, _number: usize) {}

    /// Asks for a partner that does not come, if the server knows such a wish.
    async fn wait_alone(&mut self, _number: usize) {}

    /// Asks for such a partner again before the wish widens, and gives a sign of life.
    async fn wait_again(&mut self, _number: usize) {
        self.beat().await;
    }

    /// Asks for a partner.
    async fn join(&mut self);

    /// The next message; `None` when the connection has ended. May be cancelled.
    async fn receive(&mut self) -> Option<(Meaning, Received)>;

    /// Sends a text to the partner; `text` is as it stands in JSON.
    async fn send(&mut self, part: Part, text: &str, tag: &str);

    /// Reports that the call has begun.
    async fn connected(&mut self) {}

    /// Ends the match and asks for another partner.
    async fn next(&mut self);

    /// Ends the match.
    async fn leave(&mut self);

    /// How often it gives a sign of life in its present state.
    fn heartbeat(&self) -> Option<Duration>;

    /// Gives a sign of life.
    async fn beat(&mut self) {}

    /// Leaves and closes the connection.
    async fn close(self);
}

/// A candidate with its fields as `RTCIceCandidate.toJSON()` has them, or in snake case.
fn candidate_json(text: &str, tag: &str, names: [&str; 3]) -> String {
    let [mid, index, fragment] = names;
    format!(r#"{{"candidate":"{text}","{mid}":"0","{index}":0,"{fragment}":"{tag}"}}"#)
}

/// The names of a candidate's fields in snake case.
const SNAKE_CASE: [&str; 3] = ["sdp_mid", "sdp_m_line_index", "username_fragment"];

/// A signal as Passerby has it. The floor and matchbox forward any JSON, so they get the same.
fn signal_json(part: Part, text: &str, tag: &str) -> String {
    match part {
        Part::Offer => format!(r#"{{"offer":{{"sdp":"{text}"}}}}"#),
        Part::Answer => format!(r#"{{"answer":{{"sdp":"{text}"}}}}"#),
        Part::Candidate(_) => format!(r#"{{"candidate":{}}}"#, candidate_json(text, tag, SNAKE_CASE)),
    }
}

/// What a signal of [`signal_json`] is.
fn meaning_of(signal: &str) -> Meaning {
    match signal.get(..6) {
        Some(r#"{"offe"#) => Meaning::Offer,
        Some(r#"{"answ"#) => Meaning::Answer,
        Some(r#"{"cand"#) => Meaning::Candidate,
        _ => Meaning::Other,
    }
}

/// What stands between two texts.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|it| it.0)
}

/// Two people of one server exchange everything once, and the script learns what its checks let through.
pub(crate) async fn learn<C: Client>(server: Addresses, script: &mut Script) {
    let tags = [0, 1].map(crate::script::tag);
    let [first, second] = &tags;
    let mut one = C::connect(server, first).await.expect("a connection");
    let mut other = C::connect(server, second).await.expect("a connection");
    one.join().await;
    other.join().await;
    let offers = wait_for_match(&mut one).await;
    assert_ne!(offers, wait_for_match(&mut other).await, "one end makes the offer");
    let (mut from, mut to, tags) =
        if offers { (one, other, [first, second]) } else { (other, one, [second, first]) };
    let mut parts = vec![Part::Offer, Part::Answer];
    parts.extend((0..crate::script::CANDIDATE_COUNT).map(Part::Candidate));
    for part in parts {
        let (from, to, tag) =
            if part == Part::Answer { (&mut to, &mut from, tags[1]) } else { (&mut from, &mut to, tags[0]) };
        from.send(part, &script.text(part, tag), tag).await;
        loop {
            let (meaning, received) = to.receive().await.expect("an open connection");
            if matches!(meaning, Meaning::Offer | Meaning::Answer | Meaning::Candidate) {
                script.learn(part, &received.text, tag);
                break;
            }
        }
    }
    from.close().await;
    to.close().await;
}

async fn wait_for_match(client: &mut impl Client) -> bool {
    loop {
        if let (Meaning::Matched { offers }, _) = client.receive().await.expect("an open connection") {
            return offers;
        }
    }
}
