//! The pages of the moderators of a real server, with a real store: who gets in, what they see, and what they do.

use std::{net::SocketAddr, path::Path, time::Duration};

use passerby::{
    moderation::{AppealState, Moderation, Party, Report, Stamp, Status, UnixTime, offline},
    protocol::{DeviceId, MatchId, NetworkTag, ReportReason},
    server::Config,
};
use tokio::{io::AsyncWriteExt, net::TcpStream};
use uuid::Uuid;

use crate::{
    plain_pages::files_with,
    program::Folder,
    support::{HttpResponse, TestServer, read_response},
};

/// The wall clock of the reports: now, as the server's.
fn now() -> UnixTime {
    UnixTime(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs())
}

fn stamp(number: u128) -> Stamp {
    let mut random = [7; 32];
    random[..10].copy_from_slice(&number.to_be_bytes()[6..]);
    random[10..20].copy_from_slice(&number.to_be_bytes()[6..]);
    Stamp { now: now(), random }
}

/// A report of match number `number` about a subject, by a device and network of its own.
fn report(number: u128, subject: u128, reason: ReportReason, words: &str) -> Report {
    let party = |device: u128| Party {
        device: DeviceId(Uuid::from_u128(device)),
        network: NetworkTag(device.to_be_bytes()),
    };
    Report {
        match_id: MatchId(Uuid::from_u128(number)),
        reporter: party(1_000_000 + number),
        subject: party(subject),
        reason,
        words: words.to_owned(),
        started: now() - Duration::from_secs(120),
    }
}

/// A server with a store, some reports in it, and two moderators.
struct Scene {
    folder: Folder,
    server: TestServer,
    address: SocketAddr,
    tokens: [String; 2],
    /// Another handle of the store, beside that of the server.
    moderation: Moderation,
    /// The numbers of the reported, those with most reports first.
    subjects: Vec<i64>,
    /// Rows of the audit log at the beginning.
    rows: u64,
}

/// A browser without script: it keeps one cookie.
#[derive(Clone)]
struct Browser {
    address: SocketAddr,
    host: String,
    cookie: String,
    more: Vec<(&'static str, String)>,
}

impl Scene {
    async fn open(name: &str, change: impl FnOnce(&mut Config)) -> Self {
        let folder = Folder::new(name);
        let mut config = Config::default();
        config.state.dir = folder.0.join("state");
        change(&mut config);
        let dir = config.state.dir.clone();
        let server = TestServer::open_with(config).await;
        let address = server.moderation.expect("a listener for moderators");
        assert_eq!(server.get("/healthz", &[]).await.status, 200);
        let tokens = ["anna", "ben"].map(|it| {
            offline::add_moderator(&dir, stamp(u128::from(it.as_bytes()[0])), it).unwrap().to_string()
        });
        let moderation = Moderation::open(&dir, stamp(1)).unwrap();
        for (number, subject, reason, words) in [
            (1, 1, ReportReason::Threats, "They said they know where I live. <script>alert(1)</script>"),
            (2, 1, ReportReason::Threats, ""),
            (3, 1, ReportReason::Spam, "An advertisement"),
            (4, 2, ReportReason::Hate, "Slurs"),
            (5, 3, ReportReason::Other, ""),
        ] {
            moderation.report(stamp(number + 10), report(number, subject, reason, words)).await.unwrap();
        }
        let queue = moderation.queue(stamp(2), "test", Status::Open, None, 10).await.unwrap();
        let subjects = queue.iter().map(|it| it.row.subject.0).collect();
        let rows = offline::verify_audit(&dir).unwrap().1;
        Self { folder, server, address, tokens, moderation, subjects, rows }
    }

    fn browser(&self) -> Browser {
        let host = format!("localhost:{}", self.address.port());
        Browser { address: self.address, host, cookie: String::new(), more: Vec::new() }
    }

    /// A browser in which moderator number `number` has signed in.
    async fn moderator(&self, number: usize) -> Browser {
        let mut browser = self.browser();
        let response = browser.post("/sign-in", &[("token", &self.tokens[number])]).await;
        assert_eq!((response.status, location(&response)), (303, "/"), "{}", response.head);
        assert!(!browser.cookie.is_empty());
        browser
    }

