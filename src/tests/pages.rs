//! The page as the server writes it: every state keeps what tests, people and screen readers hold on to.

use leptos::prelude::*;
use passerby::{
    call::{Device, Farewell, Flow, Phase, Problem, Snapshot, Surroundings},
    protocol::{Media, Occupancy, Wait},
    ui::{App, PRESSED_ATTRIBUTE, PRESSED_START, PageContext, ROOT_ID, i18n, shell},
};

const PROBLEMS: [Problem; 15] = [
    Problem::CameraBlocked,
    Problem::CameraDismissed,
    Problem::CameraBlockedBySystem,
    Problem::NoRelay,
    Problem::Offline,
    Problem::OtherTab,
    Problem::Idle,
    Problem::NoDevice,
    Problem::DeviceBusy,
    Problem::Unsupported,
    Problem::Insecure,
    Problem::ServerLost,
    Problem::ServerFull,
    Problem::NetworkFull,
    Problem::RateLimited,
];

const DEVICES: [Device; 3] = [Device::Absent, Device::On, Device::Off];

#[test]
fn every_state_keeps_the_contract() {
    for snapshot in every_state() {
        let page = Page::of(snapshot);
        let root = page.only("main");
        assert_eq!(root.attribute("id"), Some("app"));
        assert_eq!(root.attribute("data-phase"), Some(snapshot.phase.name()), "{snapshot:?}");
        assert_eq!(root.attribute("data-problem"), snapshot.problem.map(Problem::code), "{snapshot:?}");
        assert_eq!(root.attribute("data-hydrated"), None, "only the browser can say so");

        for role in ["status", "alert"] {
            assert_eq!(page.with("role", role).len(), 1, "one {role} in {snapshot:?}");
        }
        let headings: Vec<_> = page.all("h1");
        assert_eq!(headings.len(), 1, "{snapshot:?}");
        assert!(!headings[0].hidden && !headings[0].text.is_empty(), "{snapshot:?}");

        for who in ["stranger", "self"] {
            let video = page.with("data-who", who);
            assert_eq!(video.len(), 1, "{who} in {snapshot:?}");
            assert!(video[0].has("autoplay") && video[0].has("playsinline"));
            assert_eq!(video[0].has("muted"), who == "self", "nobody wants to hear themselves");
        }
    }
}

#[test]
fn nothing_needs_a_style_attribute() {
    for snapshot in every_state() {
        let html = render(snapshot);
        assert!(!html.contains("style="), "{snapshot:?}: {html}");
        assert!(!html.contains("<script") && !html.contains("<style"), "{snapshot:?}");
    }
}

#[test]
fn nobody_reads_the_words_of_the_trade() {
    for snapshot in every_state() {
        let page = Page::of(snapshot);
        for element in &page.elements {
            let read =
                [Some(element.text.as_str()), element.attribute("title"), element.attribute("aria-label")];
            for word in read.into_iter().flatten().flat_map(|text| text.split(|c: char| !c.is_alphabetic())) {
                let word = word.to_lowercase();
                assert!(
                    !["user", "users", "session", "sessions", "room", "rooms", "oops"]
                        .contains(&word.as_str()),
                    "{word:?} in {snapshot:?}"
                );
            }
        }
    }
}

#[test]
fn the_first_look_offers_start_and_says_what_a_call_gives_away() {
    let page = Page::of(Snapshot::default());
    assert_eq!(page.buttons(), ["Settings", "Start", "Check camera and sound"]);
    assert!(page.visible_text().contains("network address"));
    assert_eq!(page.said("status"), "", "nothing is announced to somebody who has just come");
    assert_eq!(page.said("alert"), "");
}

#[test]
fn a_problem_before_a_call_has_one_thing_to_do() {
    for problem in PROBLEMS {
        let page = Page::of(Snapshot { problem: Some(problem), ..Snapshot::default() });
        assert_eq!(page.buttons()[1], first(problem), "{problem:?}");
        // What passes by itself in a moment is no alarm.
        let (said, silent) =
            if problem == Problem::RateLimited { ("status", "alert") } else { ("alert", "status") };
        assert_ne!(page.said(said), "", "{problem:?}");
        assert_eq!(page.said(silent), "", "{problem:?} is said once");
    }
}

