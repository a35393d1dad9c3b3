//! The files of the store: migrations, backup, changed logs, and what is found fast.

use std::{fs, os::unix::fs::PermissionsExt, time::Duration};

use rusqlite::{Connection, params};

use super::{
    Folder,
    scene::{SUBJECT, Scene, device, stamp, tag},
};
use crate::moderation::{
    Action, BanLength, Moderation, ModerationError, ModeratorDecision, PAUSED_SCORE, Status, UnixTime,
    offline, reporter_weight,
    store::{self, path_in},
};

#[test]
fn empty_database_is_migrated_and_a_newer_one_is_refused() {
    let folder = Folder::new("migration");
    let path = path_in(&folder.0);
    let version = || -> u32 {
        Connection::open(&path).unwrap().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
    };
    drop(store::connect(&folder.0).unwrap());
    let current = version();
    assert_eq!(current, 1, "a new file has version 0");
    drop(store::connect(&folder.0).unwrap());
    assert_eq!(version(), current, "once");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    Connection::open(&path).unwrap().pragma_update(None, "user_version", current + 1).unwrap();
    assert!(matches!(store::connect(&folder.0), Err(ModerationError::Newer)));
    assert!(matches!(Moderation::open(&folder.0, stamp(UnixTime(0), 0)), Err(ModerationError::Newer)));
}

#[tokio::test]
async fn backup_restores_everything_but_the_keys() {
    let mut scene = Scene::new("backup");
    let code = scene.report(1, 1).await.code;
    let row = scene.only().await;
    scene.decide("anna", &row, Action::Warn(crate::protocol::ReportReason::Spam)).await.unwrap();
    let copy = Folder::new("restored");
    let file = copy.0.join("moderation.db");
    offline::backup(&scene.folder.0, stamp(scene.now, 0), &file).unwrap();
    assert!(
        matches!(
            offline::backup(&scene.folder.0, stamp(scene.now, 0), &file),
            Err(ModerationError::Files(_))
        ),
        "never over one"
    );
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(&copy.0).unwrap().count(), 1, "one file, which needs no other");
    assert!(scene.folder.0.join("network-2026-11.key").exists());

    let restored = Moderation::open(&copy.0, stamp(scene.now, 77)).unwrap();
    assert_eq!(restored.sanctions().await.unwrap(), scene.moderation.sanctions().await.unwrap());
    restored.outcome(code).await.unwrap();
    assert_eq!(offline::verify_audit(&copy.0).unwrap(), offline::verify_audit(&scene.folder.0).unwrap());
    let address = [192, 0, 2, 1].into();
    let tag = |it: &Moderation| it.network_tags().borrow().tag(address);
    assert_ne!(tag(&restored), tag(&scene.moderation), "the key is another one");

    let nowhere = Folder::new("nowhere");
    let result = offline::backup(&nowhere.0, stamp(scene.now, 0), &copy.0.join("other.db"));
    assert!(matches!(result, Err(ModerationError::Files(_))));
    assert_eq!(fs::read_dir(&nowhere.0).unwrap().count(), 0, "nothing is created");
}

#[test]
fn copy_of_a_busy_database_fails() {
    let folder = Folder::new("busy-backup");
    let path = path_in(&folder.0);
    drop(store::connect(&folder.0).unwrap());
    // With the write-ahead log a copy waits for nobody; without it, it waits for a writer.
    let writer = Connection::open(&path).unwrap();
    writer.pragma_update(None, "journal_mode", "DELETE").unwrap();
    writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let from = Connection::open(&path).unwrap();
    let copy = folder.0.join("copy.db");
    let result = offline::copy(&from, &copy);
    assert!(matches!(result, Err(ModerationError::Files(_))), "{result:?}");
    writer.execute_batch("ROLLBACK").unwrap();
    offline::copy(&from, &copy).unwrap();
    let count = "SELECT count(*) FROM sqlite_schema";
    let tables: u32 = Connection::open(&copy).unwrap().query_row(count, [], |row| row.get(0)).unwrap();
    assert!(tables > 10, "{tables}");
}

