//! A restart whose listening socket is kept by the service manager: nobody is refused, and calls go on.

use std::{
    env, fs,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use passerby::protocol::{
    Epoch, ErrorCode, Features, Frame, MatchId, PastPairs, Signal, ToBrowser, ToServer, encode,
};
use tokio::{
    net::TcpStream,
    task::{AbortHandle, JoinHandle},
    time::{Instant, sleep},
};

use crate::support::{CANDIDATE, TEST_TIMEOUT, TestClient, TestServer, TestSocket, candidate, request};

/// How long the restart may take: a fraction of [`GRACE_SECONDS`], with which a server without this socket would wait
/// for its calls.
const RESTART_TIMEOUT: Duration = Duration::from_secs(20);

/// The configured grace period.
const GRACE_SECONDS: &str = "300";

/// Starts the program with the inherited socket again whenever it ends, as systemd does on `systemctl restart`, and
/// writes down the number of each process. The socket is for whichever process has it.
const SUPERVISOR: &str = "unset LISTEN_PID; while :; do \"$0\" & echo $! >>\"$1\"; wait $!; done";

/// The program behind a socket that `systemd-socket-activate` has opened.
struct Service {
    supervisor: Child,
    address: SocketAddr,
    /// Holds the process numbers so far, one a line.
    pids: PathBuf,
}

impl Service {
    fn start() -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let pids = env::temp_dir().join(format!("passerby-handover-{}", std::process::id()));
        let _ = fs::remove_file(&pids);
        let mut command = Command::new("systemd-socket-activate");
        command.arg(format!("--listen={address}")).arg("--fdname=site");
        for setting in [
            "LEPTOS_SITE_ROOT=src/tests/support/site",
            "PASSERBY__METRICS__ADDR=",
            "PASSERBY__RELAY__ADDR=",
            "PASSERBY__STATE__DIR=",
            &format!("PASSERBY__STATE__KEY={}", "5a".repeat(32)),
            &format!("PASSERBY__SERVER__GRACE_SECONDS={GRACE_SECONDS}"),
        ] {
            command.arg(format!("--setenv={setting}"));
        }
        command.args(["sh", "-c", SUPERVISOR, env!("CARGO_BIN_EXE_passerby")]).arg(&pids);
        command.current_dir(env!("CARGO_MANIFEST_DIR")).stdout(Stdio::null()).stderr(Stdio::null());
        let supervisor = command.spawn().expect("systemd-socket-activate, which scripts/systemd installs");
        Self { supervisor, address, pids }
    }

    /// The process numbers of the programs so far.
    fn pids(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.pids).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Waits until the socket is open. The program starts with the first connection.
    async fn wait_until_open(&self) {
        let is_open = async {
            while TcpStream::connect(self.address).await.is_err() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(TEST_TIMEOUT, is_open).await.expect("a socket");
    }

    /// Sends SIGTERM to the running program.
    fn terminate(&self) {
        signal("TERM", self.pids().last().expect("a program"));
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // The supervisor first, so that it does not start another program.
        let _ = self.supervisor.kill();
        let _ = self.supervisor.wait();
        if let Some(program) = self.pids().last() {
            signal("KILL", program);
        }
        let _ = fs::remove_file(&self.pids);
    }
}

fn signal(name: &str, pid: &str) {
    let command = format!("kill -{name} {pid}");
    let status = Command::new("sh").args(["-c", &command]).stderr(Stdio::null()).status();
    status.expect("a shell");
}

/// Requests the server's state all the time on new connections, and counts the answers. It fails if one is missing.
fn keep_asking(address: SocketAddr) -> (JoinHandle<()>, AbortHandle) {
    let asking = tokio::spawn(async move {
        loop {
            let mut stream = TcpStream::connect(address).await.expect("no connection is refused");
            let response = request(&mut stream, "localhost", "/healthz", &[]).await;
            assert_eq!(response.status, 200);
        }
    });
    let stop = asking.abort_handle();
    (asking, stop)
}

/// One end of a call, as the page knows it.
struct Caller {
    client: TestClient,
    ticket: String,
}

impl Caller {
    /// Reads up to `matched`.
    async fn matched(mut client: TestClient) -> Self {
        loop {
            if let ToBrowser::Matched { ticket, .. } = client.receive().await {
                return Self { client, ticket: ticket.expect("a ticket") };
            }
        }
    }

    /// Connects to the next server with the ticket, which rebuilds the match.
    async fn return_to(&self, address: SocketAddr) -> TestSocket {
        let mut socket = TestSocket::open(address).await;
        let ticket = Some(self.ticket.clone());
        let msg = ToServer::Hello {
            resume: None,
            ticket,
            device: None,
            age: None,
            past: PastPairs::default(),
            place: None,
            features: Features::all(),
        };
        socket.send(encode(&Frame { seq: 0, ack: 0, msg })).await;
        let welcome = socket.receive().await.expect("a welcome").msg;
        let ToBrowser::Welcome { resumed: false, match_id, .. } = welcome else { panic!("{welcome:?}") };
        assert_eq!(match_id, Some(self.client.match_id));
        socket
    }
}

async fn start_call(address: SocketAddr) -> [Caller; 2] {
    let (mut one, mut other) = (TestClient::open(address).await, TestClient::open(address).await);
    one.join().await;
    other.join().await;
    let (mut one, mut other) = (Caller::matched(one).await, Caller::matched(other).await);
    tokio::join!(one.client.negotiate(), other.client.negotiate());
    [one, other]
}

/// Checks what a page is told when its server makes way: when to come back, and nothing about its match.
async fn assert_sent_away(client: &mut TestClient) {
    let message = client.receive().await;
    assert!(matches!(message, ToBrowser::ComeBack { after_ms: 500..5_000 }), "{message:?}");
    assert_eq!(client.socket.close_reason().await, (Some(ErrorCode::ServerStops), 1012));
}

/// Sends a candidate from one socket to the other.
async fn assert_forwards(match_id: MatchId, from: &mut TestSocket, to: &mut TestSocket) {
    let signal = candidate(CANDIDATE);
    let msg = ToServer::Signal { match_id, epoch: Epoch::FIRST, signal: signal.clone() };
    from.send(encode(&Frame { seq: 1, ack: 0, msg })).await;
    let received: Signal = loop {
        if let ToBrowser::Signal { signal, .. } = to.receive().await.expect("an open socket").msg {
            break signal;
        }
    };
    assert_eq!(received, signal);
}

#[tokio::test]
async fn next_process_takes_the_listening_socket_over() {
    let service = Service::start();
    let address = service.address;
    service.wait_until_open().await;
    let [mut one, mut other] = start_call(address).await;
    let mut waiting = TestClient::open(address).await;
    waiting.join().await;
    assert_eq!(waiting.receive().await, ToBrowser::Waiting {});
    let (asking, stop_asking) = keep_asking(address);

    let told_at = Instant::now();
    service.terminate();
    assert_sent_away(&mut waiting).await;
    assert_sent_away(&mut one.client).await;
    assert_sent_away(&mut other.client).await;

    let [mut first, mut second] = [one.return_to(address).await, other.return_to(address).await];
    assert_forwards(one.client.match_id, &mut first, &mut second).await;
    assert!(told_at.elapsed() < RESTART_TIMEOUT, "it took {:?}", told_at.elapsed());
    assert_eq!(service.pids().len(), 2, "one restart");
    stop_asking.abort();
    let asked = asking.await;
    assert!(asked.as_ref().is_err_and(|it| it.is_cancelled()), "each request was answered: {asked:?}");
}

#[tokio::test]
async fn first_request_of_an_accepted_connection_is_answered() {
    let server = TestServer::open().await;
    let mut accepted = TcpStream::connect(server.address).await.unwrap();
    // Connections are accepted in order.
    assert_eq!(server.get("/healthz", &[]).await.status, 200);
    let stopped = server.stop();
    sleep(Duration::from_millis(100)).await;
    assert_eq!(request(&mut accepted, "localhost", "/", &[]).await.status, 200);
    stopped.await.unwrap().unwrap();
}
