//! The wire format: golden texts of all messages, and the texts that each side refuses or ignores.

use std::{collections::BTreeSet, fmt};

use passerby::protocol::{
    Affinity, Candidate, EndReason, Epoch, ErrorCode, Feature, Features, Frame, IceServer, Interest,
    Language, Limits, MatchId, Media, Message, Met, NoticeKind, Occupancy, PairId, PastPairs, PeerId,
    PeerMessage, PreparedOffer, Presence, Reaction, Refusal, ReportReason, ReportResult, ReportWords, Resume,
    Role, SanctionNotice, Sdp, Secret, Signal, Signalling, Tastes, ToBrowser, ToServer, Wait, decode_lenient,
    decode_strict, encode, encode_peer,
    limits::{
        ACK_EVERY, AGAIN_AFTER, BLOCKED_FOR, CHECK_FOR, CLOSE_GOODBYE, CLOSE_NORMAL, CONNECT_WITHIN,
        CONNECT_WITHIN_SERVER, CROWD_STEPS, GRACE_MATCHED, GRACE_UNMATCHED, HEARTBEAT, HELLO_WITHIN,
        IDLE_HEARTBEAT, IDLE_SILENCE, MAX_BLOCKED, MAX_CANDIDATE_BYTES, MAX_CANDIDATES, MAX_CHAT_CHARS,
        MAX_CHAT_UNACKNOWLEDGED, MAX_EPOCH, MAX_FRAME_BYTES, MAX_HOST_CANDIDATES, MAX_INTEREST_CHARS,
        MAX_INTERESTS, MAX_LANGUAGES, MAX_MET, MAX_MID_BYTES, MAX_OUTBOX_BYTES, MAX_OUTBOX_MESSAGES,
        MAX_PASSED_BY, MAX_PREPARED, MAX_REFUSALS, MAX_REPORT_CHARS, MAX_REPORTS, MAX_RULES_VERSION_BYTES,
        MAX_SDP_BYTES, MAX_SDP_LINE_BYTES, MAX_SDP_LINES, MAX_TOKEN_BYTES, MAX_UFRAG_BYTES, MET_FOR,
        NOT_AGAIN_FOR, PREPARED_FOR, RELAY_IPV4, RELAY_IPV6, SILENCE, SUBPROTOCOL, VERSION, WAIT_STEPS,
        WIDEN_AFTER,
    },
};
use proptest::prelude::*;
use serde::{
    Deserializer,
    de::{DeserializeOwned, Error as _, Visitor, value::Error},
};
use serde_json::Value;
use uuid::{Uuid, uuid};

/// The description of the protocol. Its examples and tables must match the code.
const README: &str = include_str!("../protocol/README.md");

/// The source of the numbers in [`README`].
const LIMITS: &str = include_str!("../protocol/limits.rs");

const PEER: PeerId = PeerId(uuid!("018f2c5e-7a10-7b3d-9c44-5d0e6f7a8b91"));
const SECRET: Secret = Secret(uuid!("4f0c2b9e-3d1a-4e57-8a66-0b1c2d3e4f50"));
const PAIR: PairId = PairId(uuid!("6b1e0d52-91c3-8f0a-a7d4-2e5c6f708192"));
const MATCH: MatchId = MatchId(uuid!("018f2c5e-9b22-7c01-8d35-1a2b3c4d5e6f"));

/// The only text that a value is encoded as, and the value.
type Golden<T> = (String, T);

const REACTIONS: [(Reaction, &str); 5] = [
    (Reaction::Wave, "wave"),
    (Reaction::ThumbsUp, "thumbs-up"),
    (Reaction::Laugh, "laugh"),
    (Reaction::Heart, "heart"),
    (Reaction::Clap, "clap"),
];

const WAITS: [(Wait, &str); 3] =
    [(Wait::Moment, "moment"), (Wait::HalfAMinute, "half-a-minute"), (Wait::Minutes, "minutes")];

const REASONS: [(EndReason, &str); 6] = [
    (EndReason::Next, "next"),
    (EndReason::Left, "left"),
    (EndReason::PartnerNext, "partner-next"),
    (EndReason::PartnerLeft, "partner-left"),
    (EndReason::PartnerLost, "partner-lost"),
    (EndReason::Unconnected, "unconnected"),
];

const CODES: [(ErrorCode, &str); 26] = [
    (ErrorCode::BadFrame, "bad-frame"),
    (ErrorCode::UnknownMessage, "unknown-message"),
    (ErrorCode::BadMessage, "bad-message"),
    (ErrorCode::NotText, "not-text"),
    (ErrorCode::NotUtf8, "not-utf8"),
    (ErrorCode::TooLarge, "too-large"),
    (ErrorCode::HelloFirst, "hello-first"),
    (ErrorCode::HelloTwice, "hello-twice"),
    (ErrorCode::BadSequence, "bad-sequence"),
    (ErrorCode::NotYourMatch, "not-your-match"),
    (ErrorCode::BadSdp, "bad-sdp"),
    (ErrorCode::BadCandidate, "bad-candidate"),
    (ErrorCode::TooManyCandidates, "too-many-candidates"),
    (ErrorCode::BadEpoch, "bad-epoch"),
    (ErrorCode::NoRelay, "no-relay"),
    (ErrorCode::TooManyRefusals, "too-many-refusals"),
    (ErrorCode::TooSlow, "too-slow"),
    (ErrorCode::Silent, "silent"),
    (ErrorCode::Replaced, "replaced"),
    (ErrorCode::RateLimited, "rate-limited"),
    (ErrorCode::WrongOrigin, "wrong-origin"),
    (ErrorCode::Sanctioned, "sanctioned"),
    (ErrorCode::AgeRequired, "age-required"),
    (ErrorCode::NetworkFull, "network-full"),
    (ErrorCode::ServerFull, "server-full"),
    (ErrorCode::ServerStops, "server-stops"),
];

const FEATURES: [(Feature, &str); 6] = [
    (Feature::Goodbye, "goodbye"),
    (Feature::Check, "check"),
    (Feature::UnblockPair, "unblock-pair"),
    (Feature::SoftStart, "soft-start"),
    (Feature::Report, "report"),
    (Feature::Again, "again"),
];

const RESULTS: [(ReportResult, &str); 5] = [
    (ReportResult::Accepted, "accepted"),
    (ReportResult::AlreadyReported, "already-reported"),
    (ReportResult::NotNow, "not-now"),
    (ReportResult::InvalidTicket, "invalid-ticket"),
    (ReportResult::TooMany, "too-many"),
];

const SANCTIONS: [(NoticeKind, &str); 3] =
    [(NoticeKind::Warned, "warned"), (NoticeKind::Paused, "paused"), (NoticeKind::Banned, "banned")];