#[tokio::test]
async fn changed_audit_log_is_found() {
    let mut scene = Scene::new("audit");
    for _ in 0..5 {
        scene.queue().await;
    }
    let export = scene.folder.0.join("audit.jsonl");
    let (last, count) = offline::export_audit(&scene.folder.0, stamp(scene.now, 0), &export).unwrap();
    assert_eq!((last.number, count), (6, 6), "with the export itself");
    let text = fs::read_to_string(&export).unwrap();
    assert_eq!(text.lines().count(), 6);
    assert!(text.ends_with('\n') && text.lines().last().unwrap().contains("\"what\":\"export audit log\""));
    assert!(text.contains("\"moderator\":\"anna\"") && text.contains(&crate::moderation::hex(&last.hash)));
    let connection = Connection::open(path_in(&scene.folder.0)).unwrap();
    connection.execute("UPDATE audit SET moderator = 'bert' WHERE number = 3", []).unwrap();
    let result = offline::verify_audit(&scene.folder.0);
    assert!(matches!(result, Err(ModerationError::Audit(crate::moderation::BrokenChain(3)))));
    let again = scene.folder.0.join("again.jsonl");
    assert!(offline::export_audit(&scene.folder.0, stamp(scene.now, 0), &again).is_err() && !again.exists());
}

#[tokio::test]
async fn removed_rows_leave_no_trace_in_the_files() {
    let mut scene = Scene::new("traces");
    scene.report(1, 1).await;
    scene.now = scene.now + Duration::from_secs(30 * 24 * 60 * 60);
    let stamp = scene.stamp();
    scene.moderation.maintain(stamp).await.unwrap();
    for entry in fs::read_dir(&scene.folder.0).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let has = |needle: &[u8]| bytes.windows(needle.len()).any(|it| it == needle);
        assert!(!has(b"They shouted") && !has(device(SUBJECT).0.as_bytes()), "{}", path.display());
    }
}

#[tokio::test]
async fn maintenance_does_what_it_can_and_names_what_it_cannot() {
    let mut scene = Scene::new("maintenance");
    scene.report(1, 1).await;
    let row = scene.only().await;
    scene.decide("anna", &row, Action::Warn(crate::protocol::ReportReason::Spam)).await.unwrap();
    scene.report(2, 2).await;
    let connection = Connection::open(path_in(&scene.folder.0)).unwrap();
    let rows = |table: &str| -> u32 {
        connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    connection
        .execute_batch(
            "CREATE TRIGGER damaged BEFORE DELETE ON reports BEGIN SELECT RAISE(ABORT, 'out of order'); END",
        )
        .unwrap();
    scene.now = scene.now + Duration::from_secs(400 * 24 * 60 * 60);
    let stamp = scene.stamp();
    let error = scene.moderation.maintain(stamp).await.unwrap_err().to_string();
    assert!(error.contains("undecided reports: ") && error.contains("out of order"), "{error}");
    assert!(error.contains("; decided reports: ") && !error.contains("sanctions"), "{error}");
    assert_eq!(["reports", "sanctions", "audit"].map(rows), [2, 0, 0], "the others are done");
    connection.execute_batch("DROP TRIGGER damaged").unwrap();
    scene.moderation.maintain(stamp).await.unwrap();
    assert_eq!(["reports", "decisions", "subjects"].map(rows), [0, 0, 0]);
    let key = scene.folder.0.join("network-2026-06.key");
    fs::create_dir(&key).unwrap();
    let error = scene.moderation.maintain(stamp).await.unwrap_err().to_string();
    assert!(error.starts_with("old keys of the networks: ") && error.contains("2026-06"), "{error}");
    fs::remove_dir(&key).unwrap();
    fs::write(&key, "an old one").unwrap();
    scene.moderation.maintain(stamp).await.unwrap();
    assert!(!key.exists(), "it is tried again every hour");
}

#[tokio::test]
async fn log_that_somebody_reads_is_emptied_later() {
    let mut scene = Scene::new("busy-log");
    scene.report(1, 1).await;
    let log = || fs::metadata(scene.folder.0.join("moderation.db-wal")).unwrap().len();
    let first = stamp(scene.now, 100);
    scene.moderation.maintain(first).await.unwrap();
    assert_eq!(log(), 0);
    let reader = Connection::open(path_in(&scene.folder.0)).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM reports").unwrap();
    let later = stamp(scene.now + Duration::from_secs(30 * 24 * 60 * 60), 101);
    let error = scene.moderation.maintain(later).await.unwrap_err().to_string();
    assert_eq!(error, "the write-ahead log: another process reads the database");
    assert!(log() > 0);
    reader.execute_batch("COMMIT").unwrap();
    // Nothing is left to be removed, but the log still has what was.
    scene.moderation.maintain(later).await.unwrap();
    assert_eq!(log(), 0);
}

/// The clock of this test is the machine's: it measures.
#[expect(clippy::disallowed_methods, reason = "it measures how long something takes")]
fn elapsed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = std::time::Instant::now();
    let result = work();
    (start.elapsed(), result)
}