#[test]
fn who_is_told_when_to_come_back_sees_it() {
    let full = |retries_in| Snapshot {
        phase: Phase::Ready,
        problem: Some(Problem::ServerFull),
        retries_in,
        ..Snapshot::default()
    };
    assert!(Page::of(full(Some(12))).visible_text().contains("Trying again in 12 s"));
    assert!(!Page::of(full(None)).visible_text().contains("Trying again in"));
}

#[test]
fn the_question_for_the_camera_is_explained() {
    let page = Page::of(Snapshot { phase: Phase::Asking, ..Snapshot::default() });
    assert_eq!(page.buttons(), ["Settings", "Stop"], "which the text speaks of");
    assert!(page.visible_text().contains("choose Allow"));
}

#[test]
fn controls_are_there_from_the_queue_on() {
    for phase in phases() {
        let page = Page::of(Snapshot { phase, ..with_both() });
        let controls = ["Mute microphone", "Turn camera off", "Chat", "More", "Stop", "Next"];
        match phase {
            Phase::Landing => assert_eq!(page.buttons(), ["Settings", "Start", "Check camera and sound"]),
            Phase::Asking => assert_eq!(page.buttons(), ["Settings", "Stop"]),
            Phase::Mirror => assert_eq!(page.buttons(), ["Settings", "Start", "Stop", "Play a tone"]),
            Phase::Ready
            | Phase::Waiting { .. }
            | Phase::Connecting { .. }
            | Phase::Talking { .. }
            | Phase::Ended { .. } => {
                for control in controls {
                    assert!(page.buttons().contains(&control), "{control} in {phase:?}");
                }
            }
        }
    }
}

#[test]
fn next_is_idle_only_while_nobody_is_there() {
    for phase in phases() {
        let page = Page::of(Snapshot { phase, ..with_both() });
        let idle = page.button("Next").and_then(|next| next.attribute("aria-disabled")).is_some();
        assert_eq!(idle, matches!(phase, Phase::Ready | Phase::Waiting { .. }), "{phase:?}");
        assert!(
            page.all("button").iter().all(|button| !button.has("disabled")),
            "a disabled button loses the focus"
        );
    }
}

#[test]
fn names_change_with_what_a_press_would_do() {
    let quiet = Snapshot {
        phase: Phase::Waiting { unconnected: false },
        microphone: Device::Off,
        camera: Device::Off,
        ..Snapshot::default()
    };
    let page = Page::of(quiet);
    assert_eq!(page.buttons(), ["Unmute microphone", "Turn camera on", "Chat", "More", "Stop", "Next"]);
    assert!(page.elements.iter().all(|element| !element.has("aria-pressed")), "never both name and state");
}

#[test]
fn who_lacks_a_device_has_no_control_for_it_and_is_told() {
    let without_camera =
        Snapshot { phase: Phase::Waiting { unconnected: false }, camera: Device::Absent, ..with_both() };
    let page = Page::of(without_camera);
    assert_eq!(page.buttons(), ["Mute microphone", "Chat", "More", "Stop", "Next"]);
    assert!(page.visible_text().contains("without a camera"));

    let page = Page::of(Snapshot { camera: Device::On, microphone: Device::Absent, ..without_camera });
    assert_eq!(page.buttons(), ["Turn camera off", "Chat", "More", "Stop", "Next"]);
    assert!(page.visible_text().contains("without a microphone"));
}

#[test]
fn a_lost_server_does_not_hide_a_call() {
    let page =
        Page::of(Snapshot { phase: talking(true, true), problem: Some(Problem::ServerLost), ..with_both() });
    assert_eq!(page.said("alert"), "Lost contact with the server. Your call continues.");
    assert_eq!(page.only("h1").text, "Talking with a stranger");
    for control in ["Mute microphone", "Turn camera off", "Chat", "More", "Stop", "Next"] {
        assert!(page.buttons().contains(&control), "{control}");
    }

    let page = Page::of(Snapshot {
        phase: Phase::Waiting { unconnected: false },
        problem: Some(Problem::ServerLost),
        ..with_both()
    });
    assert_eq!(page.only("h1").text, "Lost contact with the server");
    assert!(page.button("Try again").is_some());
}

