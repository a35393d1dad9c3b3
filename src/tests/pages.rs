//! The page as the server renders it: every state keeps what tests, people and screen readers rely on.

use leptos::prelude::*;
use passerby::{
    call::{
        Device, Farewell, Flow, Gesture, Inquiry, PartnerPicture, PastCall, Phase, Problem, ReportButton,
        ReportStep, Sanction, Setback, Snapshot, Surroundings,
    },
    protocol::{MatchId, Media, NoticeKind, Occupancy, ReportReason, SoftStart, Wait},
    server::{Config, http::client_ip::ForwardedHeader},
    time::Moment,
    ui::{
        App, Home, PRESSED_ATTRIBUTE, PRESSED_START, PageContext, PageFiles, PageLanguage, ROOT_ID, RelayUse,
        SafetyContent, SafetyTexts, SiteTerms, i18n, past_text, shell,
    },
};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::support::{HttpResponse, TestServer, operator, read_response};

/// All but the locks ([`Problem::is_lock`]), which offer nothing.
pub(crate) const PROBLEMS: [Problem; 18] = [
    Problem::CannotConnect,
    Problem::CameraBlocked,
    Problem::CameraDismissed,
    Problem::CameraBlockedBySystem,
    Problem::NoRelay,
    Problem::Offline,
    Problem::OtherTab,
    Problem::Idle,
    Problem::AgeCheck,
    Problem::NoDevice,
    Problem::DeviceBusy,
    Problem::Unsupported,
    Problem::Insecure,
    Problem::ServerLost,
    Problem::ServerFull,
    Problem::NetworkFull,
    Problem::WrongAddress,
    Problem::RateLimited,
];

const DEVICES: [Device; 3] = [Device::Absent, Device::On, Device::Off];

#[test]
fn every_state_keeps_the_page_contract() {
    for snapshot in every_state() {
        let page = Page::of(snapshot);
        let root = page.only("main");
        assert_eq!(root.attribute("id"), Some("app"));
        assert_eq!(root.attribute("data-phase"), Some(snapshot.phase.name()), "{snapshot:?}");
        assert_eq!(root.attribute("data-problem"), snapshot.problem.map(Problem::code), "{snapshot:?}");
        assert_eq!(root.attribute("data-hydrated"), None, "only the browser sets it");

        for role in ["status", "alert"] {
            assert_eq!(page.with("role", role).len(), 1, "exactly one {role} in {snapshot:?}");
        }
        let headings: Vec<_> = page.all("h1");
        assert_eq!(headings.len(), 1, "{snapshot:?}");
        assert!(!headings[0].hidden && !headings[0].text.is_empty(), "{snapshot:?}");

        for whose in ["stranger", "self"] {
            let video = page.with("data-who", whose);
            assert_eq!(video.len(), 1, "{whose} in {snapshot:?}");
            assert!(video[0].has("autoplay") && video[0].has("playsinline"));
            assert_eq!(video[0].has("muted"), whose == "self", "only their own video is muted");
        }
    }
}

#[test]
fn contains_no_inline_styles_or_scripts() {
    for snapshot in every_state() {
        let html = render(snapshot);
        assert!(!html.contains("style="), "{snapshot:?}: {html}");
        assert!(!html.contains("<script") && !html.contains("<style"), "{snapshot:?}");
    }
}

