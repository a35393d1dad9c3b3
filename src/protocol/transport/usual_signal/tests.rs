//! The short way reads and writes what serde does.

use proptest::{collection::vec, option, prelude::*, sample::select};
use uuid::{Uuid, uuid};

use super::*;
use crate::protocol::{
    ToBrowser, append_to_server, encode, encode_to_browser, transport::codec::decode_with_serde,
};

const MATCH: MatchId = MatchId(uuid!("018f2c5e-9b22-7c01-8d35-1a2b3c4d5e6f"));

/// Lines of descriptions and parts of candidates, and what must be escaped in JSON.
const PIECES: [&str; 14] = [
    "v=0",
    "\r\n",
    "a=rtpmap:111 opus/48000/2",
    "\r\n",
    "a=fmtp:97 apt=96",
    "\n",
    "\r",
    "\"",
    "\\",
    "/",
    "ü",
    "\t",
    "\0",
    "candidate:1 1 udp 1 192.0.2.7 9 typ host",
];

/// What breaks a message, or is another way to write it.
const INSERTIONS: [&str; 22] = [
    "\"",
    "\\",
    "\\u0041",
    "\\/",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    " ",
    "\n",
    "0",
    "-",
    ".5",
    "e1",
    "null",
    "x",
    "ü",
    "\"x\":1,",
    "\"sdp\":\"\",",
    "\"seq\":1,",
];

fn text() -> impl Strategy<Value = String> {
    vec(select(&PIECES[..]), 0..12).prop_map(|it| it.concat())
}

fn signal() -> impl Strategy<Value = Signal> {
    let plain = || option::of(select(vec!["0", "", "I+IT", "//pY", "a\"b"]).prop_map(str::to_owned));
    prop_oneof![
        text().prop_map(|it| Signal::Offer { sdp: Sdp(it) }),
        text().prop_map(|it| Signal::Answer { sdp: Sdp(it) }),
        (text(), plain(), option::of(any::<u16>()), plain()).prop_map(
            |(candidate, sdp_mid, sdp_m_line_index, username_fragment)| Signal::Candidate(Candidate {
                candidate: Sdp(candidate),
                sdp_mid,
                sdp_m_line_index,
                username_fragment,
            })
        ),
        plain().prop_map(|username_fragment| Signal::EndOfCandidates { username_fragment }),
    ]
}

fn message() -> impl Strategy<Value = ToServer> {
    (signal(), any::<u32>(), any::<bool>()).prop_map(|(signal, number, is_prepared)| {
        if is_prepared {
            ToServer::Prepared { number, signal }
        } else {
            ToServer::Signal { match_id: MATCH, epoch: Epoch(number), signal }
        }
    })
}

/// Whether a signal has what the short way leaves to serde: texts of candidates with escapes, and rare escapes.
fn is_unusual(signal: &Signal) -> bool {
    let has = |text: &str, escaped: &[char]| text.contains(escaped);
    let candidate_has = |it: &Option<String>| it.as_ref().is_some_and(|it| has(it, &['"']));
    match signal {
        Signal::Offer { sdp } | Signal::Answer { sdp } => has(&sdp.0, &['\t', '\0']),
        Signal::Candidate(it) => {
            has(&it.candidate.0, &['\r', '\n', '"', '\\', '\t', '\0'])
                || candidate_has(&it.sdp_mid)
                || candidate_has(&it.username_fragment)
        }
        Signal::EndOfCandidates { username_fragment } => candidate_has(username_fragment),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn reads_what_a_page_writes(msg in message(), seq: u64, ack: u64) {
        let is_unusual = msg.signal().is_some_and(is_unusual);
        let frame = Frame { seq, ack, msg };
        let json = encode(&frame);
        prop_assert_eq!(read(&json), (!is_unusual).then(|| frame.clone()));
        prop_assert_eq!(decode_with_serde(&json), Ok(frame));
    }

    #[test]
    fn reads_as_serde_reads_or_not_at_all(
        msg in message(),
        at in any::<prop::sample::Index>(),
        length in 0_usize..3,
        inserted in select(&INSERTIONS[..]),
    ) {
        let mut json = encode(&Frame { seq: 12, ack: 3, msg });
        let start = json.floor_char_boundary(at.index(json.len() + 1));
        let end = json.floor_char_boundary((start + length).min(json.len())).max(start);
        json.replace_range(start..end, inserted);
        if let Some(frame) = read(&json) {
            prop_assert_eq!(decode_with_serde(&json), Ok(frame), "{}", json);
        }
    }

    #[test]
    fn writes_what_serde_writes(signal in signal(), message in message(), seq: u64, ack: u64, epoch: u32) {
        let msg = ToBrowser::Signal { match_id: MATCH, epoch: Epoch(epoch), signal };
        let frame = Frame { seq, ack, msg: &msg };
        prop_assert_eq!(encode_to_browser(&frame), encode(&frame));
        let (frame, mut text) = (Frame { seq, ack, msg: message }, String::new());
        append_to_server(&frame, &mut text);
        prop_assert_eq!(text, encode(&frame));
    }
}

#[test]
fn numbers_are_those_of_json() {
    let frame = |seq: &str, epoch: &str| {
        let id = Uuid::nil();
        read(&format!(
            r#"{{"seq":{seq},"ack":0,"msg":{{"signal":{{"match":"{id}","epoch":{epoch},"signal":{{"offer":{{"sdp":""}}}}}}}}}}"#
        ))
        .map(|it| it.seq)
    };
    for good in [0, 1, u64::MAX] {
        assert_eq!(frame(&good.to_string(), "4294967295"), Some(good));
    }
    for bad in ["", "01", "00", "-1", "+1", "1.0", "1e1", " 1", "18446744073709551616"] {
        assert_eq!(frame(bad, "1"), None, "{bad}");
    }
    assert_eq!(frame("1", "4294967296"), None, "an epoch has 32 bits");
}