#[test]
fn the_first_escape_asks_and_next_keeps_its_name() {
    let page = Page::of(Snapshot { phase: talking(true, true), asks_next: true, ..with_both() });
    assert!(page.visible_text().contains("Really? Esc again"));
    assert!(page.said("status").starts_with("Really?"));
    assert!(page.button("Next").is_some());

    let page = Page::of(Snapshot { phase: talking(true, true), ..with_both() });
    assert!(!page.visible_text().contains("Really?"));
}

#[test]
fn what_the_stranger_does_not_send_is_said() {
    let shown =
        |video, audio| Page::of(Snapshot { phase: talking(video, audio), ..with_both() }).visible_text();
    let (camera, microphone) = ("Their camera is off", "Their microphone is off");
    assert!(!shown(true, true).contains(camera) && !shown(true, true).contains(microphone));
    assert!(shown(false, true).contains(camera) && !shown(false, true).contains(microphone));
    assert!(!shown(true, false).contains(camera) && shown(true, false).contains(microphone));

    let partner = Media { audio: true, video: true };
    let page =
        Page::of(Snapshot { phase: Phase::Talking { partner, flow: Flow::Interrupted }, ..with_both() });
    assert!(page.visible_text().contains("interrupted"));
    assert!(page.said("status").contains("interrupted"));
}

#[test]
fn who_waits_reads_how_many_are_here_and_nothing_is_announced_of_it() {
    let waiting = Phase::Waiting { unconnected: false };
    let told = |(phase, problem), here| {
        let surroundings = Surroundings { here, ..Surroundings::default() };
        Page::of(Snapshot { phase, problem, surroundings, ..with_both() })
    };
    let line = |around, wait| {
        let page = told((waiting, None), Some(Occupancy { around, wait }));
        assert_eq!(page.said("status"), "Looking for someone.", "whatever is known");
        page.with("class", "crowd")[0].text.clone()
    };
    let alone = "Nobody else is here just now. Leave this open: whoever comes next is yours.";
    assert_eq!(line(0, None), alone);
    assert_eq!(line(1, None), "A few people are here.");
    assert_eq!(line(50, Some(Wait::Moment)), "More than 50 people are here. Most wait less than 10 seconds.");
    assert!(line(1, Some(Wait::HalfAMinute)).ends_with("It usually takes about half a minute."));
    assert!(
        line(10_000, Some(Wait::Minutes)).starts_with("More than 10,000 people are here. It usually takes")
    );

    let is_seen = |page: &Page| !page.with("class", "crowd")[0].hidden;
    assert!(is_seen(&told((waiting, None), None)), "its place is kept");
    assert!(!is_seen(&told((waiting, Some(Problem::ServerLost)), Some(Occupancy { around: 1, wait: None }))));
    for phase in phases() {
        assert_eq!(is_seen(&told((phase, None), None)), matches!(phase, Phase::Waiting { .. }), "{phase:?}");
    }
}

fn document() -> String {
    let options = LeptosOptions::builder().output_name("passerby").site_root("target/no-such-site").build();
    Owner::new().with(|| {
        leptos::nonce::provide_nonce();
        shell(options, i18n::in_language("en"), "https://passerby.example").to_html()
    })
}

