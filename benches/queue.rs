//! How long a page of the moderators' queue takes: 10,000 subjects wait among 100,000 bans, in the real program.
//!
//! Prints what was measured, and fails if a page takes longer than its bound. Needs nothing else.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "it measures time and prints it for people, and an error is one for developers"
)]

#[path = "support/mod.rs"]
#[expect(dead_code, reason = "other benchmarks need the rest")]
mod support;

use std::{
    env, fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use passerby::moderation::{Stamp, UnixTime, offline};
use support::{PASSERBY_SETTINGS, Process, free_address, wait_until_up};

/// What a page may take: a person does not notice it.
const BOUND: Duration = Duration::from_millis(100);

/// Pages that are asked for, one after the other.
const PAGES: usize = 100;

/// Lines of a page.
const LINES: usize = 50;

/// A folder that is removed when it is dropped.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // An error leaves it in the folder of temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn main() {
    let folder = Folder(env::temp_dir().join(format!("passerby-queue-{}", process::id())));
    let state = folder.0.join("state");
    let token = fill(&state);
    let (address, moderation) = (free_address(), free_address());
    let process = Command::new(env!("CARGO_BIN_EXE_passerby"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .envs(PASSERBY_SETTINGS)
        .env("LEPTOS_SITE_ADDR", address.to_string())
        .env("PASSERBY__METRICS__ADDR", "")
        .env("PASSERBY__MODERATION__ADDR", moderation.to_string())
        .env("PASSERBY__STATE__DIR", &state)
        .stdin(Stdio::null())
        .spawn()
        .expect("the program starts");
    let _process = Process(process);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(wait_until_up(moderation, "/"));
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
