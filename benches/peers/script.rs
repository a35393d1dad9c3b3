//! What the people of this benchmark send each other: Chromium's real descriptions and eight candidates, each with the
//! number of its sender in it, so that everything that arrives can be traced and compared.
//!
//! Texts are kept as they stand in JSON, since the clients neither escape nor parse a description while they measure.

use std::collections::BTreeSet;

/// An offer made by Chromium.
const OFFER: &str = include_str!("../../src/server/validate/fixtures/chromium-offer.sdp");

/// Chromium's answer to it.
const ANSWER: &str = include_str!("../../src/server/validate/fixtures/chromium-answer.sdp");

/// Candidates as Chromium writes them, on a machine with two networks, one of them with IPv6, and a STUN server.
///
/// All of them are of public addresses or of the network of both, so each server forwards each of them.
const CANDIDATES: [&str; CANDIDATE_COUNT] = [
    "candidate:3406716431 1 udp 2122260223 192.168.1.7 46154 typ host generation 0 ufrag I+IT network-id 1 network-cost 10",
    "candidate:2240168862 1 udp 2122194687 10.8.0.2 51023 typ host generation 0 ufrag I+IT network-id 2 network-cost 50",
    "candidate:1038480511 1 udp 2122262783 2001:db8:7::5 39120 typ host generation 0 ufrag I+IT network-id 3 network-cost 10",
    "candidate:842163049 1 udp 1686052607 203.0.113.9 46154 typ srflx raddr 192.168.1.7 rport 46154 generation 0 ufrag I+IT network-id 1 network-cost 10",
    "candidate:842163050 1 udp 1685987071 203.0.113.77 51023 typ srflx raddr 10.8.0.2 rport 51023 generation 0 ufrag I+IT network-id 2 network-cost 50",
    "candidate:2138512963 1 tcp 1518280447 192.168.1.7 9 typ host tcptype active generation 0 ufrag I+IT network-id 1 network-cost 10",
    "candidate:3304960546 1 tcp 1518214911 10.8.0.2 9 typ host tcptype active generation 0 ufrag I+IT network-id 2 network-cost 50",
    "candidate:1038480512 1 tcp 1518283007 2001:db8:7::5 9 typ host tcptype active generation 0 ufrag I+IT network-id 3 network-cost 10",
];

/// Candidates of each end of a match.
pub(crate) const CANDIDATE_COUNT: usize = 8;

/// Characters of a user name fragment, as Chromium makes them. Here it is the number of a person.
const TAG_CHARS: usize = 4;

/// The characters of a user name fragment (RFC 8839, 5.4).
const ICE_CHARS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The user name fragment of a person.
pub(crate) fn tag(person: usize) -> String {
    let digits = (0..TAG_CHARS).rev().map(|at| ICE_CHARS[person >> (6 * at) & 63]);
    digits.map(char::from).collect()
}

/// The person with a user name fragment.
fn person(tag: &str) -> Option<usize> {
    let digit = |it: u8| ICE_CHARS.iter().position(|other| *other == it);
    tag.bytes().try_fold(0, |number, it| Some((number << 6) | digit(it)?))
}

/// What a text is in a negotiation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Offer,
    Answer,
    /// The candidate of this index.
    Candidate(usize),
}

/// A text with the place of each user name fragment, as it stands in JSON.
#[derive(Clone, Debug)]
struct Template(Vec<String>);

impl Template {
    /// A template of a text in JSON in which each `tag` is a user name fragment.
    fn new(escaped: &str, tag: &str) -> Self {
        Self(escaped.split(tag).map(str::to_owned).collect())
    }

    fn with(&self, tag: &str) -> String {
        self.0.join(tag)
    }

    /// The person whose text begins `text` and ends with a quotation mark; `None` if it is not exactly this one.
    fn sender(&self, text: &str) -> Option<usize> {
        let (first, others) = self.0.split_first()?;
        let mut rest = text.strip_prefix(first.as_str())?;
        let tag = rest.get(..TAG_CHARS)?;
        for piece in others {
            rest = rest.strip_prefix(tag)?.strip_prefix(piece.as_str())?;
        }
        rest.starts_with('"').then(|| person(tag))?
    }
}

/// All texts of one end.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    offer: Template,
    answer: Template,
    candidates: Vec<Template>,
}

impl Script {
    /// What each end sends.
    pub(crate) fn new() -> Self {
        let template = |text: &str, tag| {
            let json = serde_json::to_string(text).expect("a text");
            Template::new(json.trim_matches('"'), tag)
        };
        let candidates = CANDIDATES.map(|it| template(it, "I+IT"));
        Self {
            offer: template(OFFER, "I+IT"),
            answer: template(ANSWER, "g9MI"),
            candidates: candidates.to_vec(),
        }
    }

    fn template(&self, part: Part) -> &Template {
        match part {
            Part::Offer => &self.offer,
            Part::Answer => &self.answer,
            Part::Candidate(index) => &self.candidates[index],
        }
    }

    /// The text of a person, as it stands in JSON.
    pub(crate) fn text(&self, part: Part, tag: &str) -> String {
        self.template(part).with(tag)
    }

    /// The person that has sent a message, or why it is not what that person has sent.
    pub(crate) fn sender(&self, part: Part, message: &str) -> Result<usize, String> {
        let text = field(part, message).ok_or_else(|| format!("no {part:?} in {message}"))?;
        self.template(part).sender(text).ok_or_else(|| format!("a changed {part:?}: {message}"))
    }

    /// From now on expects a part as it is in this message, which a person with that tag has sent.
    ///
    /// # Panics
    ///
    /// If the message has anything in it that was not sent, but unspecified addresses and ports.
    pub(crate) fn learn(&mut self, part: Part, message: &str, tag: &str) {
        let text = field(part, message).and_then(|it| it.split('"').next()).expect("a text");
        let sent = self.text(part, tag);
        let words = |it: &str| it.replace("\\r\\n", " ").split(' ').map(str::to_owned).collect::<Vec<_>>();
        let known: BTreeSet<_> = words(&sent).into_iter().collect();
        let unspecified = ["0.0.0.0", "0", "9", "::"];
        let added: Vec<_> = words(text)
            .into_iter()
            .filter(|it| !known.contains(it) && !unspecified.contains(&it.as_str()))
            .collect();
        assert!(added.is_empty(), "{part:?} has something new in it: {added:?}");
        assert!(
            text.len() > sent.len() / 2 && text.contains(tag),
            "{part:?} has lost most of itself: {text}"
        );
        let learnt = Template::new(text, tag);
        match part {
            Part::Offer => self.offer = learnt,
            Part::Answer => self.answer = learnt,
            Part::Candidate(index) => self.candidates[index] = learnt,
        }
    }
}

/// The text of a part and what follows it.
fn field(part: Part, message: &str) -> Option<&str> {
    let name = match part {
        // A description in PeerJS has a type beside it and both are in an object of the same name.
        Part::Offer | Part::Answer => "\"sdp\":\"",
        Part::Candidate(_) => "\"candidate\":\"",
    };
    message.split_once(name).map(|it| it.1)
}