#[test]
fn the_document_lets_nothing_in_and_loses_no_press() {
    let html = document();
    assert!(html.starts_with("<!DOCTYPE html><html lang=\"en\" dir=\"ltr\">"), "{html}");
    assert!(html.contains(r#"<div id="root"><main"#), "only what is inside the root is taken over: {html}");
    assert!(html.contains(r#"href="/pkg/passerby.css""#), "{html}");
    assert!(!html.contains("style=") && !html.contains("<style"), "{html}");
    let scripts: Vec<_> = html.split("<script").skip(1).collect();
    let (texts, scripts): (Vec<_>, Vec<_>) = scripts.into_iter().partition(|it| it.contains("text/plain"));
    assert!(scripts.iter().all(|script| script.contains("nonce=\"")), "{html}");
    let all = i18n::in_language("en").texts();
    assert!(texts[0].contains(&all.join("\n")), "all texts, one a line");
    assert!(
        all.iter().all(|it| !it.contains(['<', '\n'])),
        "or the page would end too early, or be mixed up"
    );
    let remembers = scripts[0];
    assert!(remembers.contains(&format!("getElementById(\"{ROOT_ID}\")")));
    assert!(remembers.contains(&format!("dataset.pressed = \"{PRESSED_START}\"")));
    assert_eq!(PRESSED_ATTRIBUTE, "data-pressed", "which is what the script and the style call it");
}

#[test]
fn the_pictures_that_others_are_shown_are_there_and_as_large_as_is_said() {
    let size = |file: &str| {
        let picture = std::fs::read(format!("public/{file}")).unwrap_or_else(|it| panic!("{file}: {it}"));
        assert!(picture.starts_with(b"\x89PNG"), "{file}");
        let number = |at: usize| u32::from_be_bytes(picture[at..at + 4].try_into().expect("four bytes"));
        format!("{}x{}", number(16), number(20))
    };
    let manifest = std::fs::read_to_string("public/manifest.webmanifest").expect("a manifest");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    let icons = manifest["icons"].as_array().expect("icons");
    let pictures: Vec<_> = icons.iter().filter(|it| it["type"] == "image/png").collect();
    assert_eq!(pictures.len(), 3, "the two that make a page installable, and one to be cut");
    for icon in pictures {
        let file = icon["src"].as_str().expect("a file").trim_start_matches('/');
        assert_eq!(size(file), icon["sizes"].as_str().expect("a size"), "{file}");
    }
    assert_eq!(size("apple-touch-icon.png"), "180x180");

    let html = document();
    assert!(html.contains(r#"property="og:image" content="https://passerby.example/card.png""#), "{html}");
    let said = |name| {
        let from = html.split_once(&format!("og:image:{name}\" content=\"")).expect("said").1;
        from.split('"').next().expect("a number").to_owned()
    };
    assert_eq!(size("card.png"), format!("{}x{}", said("width"), said("height")));
}

/// The one thing to do about a problem.
const fn first(problem: Problem) -> &'static str {
    match problem {
        Problem::OtherTab => "Use here",
        Problem::Idle => "Start",
        Problem::RateLimited => "Stop",
        Problem::CameraBlocked
        | Problem::CameraDismissed
        | Problem::CameraBlockedBySystem
        | Problem::NoDevice
        | Problem::DeviceBusy
        | Problem::Unsupported
        | Problem::Insecure
        | Problem::ServerLost
        | Problem::ServerFull
        | Problem::NetworkFull
        | Problem::NoRelay
        | Problem::Offline => "Try again",
    }
}

// What is rendered.

fn with_both() -> Snapshot {
    Snapshot { microphone: Device::On, camera: Device::On, ..Snapshot::default() }
}

fn talking(video: bool, audio: bool) -> Phase {
    Phase::Talking { partner: Media { audio, video }, flow: Flow::Steady }
}

fn phases() -> Vec<Phase> {
    let mut phases = vec![Phase::Landing, Phase::Asking, Phase::Mirror, Phase::Ready];
    phases.extend([false, true].map(|unconnected| Phase::Waiting { unconnected }));
    phases.extend([false, true].map(|slow| Phase::Connecting { slow }));
    for bits in 0..8 {
        let partner = Media { audio: bits & 1 > 0, video: bits & 2 > 0 };
        phases.push(Phase::Talking {
            partner,
            flow: if bits & 4 > 0 { Flow::Interrupted } else { Flow::Steady },
        });
    }
    phases.extend([Farewell::Left, Farewell::Lost].map(|why| Phase::Ended { why }));
    phases
}

fn every_state() -> Vec<Snapshot> {
    let mut states = Vec::new();
    for phase in phases() {
        for problem in [None].into_iter().chain(PROBLEMS.map(Some)) {
            for device in DEVICES {
                for asks_next in [false, true] {
                    let (microphone, camera) = (device, DEVICES[states.len() % DEVICES.len()]);
                    states.push(Snapshot {
                        phase,
                        problem,
                        microphone,
                        camera,
                        asks_next,
                        ..Snapshot::default()
                    });
                }
            }
        }
    }
    states
}

fn render(snapshot: Snapshot) -> String {
    Owner::new().with(|| {
        provide_context(PageContext::fixed(snapshot));
        provide_context(i18n::in_language("en"));
        view! { <App/> }.to_html()
    })
}

// A reader of HTML as the renderer writes it: enough to see what a person is shown.

struct Element {
    tag: String,
    attributes: Vec<(String, Option<String>)>,
    /// Hidden itself, or inside something hidden.
    hidden: bool,
    /// Kept from screen readers, itself or by what it is in.
    unread: bool,
    /// All text inside that screen readers read, in order.
    text: String,
}

struct Page {
    elements: Vec<Element>,
}

impl Element {
    fn has(&self, name: &str) -> bool {
        self.attributes.iter().any(|(its, _)| its == name)
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(its, _)| its == name)?.1.as_deref()
    }

    fn read(tag: &str, inside: Option<&Self>) -> Self {
        let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut attributes = Vec::new();
        while !rest.trim().is_empty() {
            rest = rest.trim_start();
            let end = rest.find([' ', '=']).unwrap_or(rest.len());
            let (key, after) = rest.split_at(end);
            let value = after.strip_prefix("=\"").and_then(|value| value.split_once('"'));
            attributes.push((key.to_owned(), value.map(|(value, _)| value.to_owned())));
            rest = value.map_or(after, |(_, after)| after);
        }
        let mut element =
            Self { tag: name.to_owned(), attributes, hidden: false, unread: false, text: String::new() };
        // What pops over the page is not there before somebody asks for it.
        element.hidden =
            element.has("hidden") || element.has("popover") || inside.is_some_and(|outer| outer.hidden);
        element.unread =
            element.attribute("aria-hidden") == Some("true") || inside.is_some_and(|outer| outer.unread);
        element
    }
}

impl Page {
    fn of(snapshot: Snapshot) -> Self {
        let html = render(snapshot);
        let (mut elements, mut open) = (Vec::<Element>::new(), Vec::<usize>::new());
        for piece in html.split('<').skip(1) {
            let Some((tag, text)) = piece.split_once('>') else { panic!("every tag ends: {piece}") };
            if tag.starts_with('/') {
                open.pop();
            } else if !tag.starts_with('!') {
                let inside = open.last().map(|&outer| &elements[outer]);
                elements.push(Element::read(tag, inside));
                // The one kind on the page that holds nothing.
                if !tag.starts_with("input") {
                    open.push(elements.len() - 1);
                }
            }
            let Some(&inner) = open.last() else { continue };
            if elements[inner].unread {
                continue;
            }
            for &outer in &open {
                // What is hidden says nothing to those around it.
                if elements[inner].hidden == elements[outer].hidden {
                    elements[outer].text.push_str(text);
                }
            }
        }
        assert!(open.is_empty(), "what opens closes");
        for element in &mut elements {
            element.text = element.text.trim().to_owned();
        }
        Self { elements }
    }

    fn all(&self, tag: &str) -> Vec<&Element> {
        self.elements.iter().filter(|element| element.tag == tag).collect()
    }

    fn only(&self, tag: &str) -> &Element {
        let all = self.all(tag);
        assert_eq!(all.len(), 1, "one {tag}");
        all[0]
    }

    fn with(&self, attribute: &str, value: &str) -> Vec<&Element> {
        self.elements.iter().filter(|element| element.attribute(attribute) == Some(value)).collect()
    }

    fn said(&self, role: &str) -> &str {
        &self.with("role", role)[0].text
    }

    fn visible_text(&self) -> String {
        self.only("main").text.clone()
    }

    /// The accessible names of the buttons that can be seen, in order.
    fn buttons(&self) -> Vec<&str> {
        let shown = self.all("button").into_iter().filter(|it| !it.hidden);
        shown.map(|it| it.attribute("aria-label").unwrap_or(&it.text)).collect()
    }

    fn button(&self, name: &str) -> Option<&Element> {
        self.all("button").into_iter().find(|it| !it.hidden && it.text == name)
    }
}