#[test]
fn many_bans_load_quickly_and_the_queue_is_an_index() {
    let folder = Folder::new("many");
    let now = UnixTime(1_794_700_800);
    let connection = store::connect(&folder.0).unwrap();
    connection.execute_batch("BEGIN").unwrap();
    for number in 0..100_000_u32 {
        let (device, network) = (device(number), tag(number / 10));
        let status = if number < 10_000 { "open" } else { "closed" };
        connection
            .prepare_cached(
                "INSERT INTO subjects (id, device, network, status, score) VALUES (?, ?, ?, ?, ?)",
            )
            .unwrap()
            .execute(params![number + 1, device.0.as_bytes(), network.0, status, number % 1_000])
            .unwrap();
        connection
            .prepare_cached(
                "INSERT INTO sanctions (subject, device, network, kind, reason, is_automatic, started, until, code,
                 reports, first_report, last_report) VALUES (?, ?, ?, 'ban', 'spam', 0, ?, ?, ?, 1, 1, 1)",
            )
            .unwrap()
            .execute(params![
                number + 1,
                device.0.as_bytes(),
                network.0,
                now,
                now + BanLength::Month.duration(),
                [&number.to_be_bytes()[..], &[0; 6]].concat(),
            ])
            .unwrap();
    }
    connection.execute_batch("COMMIT").unwrap();
    let (loading, mut store) = elapsed(|| store::Store::open(&folder.0, now).unwrap());
    assert_eq!(store.sanctions.len(), 100_000);
    let (listing, rows) =
        elapsed(|| store.run(|it| it.queue(stamp(now, 1), "anna", Status::Open, None, 50)).unwrap());
    assert_eq!((rows.len(), rows[0].row.score), (50, 999));
    let is_banned = |it| store.sanctions.of_device(now, device(it)).is_some();
    let (looking, banned) = elapsed(|| (0..=100_000).filter(|it| is_banned(*it)).count());
    assert_eq!(banned, 100_000);
    // Generous bounds, for a busy machine and a build without optimisation.
    assert!(loading < Duration::from_secs(5), "{loading:?}");
    assert!(listing < Duration::from_millis(100), "{listing:?}");
    assert!(looking < Duration::from_secs(1), "{looking:?}");
    println!(
        "100,000 bans: loaded in {loading:?}, all found in {looking:?}; a page of the queue in {listing:?}"
    );
}

#[test]
fn page_of_the_queue_reads_its_own_rows_only() {
    let folder = Folder::new("plan");
    let connection = store::connect(&folder.0).unwrap();
    let plan = |query: &str| -> Vec<String> {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
        let mut rows = statement.raw_query();
        let mut steps = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            steps.push(row.get("detail").unwrap());
        }
        steps
    };
    // Neither all subjects nor all of a status are read or sorted.
    assert_eq!(
        plan(&store::queue::page_query()),
        ["SEARCH subjects USING INDEX subjects_by_score (status=? AND score<?)"]
    );
    // The reports of one subject are; what is sorted are its reasons.
    let steps = plan(store::queue::REASONS);
    assert_eq!(steps[0], "SEARCH reports USING INDEX reports_by_subject (subject=? AND outcome=?)");
    assert!(steps[1..].iter().all(|it| it.starts_with("USE TEMP B-TREE")), "{steps:?}");
}