    /// The page of the reported with the most, the second most or the least reports.
    fn page(&self, place: usize) -> String {
        format!("/subjects/{}", self.subjects[place])
    }

    /// The chain of the audit log is whole; returns how many rows are new.
    fn new_rows(&self) -> u64 {
        offline::verify_audit(&self.folder.0.join("state")).unwrap().1 - self.rows
    }
}

impl Browser {
    async fn send(&mut self, method: &str, path: &str, body: &str) -> HttpResponse {
        let Self { host, cookie, .. } = &*self;
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
        if !cookie.is_empty() {
            head += &format!("Cookie: {cookie}\r\n");
        }
        if method == "POST" && self.more.iter().all(|it| it.0 != "Origin") {
            head += &format!("Origin: http://{host}\r\n");
        }
        for (name, value) in &self.more {
            head += &format!("{name}: {value}\r\n");
        }
        head +=
            &format!("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n", body.len());
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all((head + "\r\n" + body).as_bytes()).await.unwrap();
        let response = read_response(&mut stream).await;
        if let Some(set) = header(&response, "set-cookie") {
            self.cookie = set.split(';').next().unwrap().to_owned();
        }
        response
    }

    async fn get(&mut self, path: &str) -> HttpResponse {
        self.send("GET", path, "").await
    }

    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> HttpResponse {
        let mut form = form_urlencoded::Serializer::new(String::new());
        fields.iter().for_each(|(name, value)| {
            form.append_pair(name, value);
        });
        self.send("POST", path, &form.finish()).await
    }

    /// Opens a page, and sends its form with these fields and the hidden ones.
    async fn submit(&mut self, page: &HttpResponse, path: &str, fields: &[(&str, &str)]) -> HttpResponse {
        let hidden: Vec<_> = ["token", "seen"]
            .into_iter()
            .filter_map(|name| Some((name, value_of(&page.body, name)?)))
            .collect();
        self.post(path, &[&hidden, fields].concat()).await
    }
}

fn header<'a>(response: &'a HttpResponse, name: &str) -> Option<&'a str> {
    response.head.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(": "))
}

fn location(response: &HttpResponse) -> &str {
    header(response, "location").unwrap_or_default()
}

/// The value of the first field with this name.
fn value_of<'a>(html: &'a str, name: &str) -> Option<&'a str> {
    let start = html.find(&format!("name=\"{name}\""))?;
    let tag = &html[html[..start].rfind('<')?..];
    tag[..tag.find('>')?].split("value=\"").nth(1)?.split('"').next()
}

/// The text of a page, without tags.
fn text(response: &HttpResponse) -> String {
    let body = response.body.split_once("<body").map_or("", |it| it.1);
    let text: String = body.split('<').skip(1).filter_map(|it| it.split_once('>')).map(|it| it.1).collect();
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[tokio::test]
async fn nobody_without_a_token_sees_anything_but_the_sign_in() {
    let scene = Scene::open("queue-closed", |_| {}).await;
    let mut pages = Vec::new();
    for path in
        ["/", "/?status=closed", &scene.page(0), "/subjects/99", "/appeals", "/appeals/1", "/nowhere", "/ws"]
    {
        let response = scene.browser().get(path).await;
        assert_eq!(response.status, 401, "{path}");
        pages.push(response.body);
    }
    for path in
        ["/dismiss", &scene.page(0), &(scene.page(0) + "/claim"), "/appeals/1", "/sign-out", "/nowhere"]
    {
        let response = scene.browser().post(path, &[("action", "dismiss"), ("seen", "0.1")]).await;
        assert_eq!(response.status, 401, "{path}");
        pages.push(response.body);
    }
    assert!(pages.iter().all(|it| *it == pages[0]), "they differ");
    assert!(pages[0].contains("Your token") && !pages[0].contains("<script"), "{}", pages[0]);

    let mut wrong = scene.browser();
    for token in ["", "wrong", &scene.tokens[0][1..]] {
        let response = wrong.post("/sign-in", &[("token", token)]).await;
        assert_eq!((response.status, header(&response, "set-cookie")), (401, None), "{token}");
    }
    wrong.cookie = "passerby-moderator=1234".to_owned();
    assert_eq!(wrong.get("/").await.status, 401);
    assert_eq!(scene.new_rows(), 3, "nothing was seen or done but the wrong tokens");
}

#[tokio::test]
async fn pages_have_strict_headers_and_cookies() {
    let scene = Scene::open("queue-headers", |it| it.moderation.hosts = vec!["mod.example".into()]).await;
    let mut browser = scene.browser();
    let response = browser.post("/sign-in", &[("token", &scene.tokens[0])]).await;
    let set = header(&response, "set-cookie").unwrap();
    assert!(set.starts_with("passerby-moderator="), "{set}");
    assert!(set.ends_with("; path=/; httponly; samesite=strict"), "{set}");
    for path in ["/", &scene.page(0), "/keys.js", "/moderation.css", "/pkg/passerby.css", "/nowhere"] {
        let response = browser.get(path).await;
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(header(&response, name), Some(value), "{path}");
        }
        let policy = header(&response, "content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self';"), "{policy}");
        assert!(policy.contains("form-action 'self'; frame-ancestors 'none'"), "{policy}");
        assert_eq!(response.status, if path == "/nowhere" { 404 } else { 200 }, "{path}");
        assert!(!response.body.contains("<style") && !response.body.contains("style="), "{path}");
    }
    let mut over_tls = Browser { host: "mod.example".into(), ..scene.browser() };
    over_tls.more.push(("Origin", "https://mod.example".into()));
    let response = over_tls.post("/sign-in", &[("token", &scene.tokens[0])]).await;
    let set = header(&response, "set-cookie").unwrap();
    assert!(set.starts_with("__host-passerby-moderator=") && set.ends_with("; secure"), "{set}");
}