fn golden<M>(seq: u64, ack: u64, text: &str, msg: M) -> Golden<Frame<M>> {
    (format!(r#"{{"seq":{seq},"ack":{ack},"msg":{text}}}"#), Frame { seq, ack, msg })
}

/// Every kind of signal, with and without its optional fields.
fn signals() -> Vec<Golden<Signal>> {
    let sdp = || Sdp("v=0\r\n".into());
    let fragment = || Some("I+IT".to_owned());
    let full = Candidate {
        candidate: Sdp("candidate:1 1 udp 2113937151 192.0.2.7 45407 typ host".into()),
        sdp_mid: Some("0".into()),
        sdp_m_line_index: Some(0),
        username_fragment: fragment(),
    };
    let bare = Candidate {
        candidate: Sdp("candidate:é\"".into()),
        sdp_mid: None,
        sdp_m_line_index: None,
        username_fragment: None,
    };
    [
        (r#"{"offer":{"sdp":"v=0\r\n"}}"#, Signal::Offer { sdp: sdp() }),
        (r#"{"answer":{"sdp":"v=0\r\n"}}"#, Signal::Answer { sdp: sdp() }),
        (
            r#"{"candidate":{"candidate":"candidate:1 1 udp 2113937151 192.0.2.7 45407 typ host","sdp_mid":"0","sdp_m_line_index":0,"username_fragment":"I+IT"}}"#,
            Signal::Candidate(full),
        ),
        (r#"{"candidate":{"candidate":"candidate:é\""}}"#, Signal::Candidate(bare)),
        (
            r#"{"end-of-candidates":{"username_fragment":"I+IT"}}"#,
            Signal::EndOfCandidates { username_fragment: fragment() },
        ),
        (r#"{"end-of-candidates":{}}"#, Signal::EndOfCandidates { username_fragment: None }),
    ]
    .map(|(text, signal)| (text.to_owned(), signal))
    .into()
}

fn with_match(name: &str, more: &str) -> String {
    format!(r#"{{"{name}":{{"match":"018f2c5e-9b22-7c01-8d35-1a2b3c4d5e6f"{more}}}}}"#)
}

fn tastes<const I: usize, const L: usize>(interests: [&str; I], languages: [&str; L]) -> Tastes {
    let interests = interests.map(|it| Interest::new(it).expect("an interest")).to_vec();
    Tastes { interests, languages: languages.map(|it| Language::new(it).expect("a language")).to_vec() }
}

/// The messages about past partners.
fn past() -> [Golden<Frame<ToServer>>; 6] {
    [
        golden(
            6,
            4,
            r#"{"block":{"pair":"6b1e0d52-91c3-8f0a-a7d4-2e5c6f708192"}}"#,
            ToServer::Block { pair: PAIR },
        ),
        golden(6, 4, r#"{"unblock":{}}"#, ToServer::Unblock { pair: None }),
        golden(
            6,
            4,
            r#"{"unblock":{"pair":"6b1e0d52-91c3-8f0a-a7d4-2e5c6f708192"}}"#,
            ToServer::Unblock { pair: Some(PAIR) },
        ),
        golden(1, 0, r#"{"check":{}}"#, ToServer::Check {}),
        golden(
            0,
            0,
            r#"{"hello":{"past":{"met":"6b1e0d52-91c3-8f0a-a7d4-2e5c6f708192:12","blocked":"6b1e0d52-91c3-8f0a-a7d4-2e5c6f708192"}}}"#,
            ToServer::Hello {
                resume: None,
                ticket: None,
                device: None,
                age: None,
                past: PastPairs { met: vec![Met { pair: PAIR, minutes_ago: 12 }], blocked: vec![PAIR] },
                place: None,
                features: Features::default(),
            },
        ),
        golden(
            0,
            0,
            r#"{"hello":{"place":"p.1"}}"#,
            ToServer::Hello {
                resume: None,
                ticket: None,
                device: None,
                age: None,
                past: PastPairs::default(),
                place: Some("p.1".into()),
                features: Features::default(),
            },
        ),
    ]
}

/// A report with words, and one for each reason without.
fn reports() -> Vec<Golden<Frame<ToServer>>> {
    let report = |reason: ReportReason, words: &str| {
        let text = if words.is_empty() { String::new() } else { format!(r#","words":"{words}""#) };
        let words = ReportWords::new(words).expect("few words");
        let text = format!(r#"{{"report":{{"ticket":"t.1","reason":"{}"{text}}}}}"#, reason.name());
        golden(6, 4, &text, ToServer::Report { ticket: "t.1".into(), reason, words })
    };
    let mut all = vec![report(ReportReason::Spam, "He shows a recording.")];
    all.extend(ReportReason::ALL.map(|it| report(it, "")));
    all
}

/// The hello of this build, without and with a session to resume, then those of the first release.
fn hellos() -> Vec<Golden<Frame<ToServer>>> {
    let resume = Some(Resume { peer: PEER, secret: SECRET });
    let hello = |resume, ticket: Option<&str>| ToServer::Hello {
        resume,
        ticket: ticket.map(str::to_owned),
        device: ticket.map(str::to_owned),
        age: None,
        past: PastPairs::default(),
        place: None,
        features: Features::default(),
    };
    let with_features = |mut msg| {
        if let ToServer::Hello { features, .. } = &mut msg {
            *features = Features::all();
        }
        msg
    };
    let with_age = |mut msg| {
        if let ToServer::Hello { age, .. } = &mut msg {
            *age = Some("e30.e30.AA".into());
        }
        msg
    };
    let proof = r#""resume":{"peer":"018f2c5e-7a10-7b3d-9c44-5d0e6f7a8b91","secret":"4f0c2b9e-3d1a-4e57-8a66-0b1c2d3e4f50"}"#;
    vec![
        golden(
            0,
            0,
            r#"{"hello":{"features":["goodbye","check","unblock-pair","soft-start","report","again"]}}"#,
            with_features(hello(None, None)),
        ),
        golden(
            0,
            9,
            &format!(
                r#"{{"hello":{{{proof},"features":["goodbye","check","unblock-pair","soft-start","report","again"]}}}}"#
            ),
            with_features(hello(resume, None)),
        ),
        golden(0, 0, r#"{"hello":{}}"#, hello(None, None)),
        golden(0, 9, &format!(r#"{{"hello":{{{proof}}}}}"#), hello(resume, None)),
        golden(0, 0, r#"{"hello":{"ticket":"t.1","device":"t.1"}}"#, hello(None, Some("t.1"))),
        golden(0, 0, r#"{"hello":{"age":"e30.e30.AA"}}"#, with_age(hello(None, None))),
    ]
}

/// Every message to the server.
fn to_server() -> Vec<Golden<Frame<ToServer>>> {
    let media = Media { audio: true, video: true };
    let mut all = hellos();
    all.extend([
        golden(
            1,
            0,
            r#"{"join":{"media":{"audio":true,"video":true}}}"#,
            ToServer::Join { media, hide: false, soft: false, tastes: Tastes::default() },
        ),
        golden(
            1,
            0,
            r#"{"join":{"media":{"audio":true,"video":true},"hide":true}}"#,
            ToServer::Join { media, hide: true, soft: false, tastes: Tastes::default() },
        ),
        golden(
            1,
            0,
            r#"{"join":{"media":{"audio":true,"video":true},"soft":true}}"#,
            ToServer::Join { media, hide: false, soft: true, tastes: Tastes::default() },
        ),
        golden(
            1,
            0,
            r#"{"join":{"media":{"audio":true,"video":true},"tastes":{"interests":"jazz,сёрфинг","languages":"de,nds"}}}"#,
            ToServer::Join { media, hide: false, soft: false, tastes: tastes(["jazz", "сёрфинг"], ["de", "nds"]) },
        ),
        golden(5, 4, &with_match("connected", ""), ToServer::Connected { match_id: MATCH }),
        golden(5, 4, &with_match("failed", ""), ToServer::Failed { match_id: MATCH }),
        golden(6, 4, &with_match("next", ""), ToServer::Next { match_id: MATCH }),
        golden(7, 6, r#"{"leave":{}}"#, ToServer::Leave {}),
        golden(u64::MAX, u64::MAX, r#"{"leave":{}}"#, ToServer::Leave {}),
        golden(0, 6, r#"{"ping":{}}"#, ToServer::Ping {}),
    ]);
    all.extend(past());
    all.extend(reports());
    all.extend(signals().into_iter().map(|(text, signal)| {
        let text = format!(r#"{{"prepared":{{"number":1,"signal":{text}}}}}"#);
        golden(2, 2, &text, ToServer::Prepared { number: 1, signal })
    }));
    // Numbered as in a conversation: the offer or the answer, then the trickled candidates.
    for ((text, signal), (seq, ack)) in
        signals().into_iter().zip([(2, 2), (2, 3), (3, 2), (3, 2), (4, 2), (4, 2)])
    {
        let text = with_match("signal", &format!(r#","epoch":1,"signal":{text}"#));
        all.push(golden(seq, ack, &text, ToServer::Signal { match_id: MATCH, epoch: Epoch::FIRST, signal }));
    }
    all
}

fn welcome() -> ToBrowser {
    let limits = Limits {
        frame_bytes: MAX_FRAME_BYTES as u32,
        sdp_bytes: MAX_SDP_BYTES as u32,
        candidate_bytes: MAX_CANDIDATE_BYTES as u32,
        candidates: MAX_CANDIDATES,
        heartbeat_ms: HEARTBEAT.as_millis() as u32,
        idle_heartbeat_ms: IDLE_HEARTBEAT.as_millis() as u32,
        grace_ms: GRACE_MATCHED.as_millis() as u32,
    };
    ToBrowser::Welcome {
        version: VERSION,
        peer: PEER,
        secret: SECRET,
        resumed: false,
        match_id: None,
        relay: false,
        build: None,
        device: None,
        limits,
        features: Features::default(),
    }
}

/// The welcome of this build.
fn welcome_with_features() -> ToBrowser {
    let mut msg = welcome();
    if let ToBrowser::Welcome { features, .. } = &mut msg {
        *features = Features::all();
    }
    msg
}

/// The welcome for a client whose match the server rebuilt from its ticket.
fn welcome_with_match() -> ToBrowser {
    let mut msg = welcome();
    if let ToBrowser::Welcome { match_id, relay, build, device, .. } = &mut msg {
        (*match_id, *relay, *build) = (Some(MATCH), true, Some("b1".into()));
        *device = Some("t.1".into());
    }
    msg
}

const STUN: &str = r#"{"urls":["stun:relay.example:3478"]}"#;
const TURN: &str = r#"{"urls":["turn:relay.example:3478?transport=udp","turns:relay.example:5349?transport=tcp"],"username":"1764000000:8d351a2b3c4d4e6fa11f018f2c5e9b22","credential":"c2VjcmV0"}"#;

/// The servers that [`STUN`] and [`TURN`] describe.
fn stun_and_turn() -> [IceServer; 2] {
    let urls = |urls: &[&str]| urls.iter().copied().map(str::to_owned).collect();
    let stun = IceServer { urls: urls(&["stun:relay.example:3478"]), username: None, credential: None };
    let turn = IceServer {
        urls: urls(&["turn:relay.example:3478?transport=udp", "turns:relay.example:5349?transport=tcp"]),
        username: Some("1764000000:8d351a2b3c4d4e6fa11f018f2c5e9b22".into()),
        credential: Some("c2VjcmV0".into()),
    };
    [stun, turn]
}

/// The messages that carry ICE servers: those for a prepared offer, and renewed ones.
fn servers() -> [Golden<Frame<ToBrowser>>; 3] {
    let [stun, turn] = stun_and_turn();
    [
        golden(
            1,
            1,
            &format!(r#"{{"prepare":{{"ice":[{STUN}]}}}}"#),
            ToBrowser::Prepare { ice: vec![stun.clone()] },
        ),
        golden(1, 1, &format!(r#"{{"check":{{"ice":[{STUN}]}}}}"#), ToBrowser::Check { ice: vec![stun] }),
        golden(
            6,
            2,
            &with_match("ice", &format!(r#","ice":[{TURN}]"#)),
            ToBrowser::Ice { match_id: MATCH, ice: vec![turn] },
        ),
    ]
}

fn matched() -> Vec<Golden<Frame<ToBrowser>>> {
    let [stun, turn] = stun_and_turn();
    let matched = |role, video: bool, ice, (relay_only, ahead): (bool, Option<PreparedOffer>), text: &str| {
        let name = if role == Role::Polite { "polite" } else { "impolite" };
        let text = format!(r#","role":"{name}","partner":{{"audio":true,"video":{video}}},"ice":{text}"#);
        let msg = ToBrowser::Matched {
            match_id: MATCH,
            role,
            partner: Media { audio: true, video },
            shared: Tastes::default(),
            ice,
            relay_only,
            soft: relay_only,
            ticket: ahead.is_some().then(|| "t.1".to_owned()),
            pair: ahead.is_some().then_some(PAIR),
            ahead,
        };
        golden(2, 1, &with_match("matched", &text), msg)
    };
    let yours = PreparedOffer::Yours { number: 1 };
    let theirs = PreparedOffer::Theirs { offer: Sdp("v=0\r\n".into()), candidates: Vec::new() };
    let (impolite, polite) = (Role::Impolite, Role::Polite);
    vec![
        matched(impolite, false, Vec::new(), (false, None), "[]"),
        matched(polite, true, vec![stun, turn.clone()], (false, None), &format!("[{STUN},{TURN}]")),
        matched(
            polite,
            true,
            vec![turn],
            (true, None),
            &format!(r#"[{TURN}],"relay_only":true,"soft":true"#),
        ),
        matched(
            impolite,
            true,
            Vec::new(),
            (false, Some(yours)),
            r#"[],"ticket":"t.1","pair":"6b1e0d52-91c3-8f0a-a7d4-2e5c6f708192","ahead":{"yours":{"number":1}}"#,
        ),
        matched(
            polite,
            true,
            Vec::new(),
            (false, Some(theirs)),
            r#"[],"ticket":"t.1","pair":"6b1e0d52-91c3-8f0a-a7d4-2e5c6f708192","ahead":{"theirs":{"offer":"v=0\r\n","candidates":[]}}"#,
        ),
        matched_by_interest(),
    ]
}

fn matched_by_interest() -> Golden<Frame<ToBrowser>> {
    golden(
        2,
        1,
        &with_match(
            "matched",
            r#","role":"polite","partner":{"audio":true,"video":true},"shared":{"interests":"jazz"},"ice":[]"#,
        ),
        ToBrowser::Matched {
            match_id: MATCH,
            role: Role::Polite,
            partner: Media { audio: true, video: true },
            shared: tastes(["jazz"], []),
            ice: Vec::new(),
            relay_only: false,
            soft: false,
            ticket: None,
            pair: None,
            ahead: None,
        },
    )
}

/// Every message to the page.
fn to_browser() -> Vec<Golden<Frame<ToBrowser>>> {
    let partner = |signalling, signals_lost| ToBrowser::Partner { match_id: MATCH, signalling, signals_lost };
    let welcome_text = r#"{"welcome":{"version":1,"peer":"018f2c5e-7a10-7b3d-9c44-5d0e6f7a8b91","secret":"4f0c2b9e-3d1a-4e57-8a66-0b1c2d3e4f50","resumed":false,"limits":{"frame_bytes":65536,"sdp_bytes":32768,"candidate_bytes":512,"candidates":64,"heartbeat_ms":12000,"idle_heartbeat_ms":45000,"grace_ms":20000}}}"#;
    let text_with_match = welcome_text.replace(
        r#""resumed":false,"#,
        r#""resumed":false,"match":"018f2c5e-9b22-7c01-8d35-1a2b3c4d5e6f","relay":true,"build":"b1","device":"t.1","#,
    );
    let text_with_features = welcome_text.replace(
        r#""grace_ms":20000}"#,
        r#""grace_ms":20000},"features":["goodbye","check","unblock-pair","soft-start","report","again"]"#,
    );
    let mut all = vec![
        golden(0, 0, &text_with_features, welcome_with_features()),
        golden(0, 0, welcome_text, welcome()),
        golden(0, 0, &text_with_match, welcome_with_match()),
        golden(1, 1, r#"{"waiting":{}}"#, ToBrowser::Waiting {}),
        golden(
            2,
            1,
            r#"{"seeking":{"wants":"interest","widens_in_ms":10000}}"#,
            ToBrowser::Seeking { wants: Affinity::Interest, widens_in_ms: Some(10_000) },
        ),
        golden(
            3,
            1,
            r#"{"seeking":{"wants":"anybody"}}"#,
            ToBrowser::Seeking { wants: Affinity::Anybody, widens_in_ms: None },
        ),
        golden(4, 2, &with_match("partner", r#","signalling":"lost""#), partner(Signalling::Lost, false)),
        golden(5, 2, &with_match("partner", r#","signalling":"back""#), partner(Signalling::Back, false)),
        golden(
            5,
            2,
            &with_match("partner", r#","signalling":"back","signals_lost":true"#),
            partner(Signalling::Back, true),
        ),
        golden(0, 1, r#"{"come-back":{"after_ms":2500}}"#, ToBrowser::ComeBack { after_ms: 2500 }),
        golden(0, 0, r#"{"again":{}}"#, ToBrowser::Again {}),
        golden(0, 7, r#"{"pong":{}}"#, ToBrowser::Pong {}),
    ];
    all.extend(here());
    all.extend(moderated());
    all.extend(matched());
    all.extend(servers());
    all.extend(signals().into_iter().map(|(text, signal)| {
        let text = with_match("signal", &format!(r#","epoch":1,"signal":{text}"#));
        golden(3, 1, &text, ToBrowser::Signal { match_id: MATCH, epoch: Epoch::FIRST, signal })
    }));
    all.extend(REASONS.map(|(reason, name)| {
        let text = with_match("ended", &format!(r#","reason":"{name}""#));
        golden(5, 2, &text, ToBrowser::Ended { match_id: MATCH, reason })
    }));
    all.extend(CODES.map(|(code, name)| {
        let text = format!(r#"{{"error":{{"code":"{name}","about":4}}}}"#);
        golden(0, 3, &text, ToBrowser::Error { code, about: 4, retry_ms: None })
    }));
    let rate_limited = ToBrowser::Error { code: ErrorCode::RateLimited, about: 4, retry_ms: Some(1_500) };
    all.push(golden(0, 3, r#"{"error":{"code":"rate-limited","about":4,"retry_ms":1500}}"#, rate_limited));
    all
}

/// What came of reports, and what was decided about the device.
fn moderated() -> Vec<Golden<Frame<ToBrowser>>> {
    let reported = |more: &str, match_id, result, outcome: Option<&str>| {
        let outcome = outcome.map(str::to_owned);
        golden(
            7,
            6,
            &format!(r#"{{"reported":{{{more}}}}}"#),
            ToBrowser::Reported { match_id, result, outcome },
        )
    };
    let of_match = r#""match":"018f2c5e-9b22-7c01-8d35-1a2b3c4d5e6f","#;
    let mut all: Vec<_> = RESULTS
        .map(|(result, name)| {
            let is_known = result != ReportResult::InvalidTicket;
            let about = if is_known { of_match } else { "" };
            reported(&format!(r#"{about}"result":"{name}""#), is_known.then_some(MATCH), result, None)
        })
        .into();
    all.push(reported(
        &format!(r#"{of_match}"result":"accepted","outcome":"8QX4-K2M7-ZT90-3HWB""#),
        Some(MATCH),
        ReportResult::Accepted,
        Some("8QX4-K2M7-ZT90-3HWB"),
    ));
    all.extend(SANCTIONS.map(|(kind, name)| {
        let (until, automatic) = (1_764_000_000, kind == NoticeKind::Paused);
        let appeal = (!automatic).then(|| "8QX4-K2M7-ZT90-3HWB".to_owned());
        let more = if automatic { r#","automatic":true"# } else { r#","appeal":"8QX4-K2M7-ZT90-3HWB""# };
        let text =
            format!(r#"{{"sanctioned":{{"kind":"{name}","reason":"nudity","until":1764000000{more}}}}}"#);
        let sanction = SanctionNotice { kind, reason: ReportReason::Nudity, until, automatic, appeal };
        let seq = if kind == NoticeKind::Warned { 1 } else { 0 };
        golden(seq, 0, &text, ToBrowser::Sanctioned(sanction))
    }));
    all
}

/// How busy the server is.
fn here() -> Vec<Golden<Frame<ToBrowser>>> {
    let here = |text: &str, around, wait, all_met| {
        golden(0, 1, text, ToBrowser::Here(Occupancy { around, wait, all_met }))
    };
    let mut all = vec![
        golden(0, 1, r#"{"place":{"proof":"p.1"}}"#, ToBrowser::Place { proof: "p.1".into() }),
        here(r#"{"here":{"around":0}}"#, 0, None, false),
        here(r#"{"here":{"around":1,"all_met":true}}"#, 1, None, true),
    ];
    all.extend(WAITS.map(|(wait, name)| {
        here(&format!(r#"{{"here":{{"around":50,"wait":"{name}"}}}}"#), 50, Some(wait), false)
    }));
    all
}

/// Every message over the data channel.
fn to_partner() -> Vec<Golden<PeerMessage>> {
    let number = Uuid::from_u128(0x4f0c2b9e_3d1a_4e57_8a66_0b1c2d3e4f50);
    let text = |name: &str, field: &str| {
        format!(r#"{{"{name}":{{"{field}":"4f0c2b9e-3d1a-4e57-8a66-0b1c2d3e4f50"}}}}"#)
    };
    let mut all = vec![
        (
            r#"{"sending":{"audio":false,"video":true,"screen":false,"away":false}}"#.to_owned(),
            PeerMessage::Sending(Media { audio: false, video: true }.into()),
        ),
        (
            concat!(
                r#"{"sending":{"audio":true,"video":false,"screen":false,"away":false,"#,
                r#""interrupted":true,"less_data":true}}"#
            )
            .to_owned(),
            PeerMessage::Sending(Presence {
                audio: true,
                interrupted: true,
                less_data: true,
                ..Presence::default()
            }),
        ),
        (r#"{"bye":{}}"#.to_owned(), PeerMessage::Bye {}),
        (text("commit", "hash"), PeerMessage::Commit { hash: number }),
        (text("nonce", "nonce"), PeerMessage::Nonce { nonce: number }),
        (text("reveal", "nonce"), PeerMessage::Reveal { nonce: number }),
        (
            r#"{"chat":{"number":1,"text":"Hello"}}"#.to_owned(),
            PeerMessage::Chat { number: 1, text: "Hello".into() },
        ),
        (r#"{"got":{"number":1}}"#.to_owned(), PeerMessage::Got { number: 1 }),
        (r#"{"typing":{}}"#.to_owned(), PeerMessage::Typing {}),
        (r#"{"revealed":{}}"#.to_owned(), PeerMessage::Revealed {}),
        (r#"{"sees":{"picture":false}}"#.to_owned(), PeerMessage::Sees { picture: false }),
    ];
    all.extend(REACTIONS.map(|(reaction, name)| {
        (format!(r#"{{"react":{{"reaction":"{name}"}}}}"#), PeerMessage::React { reaction })
    }));
    all
}

/// The names of an enum's variants, as serde knows them.
fn variants<T: DeserializeOwned>() -> BTreeSet<&'static str> {
    struct VariantNames<'a>(&'a mut &'static [&'static str]);

    impl<'de> Deserializer<'de> for VariantNames<'_> {
        type Error = Error;

        fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
            Err(Error::custom("not an enum"))
        }

        fn deserialize_enum<V: Visitor<'de>>(
            self,
            _name: &'static str,
            variants: &'static [&'static str],
            _visitor: V,
        ) -> Result<V::Value, Error> {
            *self.0 = variants;
            Err(Error::custom("only the names are needed"))
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map struct identifier ignored_any
        }
    }

    let mut names: &[&str] = &[];
    assert!(T::deserialize(VariantNames(&mut names)).is_err());
    names.iter().copied().collect()
}

/// The names used at `pointer` in the texts: the only key of an object there, or a string.
fn names_at<'a>(texts: impl IntoIterator<Item = &'a String>, pointer: &str) -> BTreeSet<String> {
    let name = |text: &String| {
        let value: Value = serde_json::from_str(text).unwrap();
        let object = value.pointer(pointer)?;
        object.as_str().or_else(|| object.as_object()?.keys().next().map(String::as_str)).map(str::to_owned)
    };
    texts.into_iter().filter_map(name).collect()
}

fn texts<T>(goldens: &[Golden<T>]) -> impl Iterator<Item = &String> {
    goldens.iter().map(|(text, _)| text)
}

/// The pointers of all objects in a value, outermost first.
fn objects(value: &Value, at: &str) -> Vec<String> {
    let inner = |(key, value): (String, &Value)| objects(value, &format!("{at}/{key}"));
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| (key.clone(), value));
            std::iter::once(at.to_owned()).chain(fields.flat_map(inner)).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().map(|(n, it)| (n.to_string(), it)).flat_map(inner).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// Whether the object at `pointer` only tags its content, so that its single key is a variant and not a field.
fn is_tag(pointer: &str) -> bool {
    matches!(pointer, "/msg" | "/msg/signal/signal" | "/msg/prepared/signal" | "/msg/matched/ahead")
}

/// The error for a frame in which the object at `pointer` is malformed.
fn error_at(pointer: &str) -> ErrorCode {
    if matches!(pointer, "" | "/msg") { ErrorCode::BadFrame } else { ErrorCode::BadMessage }
}

/// Changes each object of each golden text. Returns the text, the object's pointer, and `seq` and `ack` of the frame.
fn with_each_object<M>(
    goldens: Vec<Golden<Frame<M>>>,
    change: impl Fn(&mut Value),
) -> Vec<(String, String, (u64, u64))> {
    let mut changed = Vec::new();
    for (text, frame) in goldens {
        let value: Value = serde_json::from_str(&text).unwrap();
        for pointer in objects(&value, "") {
            let mut value = value.clone();
            change(value.pointer_mut(&pointer).unwrap());
            changed.push((value.to_string(), pointer, (frame.seq, frame.ack)));
        }
    }
    changed
}

fn add_a_field(object: &mut Value) {
    object["novel"] = Value::from(1);
}

#[track_caller]
fn assert_refused(text: &str, code: ErrorCode, (about, ack): (u64, u64)) {
    assert_eq!(decode_strict(text), Err(Refusal { code, about, ack }), "{text}");
}

/// Decodes a text on the data channel as a partner does.
fn decode_peer(text: &str) -> Option<PeerMessage> {
    serde_json::from_str(text).ok()
}

#[test]
fn encodes_and_decodes_every_golden_text() {
    for (text, frame) in to_server() {
        assert_eq!(encode(&frame), text);
        assert_eq!(decode_strict(&text), Ok(frame));
    }
    for (text, frame) in to_browser() {
        assert_eq!(encode(&frame), text);
        assert_eq!(decode_lenient(&text), Some(frame));
    }
    for (text, message) in to_partner() {
        assert_eq!(encode_peer(&message), text);
        assert_eq!(decode_peer(&text), Some(message));
    }
}

#[test]
fn every_variant_has_a_golden_text() {
    fn assert_complete<T: DeserializeOwned>(names: BTreeSet<String>) {
        assert_eq!(names.iter().map(String::as_str).collect::<BTreeSet<_>>(), variants::<T>());
    }
    let (to_server, to_browser) = (to_server(), to_browser());
    assert_complete::<ToServer>(names_at(texts(&to_server), "/msg"));
    assert_complete::<ToBrowser>(names_at(texts(&to_browser), "/msg"));
    assert_complete::<Signal>(names_at(texts(&to_server), "/msg/signal/signal"));
    assert_complete::<Signal>(names_at(texts(&to_browser), "/msg/signal/signal"));
    assert_complete::<Role>(names_at(texts(&to_browser), "/msg/matched/role"));
    assert_complete::<Signalling>(names_at(texts(&to_browser), "/msg/partner/signalling"));
    assert_complete::<Wait>(names_at(texts(&to_browser), "/msg/here/wait"));
    assert_complete::<ReportReason>(names_at(texts(&to_server), "/msg/report/reason"));
    assert_complete::<ReportResult>(names_at(texts(&to_browser), "/msg/reported/result"));
    assert_complete::<NoticeKind>(names_at(texts(&to_browser), "/msg/sanctioned/kind"));
    assert_complete::<EndReason>(names_at(texts(&to_browser), "/msg/ended/reason"));
    assert_complete::<ErrorCode>(names_at(texts(&to_browser), "/msg/error/code"));
    assert_complete::<PeerMessage>(names_at(texts(&to_partner()), ""));
    assert_complete::<Reaction>(names_at(texts(&to_partner()), "/react/reaction"));
}

#[test]
fn only_unknown_names_are_unknown_messages() {
    for name in variants::<ToServer>() {
        let text = format!(r#"{{"seq":7,"ack":3,"msg":{{"{name}":1}}}}"#);
        assert_refused(&text, ErrorCode::BadMessage, (7, 3));
        assert_refused(&format!(r#"{{"seq":7,"ack":3,"msg":"{name}"}}"#), ErrorCode::BadMessage, (7, 3));
        let capitals = name.to_uppercase();
        let text = format!(r#"{{"seq":7,"ack":3,"msg":{{"{capitals}":{{}}}}}}"#);
        assert_refused(&text, ErrorCode::UnknownMessage, (7, 3));
    }
    assert_refused(r#"{"seq":7,"ack":3,"msg":{"dance":{}}}"#, ErrorCode::UnknownMessage, (7, 3));
    assert_refused(r#"{"seq":7,"ack":3,"msg":{"":[]}}"#, ErrorCode::UnknownMessage, (7, 3));
}

#[test]
fn the_page_ignores_unknown_fields() {
    for (text, frame) in to_browser() {
        let value: Value = serde_json::from_str(&text).unwrap();
        let mut later = value.clone();
        for pointer in objects(&value, "").iter().filter(|it| !is_tag(it)) {
            add_a_field(later.pointer_mut(pointer).unwrap());
        }
        assert_ne!(later, value);
        assert_eq!(decode_lenient(&later.to_string()), Some(frame), "{later}");
    }
    assert_eq!(
        decode_peer(r#"{"sending":{"audio":false,"video":true,"novel":1}}"#),
        Some(to_partner().swap_remove(0).1)
    );
}

#[test]
fn the_page_ignores_unknown_messages() {
    for text in [
        "",
        "[]",
        r#"{"seq":1,"ack":0,"msg":{"dance":{}}}"#,
        r#"{"seq":1,"ack":0,"msg":{"waiting":{},"x":1}}"#,
    ] {
        assert_eq!(decode_lenient(text), None);
    }
    assert_eq!(decode_peer(r#"{"dance":{}}"#), None);
}

#[test]
fn the_server_refuses_unknown_fields_outside_of_hello() {
    let is_in_hello = |pointer: &String| pointer.starts_with("/msg/hello");
    for (text, pointer, numbers) in with_each_object(to_server(), add_a_field) {
        if is_in_hello(&pointer) {
            assert!(decode_strict(&text).is_ok(), "{text}");
        } else {
            assert_refused(&text, error_at(&pointer), numbers);
        }
    }
}

/// The hello of a later page: the server takes from it what it knows.
#[test]
fn the_server_ignores_unknown_fields_and_features_in_hello() {
    let known = Ok(to_server().swap_remove(0).1);
    let hello = |fields: &str| format!(r#"{{"seq":0,"ack":0,"msg":{{"hello":{{{fields}}}}}}}"#);
    for novel in ["null", "1", r#""a""#, "[]", "[1,[2,[]]]", r#"{"a":[{"b":{}}]}"#, &"[".repeat(1_000)] {
        let novel = novel.to_owned() + &"]".repeat(if novel.len() == 1_000 { 1_000 } else { 0 });
        let (before, after) = (
            format!(
                r#""novel":{novel},"features":["goodbye","check","unblock-pair","soft-start","report","again"]"#
            ),
            format!(
                r#""features":["goodbye","check","unblock-pair","soft-start","report","again"],"novel":{novel}"#
            ),
        );
        assert_eq!(decode_strict(&hello(&before)), known, "{novel}");
        assert_eq!(decode_strict(&hello(&after)), known, "{novel}");
    }
    for features in [
        r#"["goodbye","check","unblock-pair","soft-start","report","again"]"#,
        r#"["soft-start","unblock-pair","again","check","report","goodbye","goodbye"]"#,
        r#"["dance","goodbye","","check","unblock-pair","soft-start","report","again"]"#,
    ] {
        assert_eq!(decode_strict(&hello(&format!(r#""features":{features}"#))), known, "{features}");
    }
    for features in [r#""goodbye""#, "null", "{}", "[1]", r#"[["goodbye"]]"#, r#"[{"goodbye":{}}]"#] {
        assert_refused(&hello(&format!(r#""features":{features}"#)), ErrorCode::BadMessage, (0, 0));
    }
}

/// What the first release sent, byte for byte, with all that it could put into a handshake.
#[test]
fn the_handshake_of_the_first_release_is_understood() {
    let hello = concat!(
        r#"{"seq":0,"ack":9,"msg":{"hello":{"resume":{"peer":"018f2c5e-7a10-7b3d-9c44-5d0e6f7a8b91","#,
        r#""secret":"4f0c2b9e-3d1a-4e57-8a66-0b1c2d3e4f50"},"ticket":"t.1","device":"t.1","#,
        r#""past":{"met":"6b1e0d52-91c3-8f0a-a7d4-2e5c6f708192:12","blocked":"6b1e0d52-91c3-8f0a-a7d4-2e5c6f708192"}}}}"#,
    );
    let msg = ToServer::Hello {
        resume: Some(Resume { peer: PEER, secret: SECRET }),
        ticket: Some("t.1".into()),
        device: Some("t.1".into()),
        age: None,
        past: PastPairs { met: vec![Met { pair: PAIR, minutes_ago: 12 }], blocked: vec![PAIR] },
        place: None,
        features: Features::default(),
    };
    assert_eq!(decode_strict(hello), Ok(Frame { seq: 0, ack: 9, msg }));

    let welcome = concat!(
        r#"{"seq":0,"ack":4,"msg":{"welcome":{"version":1,"peer":"018f2c5e-7a10-7b3d-9c44-5d0e6f7a8b91","#,
        r#""secret":"4f0c2b9e-3d1a-4e57-8a66-0b1c2d3e4f50","resumed":false,"match":"018f2c5e-9b22-7c01-8d35-1a2b3c4d5e6f","#,
        r#""relay":true,"build":"b1","device":"t.1","limits":{"frame_bytes":65536,"sdp_bytes":32768,"candidate_bytes":512,"#,
        r#""candidates":64,"heartbeat_ms":12000,"idle_heartbeat_ms":45000,"grace_ms":20000}}}}"#,
    );
    assert_eq!(decode_lenient(welcome), Some(Frame { seq: 0, ack: 4, msg: welcome_with_match() }));
}

#[test]
fn features_have_these_names_and_unknown_ones_are_ignored() {
    assert_eq!(FEATURES.map(|it| it.0), Feature::ALL, "every feature has a name here");
    for (feature, name) in FEATURES {
        assert_eq!(feature.name(), name);
        let one: Features = [feature].into_iter().collect();
        assert!(one.has(feature) && !one.are_none() && !Features::default().has(feature));
        assert_eq!(serde_json::to_string(&one).unwrap(), format!(r#"["{name}"]"#));
        let read = |text: &str| serde_json::from_str::<Features>(text).ok();
        assert_eq!(read(&format!(r#"["dance","{name}","{name}"]"#)), Some(one));
        assert_eq!(read(r#"["dance"]"#), Some(Features::default()));
        assert_eq!(read(&format!(r#""{name}""#)), None);
    }
}

#[test]
fn the_server_refuses_a_list_in_place_of_an_object() {
    for (_, frame) in to_server() {
        // Brackets inside a string are not a list.
        let ToServer::Signal { match_id, epoch, .. } = frame.msg else { continue };
        let signal = Signal::Offer { sdp: Sdp(r#"[\"["#.into()) };
        let frame = Frame { msg: ToServer::Signal { match_id, epoch, signal }, ..frame };
        assert_eq!(decode_strict(&encode(&frame)), Ok(frame));
    }
    let into_list = |object: &mut Value| {
        let fields = object.as_object().into_iter().flat_map(|it| it.values().cloned());
        *object = fields.collect();
    };
    for (text, pointer, numbers) in with_each_object(to_server(), into_list) {
        assert_refused(&text, error_at(&pointer), if pointer.is_empty() { (0, 0) } else { numbers });
    }
}

#[test]
fn the_server_refuses_missing_fields() {
    let has_default =
        ["hide", "soft", "tastes", "interests", "languages", "past", "met", "blocked", "features", "words"];
    let optional =
        ["resume", "ticket", "device", "age", "place", "sdp_mid", "sdp_m_line_index", "username_fragment"];
    for (text, frame) in to_server() {
        let value: Value = serde_json::from_str(&text).unwrap();
        for pointer in objects(&value, "").iter().filter(|it| !it.is_empty() && !is_tag(it)) {
            for field in value.pointer(pointer).unwrap().as_object().unwrap().keys() {
                let mut without = value.clone();
                without.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(field);
                let text = without.to_string();
                if has_default.contains(&field.as_str()) {
                    // These fields have a default and may be absent. Unlike the optional ones, they are never null.
                    assert!(decode_strict(&text).is_ok(), "{text}");
                } else if pointer != "/msg/report" && optional.contains(&field.as_str())
                    || pointer == "/msg/unblock"
                {
                    assert!(decode_strict(&text).is_ok(), "{text}");
                    without.pointer_mut(pointer).unwrap()[field] = Value::Null;
                    assert!(decode_strict(&without.to_string()).is_ok(), "{without}");
                } else {
                    assert_refused(&text, ErrorCode::BadMessage, (frame.seq, frame.ack));
                }
            }
        }
    }
}

#[test]
fn the_server_refuses_malformed_frames() {
    for (text, numbers) in [
        ("", (0, 0)),
        ("garbage", (0, 0)),
        ("null", (0, 0)),
        ("{}", (0, 0)),
        (r#"{"seq":4}"#, (4, 0)),
        (r#"{"ack":4}"#, (0, 4)),
        (r#"{"seq":4,"msg":{"leave":{}}}"#, (4, 0)),
        (r#"{"seq":-1,"ack":0,"msg":{"leave":{}}}"#, (0, 0)),
        (r#"{"seq":1.0,"ack":5,"msg":{"leave":{}}}"#, (0, 5)),
        (r#"{"seq":"1","ack":5,"msg":{"leave":{}}}"#, (0, 5)),
        (r#"{"seq":18446744073709551616,"ack":5,"msg":{"leave":{}}}"#, (0, 5)),
        (r#"{"seq":1,"ack":5,"msg":{}}"#, (1, 5)),
        (r#"{"seq":1,"ack":5,"msg":null}"#, (1, 5)),
        (r#"{"seq":1,"ack":5,"msg":{"leave":{},"ping":{}}}"#, (1, 5)),
    ] {
        assert_refused(text, ErrorCode::BadFrame, numbers);
    }
    assert_refused(r#"{"seq":1,"seq":2,"ack":5,"msg":{"leave":{}}}"#, ErrorCode::BadMessage, (2, 5));
}

#[test]
fn the_server_refuses_trailing_text() {
    for (text, frame) in to_server() {
        assert_eq!(decode_strict(&format!(" \r\n\t{text}\n")), Ok(frame));
        for more in ["x", "{}", "\0", ",", "}", &text] {
            assert_refused(&format!("{text}{more}"), ErrorCode::BadFrame, (0, 0));
        }
    }
}

#[test]
fn the_server_refuses_texts_that_are_too_large() {
    for (text, frame) in to_server() {
        let padded = |bytes: usize| text.clone() + &" ".repeat(bytes - text.len());
        assert_eq!(decode_strict(&padded(MAX_FRAME_BYTES)), Ok(frame));
        assert_refused(&padded(MAX_FRAME_BYTES + 1), ErrorCode::TooLarge, (0, 0));
    }
}

#[test]
fn the_server_refuses_tokens_that_are_too_long() {
    let hello = |[ticket, device, age, place]: [usize; 4]| {
        let token = |bytes| (bytes > 0).then(|| "x".repeat(bytes));
        Frame {
            seq: 0,
            ack: 3,
            msg: ToServer::Hello {
                resume: None,
                ticket: token(ticket),
                device: token(device),
                age: token(age).map(String::into_boxed_str),
                past: PastPairs::default(),
                place: token(place).map(String::into_boxed_str),
                features: Features::default(),
            },
        }
    };
    let longest = hello([MAX_TOKEN_BYTES; 4]);
    assert_eq!(decode_strict(&encode(&longest)), Ok(longest));
    let long = MAX_TOKEN_BYTES + 1;
    for lengths in [[long, 0, 0, 0], [0, long, 0, 0], [0, 0, long, 0], [0, 0, 0, long]] {
        assert_refused(&encode(&hello(lengths)), ErrorCode::BadMessage, (0, 3));
    }
    let report = |bytes: usize| {
        let (ticket, reason, words) = ("x".repeat(bytes), ReportReason::Other, ReportWords::default());
        Frame { seq: 1, ack: 3, msg: ToServer::Report { ticket, reason, words } }
    };
    let longest = report(MAX_TOKEN_BYTES);
    assert_eq!(decode_strict(&encode(&longest)), Ok(longest));
    assert_refused(&encode(&report(MAX_TOKEN_BYTES + 1)), ErrorCode::BadMessage, (1, 3));
}

#[test]
fn the_server_refuses_reports_with_too_many_words() {
    let report = |words: &str| {
        let fields = format!(r#""ticket":"t.1","reason":"other","words":"{words}""#);
        format!(r#"{{"seq":1,"ack":3,"msg":{{"report":{{{fields}}}}}}}"#)
    };
    let longest = "ж".repeat(MAX_REPORT_CHARS);
    assert!(decode_strict(&report(&longest)).is_ok());
    assert_refused(&report(&format!("{longest}ж")), ErrorCode::BadMessage, (1, 3));
    assert_refused(&report("").replace("other", "boredom"), ErrorCode::BadMessage, (1, 3));
}

/// A page that does not know the code of an error still learns what the close code says.
#[test]
fn sanctions_are_told_apart_from_numbered_messages() {
    for (_, frame) in moderated() {
        assert_eq!(frame.seq != 0, frame.msg.is_numbered(), "{frame:?}");
    }
}

#[test]
fn the_server_refuses_long_or_malformed_past_pairs() {
    let hello = |met: usize, blocked: usize| {
        let past =
            PastPairs { met: vec![Met { pair: PAIR, minutes_ago: 29 }; met], blocked: vec![PAIR; blocked] };
        let features = Features::default();
        Frame {
            seq: 0,
            ack: 3,
            msg: ToServer::Hello {
                resume: None,
                ticket: None,
                device: None,
                age: None,
                past,
                place: None,
                features,
            },
        }
    };
    let longest = hello(MAX_MET, MAX_BLOCKED);
    assert_eq!(decode_strict(&encode(&longest)), Ok(longest));
    for (met, blocked) in [(MAX_MET + 1, 0), (0, MAX_BLOCKED + 1)] {
        assert_refused(&encode(&hello(met, blocked)), ErrorCode::BadMessage, (0, 3));
    }
    let good = encode(&hello(1, 1));
    for (part, other) in [(":29", ""), (":29", ":256"), (":29", ":29,"), ("6b1e0d52", "6b1e0d5x")] {
        assert_refused(&good.replace(part, other), ErrorCode::BadMessage, (0, 3));
    }
}

#[test]
fn deep_nesting_is_refused_without_a_crash() {
    let depth = MAX_FRAME_BYTES / 6;
    for (open, close) in [("[", "]"), (r#"{"":"#, "}"), (r#"{"":["#, "]}")] {
        let (open, close) = (open.repeat(depth), close.repeat(depth));
        for text in [
            format!("{open}0{close}"),
            open.clone(),
            format!(r#"{{"seq":1,"ack":0,"msg":{open}0{close}}}"#),
            format!(r#"{{"seq":1,"ack":0,"msg":{{"leave":{open}0{close}}}}}"#),
            format!(r#"{{"seq":1,"ack":0,"msg":{{"leave":{{"novel":{open}0{close}}}}}}}"#),
        ] {
            let code = decode_strict(&text).map_err(|it| it.code).unwrap_err();
            assert!(matches!(code, ErrorCode::BadFrame | ErrorCode::TooLarge), "{code:?}");
        }
        assert_eq!(decode_lenient(&open), None);
        assert_eq!(decode_peer(&open), None);
    }
}

#[test]
fn enforces_the_bounds_of_tastes() {
    let join = |tastes: &str| {
        let media = r#""media":{"audio":true,"video":true}"#;
        format!(r#"{{"seq":1,"ack":0,"msg":{{"join":{{{media},"tastes":{{{tastes}}}}}}}}}"#)
    };
    let long = "ж".repeat(MAX_INTEREST_CHARS);
    let good = [
        r#""interests":"a,b,c,d,e""#.to_owned(),
        format!(r#""interests":"{long}""#),
        r#""languages":"de,en,fr,nds,ja""#.to_owned(),
    ];
    for tastes in good {
        assert!(decode_strict(&join(&tastes)).is_ok(), "{tastes}");
    }
    let bad = [
        r#""interests":"a,b,c,d,e,f""#.to_owned(),
        format!(r#""interests":"{long}ж""#),
        r#""interests":"a,,b""#.to_owned(),
        r#""interests":"a, b""#.to_owned(),
        r#""interests":"a\u0007""#.to_owned(),
        r#""interests":"""#.to_owned(),
        r#""interests":["a"]"#.to_owned(),
        r#""languages":"de,en,fr,nds,ja,es""#.to_owned(),
        r#""languages":"DE""#.to_owned(),
        r#""languages":"de-AT""#.to_owned(),
        r#""languages":"d""#.to_owned(),
        r#""languages":"ninelongs""#.to_owned(),
        r#""hobbies":"a""#.to_owned(),
    ];
    for tastes in bad {
        assert_refused(&join(&tastes), ErrorCode::BadMessage, (1, 0));
    }
}

#[test]
fn every_example_in_the_readme_is_a_golden_text() {
    let mut examples = BTreeSet::new();
    for block in README.split("```json\n").skip(1) {
        let text = block.split("```").next().unwrap().trim_end();
        assert!(examples.insert(text.to_owned()), "duplicate example: {text}");
    }
    let (to_server, to_browser, to_partner) = (to_server(), to_browser(), to_partner());
    let goldens: BTreeSet<_> =
        texts(&to_server).chain(texts(&to_browser)).chain(texts(&to_partner)).cloned().collect();
    for text in &examples {
        assert!(goldens.contains(text), "not a golden text: {text}");
    }
    let used = names_at(&examples, "/msg");
    let messages: BTreeSet<_> = variants::<ToServer>().union(&variants::<ToBrowser>()).copied().collect();
    assert_eq!(used.iter().map(String::as_str).collect::<BTreeSet<_>>(), messages);
    let signals = names_at(&examples, "/msg/signal/signal");
    assert_eq!(signals.iter().map(String::as_str).collect::<BTreeSet<_>>(), variants::<Signal>());
}

#[test]
fn the_tables_in_the_readme_are_complete() {
    #[track_caller]
    fn assert_row(name: &str, value: impl fmt::Display) {
        let row = format!("\n| `{name}` | {value} |");
        assert_eq!(README.matches(&row).count(), 1, "{row}");
    }
    for (code, name) in CODES {
        assert_row(name, code.close_code().map_or("goes on".to_owned(), |it| it.to_string()));
    }
    for (_, name) in FEATURES {
        assert!(README.contains(&format!("\n| `{name}` | The page ")), "{name}");
    }
    for (_, name) in REASONS {
        assert!(README.contains(&format!("\n| `{name}` | ")), "{name}");
    }
    let limits = limits();
    for (name, value) in &limits {
        assert_row(name, value);
    }
    let documented: BTreeSet<_> = limits.into_iter().map(|(name, _)| name).collect();
    let names = LIMITS.lines().filter_map(|it| it.strip_prefix("pub const ")?.split(':').next());
    assert_eq!(documented, names.collect());
}

/// Every limit in the table of [`README`], with its value as written there.
fn limits() -> [(&'static str, String); 51] {
    let seconds = |it: std::time::Duration| format!("{} s", it.as_secs());
    [
        ("SUBPROTOCOL", SUBPROTOCOL.to_owned()),
        ("MAX_PREPARED", MAX_PREPARED.to_string()),
        ("PREPARED_FOR", seconds(PREPARED_FOR)),
        ("CHECK_FOR", seconds(CHECK_FOR)),
        ("RELAY_IPV4", format!("`{RELAY_IPV4}`")),
        ("RELAY_IPV6", format!("`{RELAY_IPV6}`")),
        ("VERSION", VERSION.to_string()),
        ("CLOSE_GOODBYE", CLOSE_GOODBYE.to_string()),
        ("CLOSE_NORMAL", CLOSE_NORMAL.to_string()),
        ("MAX_FRAME_BYTES", MAX_FRAME_BYTES.to_string()),
        ("MAX_SDP_BYTES", MAX_SDP_BYTES.to_string()),
        ("MAX_SDP_LINES", MAX_SDP_LINES.to_string()),
        ("MAX_SDP_LINE_BYTES", MAX_SDP_LINE_BYTES.to_string()),
        ("MAX_CANDIDATE_BYTES", MAX_CANDIDATE_BYTES.to_string()),
        ("MAX_CANDIDATES", MAX_CANDIDATES.to_string()),
        ("MAX_HOST_CANDIDATES", MAX_HOST_CANDIDATES.to_string()),
        ("MAX_MID_BYTES", MAX_MID_BYTES.to_string()),
        ("MAX_UFRAG_BYTES", MAX_UFRAG_BYTES.to_string()),
        ("MAX_EPOCH", MAX_EPOCH.to_string()),
        ("MAX_TOKEN_BYTES", MAX_TOKEN_BYTES.to_string()),
        ("MAX_OUTBOX_MESSAGES", MAX_OUTBOX_MESSAGES.to_string()),
        ("MAX_OUTBOX_BYTES", MAX_OUTBOX_BYTES.to_string()),
        ("ACK_EVERY", ACK_EVERY.to_string()),
        ("MAX_REFUSALS", MAX_REFUSALS.to_string()),
        ("MAX_CHAT_CHARS", MAX_CHAT_CHARS.to_string()),
        ("MAX_CHAT_UNACKNOWLEDGED", MAX_CHAT_UNACKNOWLEDGED.to_string()),
        ("MAX_REPORT_CHARS", MAX_REPORT_CHARS.to_string()),
        ("MAX_RULES_VERSION_BYTES", MAX_RULES_VERSION_BYTES.to_string()),
        ("MAX_REPORTS", MAX_REPORTS.to_string()),
        ("MAX_INTERESTS", MAX_INTERESTS.to_string()),
        ("MAX_INTEREST_CHARS", MAX_INTEREST_CHARS.to_string()),
        ("MAX_LANGUAGES", MAX_LANGUAGES.to_string()),
        ("WIDEN_AFTER", seconds(WIDEN_AFTER)),
        ("MAX_PASSED_BY", MAX_PASSED_BY.to_string()),
        ("MAX_MET", MAX_MET.to_string()),
        ("MET_FOR", seconds(MET_FOR)),
        ("AGAIN_AFTER", seconds(AGAIN_AFTER)),
        ("MAX_BLOCKED", MAX_BLOCKED.to_string()),
        ("BLOCKED_FOR", seconds(BLOCKED_FOR)),
        ("CROWD_STEPS", CROWD_STEPS.map(|it| it.to_string()).join(", ")),
        ("WAIT_STEPS", WAIT_STEPS.map(seconds).join(", ")),
        ("HEARTBEAT", seconds(HEARTBEAT)),
        ("SILENCE", seconds(SILENCE)),
        ("IDLE_HEARTBEAT", seconds(IDLE_HEARTBEAT)),
        ("IDLE_SILENCE", seconds(IDLE_SILENCE)),
        ("HELLO_WITHIN", seconds(HELLO_WITHIN)),
        ("GRACE_MATCHED", seconds(GRACE_MATCHED)),
        ("GRACE_UNMATCHED", seconds(GRACE_UNMATCHED)),
        ("CONNECT_WITHIN", seconds(CONNECT_WITHIN)),
        ("CONNECT_WITHIN_SERVER", seconds(CONNECT_WITHIN_SERVER)),
        ("NOT_AGAIN_FOR", seconds(NOT_AGAIN_FOR)),
    ]
}

#[test]
fn the_version_is_the_number_in_the_subprotocol() {
    assert_eq!(SUBPROTOCOL, format!("passerby.v{VERSION}"));
}

#[test]
fn debug_output_contains_no_private_data() {
    for (_, frame) in to_server() {
        let printed = format!("{frame:?}");
        for hidden in ["v=0", "192.0.2.7", "jazz", "recording", &SECRET.0.to_string(), &PAIR.0.to_string()] {
            assert!(!printed.contains(hidden), "{printed}");
        }
    }
}

fn uuids() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

fn any_signal() -> impl Strategy<Value = Signal> {
    let texts = || proptest::option::of(any::<String>());
    let candidate = (any::<String>(), texts(), any::<Option<u16>>(), texts());
    prop_oneof![
        any::<String>().prop_map(|it| Signal::Offer { sdp: Sdp(it) }),
        any::<String>().prop_map(|it| Signal::Answer { sdp: Sdp(it) }),
        candidate.prop_map(|(text, sdp_mid, sdp_m_line_index, username_fragment)| {
            Signal::Candidate(Candidate {
                candidate: Sdp(text),
                sdp_mid,
                sdp_m_line_index,
                username_fragment,
            })
        }),
        texts().prop_map(|username_fragment| Signal::EndOfCandidates { username_fragment }),
    ]
}

fn any_media() -> impl Strategy<Value = Media> {
    any::<(bool, bool)>().prop_map(|(audio, video)| Media { audio, video })
}

fn any_tastes() -> impl Strategy<Value = Tastes> {
    let interests = proptest::collection::vec("[^, \\pC\\pZ]{1,32}", 0..=MAX_INTERESTS);
    let languages = proptest::collection::vec("[a-z]{2,8}", 0..=MAX_LANGUAGES);
    (interests, languages).prop_map(|(interests, languages)| Tastes {
        interests: interests.iter().map(|it| Interest::new(it).expect("an interest")).collect(),
        languages: languages.iter().map(|it| Language::new(it).expect("a language")).collect(),
    })
}

fn any_past() -> impl Strategy<Value = PastPairs> {
    let met = proptest::collection::vec((uuids(), any::<u8>()), 0..=MAX_MET);
    let blocked = proptest::collection::vec(uuids(), 0..=MAX_BLOCKED);
    (met, blocked).prop_map(|(met, blocked)| PastPairs {
        met: met.into_iter().map(|(id, minutes_ago)| Met { pair: PairId(id), minutes_ago }).collect(),
        blocked: blocked.into_iter().map(PairId).collect(),
    })
}

fn any_report() -> impl Strategy<Value = ToServer> {
    let reason = proptest::sample::select(ReportReason::ALL.to_vec());
    ("[ -~]{0,1024}", reason, "\\PC{0,300}").prop_map(|(ticket, reason, words)| {
        let words = ReportWords::new(&words).expect("few words");
        ToServer::Report { ticket, reason, words }
    })
}

fn any_to_server() -> impl Strategy<Value = ToServer> {
    let tokens = || proptest::option::of("[ -~]{0,1024}");
    let resume = proptest::option::of((uuids(), uuids()));
    prop_oneof![
        (resume, tokens(), tokens(), tokens(), tokens(), any_past(), any::<bool>()).prop_map(
            |(resume, ticket, device, age, place, past, announces)| {
                let resume =
                    resume.map(|(peer, secret)| Resume { peer: PeerId(peer), secret: Secret(secret) });
                let features = if announces { Features::all() } else { Features::default() };
                let [age, place] = [age, place].map(|it| it.map(String::into_boxed_str));
                ToServer::Hello { resume, ticket, device, age, past, place, features }
            }
        ),
        (any_media(), any_tastes()).prop_map(|(media, tastes)| ToServer::Join {
            media,
            hide: false,
            soft: false,
            tastes
        }),
        (uuids(), any::<u32>(), any_signal()).prop_map(|(id, epoch, signal)| ToServer::Signal {
            match_id: MatchId(id),
            epoch: Epoch(epoch),
            signal
        }),
        uuids().prop_map(|id| ToServer::Connected { match_id: MatchId(id) }),
        uuids().prop_map(|id| ToServer::Failed { match_id: MatchId(id) }),
        uuids().prop_map(|id| ToServer::Next { match_id: MatchId(id) }),
        uuids().prop_map(|id| ToServer::Block { pair: PairId(id) }),
        proptest::option::of(uuids()).prop_map(|id| ToServer::Unblock { pair: id.map(PairId) }),
        any_report(),
        Just(ToServer::Check {}),
        Just(ToServer::Leave {}),
        Just(ToServer::Ping {}),
    ]
}

/// A golden text with one part of it replaced.
fn damaged() -> impl Strategy<Value = String> {
    let text = proptest::sample::select(texts(&to_server()).cloned().collect::<Vec<_>>());
    (text, any::<proptest::sample::Index>(), 0..9usize, "[]\\[{}\":,\\\\0-9a-z ]{0,9}").prop_map(
        |(text, at, length, part)| {
            let at = at.index(text.len());
            let (start, end) =
                (text.floor_char_boundary(at), text.ceil_char_boundary((at + length).min(text.len())));
            format!("{}{part}{}", &text[..start], &text[end..])
        },
    )
}

proptest! {
    #[test]
    fn random_texts_are_refused(text in any::<String>()) {
        prop_assert!(decode_strict(&text).is_err());
        prop_assert_eq!(decode_lenient(&text), None);
    }

    /// A damaged text that still decodes has one meaning: encoding and decoding it again gives the same value.
    #[test]
    fn damaged_messages_are_refused_or_unambiguous(text in damaged()) {
        if let Ok(frame) = decode_strict(&text) {
            let again = decode_strict(&encode(&frame));
            prop_assert_eq!(again, Ok(frame));
        }
        decode_lenient(&text);
    }

    #[test]
    fn messages_to_the_server_round_trip(seq in any::<u64>(), ack in any::<u64>(), msg in any_to_server()) {
        let frame = Frame { seq, ack, msg };
        prop_assert_eq!(decode_strict(&encode(&frame)), Ok(frame));
    }

    #[test]
    fn signals_to_the_page_round_trip(
        numbers in any::<(u64, u64)>(), id in uuids(), epoch in any::<u32>(), signal in any_signal()
    ) {
        let (seq, ack) = numbers;
        let msg = ToBrowser::Signal { match_id: MatchId(id), epoch: Epoch(epoch), signal };
        let frame = Frame { seq, ack, msg };
        prop_assert_eq!(decode_lenient(&encode(&frame)), Some(frame));
    }
}
