//! A server that is killed while visitors report: what was acknowledged is there.

use std::{
    env,
    fs::File,
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::future::join_all;
use passerby::{
    moderation::{Moderation, Status, offline},
    protocol::{ReportReason, ReportResult, ReportWords, ToBrowser, ToServer},
};
use tokio::{
    net::TcpStream,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{address, contains, report, stamp};
use crate::{
    program::Folder,
    support::{SITE, TEST_TIMEOUT, TestClient},
};

/// Kills of one run. `make soak` sets the variable to 200.
const KILLS: &str = "KILLS";

/// Visitors that report at once.
const BOTS: usize = 50;

/// The program, with its state in a folder.
struct Program {
    child: Child,
    address: SocketAddr,
}

impl Program {
    async fn start(folder: &Folder) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_passerby"))
            .current_dir(&folder.0)
            .env_clear()
            .envs([
                ("LEPTOS_SITE_ADDR", &*address.to_string()),
                ("LEPTOS_SITE_ROOT", SITE),
                ("PASSERBY__METRICS__ADDR", ""),
                ("PASSERBY__RELAY__ADDR", ""),
                ("PASSERBY__SERVER__PROXIES", "127.0.0.1"),
            ])
            .stdout(log(folder))
            .stderr(log(folder))
            .spawn()
            .unwrap();
        let is_open = async {
            while TcpStream::connect(address).await.is_err() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(TEST_TIMEOUT, is_open).await.expect("a server");
        Self { child, address }
    }

    /// Ends the program as `kill -9` does.
    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The file to which every process of the program appends its log.
fn log(folder: &Folder) -> Stdio {
    File::options().create(true).append(true).open(folder.0.join("log")).unwrap().into()
}

/// A report that the server has acknowledged.
#[derive(Clone)]
struct Acknowledged {
    from: String,
    device: String,
    ticket: String,
    code: String,
}

/// Lets all bots meet somebody. Nobody is left over: their number is even.
async fn gather(server: SocketAddr) -> Vec<TestClient> {
    join_all((0..BOTS).map(|number| async move {
        let mut bot = TestClient::open_via_proxy(server, &address(number)).await;
        bot.join().await;
        bot.receive_match().await;
        bot
    }))
    .await
}

/// All bots report; the server is killed after so many answers. Returns what it has acknowledged.
async fn report_and_kill(mut server: Program, bots: Vec<TestClient>, answers: usize) -> Vec<Acknowledged> {
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = JoinSet::new();
    for (number, mut bot) in bots.into_iter().enumerate() {
        let acknowledged = Arc::clone(&acknowledged);
        tasks.spawn(async move {
            let (ticket, device) = (bot.ticket.clone().unwrap(), bot.device.clone().unwrap());
            let words = ReportWords::new(&format!("bot {number}")).unwrap();
            bot.send(ToServer::Report { ticket: ticket.clone(), reason: ReportReason::Spam, words }).await;
            // Ends with the socket, or with the task.
            while let Ok(frame) = bot.socket.receive().await {
                if let ToBrowser::Reported { result, outcome, .. } = frame.msg {
                    assert_eq!(result, ReportResult::Accepted);
                    let report =
                        Acknowledged { from: address(number), device, ticket, code: outcome.unwrap() };
                    acknowledged.lock().unwrap().push(report);
                    return;
                }
            }
        });
    }
    for _ in 0..answers {
        tasks.join_next().await.unwrap().unwrap();
    }
    server.kill();
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    std::mem::take(&mut *acknowledged.lock().unwrap())
}

#[tokio::test]
async fn a_killed_server_loses_no_acknowledged_report() {
    let kills = env::var(KILLS).map_or(20, |it| it.parse().unwrap());
    let folder = Folder::new("killed");
    let mut all: Vec<Acknowledged> = Vec::new();
    for run in 0..kills {
        let server = Program::start(&folder).await;
        // Sent again by a page that has not heard the answer, a report is still the same one.
        for it in all.iter().rev().take(5) {
            let device = Some(it.device.clone());
            let mut bot = TestClient::open_again_via_proxy(server.address, &it.from, device).await;
            let expected = (ReportResult::AlreadyReported, Some(it.code.clone()));
            assert_eq!(report(&mut bot, &it.ticket).await, expected);
            bot.close().await;
        }
        let bots = gather(server.address).await;
        // Each time at another moment: a commit holds up to 64 reports.
        let acknowledged = report_and_kill(server, bots, 1 + (run * 37) % (BOTS - 1)).await;
        assert!(!acknowledged.is_empty());
        all.extend(acknowledged);
        // Each run has paused nobody or somebody, which leaves rows.
        let (last, count) = offline::verify_audit(&folder.0.join("state")).unwrap();
        assert_eq!(last.number, count);
    }
    let moderation = Moderation::open(&folder.0.join("state"), stamp(1)).unwrap();
    for it in &all {
        moderation.outcome(it.code.parse().unwrap()).await.expect("a report that was acknowledged");
    }
    assert!(!moderation.queue(stamp(2), "anna", Status::Open, None, 10).await.unwrap().is_empty());
    // Neither in the database nor in the log.
    for number in 0..BOTS {
        assert!(!contains(&folder.0, address(number).as_bytes()), "{number}");
    }
    assert!(
        contains(&folder.0, b"serving") && contains(&folder.0, b"bot 1"),
        "the search finds what is there"
    );
}