#[tokio::test]
async fn other_hosts_and_other_origins_cannot_act() {
    let scene = Scene::open("queue-origins", |it| it.moderation.hosts = vec!["mod.example".into()]).await;
    let anna = scene.moderator(0).await;
    for host in ["evil.example", "mod.example.evil.example", "10.0.0.1", ""] {
        let response = Browser { host: host.to_owned(), ..anna.clone() }.get("/").await;
        assert_eq!((response.status, &*response.body), (421, "wrong-host"), "{host}");
    }
    let page = anna.clone().get(&scene.page(0)).await;
    let dismiss = [("action", "dismiss"), ("note", "mine")];
    for headers in [
        vec![("Origin", "https://evil.example".to_owned())],
        vec![("Origin", "null".to_owned())],
        vec![("Origin", format!("http://{}", anna.host)), ("Sec-Fetch-Site", "cross-site".to_owned())],
        vec![("Origin", format!("http://127.0.0.1:{}", scene.address.port()))],
    ] {
        let mut foreign = Browser { more: headers.clone(), ..anna.clone() };
        let response = foreign.submit(&page, &scene.page(0), &dismiss).await;
        assert_eq!((response.status, &*response.body), (403, "wrong-origin"), "{headers:?}");
    }
    // The token of a form is that of one session.
    let other = scene.moderator(0).await.get(&scene.page(0)).await;
    for token in ["", "0", value_of(&other.body, "token").unwrap()] {
        let fields = [("token", token), ("seen", "0.3"), ("action", "dismiss"), ("note", "my <note>")];
        let response = anna.clone().post(&scene.page(0), &fields).await;
        assert_eq!(response.status, 403, "{token}");
        assert!(text(&response).contains("my <note>"), "what was written is given back");
    }
    for method in ["PUT", "DELETE", "OPTIONS"] {
        assert_eq!(anna.clone().send(method, &scene.page(0), "").await.status, 405, "{method}");
    }
    assert_eq!(text(&anna.clone().get("/").await).matches("Subject ").count(), 3, "nothing was dismissed");
    let response = anna.clone().submit(&page, &scene.page(0), &dismiss).await;
    assert_eq!(response.status, 303, "the right token and origin can");
}

