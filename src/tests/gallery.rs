//! The gallery: the states of the page in every language, as the server renders them. A story of the browser measures
//! them (`end2end/tests/gallery.spec.ts`), so that it need not bring each about.

use std::{fs, path::Path};

use leptos::prelude::*;
use passerby::{
    call::{
        ChatStatus, Code, Cover, Device, Farewell, Flow, Gesture, Inquiry, PartnerPicture, PastCall,
        PastStranger, Phase, Preferences, Problem, ReportButton, ReportStep, Sanction, Seeking, Setback,
        Snapshot, Surroundings, Switch, TopicTexts,
    },
    protocol::{Affinity, MatchId, Media, NoticeKind, Occupancy, ReportReason, Wait},
    ui::{
        App, Home, PageContext, PageLanguage, SafetyContent, SafetyTexts, SheetContent, StaticParts,
        in_language, past_text,
    },
};

use crate::pages::PROBLEMS;

fn open() -> Snapshot {
    Snapshot { microphone: Device::On, camera: Device::On, ..Snapshot::default() }
}

fn talking(audio: bool, video: bool) -> Snapshot {
    Snapshot { phase: Phase::Talking { partner: Media { audio, video }, flow: Flow::Steady }, ..open() }
}

/// The states before a call, with their names.
fn before_a_call() -> Vec<(String, Snapshot)> {
    let at = |name: &str, phase| (name.to_owned(), Snapshot { phase, ..open() });
    let waiting = |setback| Phase::Waiting { setback };
    let mut states = vec![
        ("landing".to_owned(), Snapshot::default()),
        at("gate", Phase::Gate),
        at("asking", Phase::Asking),
        at("mirror", Phase::Mirror),
        at("ready", Phase::Ready),
        at("waiting", waiting(None)),
        at("waiting after an attempt", waiting(Some(Setback::Unconnected))),
        at("waiting after a lost call", waiting(Some(Setback::Lost))),
        at("connecting", Phase::Connecting { slow: false }),
        at("connecting slowly", Phase::Connecting { slow: true }),
    ];
    let seeking = |wants| Some(Seeking { wants, seconds: Some(9) });
    for (name, wants) in [("a topic", Affinity::Interest), ("a language", Affinity::Language)] {
        states.push((
            format!("waiting for {name}"),
            Snapshot { seeking: seeking(wants), phase: waiting(None), ..open() },
        ));
    }
    let alone =
        Snapshot { phase: waiting(None), camera: Device::Absent, microphone: Device::Absent, ..open() };
    states.push(("waiting without devices".into(), alone));
    // The other locks come with a sanction.
    for problem in PROBLEMS.into_iter().chain([Problem::UnderAge]) {
        let retries_in = (problem == Problem::ServerFull).then_some(42);
        states.push((
            problem.code().into(),
            Snapshot { problem: Some(problem), retries_in, ..Snapshot::default() },
        ));
    }
    states
}

/// The states of a call, with their names.
fn during_a_call() -> Vec<(String, Snapshot)> {
    let call = talking(true, true);
    let mut details = call.details;
    details.code = Some(Code([8, 17, 41, 60, 63]));
    let mut states = vec![
        (
            "talking",
            Snapshot {
                details,
                shared: Some(Affinity::Interest),
                report_button: ReportButton::Active,
                preferences: Preferences::default().toggled(Switch::MyLanguages),
                ..call
            },
        ),
        ("talking to a voice", talking(true, false)),
        ("talking to a silent picture", talking(false, true)),
        ("talking in the chat", Snapshot { chat: ChatStatus { open: true, ..call.chat }, ..call }),
        ("talking, asked for Next", Snapshot { asks: Some(Gesture::Escape), ..call }),
        ("talking with a picture that stopped", Snapshot { picture: PartnerPicture::Frozen, ..call }),
        ("talking and unseen", Snapshot { unreached: Media { audio: false, video: true }, ..call }),
        ("talking with blurred pictures", Snapshot { cover: Cover::Blurred, ..call }),
        ("talking and revealed", Snapshot { cover: Cover::OwnRevealed, ..call }),
        (
            "talking with a shared screen",
            Snapshot { sharing: true, microphone: Device::Off, camera: Device::Off, ..call },
        ),
        ("talking without the server", Snapshot { problem: Some(Problem::ServerLost), ..call }),
    ];
    let interrupted = Phase::Talking { partner: Media { audio: true, video: true }, flow: Flow::Interrupted };
    states.push(("talking, interrupted", Snapshot { phase: interrupted, ..call }));
    states.into_iter().map(|(name, it)| (name.to_owned(), it)).collect()
}

