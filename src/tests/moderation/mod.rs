//! Moderation with the real program and a real server.

mod killed;
mod pages;
mod queue;
pub(crate) mod reports;

use std::{collections::HashSet, fs, path::Path};

use passerby::{
    moderation::{Moderation, Stamp, UnixTime},
    protocol::{ReportReason, ReportResult, ReportWords, ToBrowser, ToServer},
    server::Config,
};

use crate::{
    program::Folder,
    support::{TestClient, TestServer},
};

/// A server whose store is in this folder, and whose visitors come through a proxy.
async fn server(folder: &Folder) -> TestServer {
    let mut config = Config::default();
    config.state.dir = folder.0.join("state");
    config.server.proxies = vec!["127.0.0.1".into()];
    TestServer::open_with(config).await
}

/// The address of a visitor; no two numbers below 100 share a network.
pub(crate) fn address(number: usize) -> String {
    format!("198.51.100.{}", 100 + number)
}

/// Lets two visitors meet who are the only ones.
pub(crate) async fn meet(one: &mut TestClient, other: &mut TestClient) {
    tokio::join!(one.join(), other.join());
    tokio::join!(one.receive_match(), other.receive_match());
}

/// Reports because of spam, with the ticket, and waits for the answer: what came of it, and the code.
pub(crate) async fn report(client: &mut TestClient, ticket: &str) -> (ReportResult, Option<String>) {
    let words = ReportWords::new("He shows a recording.").unwrap();
    client.send(ToServer::Report { ticket: ticket.to_owned(), reason: ReportReason::Spam, words }).await;
    loop {
        if let ToBrowser::Reported { result, outcome, .. } = client.receive().await {
            return (result, outcome);
        }
    }
}

/// Lets each bot report its last partner. Every report is stored, and its reporter gets a code of its own.
pub(crate) async fn let_all_report(bots: &mut [TestClient]) {
    let mut codes = HashSet::new();
    for bot in bots.iter_mut() {
        let ticket = bot.ticket.clone().unwrap();
        let (result, code) = report(bot, &ticket).await;
        assert_eq!(result, ReportResult::Accepted);
        codes.extend(code);
    }
    assert_eq!(codes.len(), bots.len());
}

/// Whether a file in this folder contains these bytes.
fn contains(folder: &Path, needle: &[u8]) -> bool {
    fs::read_dir(folder).unwrap().any(|it| {
        let path = it.unwrap().path();
        if path.is_dir() {
            contains(&path, needle)
        } else {
            fs::read(path).unwrap().windows(needle.len()).any(|it| it == needle)
        }
    })
}

fn stamp(number: u128) -> Stamp {
    let mut random = [0; 32];
    random[..10].copy_from_slice(&number.to_be_bytes()[6..]);
    random[10..20].copy_from_slice(&number.to_be_bytes()[6..]);
    Stamp { now: UnixTime(1_794_700_800), random }
}

#[test]
fn command_lines_work_beside_an_open_store() {
    let folder = Folder::new("moderation-commands");
    let run = |arguments: &[&str]| {
        let output = folder.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let problem = folder.refusal(&["backup", "copy.db"]);
    assert!(problem.contains("`state.dir` state") && problem.contains("moderation.db"), "{problem}");
    assert!(!folder.0.join("state").exists(), "a look creates nothing");

    let state = folder.0.join("state");
    let _open = Moderation::open(&state, stamp(0)).unwrap();
    let token = run(&["moderator", "add", "anna"]).lines().nth(1).unwrap().to_owned();
    assert_eq!(token.len(), 43);
    assert!(run(&["moderator", "list"]).starts_with("anna since 20"));
    assert!(folder.refusal(&["moderator", "add", "anna"]).contains("already"));
    run(&["moderator", "remove", "anna"]);
    assert_eq!(run(&["moderator", "list"]), "There is no moderator.\n");
    assert!(folder.refusal(&["moderator", "remove", "anna"]).contains("moderator anna"));

    assert!(run(&["audit", "verify"]).contains("2 rows"));
    run(&["audit", "export", "audit.jsonl"]);
    assert_eq!(fs::read_to_string(folder.0.join("audit.jsonl")).unwrap().lines().count(), 3);
    run(&["backup", "copy.db"]);
    assert!(fs::metadata(folder.0.join("copy.db")).unwrap().len() > 4_096);
    assert!(folder.refusal(&["backup", "copy.db"]).contains("exists"));
    assert!(run(&["audit", "verify"]).contains("4 rows"), "with the export and the one backup");

    fs::write(folder.0.join("Leptos.toml"), "[state]\ndir = \"\"").unwrap();
    for command in [&["backup", "x.db"][..], &["moderator", "list"], &["audit", "verify"]] {
        let problem = folder.refusal(command);
        assert!(problem.contains("`state.dir` is empty"), "{problem}");
    }
}