#[tokio::test]
async fn a_token_guessed_thousand_times_is_slowed() {
    let scene = Scene::open("queue-guesses", |_| {}).await;
    let mut statuses = std::collections::BTreeMap::<u16, u32>::new();
    let mut waits = Vec::new();
    for number in 0..1_000 {
        let response = scene.browser().post("/sign-in", &[("token", &format!("guess {number}"))]).await;
        *statuses.entry(response.status).or_default() += 1;
        waits.extend(header(&response, "retry-after").map(|it| it.parse::<u64>().unwrap()));
    }
    assert_eq!(statuses[&401] + statuses[&429], 1_000);
    assert!(statuses[&401] <= 12, "{statuses:?}");
    assert!(waits.iter().all(|it| (1..=60).contains(it)), "{waits:?}");
    let response = scene.browser().post("/sign-in", &[("token", &scene.tokens[0])]).await;
    assert_eq!(response.status, 429, "also the right one waits");
    assert!(scene.new_rows() <= 10, "the audit log cannot be filled from outside: {}", scene.new_rows());
}

#[tokio::test]
async fn queue_and_subject_show_what_is_known() {
    let scene = Scene::open("queue-shown", |_| {}).await;
    let mut anna = scene.moderator(0).await;
    let queue = anna.get("/").await;
    let shown = text(&queue);
    let order: Vec<_> =
        scene.subjects.iter().map(|it| shown.find(&format!("Subject {it}")).unwrap()).collect();
    assert!(order.is_sorted(), "the highest score first: {shown}");
    assert!(shown.contains("Threats 2, Spam or fake video 1") && shown.contains("now"), "{shown}");
    assert!(shown.contains("Signed in as anna"), "{shown}");
    let subject = anna.get(&scene.page(0)).await;
    let shown = text(&subject);
    for part in [
        "They said they know where I live. <script>",
        "Undecided reports",
        "An advertisement",
        "paused",
        "Device name00000000-0000-0000-0000-000000000001",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!subject.body.contains("<script>alert"), "words are no markup");
    for action in ["dismiss", "warn", "pause", "ban", "escalate", "note", "lift"] {
        assert!(subject.body.contains(&format!("name=\"action\" value=\"{action}\"")), "{action}");
    }
    assert!(shown.contains("No person has decided this."), "the statement of the pause: {shown}");
    assert_eq!(anna.get("/subjects/99").await.status, 404);
    assert!(text(&anna.get("/?status=closed").await).contains("nothing to do"));
    assert_eq!(scene.new_rows(), 4, "a row for the sign-in and for each view");
}

