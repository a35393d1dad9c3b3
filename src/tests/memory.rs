//! What is refused leaves nothing behind: the memory of the real program after much bad input.

use std::{
    env, fs,
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
};

use passerby::protocol::{Epoch, ErrorCode, Frame, ToServer, encode};
use tokio::{net::TcpStream, time::sleep};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{CANDIDATE, Link, PATIENCE, Page, candidate, get, meet};

/// Rounds after which the allocator has what it needs for one round.
const WARM_UP: usize = 20;

/// Rounds whose traces would show.
const ROUNDS: usize = 60;

/// Bytes that one more round may leave. A round reads over a megabyte; what is kept on purpose, that the match is over,
/// has a hundred, and the allocator's own reckoning is in pages of four thousand.
const LEFT_BY_A_ROUND: u64 = 8 * 1024;

/// The program, as an operator starts it.
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
            // The page is not asked for, so it need not have been built.
            .env("LEPTOS_HASH_FILES", "false")
            .env("LEPTOS_SITE_ROOT", "src/tests/support/site")
            .env("PASSERBY__METRICS__ADDR", "")
            .stderr(Stdio::null())
            .spawn()
            .expect("the program");
        let program = Self { process, address };
        for _ in 0..PATIENCE.as_millis() / 20 {
            if TcpStream::connect(address).await.is_ok() {
                break;
            }
            sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(get(address, "/healthz", &[]).await.status, 200);
        program
    }

    /// Bytes of memory that are really there (`VmRSS`).
    fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// Everything that is refused, once.
    async fn endure(&self) {
        for (bad, code) in [
            (Message::text("garbage"), ErrorCode::BadFrame),
            (Message::binary(vec![7; 1000]), ErrorCode::NotText),
            (Message::text("x".repeat(1 << 20)), ErrorCode::TooLarge),
            (Message::text(r#"{"seq":1,"ack":0,"msg":{"dance":{}}}"#), ErrorCode::UnknownMessage),
        ] {
            let mut link = Link::open(self.address).await;
            link.send(bad).await;
            assert_eq!(link.verdict().await.0, Some(code));
        }
        let (one, mut other) = meet(self.address).await;
        let match_id = one.match_id;
        let Page { mut link, .. } = one;
        for seq in 2..200 {
            let signal = ToServer::Signal { match_id, epoch: Epoch::FIRST, signal: candidate(CANDIDATE) };
            if !link.send(encode(&Frame { seq, ack: 0, msg: signal })).await {
                break;
            }
        }
        assert_eq!(link.verdict().await.0, Some(ErrorCode::TooManyRefusals));
        while !matches!(other.hear().await, passerby::protocol::ToBrowser::Ended { .. }) {}
        other.close().await;
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has nothing to say goodbye to.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn what_is_refused_leaves_nothing_behind() {
    let program = Program::start().await;
    for _ in 0..WARM_UP {
        program.endure().await;
    }
    let before = program.resident();
    for _ in 0..ROUNDS {
        program.endure().await;
    }
    let left = program.resident().saturating_sub(before) / ROUNDS as u64;
    assert!(left <= LEFT_BY_A_ROUND, "{left} bytes are left by each round");
}