/// The states after a call and in place of one, with their names.
fn after_a_call() -> Vec<(String, Snapshot)> {
    let mut states = Vec::new();
    let past = Some(PastStranger { number: 1, is_last: true, is_blocked: false });
    let past_calls = [
        Some(PastCall { id: MatchId(uuid::Uuid::from_u128(1)), started: 1_800_000_000, seconds: 180 }),
        None,
        None,
    ];
    for (name, why) in [
        ("ended by them", Farewell::Left),
        ("ended by the network", Farewell::Lost),
        ("ended by a block", Farewell::Blocked),
        ("ended by a report", Farewell::Reported),
    ] {
        let ended = Snapshot {
            phase: Phase::Ended { why },
            past_strangers: [past, None, None],
            past_calls,
            ..open()
        };
        states.push((name.to_owned(), ended));
    }
    let reported = Snapshot { phase: Phase::Ended { why: Farewell::Reported }, past_calls, ..open() };
    for report in [
        ReportStep::Choosing,
        ReportStep::Asking,
        ReportStep::Sending,
        ReportStep::Kept,
        ReportStep::Accepted,
        ReportStep::TooLate,
        ReportStep::TooMany,
    ] {
        states.push((format!("report: {report:?}"), Snapshot { report, ..reported }));
    }
    for (name, kind, problem) in [
        ("sanction: warned", NoticeKind::Warned, None),
        ("sanction: paused", NoticeKind::Paused, Some(Problem::Paused)),
        ("sanction: banned", NoticeKind::Banned, Some(Problem::Banned)),
    ] {
        let terms = Some((ReportReason::Nudity, 1_800_000_000));
        let sanction =
            Some(Sanction { kind, terms, automatic: true, can_appeal: true, inquiry: Inquiry::None });
        states.push((name.into(), Snapshot { sanction, problem, ..Snapshot::default() }));
    }
    states
}

/// The HTML of the page and of the content of the settings, in a state and a language.
fn render(language: PageLanguage, mut snapshot: Snapshot) -> [String; 2] {
    let here = Occupancy { around: 10_000, wait: Some(Wait::Minutes), all_met: false };
    snapshot.surroundings = Surroundings { here: Some(here), ..snapshot.surroundings };
    let words = in_language(language.tag());
    let texts = SafetyTexts {
        outcome: "8QX4-1234-ABCD".into(),
        appeal: "K2M7-1234-ABCD".into(),
        until: "2027-01-05 14:05".into(),
        past: snapshot
            .past_calls
            .map(|it| it.map(|it| past_text(words, "14:05", it.seconds, "3 min")).unwrap_or_default()),
    };
    let topics = TopicTexts { written: "jazz, tea".into(), shared: "jazz".into() };
    Owner::new().with(|| {
        provide_context(PageContext { topics: signal(topics).0, ..PageContext::fixed(snapshot) });
        provide_context(words);
        provide_context(signal(texts).0);
        provide_context(Home("https://passerby.example".into()));
        let safety = SafetyContent().to_html();
        provide_context(StaticParts { safety, ..StaticParts::default() });
        [App().to_html(), SheetContent().to_html()]
    })
}

#[test]
fn the_gallery_has_every_state_in_every_language() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/gallery");
    fs::create_dir_all(&folder).unwrap();
    let states = [before_a_call(), during_a_call(), after_a_call()].concat();
    for (tag, _) in PageLanguage::all() {
        let language = PageLanguage::asked_for(tag);
        let pages = states.iter().map(|(name, snapshot)| {
            let [page, sheet] = render(language, *snapshot);
            assert!(page.contains("<h1") && page.contains("</h1>"), "{tag}, {name}");
            let dialog = name.starts_with("report: ") || name == "sanction: warned";
            serde_json::json!({ "name": name, "page": page, "sheet": sheet, "dialog": dialog })
        });
        let pages: serde_json::Value = pages.collect();
        fs::write(folder.join(format!("{tag}.json")), pages.to_string()).unwrap();
    }
}
