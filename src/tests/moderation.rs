//! The moderation store with the real program, and with a process that is killed while it writes.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use passerby::{
    moderation::{Moderation, Party, Report, ReportOutcome, Stamp, UnixTime, offline},
    protocol::{DeviceId, MatchId, NetworkTag, ReportReason},
};
use uuid::Uuid;

use crate::program::Folder;

/// Kills of one run.
const KILLS: u32 = 20;

/// Reports that the child has sent and not yet heard of.
const AT_ONCE: usize = 50;

/// Tells the test binary to be the child: the folder of its store, and the number of its run.
const CHILD: &str = "PASSERBY_TEST_REPORTS";

/// When a run begins. Its reports are about ten people.
const START: UnixTime = UnixTime(1_794_700_800);

fn report(number: u128) -> Report {
    let party = |device: u128| Party {
        device: DeviceId(Uuid::from_u128(device)),
        network: NetworkTag(device.to_be_bytes()),
    };
    Report {
        match_id: MatchId(Uuid::from_u128(number)),
        reporter: party(1_000 + number),
        subject: party(number % 10),
        reason: ReportReason::Spam,
        words: format!("report {number}"),
        started: START,
    }
}

fn stamp(number: u128) -> Stamp {
    let mut random = [0; 32];
    random[..10].copy_from_slice(&number.to_be_bytes()[6..]);
    random[10..20].copy_from_slice(&number.to_be_bytes()[6..]);
    Stamp { now: START, random }
}

/// The child of [`killed_process_loses_no_acknowledged_report`]: reports until it is killed, and prints the number and
/// the code of each report that is acknowledged. In any other run it does nothing.
#[tokio::test]
async fn child_that_reports() {
    let Ok(task) = env::var(CHILD) else { return };
    let (run, folder) = task.split_once(' ').unwrap();
    let first = run.parse::<u128>().unwrap() * 1_000_000;
    let moderation = Moderation::open(Path::new(folder), stamp(first)).unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for number in first.. {
        let moderation = moderation.clone();
        tasks.spawn(async move { (number, moderation.report(stamp(number), report(number)).await) });
        if tasks.len() >= AT_ONCE {
            let (number, receipt) = tasks.join_next().await.unwrap().unwrap();
            println!("acknowledged {number} {}", receipt.unwrap().code);
        }
    }
}

/// Starts the child, kills it after some answers, and returns what it has acknowledged.
fn run_and_kill(folder: &Folder, run: u32) -> Vec<(u128, String)> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "moderation::child_that_reports", "--nocapture"])
        .env(CHILD, format!("{run} {}", folder.0.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Each time at another moment: a commit holds up to 64 reports.
    let answers = 1 + (run as usize * 37) % 150;
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let read = |line: String| {
        let (number, code) = line.split_once("acknowledged ")?.1.split_once(' ')?;
        Some((number.parse().unwrap(), code.to_owned()))
    };
    let mut acknowledged: Vec<_> = lines.by_ref().filter_map(read).take(answers).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    // What it has still said; its last line may have been cut off.
    acknowledged.extend(lines.filter_map(read).filter(|(_, code)| code.len() == 19));
    acknowledged
}

#[tokio::test]
async fn killed_process_loses_no_acknowledged_report() {
    let folder = Folder::new("killed");
    for run in 1..=KILLS {
        let acknowledged = run_and_kill(&folder, run);
        assert!(!acknowledged.is_empty());
        let moderation = Moderation::open(&folder.0, stamp(0)).unwrap();
        for (number, code) in acknowledged {
            let code = code.parse().unwrap();
            assert_eq!(moderation.outcome(code).await.unwrap(), ReportOutcome::Undecided, "{number}");
            // Sent again by a page that has not heard the answer, it is still the same one.
            let again = moderation.report(stamp(number), report(number)).await.unwrap();
            assert!(!again.is_new && again.code == code, "{number}");
        }
        moderation.close().await;
        // Each run has paused its subjects at most once, which leaves rows.
        let (last, count) = offline::verify_audit(&folder.0).unwrap();
        assert_eq!(last.number, count);
    }
}

#[tokio::test]
async fn no_address_is_stored() {
    let folder = Folder::new("addresses");
    let moderation = Moderation::open(&folder.0, stamp(0)).unwrap();
    let addresses = ["198.51.100.7", "203.0.113.250", "2001:db8:1234:5678::1"];
    let tags = moderation.network_tags().borrow().clone();
    for (number, address) in (1..).zip(addresses) {
        let mut report = report(number);
        report.reporter.network = tags.tag(address.parse().unwrap());
        moderation.report(stamp(number), report).await.unwrap();
    }
    moderation.close().await;
    let copy = folder.0.join("copy.db");
    offline::backup(&folder.0, &copy).unwrap();
    let mut files = 0;
    for entry in fs::read_dir(&folder.0).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        files += 1;
        for address in addresses {
            let octets = match address.parse::<std::net::IpAddr>().unwrap() {
                std::net::IpAddr::V4(it) => it.octets().to_vec(),
                std::net::IpAddr::V6(it) => it.octets()[..8].to_vec(),
            };
            for needle in [address.as_bytes(), &octets] {
                assert!(!bytes.windows(needle.len()).any(|it| it == needle), "{address}");
            }
        }
    }
    assert!(files >= 3, "the database, its copy and a key");
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
    assert_eq!(fs::read_to_string(folder.0.join("audit.jsonl")).unwrap().lines().count(), 2);
    run(&["backup", "copy.db"]);
    assert!(fs::metadata(folder.0.join("copy.db")).unwrap().len() > 4_096);
    assert!(folder.refusal(&["backup", "copy.db"]).contains("exists"));

    fs::write(folder.0.join("Leptos.toml"), "[state]\ndir = \"\"").unwrap();
    for command in [&["backup", "x.db"][..], &["moderator", "list"], &["audit", "verify"]] {
        let problem = folder.refusal(command);
        assert!(problem.contains("`state.dir` is empty"), "{problem}");
    }
}