#[tokio::test]
async fn a_ban_with_a_note_has_a_statement_and_a_former_decision() {
    let scene = Scene::open("queue-ban", |_| {}).await;
    let mut anna = scene.moderator(0).await;
    let page = anna.get(&scene.page(1)).await;
    let long = [("action", "ban"), ("reason", "hate"), ("days", "180"), ("note", "Too long.\r\nReally.")];
    let response = anna.submit(&page, &scene.page(1), &long).await;
    assert_eq!(response.status, 422);
    assert!(text(&response).contains("only a severe reason allows"), "{}", text(&response));
    assert!(response.body.contains("\nToo long.\nReally.</textarea>"), "{}", response.body);
    assert!(response.body.contains("<option value=\"180\" selected"), "{}", response.body);

    let no_rule = [("action", "ban"), ("reason", ""), ("days", "7"), ("note", "Which?")];
    let response = anna.submit(&response, &scene.page(1), &no_rule).await;
    assert_eq!(response.status, 422);
    assert!(text(&response).contains("needs the rule") && response.body.contains("\nWhich?</textarea>"));

    let week = [("action", "ban"), ("reason", "hate"), ("days", "7"), ("note", "Slurs, <b>twice</b>.")];
    let response = anna.submit(&response, &scene.page(1), &week).await;
    let subject = scene.subjects[1];
    assert_eq!((response.status, location(&response)), (303, &*format!("/?done=ban&subject={subject}")));
    assert_eq!(
        scene.server.metric("passerby_decisions_total{kind=\"ban\"}").await,
        1,
        "refused ones do not count"
    );
    let queue = anna.get(location(&response)).await;
    assert!(text(&queue).contains(&format!("Subject {subject}: its person is banned.")), "{}", text(&queue));
    let shown = text(&anna.get(&scene.page(1)).await);
    for part in [
        "Slurs, <b>twice</b>.",
        "ban for Hate",
        "by anna",
        "You were banned",
        "A person has decided this.",
        "The code for an appeal: ",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert_eq!(scene.new_rows(), 7, "the sign-in, five views, and a decision");
}

#[tokio::test]
async fn two_moderators_do_not_collide() {
    let scene = Scene::open("queue-two", |_| {}).await;
    let (mut anna, mut ben) = (scene.moderator(0).await, scene.moderator(1).await);
    let (first, second) = (anna.get(&scene.page(0)).await, ben.get(&scene.page(0)).await);
    assert_eq!(anna.submit(&first, &(scene.page(0) + "/claim"), &[]).await.status, 303);
    assert!(text(&anna.get(&scene.page(0)).await).contains("Claimed by you"));
    assert!(text(&ben.get("/").await).contains("anna, ends in"), "the queue says so");

    let note = [("action", "dismiss"), ("note", "I found it first.")];
    let response = ben.submit(&second, &scene.page(0), &note).await;
    assert_eq!(response.status, 409);
    assert!(text(&response).contains("anna works on this until"), "{}", text(&response));
    assert!(response.body.contains("\nI found it first.</textarea>"));
    assert_eq!(ben.submit(&second, &(scene.page(0) + "/claim"), &[]).await.status, 409);

    let warn = [("action", "warn"), ("reason", "threats"), ("days", "1")];
    assert_eq!(anna.submit(&first, &scene.page(0), &warn).await.status, 303);
    // The claim is over, but what Ben has seen is not how it is.
    let response = ben.submit(&second, &scene.page(0), &note).await;
    assert_eq!(response.status, 409);
    let shown = text(&response);
    assert!(shown.contains("Somebody else has decided in the meantime"), "{shown}");
    assert!(shown.contains("Your note is still in the form") && shown.contains("by anna"), "{shown}");
    assert_eq!(ben.submit(&response, &scene.page(0), &note).await.status, 303, "as it is now, he can");
    assert!(scene.new_rows() > 0);
}

#[tokio::test]
async fn several_subjects_are_dismissed_at_once_if_they_are_as_seen() {
    let scene = Scene::open("queue-bulk", |_| {}).await;
    let (mut anna, mut ben) = (scene.moderator(0).await, scene.moderator(1).await);
    let queue = anna.get("/").await;
    let choices: Vec<_> = queue
        .body
        .match_indices("name=\"choice\"")
        .map(|(at, _)| value_of(&queue.body[at - 40..], "choice").unwrap())
        .collect();
    assert_eq!(choices.len(), 3);
    let page = ben.get(&scene.page(1)).await;
    ben.submit(&page, &(scene.page(1) + "/claim"), &[]).await;
    let all: Vec<_> = choices.iter().map(|it| ("choice", *it)).collect();
    let response = anna.submit(&queue, "/dismiss", &all).await;
    assert_eq!(response.status, 409);
    let shown = text(&response);
    let kept = format!("2 dismissed. Nothing was done about subject {} (claimed by ben).", scene.subjects[1]);
    assert!(shown.contains(&kept), "{shown}");
    assert_eq!(scene.server.metric("passerby_decisions_total{kind=\"dismiss\"}").await, 2);
    ben.submit(&page, &scene.page(1), &[("action", "escalate")]).await;
    let queue = anna.get("/?status=escalated").await;
    let choice = value_of(&queue.body, "choice").unwrap();
    let fields = [("choice", choice), ("status", "escalated")];
    let response = anna.submit(&queue, "/dismiss", &fields).await;
    assert_eq!((response.status, location(&response)), (303, "/?status=escalated&dismissed=1"));
    assert!(text(&anna.get("/?status=escalated&dismissed=1").await).contains("1 dismissed."));
    let closed = text(&anna.get("/?status=closed").await);
    assert!(closed.matches("Subject ").count() == 3 && !closed.contains("ago"), "{closed}");
    assert!(scene.new_rows() > 0);
}

#[tokio::test]
async fn appeals_are_granted_and_rejected_with_an_answer() {
    let scene = Scene::open("queue-appeals", |_| {}).await;
    let (mut anna, mut ben) = (scene.moderator(0).await, scene.moderator(1).await);
    let mut codes = Vec::new();
    for place in [1, 2] {
        let path = scene.page(place);
        let page = anna.get(&path).await;
        let ban = [("action", "ban"), ("reason", "hate"), ("days", "7")];
        anna.submit(&page, &path, &ban).await;
        let shown = text(&anna.get(&path).await);
        let code = shown.split_once("The code for an appeal: ").unwrap().1[..19].parse().unwrap();
        scene.moderation.appeal(stamp(3), code, format!("It was not me. {place}")).await.unwrap();
        codes.push(code);
    }
    let list = anna.get("/appeals").await;
    assert!(text(&list).contains("Appeal 1") && text(&list).contains("Ban for Hate"), "{}", text(&list));
    let page = ben.get("/appeals/1").await;
    let subject = format!("subject {}", scene.subjects[1]);
    for part in ["It was not me. 1", "You were banned", &subject] {
        assert!(text(&page).contains(part), "{part}: {}", text(&page));
    }
    let grant = [("action", "grant"), ("answer", "You are right, sorry.")];
    let response = ben.submit(&page, "/appeals/1", &grant).await;
    assert_eq!((response.status, location(&response)), (303, "/appeals?done=grant"));
    assert!(!text(&anna.get(&scene.page(1)).await).contains("You were banned"), "it is lifted");
    let reject = [("action", "reject"), ("answer", "My long answer")];
    let any_page = anna.get("/").await;
    let response = anna.submit(&any_page, "/appeals/1", &reject).await;
    assert_eq!(response.status, 409);
    assert!(
        text(&response).contains("Somebody else has decided") && response.body.contains("My long answer")
    );
    let page = anna.get("/appeals/2").await;
    assert_eq!(anna.submit(&page, "/appeals/2", &reject).await.status, 303);
    let states = [
        AppealState::Granted { answer: "You are right, sorry.".into() },
        AppealState::Rejected { answer: "My long answer".into() },
    ];
    for (code, state) in codes.into_iter().zip(states) {
        assert_eq!(scene.moderation.statement(code).await.unwrap().state, state);
    }
    for kind in ["grant-appeal", "reject-appeal"] {
        let name = format!("passerby_decisions_total{{kind=\"{kind}\"}}");
        assert_eq!(scene.server.metric(&name).await, 1, "{kind}");
    }
    assert!(text(&anna.get("/appeals").await).contains("No appeal waits."));
    assert_eq!(anna.get("/appeals/2").await.status, 404);
    assert!(scene.new_rows() > 0);
}

#[tokio::test]
async fn sessions_end_by_a_button_and_with_the_moderator() {
    let scene = Scene::open("queue-sessions", |_| {}).await;
    let mut anna = scene.moderator(0).await;
    let before = anna.clone();
    let page = anna.get("/").await;
    assert_eq!(scene.new_rows(), 2, "the sign-in and the view");
    let response = anna.submit(&page, "/sign-out", &[]).await;
    assert_eq!(scene.new_rows(), 3, "and the sign-out");
    assert!(header(&response, "set-cookie").unwrap().ends_with("max-age=0"), "{}", response.head);
    assert_eq!(before.clone().get("/").await.status, 401, "also for a copy of the cookie");

    let mut ben = scene.moderator(1).await;
    assert_eq!(ben.get("/").await.status, 200);
    let dir = scene.folder.0.join("state");
    offline::remove_moderator(&dir, stamp(7), "ben").unwrap();
    assert_eq!(ben.get("/").await.status, 401);
    offline::add_moderator(&dir, stamp(8), "ben").unwrap();
    assert_eq!(ben.get("/").await.status, 401, "another person of this name");
}

#[tokio::test]
async fn a_proxy_with_the_secret_signs_moderators_in() {
    let secret = "north".repeat(7);
    let scene = Scene::open("queue-proxy", |it| {
        it.moderation.proxy = vec!["127.0.0.1".into()];
        it.moderation.proxy_secret.0 = secret.clone().into();
    })
    .await;
    let proxied = |name: &str, secret: &str| Browser {
        more: vec![("Remote-User", name.to_owned()), ("X-Passerby-Secret", secret.to_owned())],
        ..scene.browser()
    };
    for (name, secret) in [("anna", "south"), ("anna", ""), ("carl", &*secret), ("", &secret)] {
        assert_eq!(proxied(name, secret).get("/").await.status, 401, "{name}");
    }
    let mut anna = proxied("anna", &secret);
    let page = anna.get(&scene.page(2)).await;
    assert_eq!((page.status, header(&page, "set-cookie")), (200, None));
    assert!(text(&page).contains("Signed in as anna") && !page.body.contains("/sign-out"));
    let mut ben = proxied("ben", &secret);
    assert_eq!(ben.submit(&page, &scene.page(2), &[("action", "dismiss")]).await.status, 403, "her form");
    assert_eq!(anna.submit(&page, &scene.page(2), &[("action", "dismiss")]).await.status, 303);
}

#[tokio::test]
async fn large_forms_are_refused() {
    let scene = Scene::open("queue-large", |_| {}).await;
    let mut anna = scene.moderator(0).await;
    let page = anna.get(&scene.page(2)).await;
    let note = "é".repeat(1_000);
    let longest = [("action", "note"), ("note", &*note)];
    assert_eq!(anna.submit(&page, &scene.page(2), &longest).await.status, 303);
    let page = anna.get(&scene.page(2)).await;
    let longer = note.clone() + "é";
    assert_eq!(
        anna.submit(&page, &scene.page(2), &[("action", "note"), ("note", &longer)]).await.status,
        422
    );
    let huge = "x".repeat(70_000);
    assert_eq!(anna.submit(&page, &scene.page(2), &[("action", "note"), ("note", &huge)]).await.status, 413);
}

#[tokio::test]
async fn public_listener_has_no_page_of_the_moderators() {
    let scene = Scene::open("queue-public", |_| {}).await;
    for path in
        ["/sign-in", &scene.page(0), "/appeals", "/appeals/1", "/dismiss", "/keys.js", "/moderation.css"]
    {
        let response = scene.server.get(path, &[("Host", "localhost")]).await;
        assert_eq!(response.status, 404, "{path}");
    }
    let html = scene.server.get("/", &[("Host", "localhost")]).await.body;
    assert!(!html.contains("oderator"), "{html}");
    let without = TestServer::open().await;
    assert_eq!(without.moderation, None);
}

#[test]
fn no_program_for_browsers_contains_the_pages_of_the_moderators() {
    // scripts/weigh-wasm looks for them in what the build has made.
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files_with(&source.join("browser"), &["moderation"], &mut found);
    files_with(&source.join("call"), &["moderation"], &mut found);
    assert_eq!(found, [] as [&str; 0]);
    files_with(&source.join("ui"), &["moderation::", "mod moderation"], &mut found);
    assert_eq!(found, ["mod.rs"], "the declaration of the folder, and no use of it");
}

/// What benches/queue.rs measures.
#[tokio::test]
async fn queue_of_ten_thousand_subjects_among_hundred_thousand_bans_is_shown_in_order() {
    let folder = Folder::new("queue-many");
    let mut config = Config::default();
    config.state.dir = folder.0.join("state");
    let token = offline::add_moderator(&config.state.dir, stamp(1), "anna").unwrap();
    let store = rusqlite::Connection::open(config.state.dir.join("moderation.db")).unwrap();
    store.execute_batch(include_str!("../../../benches/support/queue.sql")).unwrap();
    drop(store);
    let server = TestServer::open_with(config).await;
    let address = server.moderation.expect("a listener for moderators");
    let host = format!("localhost:{}", address.port());
    let mut anna = Browser { address, host, cookie: String::new(), more: Vec::new() };
    assert_eq!(anna.post("/sign-in", &[("token", &token)]).await.status, 303);
    let (mut path, mut places, mut slowest) = ("/".to_owned(), Vec::new(), Duration::ZERO);
    for _ in 0..20 {
        let start = tokio::time::Instant::now();
        let page = anna.get(&path).await;
        slowest = slowest.max(start.elapsed());
        assert_eq!(page.body.matches("data-row").count(), 50);
        // The highest score is 999, and about eleven subjects share each.
        for row in page.body.split("href=\"/subjects/").skip(1) {
            let subject: i64 = row.split('"').next().unwrap().parse().unwrap();
            places.push((-(100 + subject % 900), subject));
        }
        let next = page.body.split_once("rel=\"next\"").unwrap().0.rsplit_once("href=\"").unwrap().1;
        path = next.split('"').next().unwrap().replace("&amp;", "&");
    }
    assert!(places.is_sorted_by(|one, next| one < next), "by score, each once");
    assert_eq!((places.len(), places[0].0), (1_000, -999));
    println!("the slowest of 20 pages of a queue of 10,000: {slowest:?}");
}
