//! The memory of the real program after much refused input.

use std::{
    env, fs,
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    time::Duration,
};

use passerby::protocol::{Epoch, ErrorCode, Frame, ToServer, encode};
use tokio::{net::TcpStream, time::sleep};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{CANDIDATE, TEST_TIMEOUT, TestClient, TestSocket, candidate, get, match_pair};

/// Rounds after which the allocator holds enough memory for one round.
const WARM_UP: usize = 20;

/// Rounds of one measurement: enough for a leak to show.
const ROUNDS: usize = 40;

/// Measurements, of which the least counts: the allocator may take memory once, and a leak grows each time.
const MEASUREMENTS: usize = 2;

/// How long after the last round the memory is read: a socket that the server has closed stays open for a second, until
/// the other end has read why.
const PAUSE: Duration = Duration::from_secs(2);

/// Bytes by which the memory may grow in one round.
///
/// A round reads over a megabyte. The server intentionally keeps about a hundred bytes, which record that the match is
/// over, and the allocator works in pages of four thousand.
const MAX_LEAK_PER_ROUND: u64 = 8 * 1024;

/// The program, started as an operator starts it.
struct Program {
    process: Child,
    address: SocketAddr,
}

impl Program {
    async fn start() -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_passerby"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("LEPTOS_SITE_ADDR", address.to_string())
            // No page is requested, so none needs to have been built.
            .env("LEPTOS_SITE_ROOT", "src/tests/support/site")
            .env("PASSERBY__METRICS__ADDR", "")
            .env("PASSERBY__MODERATION__ADDR", "")
            .env("PASSERBY__RELAY__ADDR", "")
            .stderr(Stdio::null())
            .spawn()
            .expect("the program");
        let program = Self { process, address };
        for _ in 0..TEST_TIMEOUT.as_millis() / 20 {
            if TcpStream::connect(address).await.is_ok() {
                break;
            }
            sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(get(address, "/healthz", &[]).await.status, 200);
        program
    }

    /// The resident memory in bytes (`VmRSS`), once the last sockets are gone.
    async fn resident_bytes(&self) -> u64 {
        sleep(PAUSE).await;
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// Sends one input of each kind that is refused.
    async fn send_refused_input(&self) {
        for (bad, code) in [
            (Message::text("garbage"), ErrorCode::BadFrame),
            (Message::binary(vec![7; 1000]), ErrorCode::NotText),
            (Message::text("x".repeat(1 << 20)), ErrorCode::TooLarge),
            (Message::text(r#"{"seq":1,"ack":0,"msg":{"dance":{}}}"#), ErrorCode::UnknownMessage),
        ] {
            let mut socket = TestSocket::open(self.address).await;
            socket.send(bad).await;
            assert_eq!(socket.close_reason().await.0, Some(code));
        }
        let (one, mut other) = match_pair(self.address).await;
        let match_id = one.match_id;
        let TestClient { mut socket, .. } = one;
        for seq in 2..200 {
            let signal = ToServer::Signal { match_id, epoch: Epoch::FIRST, signal: candidate(CANDIDATE) };
            if !socket.send(encode(&Frame { seq, ack: 0, msg: signal })).await {
                break;
            }
        }
        assert_eq!(socket.close_reason().await.0, Some(ErrorCode::TooManyRefusals));
        while !matches!(other.receive().await, passerby::protocol::ToBrowser::Ended { .. }) {}
        other.close().await;
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // No client is left to say goodbye to.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn refused_input_leaks_no_memory() {
    let program = Program::start().await;
    for _ in 0..WARM_UP {
        program.send_refused_input().await;
    }
    let mut leaked = u64::MAX;
    for _ in 0..MEASUREMENTS {
        let before = program.resident_bytes().await;
        for _ in 0..ROUNDS {
            program.send_refused_input().await;
        }
        leaked = leaked.min(program.resident_bytes().await.saturating_sub(before) / ROUNDS as u64);
    }
    assert!(leaked <= MAX_LEAK_PER_ROUND, "each round leaks {leaked} bytes");
}