#[test]
fn decision_rescores_each_other_subject_once() {
    const REPORTERS: u32 = 40;
    const OTHERS: u32 = 25;
    let folder = Folder::new("rescored");
    let now = UnixTime(1_794_700_800);
    let mut store = store::Store::open(&folder.0, now).unwrap();
    store.connection.pragma_update(None, "synchronous", "OFF").unwrap();
    let mut count = 0_u32;
    for subject in 0..=OTHERS {
        for reporter in 0..REPORTERS {
            count += 1;
            let report = super::scene::report(count.into(), reporter, reporter, SUBJECT + subject);
            store.run(|it| it.report(stamp(now, count.into()), &report)).unwrap();
        }
    }
    store
        .connection
        .execute_batch(
            "CREATE TEMP TABLE rescored (subject INTEGER, score INTEGER);
             CREATE TEMP TRIGGER noted AFTER UPDATE OF score ON subjects
             BEGIN INSERT INTO rescored VALUES (new.id, new.score); END;",
        )
        .unwrap();
    let rows = store.run(|it| it.queue(stamp(now, 1), "anna", Status::Open, None, 1)).unwrap();
    let row = &rows[0].row;
    let decision = ModeratorDecision {
        subject: row.subject,
        seen: row.seen,
        action: Action::Dismiss,
        note: String::new(),
    };
    let (elapsed, _) = elapsed(|| store.run(|it| it.decide(stamp(now, 2), "anna", &decision)).unwrap());
    let (written, subjects): (u32, u32) = store
        .connection
        .query_row("SELECT count(*), count(DISTINCT subject) FROM temp.rescored", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!((written, subjects), (OTHERS + 1, OTHERS + 1), "in {elapsed:?}");
    let rows = store.run(|it| it.queue(stamp(now, 3), "anna", Status::Open, None, 100)).unwrap();
    // All have the first 32 reporters, each of which was wrong once, and were paused.
    let expected = PAUSED_SCORE + 32 * reporter_weight(0, 1);
    assert!(rows.len() == OTHERS as usize && rows.iter().all(|it| it.row.score == expected), "{rows:?}");
}

#[tokio::test]
async fn reports_that_wait_share_a_commit() {
    let scene = Scene::new("group");
    let reports = (0..200_u32).map(|number| {
        let report = super::scene::report(number.into(), number, number, SUBJECT + number % 7);
        scene.moderation.report(stamp(scene.now, number.into()), report)
    });
    for receipt in futures::future::join_all(reports).await {
        assert!(receipt.unwrap().is_new);
    }
    // Of each commit the write-ahead log has one frame that says so: the size of the database after it.
    let log = fs::read(scene.folder.0.join("moderation.db-wal")).unwrap();
    let frames = log[32..].chunks(24 + 4_096);
    let commits = frames.filter(|it| it.len() > 24 && it[4..8] != [0; 4]).count();
    assert!(commits < 50, "{commits} commits");
}

#[tokio::test]
async fn chain_holds_after_its_oldest_rows_are_removed() {
    let mut scene = Scene::new("trimmed");
    for _ in 0..3 {
        scene.queue().await;
        scene.now = scene.now + Duration::from_secs(200 * 24 * 60 * 60);
    }
    let stamp = scene.stamp();
    scene.moderation.maintain(stamp).await.unwrap();
    let (last, count) = offline::verify_audit(&scene.folder.0).unwrap();
    assert_eq!((last.number, count), (3, 1), "of 600, 400 and 200 days ago");
}

#[test]
fn nothing_remains_of_a_request_that_fails() {
    let folder = Folder::new("savepoint");
    let now = UnixTime(1_794_700_800);
    let mut store = store::Store::open(&folder.0, now).unwrap();
    let report = super::scene::report(1, 1, 1, SUBJECT);
    let result: Result<(), _> = store.run(|it| {
        it.report(stamp(now, 1), &report)?;
        Err(ModerationError::Conflict)
    });
    assert!(matches!(result, Err(ModerationError::Conflict)));
    assert!(store.run(|it| it.report(stamp(now, 1), &report)).unwrap().is_new);
}

#[test]
fn nothing_is_stored_of_a_batch_that_the_database_rolls_back() {
    let folder = Folder::new("rolled-back");
    let now = UnixTime(1_794_700_800);
    let mut store = store::Store::open(&folder.0, now).unwrap();
    // As a full disk does: it ends the transaction, not only the statement.
    store
        .connection
        .execute_batch(
            "CREATE TEMP TRIGGER full BEFORE INSERT ON reports WHEN new.words = 'full'
             BEGIN SELECT RAISE(ROLLBACK, 'the disk is full'); END",
        )
        .unwrap();
    let row_count = |store: &store::Store| -> u32 {
        store.connection.query_row("SELECT count(*) FROM reports", [], |row| row.get(0)).unwrap()
    };
    let batch = |store: &mut store::Store, full: u32| {
        let mut results = Vec::new();
        let committed = store.transaction(|store| {
            for number in 1..=9_u32 {
                let mut report = super::scene::report(number.into(), number, number, SUBJECT);
                if number == full {
                    report.words = "full".to_owned();
                }
                results.push(store.savepoint(|it| it.report(stamp(now, number.into()), &report)).is_ok());
            }
        });
        (committed, results)
    };
    // With enough reports before it, some of the batch have paused the subject.
    for full in [1, 2, 5, 9] {
        let (committed, results) = batch(&mut store, full);
        assert!(committed.is_err(), "all are answered as failed");
        assert_eq!(row_count(&store), 0, "{full}");
        assert!(results.iter().skip(full as usize - 1).all(|it| !it), "{results:?}");
        assert!(store.sanctions.is_empty(), "{full}");
    }
    let (committed, results) = batch(&mut store, 0);
    assert_eq!((results, row_count(&store)), (vec![true; 9], 9));
    assert_eq!(committed.unwrap().len(), 1, "one pause");
    let mut failed: Result<(), _> = Ok(());
    let report = super::scene::report(10, 10, 10, SUBJECT);
    let committed = store.transaction(|store| {
        store.connection.execute_batch("ROLLBACK").unwrap();
        failed = store.savepoint(|it| it.report(stamp(now, 10), &report)).map(|_| ());
    });
    assert!(committed.is_err() && failed.is_err());
    assert_eq!(row_count(&store), 9);
}
