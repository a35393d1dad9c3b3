//! How long a page of the moderators' queue takes: 10,000 subjects wait among 100,000 bans, in the real program.
//!
//! Prints what was measured, and fails if a page takes longer than its bound. Needs nothing else.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "it measures time and prints it for people, and an error is one for developers"
)]

use std::{
    env, fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use passerby::moderation::{Stamp, UnixTime, offline};

/// What a page may take: a person does not notice it.
const BOUND: Duration = Duration::from_millis(100);

/// Pages that are asked for, one after the other.
const PAGES: usize = 100;

/// Lines of a page.
const LINES: usize = 50;

/// How long the program may take to start.
const START: Duration = Duration::from_secs(20);

/// The program, with its state in a folder that ends with it.
struct Program {
    process: Child,
    folder: PathBuf,
}

impl Drop for Program {
    fn drop(&mut self) {
        // Errors mean that it has already ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn main() {
    let folder = env::temp_dir().join(format!("passerby-queue-{}", process::id()));
    let state = folder.join("state");
    let token = fill(&state);
    let (address, moderation) = (free_address(), free_address());
    let process = Command::new(env!("CARGO_BIN_EXE_passerby"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("LEPTOS_SITE_ADDR", address.to_string())
        .env("LEPTOS_SITE_ROOT", "src/tests/support/site")
        .env("PASSERBY__METRICS__ADDR", "")
        .env("PASSERBY__RELAY__ADDR", "")
        .env("PASSERBY__LOG__FILTER", "warn")
        .env("PASSERBY__MODERATION__ADDR", moderation.to_string())
        .env("PASSERBY__STATE__DIR", &state)
        .stdin(Stdio::null())
        .spawn()
        .expect("the program starts");
    let _program = Program { process, folder };
    wait_until_up(moderation);
    let answer = send(moderation, "POST", "/sign-in", "", &format!("token={token}"));
    let cookie = between(&answer, "set-cookie: ", ";").expect("a session").to_owned();
    let mut times = Vec::new();
    let mut path = "/".to_owned();
    for _ in 0..PAGES {
        let start = Instant::now();
        let page = send(moderation, "GET", &path, &cookie, "");
        times.push(start.elapsed());
        assert_eq!(page.matches("data-row").count(), LINES, "a whole page");
        let (before, _) = page.split_once("rel=\"next\"").expect("a next page");
        let (_, link) = before.rsplit_once("href=\"").expect("its link");
        path = link.split('"').next().unwrap_or_default().replace("&amp;", "&");
    }
    times.sort_unstable();
    let (middle, slowest) = (times[PAGES / 2], times[PAGES - 1]);
    println!("a page of the queue, 10,000 subjects and 100,000 bans: {middle:?}, the slowest {slowest:?}");
    assert!(slowest < BOUND, "{slowest:?}, more than {BOUND:?}");
}

/// Makes the store, and returns the token of a moderator.
fn fill(state: &Path) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
    let stamp = Stamp { now: UnixTime(now), random: [7; 32] };
    let token = offline::add_moderator(state, stamp, "anna").expect("a store");
    let store = rusqlite::Connection::open(state.join("moderation.db")).expect("a database");
    store.execute_batch(include_str!("support/queue.sql")).expect("rows");
    token.to_string()
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a free port")
}

fn wait_until_up(address: SocketAddr) {
    let start = Instant::now();
    while TcpStream::connect(address).is_err() {
        assert!(start.elapsed() < START, "the program starts in time");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Sends a request, and returns the answer with its head.
fn send(address: SocketAddr, method: &str, path: &str, cookie: &str, form: &str) -> String {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nConnection: close\r\n\
         Cookie: {cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let mut stream = TcpStream::connect(address).expect("the program");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

/// The text after `start` and before `end`.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split(end).next()
}