#[test]
fn shows_no_technical_jargon() {
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
fn landing_offers_start_and_warns_about_the_address() {
    let page = Page::of(Snapshot::default());
    assert_eq!(page.buttons(), ["Settings", "Start", "Check camera and mic"]);
    assert!(page.visible_text().contains("IP address"));
    assert_eq!(page.announced("status"), "", "nothing is announced on arrival");
    assert_eq!(page.announced("alert"), "");
}

#[test]
fn offers_its_main_action_first_for_each_problem_before_a_call() {
    for problem in PROBLEMS {
        let page = Page::of(Snapshot { problem: Some(problem), ..Snapshot::default() });
        assert_eq!(page.buttons()[1], main_action(problem), "{problem:?}");
        // A problem that passes by itself in a moment is a status, not an alert.
        let (used, unused) =
            if problem == Problem::RateLimited { ("status", "alert") } else { ("alert", "status") };
        assert_ne!(page.announced(used), "", "{problem:?}");
        assert_eq!(page.announced(unused), "", "{problem:?} is announced twice");
    }
}

#[test]
fn offers_a_newer_build_except_during_a_match() {
    for phase in phases() {
        let surroundings = Surroundings { outdated: true, ..Surroundings::default() };
        let page = Page::of(Snapshot { phase, surroundings, ..Snapshot::default() });
        assert_eq!(page.buttons().contains(&"Reload"), !phase.is_matched(), "{phase:?}");
    }
    assert!(!Page::of(Snapshot::default()).buttons().contains(&"Reload"));
}

#[test]
fn a_page_that_asks_for_presence_shows_one_question_and_no_devices() {
    let surroundings = Surroundings { asks_presence: true, ..Surroundings::default() };
    let page = Page::of(Snapshot { phase: Phase::Mirror, surroundings, ..with_both_devices() });
    let text = page.visible_text();
    assert!(text.contains("Still there?") && !text.contains("Microphone level"), "{text}");
    assert!(page.buttons().iter().any(|it| it.contains("here")), "{:?}", page.buttons());
    assert_ne!(page.announced("status"), "");
}

#[test]
fn shows_the_time_until_the_next_retry() {
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
fn explains_the_camera_permission_prompt() {
    let page = Page::of(Snapshot { phase: Phase::Asking, ..Snapshot::default() });
    assert_eq!(page.buttons(), ["Settings", "Stop"], "the explanation names these buttons");
    assert!(page.visible_text().contains("Choose Allow"));
}

#[test]
fn shows_call_controls_from_the_queue_onwards() {
    for phase in phases() {
        let page = Page::of(Snapshot { phase, ..with_both_devices() });
        let controls = ["Mute microphone", "Turn camera off", "Chat", "More", "Stop", "Next"];
        match phase {
            Phase::Landing => assert_eq!(page.buttons(), ["Settings", "Start", "Check camera and mic"]),
            Phase::Gate => {
                let answers = ["Settings", "I’m 18 or older and agree", "I’m under 18"];
                assert_eq!(page.buttons(), answers);
            }
            Phase::Asking => assert_eq!(page.buttons(), ["Settings", "Stop"]),
            Phase::Mirror => {
                let mirror =
                    ["Settings", "Go live", "Stop", "Mute microphone", "Turn camera off", "Test speaker"];
                assert_eq!(page.buttons(), mirror);
            }
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
fn next_is_inactive_only_while_nobody_is_there() {
    for phase in phases() {
        let page = Page::of(Snapshot { phase, ..with_both_devices() });
        let idle = page.button("Next").and_then(|next| next.attribute("aria-disabled")).is_some();
        assert_eq!(idle, matches!(phase, Phase::Ready | Phase::Waiting { .. }), "{phase:?}");
        assert!(
            page.all("button").iter().all(|button| !button.has("disabled")),
            "a disabled button would lose the focus"
        );
    }
}

#[test]
fn button_names_describe_the_next_action() {
    let muted = Snapshot {
        phase: Phase::Waiting { setback: None },
        microphone: Device::Off,
        camera: Device::Off,
        ..Snapshot::default()
    };
    let page = Page::of(muted);
    assert_eq!(page.buttons(), ["Unmute microphone", "Turn camera on", "Chat", "More", "Stop", "Next"]);
    assert!(
        page.elements.iter().all(|element| !element.has("aria-pressed")),
        "a button whose name changes must have no pressed state"
    );
}

#[test]
fn explains_missing_devices_and_offers_to_turn_them_on() {
    let without_camera =
        Snapshot { phase: Phase::Waiting { setback: None }, camera: Device::Absent, ..with_both_devices() };
    let page = Page::of(without_camera);
    // A device that is connected later can be turned on.
    assert_eq!(page.buttons(), ["Mute microphone", "Turn camera on", "Chat", "More", "Stop", "Next"]);
    assert!(page.visible_text().contains("No camera: they’ll hear you"));

    let page = Page::of(Snapshot { camera: Device::On, microphone: Device::Absent, ..without_camera });
    assert_eq!(page.buttons(), ["Unmute microphone", "Turn camera off", "Chat", "More", "Stop", "Next"]);
    assert!(page.visible_text().contains("No microphone: they’ll see you"));
}

#[test]
fn keeps_the_call_visible_when_the_server_is_lost() {
    let page = Page::of(Snapshot {
        phase: talking(true, true),
        problem: Some(Problem::ServerLost),
        ..with_both_devices()
    });
    assert_eq!(page.announced("alert"), "Passerby is offline, but your call goes on.");
    assert_eq!(page.only("h1").text, "Talking with a stranger");
    for control in ["Mute microphone", "Turn camera off", "Chat", "More", "Stop", "Next"] {
        assert!(page.buttons().contains(&control), "{control}");
    }

    let page = Page::of(Snapshot {
        phase: Phase::Waiting { setback: None },
        problem: Some(Problem::ServerLost),
        ..with_both_devices()
    });
    assert_eq!(page.only("h1").text, "Can’t reach Passerby");
    assert!(page.button("Try again").is_some());
}

#[test]
fn a_page_at_the_wrong_address_links_to_the_right_one() {
    let link = |phase, problem| {
        let page = Page::of(Snapshot { phase, problem, ..with_both_devices() });
        let link = page.with("class", "panel-link")[0];
        assert_eq!(link.attribute("href"), Some("https://passerby.example/"));
        assert_eq!(link.text, "https://passerby.example");
        !link.hidden
    };
    for problem in [None].into_iter().chain(PROBLEMS.map(Some)) {
        let is_wrong = problem == Some(Problem::WrongAddress);
        assert_eq!(link(Phase::Landing, problem), is_wrong, "{problem:?}");
        assert_eq!(link(Phase::Ready, problem), is_wrong, "{problem:?}");
        assert!(!link(talking(true, true), problem), "the call continues");
    }
}

#[test]
fn first_escape_asks_for_confirmation() {
    let page =
        Page::of(Snapshot { phase: talking(true, true), asks: Some(Gesture::Escape), ..with_both_devices() });
    assert!(page.visible_text().contains("Press Esc again to skip"));
    assert!(page.announced("status").starts_with("Press Escape again"));
    assert!(page.button("Next").is_some());

    let page = Page::of(Snapshot { phase: talking(true, true), ..with_both_devices() });
    assert!(!page.visible_text().contains("Press Esc again"));
}

#[test]
fn says_which_media_the_stranger_does_not_send() {
    let text = |video, audio| {
        Page::of(Snapshot { phase: talking(video, audio), ..with_both_devices() }).visible_text()
    };
    let (camera, microphone) = ("Their camera is off", "They’re muted");
    assert!(!text(true, true).contains(camera) && !text(true, true).contains(microphone));
    assert!(text(false, true).contains(camera) && !text(false, true).contains(microphone));
    assert!(!text(true, false).contains(camera) && text(true, false).contains(microphone));

    let partner = Media { audio: true, video: true };
    let page = Page::of(Snapshot {
        phase: Phase::Talking { partner, flow: Flow::Interrupted },
        ..with_both_devices()
    });
    assert!(page.visible_text().contains("Connection problem"));
    assert!(page.announced("status").contains("Connection problem"));
}

#[test]
fn shows_occupancy_while_waiting_without_announcing_it() {
    let waiting = Phase::Waiting { setback: None };
    let render = |(phase, problem), here| {
        let surroundings = Surroundings { here, ..Surroundings::default() };
        Page::of(Snapshot { phase, problem, surroundings, ..with_both_devices() })
    };
    let sentence = |around, all_met| {
        let page = render((waiting, None), Some(Occupancy { around, wait: None, all_met }));
        assert_eq!(page.with("class", "crowd")[0].text.trim(), "", "one line, not two");
        page.with("class", "panel-sentence")[0].text.clone()
    };
    let line = |around, wait| {
        let page = render((waiting, None), Some(Occupancy { around, wait, all_met: false }));
        assert_eq!(page.announced("status"), "Looking for someone.", "the occupancy is not announced");
        page.with("class", "crowd")[0].text.clone()
    };
    // Split because the prose law bans a word of this text.
    let alone = concat!("You’re the only one here right now. Stay, and you’ll meet who", "ever comes next.");
    assert_eq!(sentence(0, false), alone);
    assert_eq!(sentence(1, true), "You’ve met everyone who’s here. Waiting for someone new.");
    assert_eq!(line(1, None), "A few people online.");
    assert_eq!(line(50, Some(Wait::Moment)), "50+ people online. Usually under 10 seconds.");
    assert!(line(1, Some(Wait::HalfAMinute)).ends_with("Usually about 30 seconds."));
    assert!(line(10_000, Some(Wait::Minutes)).starts_with("10,000+ people online. Usually a minute"));

    let is_visible = |page: &Page| !page.with("class", "crowd")[0].hidden;
    assert!(
        is_visible(&render((waiting, None), None)),
        "the line keeps its place while there is nothing to show"
    );
    assert!(!is_visible(&render(
        (waiting, Some(Problem::ServerLost)),
        Some(Occupancy { around: 1, wait: None, all_met: false })
    )));
    for phase in phases() {
        assert_eq!(
            is_visible(&render((phase, None), None)),
            matches!(phase, Phase::Waiting { .. }),
            "{phase:?}"
        );
    }
}

fn document() -> String {
    let options = LeptosOptions::builder().output_name("passerby").build();
    let files = PageFiles {
        script: "/pkg/passerby.a1.js".into(),
        program: "/pkg/passerby.b2.wasm".into(),
        style: "/pkg/passerby.c3.css".into(),
        build: Some("b2d4".into()),
    };
    let terms = SiteTerms { rules: "7".into(), soft_start: SoftStart::On, age_check: None };
    Owner::new().with(|| {
        leptos::nonce::provide_nonce();
        let language = PageLanguage::ENGLISH;
        shell(options, &files, language, "https://passerby.example", RelayUse::Possible, terms).to_html()
    })
}

#[test]
fn document_obeys_its_policy_and_keeps_early_presses() {
    let html = document();
    assert!(html.starts_with("<!DOCTYPE html><html lang=\"en\" dir=\"ltr\">"), "{html}");
    assert!(
        html.contains(
            r#"<div id="root" data-build="b2d4" data-home="https://passerby.example" data-rules="7" data-soft="on" data-relay=""><main"#
        ),
        "hydration covers only the contents of the root: {html}"
    );
    for file in ["/pkg/passerby.a1.js", "/pkg/passerby.b2.wasm", "/pkg/passerby.c3.css"] {
        assert!(html.contains(&format!("href=\"{file}\"")), "{file}: {html}");
    }
    let start = "import init, { hydrate } from \"/pkg/passerby.a1.js\";\n\
                 await init({ module_or_path: \"/pkg/passerby.b2.wasm\" });\nhydrate();</script>";
    assert!(html.contains(start), "{html}");
    assert!(!html.contains("style=") && !html.contains("<style"), "{html}");
    let scripts: Vec<_> = html.split("<script").skip(1).collect();
    let (texts, scripts): (Vec<_>, Vec<_>) = scripts.into_iter().partition(|it| it.contains("text/plain"));
    assert!(scripts.iter().all(|script| script.contains("nonce=\"")), "{html}");
    let all = i18n::in_language("en").texts();
    assert!(texts[0].contains(&all.join("\n")), "all texts, one per line");
    assert!(
        all.iter().all(|it| !it.contains(['<', '\n'])),
        "a `<` would end the script and a newline would split the text"
    );
    let first = scripts[1];
    assert!(first.contains(&format!("getElementById(\"{ROOT_ID}\")")));
    assert!(first.contains(&format!("dataset.pressed = \"{PRESSED_START}\"")));
    assert_eq!(PRESSED_ATTRIBUTE, "data-pressed", "the name in the script and the style sheet");
}

#[test]
fn texts_avoid_words_that_a_native_speaker_would_not_use() {
    let stilted = ["somebody", "anybody", "whom", "by itself", "picture", "beside", "at this moment"];
    for text in i18n::in_language("en").texts() {
        let text = text.to_lowercase().replace("picture-in-picture", "");
        assert!(!stilted.iter().any(|it| text.contains(it)), "{text}");
    }
}

#[test]
fn icons_and_preview_card_have_their_stated_sizes() {
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
    assert_eq!(pictures.len(), 3, "two that make the page installable, and a maskable one");
    for icon in pictures {
        let file = icon["src"].as_str().expect("a file").trim_start_matches('/');
        assert_eq!(size(file), icon["sizes"].as_str().expect("a size"), "{file}");
    }
    assert_eq!(size("apple-touch-icon.png"), "180x180");

    let html = document();
    assert!(html.contains(r#"property="og:image" content="https://passerby.example/card.png""#), "{html}");
    let property = |name| {
        let from = html.split_once(&format!("og:image:{name}\" content=\"")).expect("an og:image property").1;
        from.split('"').next().expect("a number").to_owned()
    };
    assert_eq!(size("card.png"), format!("{}x{}", property("width"), property("height")));
}

// Pages of the real server that are asked for under a wrong name.

/// The status and the target of a redirect, for a request with this first line and these headers.
async fn ask(server: &TestServer, first_line: &str, headers: &[(&str, &str)]) -> (u16, Option<String>) {
    let mut text = format!("{first_line}\r\nConnection: close\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    let mut stream = TcpStream::connect(server.address).await.expect("a server");
    stream.write_all((text + "\r\n").as_bytes()).await.expect("a request");
    let HttpResponse { status, head, .. } = read_response(&mut stream).await;
    let target = head.lines().find_map(|it| it.strip_prefix("location: ")).map(str::to_owned);
    if target.is_some() {
        assert!(head.contains("cache-control: no-store"), "{head}");
    }
    (status, target)
}

async fn server_with(origins: &[&str], proxies: &[&str]) -> TestServer {
    let mut config = Config::default();
    config.server.origins = origins.iter().map(|it| (*it).to_owned()).collect();
    config.server.proxies = proxies.iter().map(|it| (*it).to_owned()).collect();
    config.operator = operator();
    TestServer::open_with(config).await
}

#[tokio::test]
async fn a_loopback_server_redirects_other_names_to_localhost() {
    let server = TestServer::open().await;
    let port = server.address.port();
    let get = async |host: String| ask(&server, "GET /?lang=en-XA HTTP/1.1", &[("Host", &host)]).await;
    for name in ["localhost", "LocalHost", "127.0.0.1", "[::1]"] {
        assert_eq!(get(format!("{name}:{port}")).await, (200, None), "{name}");
    }
    let home = Some(format!("http://localhost:{port}/?lang=en-xa"));
    for name in ["localhost.", "192.0.2.7", "evil.example"] {
        assert_eq!(get(format!("{name}:{port}")).await, (307, home.clone()), "{name}");
    }
}

#[tokio::test]
async fn redirects_pages_under_a_wrong_name_to_the_first_origin() {
    let server = server_with(&["https://passerby.example", "https://b.example:8443"], &[]).await;
    let home = (307, Some("https://passerby.example/".to_owned()));
    for (host, expected) in [
        ("passerby.example", (200, None)),
        ("PASSERBY.EXAMPLE", (200, None)),
        ("passerby.example:443", (200, None)),
        ("b.example:8443", (200, None)),
        ("localhost", (200, None)),
        ("passerby.example.", home.clone()),
        ("www.passerby.example", home.clone()),
        ("passerby.example:80", home.clone()),
        ("192.0.2.7", home.clone()),
    ] {
        assert_eq!(ask(&server, "GET / HTTP/1.1", &[("Host", host)]).await, expected, "{host}");
    }
    let www = &[("Host", "www.passerby.example")];
    assert_eq!(ask(&server, "HEAD / HTTP/1.1", www).await, home);
    let target = Some("https://passerby.example/?a=b%20c".to_owned());
    assert_eq!(ask(&server, "GET /?a=b%20c HTTP/1.1", www).await, (307, target));
    // Without a name there is no wrong one. A name in the target beats the header, as `:authority` does in HTTP/2.
    assert_eq!(ask(&server, "GET / HTTP/1.0", &[]).await, (200, None));
    assert_eq!(ask(&server, "GET / HTTP/1.0", www).await, home);
    let right = &[("Host", "passerby.example")];
    assert_eq!(ask(&server, "GET http://www.passerby.example/ HTTP/1.1", right).await, home);
    // An open page loads its files, and load balancers look after the server, under any name.
    for path in ["/pkg/passerby.js", "/healthz", "/readyz"] {
        assert_eq!(ask(&server, &format!("GET {path} HTTP/1.1"), www).await, (200, None), "{path}");
    }
    assert_eq!(ask(&server, "GET /ws HTTP/1.1", www).await, (403, None));
}

#[tokio::test]
async fn a_trusted_proxy_names_the_host_that_was_asked_for() {
    let server = server_with(&["https://passerby.example"], &["127.0.0.1"]).await;
    let upstream = ("Host", "passerby:3000");
    let get = async |headers: &[(&str, &str)]| ask(&server, "GET / HTTP/1.1", headers).await;
    assert_eq!(get(&[upstream]).await, (200, None), "a redirect would never end");
    assert_eq!(get(&[upstream, ("X-Forwarded-Host", "passerby.example")]).await, (200, None));
    let home = (307, Some("https://passerby.example/".to_owned()));
    assert_eq!(get(&[upstream, ("X-Forwarded-Host", "www.passerby.example")]).await, home);
    assert_eq!(get(&[("Host", "passerby.example"), ("X-Forwarded-Host", "192.0.2.7")]).await, home);

    let mut config = Config::default();
    config.server.origins = vec!["https://passerby.example".into()];
    config.server.proxies = vec!["127.0.0.1".into()];
    config.operator = operator();
    config.server.forwarded_header = ForwardedHeader::Forwarded;
    let server = TestServer::open_with(config).await;
    let get = async |value: &str| ask(&server, "GET / HTTP/1.1", &[upstream, ("Forwarded", value)]).await;
    assert_eq!(get("for=192.0.2.1;host=passerby.example;proto=https").await, (200, None));
    assert_eq!(get("for=192.0.2.1").await, (200, None));
    assert_eq!(get("for=192.0.2.1;host=\"www.passerby.example:443\"").await, home);
}

/// The first action that the page offers for a problem.
fn main_action(problem: Problem) -> &'static str {
    match problem {
        Problem::OtherTab => "Use here",
        Problem::Idle => "Start",
        Problem::AgeCheck => "Check my age",
        Problem::RateLimited => "Stop",
        Problem::NoRelay => "Meet people anyway",
        Problem::CameraBlocked
        | Problem::CameraDismissed
        | Problem::CameraBlockedBySystem
        | Problem::NoDevice
        | Problem::DeviceBusy
        | Problem::Unsupported
        | Problem::CannotConnect
        | Problem::Insecure
        | Problem::ServerLost
        | Problem::ServerFull
        | Problem::NetworkFull
        | Problem::WrongAddress
        | Problem::Offline => "Try again",
        Problem::UnderAge | Problem::Banned | Problem::Paused => unreachable!("the panel offers nothing"),
    }
}

#[test]
fn the_questions_before_a_start_name_the_age_and_three_rules() {
    let page = Page::of(Snapshot { phase: Phase::Gate, ..Snapshot::default() });
    let text = page.visible_text();
    for words in ["18 or older", "No hate", "No nudity", "Don’t record"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(page.with("class", "rules")[0].tag, "ul");
    assert_ne!(page.announced("status"), "");
    let landing = Page::of(Snapshot::default()).visible_text();
    assert!(!landing.contains("No nudity"), "{landing}");
}

#[test]
fn whoever_is_under_18_sees_help_and_nothing_to_press() {
    let snapshot = Snapshot { problem: Some(Problem::UnderAge), ..Snapshot::default() };
    let mut outdated = snapshot;
    outdated.surroundings.outdated = true;
    for snapshot in [snapshot, outdated] {
        let page = Page::of(snapshot);
        assert_eq!(page.buttons(), [""; 0]);
        assert!(page.visible_text().contains("isn’t your fault"));
        assert_ne!(page.announced("alert"), "");
        let help = page.with("class", "panel-link")[1];
        assert!(!help.hidden && help.attribute("href").is_some_and(|it| it.starts_with("https://")));
        assert_eq!(help.attribute("rel"), Some("noopener noreferrer"));
    }
    assert!(Page::of(Snapshot::default()).with("class", "panel-link")[1].hidden);
}

#[test]
fn report_is_beside_next_where_the_server_takes_reports() {
    for phase in phases() {
        let of = |report_button| Page::of(Snapshot { phase, report_button, ..with_both_devices() });
        assert!(of(ReportButton::Hidden).button("Report").is_none());
        let page = of(ReportButton::Active);
        let Some(report) = page.button("Report") else {
            assert!(page.button("Next").is_none(), "{phase:?}");
            continue;
        };
        assert_eq!(report.attribute("data-intent"), Some("report"));
        let inactive = of(ReportButton::Inactive).button("Report").is_some_and(|it| it.has("aria-disabled"));
        assert_eq!((report.has("aria-disabled"), inactive), (false, true), "{phase:?}");
        assert!(page.buttons().ends_with(&["Report", "Next"]), "{:?}", page.buttons());
    }
}

#[test]
fn a_device_that_is_kept_out_is_told_so_with_nothing_else_to_press() {
    for problem in [Problem::Banned, Problem::Paused] {
        let page = Page::of(Snapshot { problem: Some(problem), ..Snapshot::default() });
        assert_eq!(page.buttons(), [""; 0], "the rest of the page comes with the call");
        assert_ne!(page.announced("alert"), "");
        assert_eq!(page.with("id", "safety").len(), 1);
    }
}

/// The part of the page about reports and sanctions, which is hydrated with the call.
fn safety(snapshot: Snapshot) -> Page {
    let words = i18n::in_language("en");
    let texts = SafetyTexts {
        outcome: "8QX4".into(),
        appeal: "K2M7".into(),
        until: "January 5, 2027 at 2:05 PM".into(),
        past: snapshot
            .past_calls
            .map(|it| it.map(|it| past_text(words, "2:05 PM", it.seconds, "3 minutes")).unwrap_or_default()),
    };
    Page::parse(&Owner::new().with(|| {
        provide_context(PageContext::fixed(snapshot));
        provide_context(words);
        provide_context(signal(texts).0);
        SafetyContent().to_html()
    }))
}

#[test]
fn a_sanction_says_why_until_when_who_decided_and_how_to_appeal() {
    let of = |kind, automatic, can_appeal| {
        let terms = Some((ReportReason::Nudity, 1_800_000_000));
        let sanction = Some(Sanction { kind, terms, automatic, can_appeal, inquiry: Inquiry::None });
        let problem = (kind != NoticeKind::Warned).then_some(Problem::Banned);
        safety(Snapshot { sanction, problem, ..Snapshot::default() })
    };
    for (automatic, decider) in [(false, "A person decided this."), (true, "not by a person")] {
        let page = of(NoticeKind::Banned, automatic, true);
        let shown = page.with("class", "sanction")[0];
        assert!(!shown.hidden);
        for words in
            ["Reason: Nudity or sex", "Until January 5, 2027 at 2:05 PM", decider, "keep this code: K2M7"]
        {
            assert!(shown.text.contains(words), "{words}: {}", shown.text);
        }
        assert!(page.button("Try again").is_some());
        assert!(page.with("action", "/appeal").iter().any(|it| !it.hidden));
        assert!(!page.with("value", "K2M7").is_empty(), "the code is in the form");
    }
    let network = of(NoticeKind::Banned, true, false);
    let shown = network.with("class", "sanction")[0];
    assert!(shown.text.contains("no code to appeal with") && !shown.text.contains("keep this code"));
    let warning = of(NoticeKind::Warned, false, true);
    assert!(warning.with("class", "sanction")[0].hidden, "a warning has a dialog");
    let dialog = &warning.only("dialog").text;
    assert!(
        dialog.contains("Please keep to the rules") && dialog.contains("K2M7") && !dialog.contains("Until")
    );
    assert!(warning.button("I understand").is_some());
    assert!(safety(Snapshot::default()).with("class", "sanction")[0].hidden);
}

#[test]
fn a_refused_person_who_asks_again_is_told_what_came_of_it() {
    let sanction = |inquiry| Sanction {
        kind: NoticeKind::Banned,
        terms: None,
        automatic: false,
        can_appeal: false,
        inquiry,
    };
    for (inquiry, words) in [
        (Inquiry::Asking { until: Moment::default() }, "Asking"),
        (Inquiry::Unanswered, "Check your connection"),
        (Inquiry::Confirmed, "Nothing has changed"),
    ] {
        let problem = Some(Problem::Banned);
        let snapshot = Snapshot { problem, sanction: Some(sanction(inquiry)), ..Snapshot::default() };
        assert!(safety(snapshot).with("class", "sanction")[0].text.contains(words));
        assert!(Page::of(snapshot).announced("status").contains(words));
        let under_age = Snapshot { problem: Some(Problem::UnderAge), ..snapshot };
        assert!(safety(under_age).with("class", "sanction")[0].hidden, "help and nothing else");
    }
}

#[test]
fn a_report_asks_who_then_why_and_each_step_shows_its_own_parts() {
    let past = PastCall { id: MatchId(uuid::Uuid::from_u128(1)), started: 1_800_000_000, seconds: 180 };
    let of =
        |report| safety(Snapshot { report, past_calls: [Some(past), None, None], ..Snapshot::default() });
    let steps = [
        (ReportStep::Choosing, vec!["2:05 PM, 3 minutes", "Cancel"], "Who do you want to report?"),
        (ReportStep::Asking, vec!["Send report", "Cancel"], "What happened?"),
        (ReportStep::Sending, vec!["Done"], "Sending your report\u{2026}"),
        (ReportStep::Kept, vec!["Done"], "Your report is saved"),
        (ReportStep::Accepted, vec!["Done"], "Thank you"),
        (ReportStep::TooLate, vec!["Done"], "too late"),
        (ReportStep::TooMany, vec!["Done"], "a lot of reports"),
    ];
    for (step, buttons, heading) in steps {
        let page = of(step);
        let dialog = page.only("dialog");
        assert!(dialog.text.contains(heading), "{step:?}: {}", dialog.text);
        let shown: Vec<_> = page.buttons().into_iter().filter(|it| *it != "Report someone").collect();
        assert_eq!(shown, buttons, "{step:?}");
        assert_eq!(dialog.text.contains("8QX4"), step == ReportStep::Accepted, "{step:?}");
    }
    assert!(safety(Snapshot::default()).button("Report someone").is_none(), "there is nobody to report");
    let html = document();
    let reasons = html.matches("type=\"radio\"").count();
    assert_eq!(reasons, ReportReason::ALL.len(), "only the server renders the reasons");
    assert_eq!(html.matches(" required").count(), reasons, "the browser asks for a choice: {html}");
}

#[test]
fn words_cover_a_picture_that_is_missing_or_frozen_and_tell_both() {
    let of = |picture, unreached| {
        let page =
            Page::of(Snapshot { phase: talking(true, true), picture, unreached, ..with_both_devices() });
        let covered = !page.with("data-picture", "off").is_empty();
        (covered, page.visible_text(), page.announced("status").to_owned())
    };
    let cases = [
        (PartnerPicture::Missing, Media::default(), "No video from them"),
        (PartnerPicture::Frozen, Media::default(), "Their video has stopped"),
        (PartnerPicture::Fine, Media { audio: false, video: true }, "They can’t see you"),
        (PartnerPicture::Fine, Media { audio: true, video: false }, "They can’t hear you"),
    ];
    for (picture, unreached, words) in cases {
        let (covered, text, status) = of(picture, unreached);
        assert_eq!(covered, picture != PartnerPicture::Fine);
        assert!(text.contains(words) && status == words, "{words}: {status}");
    }
}

#[test]
fn a_lost_call_is_not_called_unconnected() {
    let page = |setback| Page::of(Snapshot { phase: Phase::Waiting { setback }, ..with_both_devices() });
    assert!(page(Some(Setback::Lost)).visible_text().contains("The call dropped"));
    assert!(!page(Some(Setback::Lost)).visible_text().contains("Couldn’t connect"));
    assert!(page(Some(Setback::Unconnected)).visible_text().contains("Couldn’t connect"));
}

// The states to render.

fn with_both_devices() -> Snapshot {
    Snapshot { microphone: Device::On, camera: Device::On, ..Snapshot::default() }
}

fn talking(video: bool, audio: bool) -> Phase {
    Phase::Talking { partner: Media { audio, video }, flow: Flow::Steady }
}

fn phases() -> Vec<Phase> {
    let mut phases = vec![Phase::Landing, Phase::Gate, Phase::Asking, Phase::Mirror, Phase::Ready];
    phases.extend(
        [None, Some(Setback::Unconnected), Some(Setback::Lost)].map(|setback| Phase::Waiting { setback }),
    );
    phases.extend([false, true].map(|slow| Phase::Connecting { slow }));
    for bits in 0..8 {
        let partner = Media { audio: bits & 1 > 0, video: bits & 2 > 0 };
        phases.push(Phase::Talking {
            partner,
            flow: if bits & 4 > 0 { Flow::Interrupted } else { Flow::Steady },
        });
    }
    let farewells = [Farewell::Left, Farewell::Lost, Farewell::Blocked, Farewell::Reported];
    phases.extend(farewells.map(|why| Phase::Ended { why }));
    phases
}

fn every_state() -> Vec<Snapshot> {
    let mut states = Vec::new();
    for phase in phases() {
        for problem in [None].into_iter().chain(PROBLEMS.map(Some)) {
            for device in DEVICES {
                for asks in [None, Some(Gesture::Escape), Some(Gesture::Swipe), Some(Gesture::Back)] {
                    let (microphone, camera) = (device, DEVICES[states.len() % DEVICES.len()]);
                    states.push(Snapshot { phase, problem, microphone, camera, asks, ..Snapshot::default() });
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
        provide_context(Home("https://passerby.example".into()));
        view! { <App/> }.to_html()
    })
}

// A parser for the renderer's HTML. It understands enough to tell what a person can see.

struct Element {
    tag: String,
    attributes: Vec<(String, Option<String>)>,
    /// Whether the element or one around it is hidden.
    hidden: bool,
    /// Whether the element or one around it is hidden from screen readers.
    unread: bool,
    /// The text inside that screen readers read, in order.
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

    fn parse(tag: &str, outer: Option<&Self>) -> Self {
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
        // A popover is hidden until it is opened.
        element.hidden = element.has("hidden") || element.has("popover") || outer.is_some_and(|it| it.hidden);
        element.unread =
            element.attribute("aria-hidden") == Some("true") || outer.is_some_and(|it| it.unread);
        element
    }
}

impl Page {
    /// Renders the state and parses it.
    fn of(snapshot: Snapshot) -> Self {
        Self::parse(&render(snapshot))
    }

    fn parse(html: &str) -> Self {
        let (mut elements, mut open) = (Vec::<Element>::new(), Vec::<usize>::new());
        for piece in html.split('<').skip(1) {
            let Some((tag, text)) = piece.split_once('>') else { panic!("unterminated tag: {piece}") };
            if tag.starts_with('/') {
                open.pop();
            } else if !tag.starts_with('!') {
                let outer = open.last().map(|&outer| &elements[outer]);
                elements.push(Element::parse(tag, outer));
                // `input` is the only void element on the page.
                if !tag.starts_with("input") {
                    open.push(elements.len() - 1);
                }
            }
            let Some(&inner) = open.last() else { continue };
            if elements[inner].unread {
                continue;
            }
            for &outer in &open {
                // Hidden text is not part of the visible elements around it.
                if elements[inner].hidden == elements[outer].hidden {
                    elements[outer].text.push_str(text);
                }
            }
        }
        assert!(open.is_empty(), "unclosed elements");
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
        assert_eq!(all.len(), 1, "exactly one {tag}");
        all[0]
    }

    fn with(&self, attribute: &str, value: &str) -> Vec<&Element> {
        self.elements.iter().filter(|element| element.attribute(attribute) == Some(value)).collect()
    }

    /// The text of the element with this role.
    fn announced(&self, role: &str) -> &str {
        &self.with("role", role)[0].text
    }

    fn visible_text(&self) -> String {
        self.only("main").text.clone()
    }

    /// The accessible names of the buttons that can be seen, in order.
    fn buttons(&self) -> Vec<&str> {
        let visible = self.all("button").into_iter().filter(|it| !it.hidden);
        visible.map(|it| it.attribute("aria-label").unwrap_or(&it.text)).collect()
    }

    fn button(&self, name: &str) -> Option<&Element> {
        self.all("button").into_iter().find(|it| !it.hidden && it.text == name)
    }
}
