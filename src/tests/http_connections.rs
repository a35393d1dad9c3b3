//! Timeouts and limits of plain HTTP connections. The server closes slow and greedy ones, and the others do not wait.

use std::{fs, io::ErrorKind, time::Duration};

use passerby::{protocol::ToServer, server::Config};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::support::{TEST_TIMEOUT, TestClient, TestServer, advance_time, read_response, request};

/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an idle connection stays open: longer than the 60 s for which most load balancers keep theirs.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);

/// The size of the large file: more bytes than all buffers between server and client hold.
const FILE_BYTES: usize = 64 << 20;

async fn connect(server: &TestServer) -> TcpStream {
    TcpStream::connect(server.address).await.expect("a server")
}

/// Whether the connection is open and nothing is waiting to be read.
fn is_open(stream: &TcpStream) -> bool {
    stream.try_read(&mut [0; 64]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

/// Reads until the server closes the connection, and returns the text.
async fn read_until_closed(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset ends the connection, too.
    let _ = timeout(TEST_TIMEOUT, stream.read_to_end(&mut bytes)).await.expect("the server closes in time");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn closes_a_silent_connection() {
    let server = TestServer::open().await;
    let mut silent = connect(&server).await;
    // The timeout starts when the server accepts the connection. It has done so before it answers the next one.
    server.get("/healthz", &[]).await;
    advance_time(HEAD_TIMEOUT - Duration::from_secs(1)).await;
    assert!(is_open(&silent));
    advance_time(Duration::from_secs(2)).await;
    assert_eq!(read_until_closed(&mut silent).await, "");
}

#[tokio::test]
async fn closes_a_connection_whose_head_arrives_slowly() {
    let server = TestServer::open().await;
    let mut slow = connect(&server).await;
    slow.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n").await.unwrap();
    for second in 0..HEAD_TIMEOUT.as_secs() + 1 {
        // The write fails once the server has closed the connection, as it should.
        let _ = slow.write_all(format!("X-{second}: x\r\n").as_bytes()).await;
        advance_time(Duration::from_secs(1)).await;
        assert_eq!(server.get("/healthz", &[]).await.status, 200);
    }
    assert!(!read_until_closed(&mut slow).await.contains("200 OK"));
    assert_eq!(server.metric("passerby_limited_total{limit=\"head\"}").await, 1);
}

#[tokio::test]
async fn waits_for_the_head_as_long_as_configured() {
    let server = TestServer::with_limits(|it| it.head_seconds = 2).await;
    let mut silent = connect(&server).await;
    server.get("/healthz", &[]).await;
    advance_time(Duration::from_secs(3)).await;
    assert_eq!(read_until_closed(&mut silent).await, "");
}

#[tokio::test]
async fn closes_the_oldest_connection_when_full() {
    let server = TestServer::with_limits(|it| it.open = 2).await;
    let mut oldest = connect(&server).await;
    let second = connect(&server).await;
    assert_eq!(server.get("/healthz", &[]).await.status, 200);
    assert_eq!(read_until_closed(&mut oldest).await, "");
    assert!(is_open(&second));
    assert_eq!(server.metric("passerby_limited_total{limit=\"open\"}").await, 1);
}

/// Requests something and keeps the connection open.
async fn request_and_keep(stream: &mut TcpStream) -> u16 {
    request(stream, "localhost", "/healthz", &[("Connection", "keep-alive")]).await.status
}

#[tokio::test]
async fn idle_connections_give_way_first() {
    let server = TestServer::with_limits(|it| it.open = 2).await;
    let (mut busy, mut idle) = (connect(&server).await, connect(&server).await);
    busy.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n").await.unwrap();
    assert_eq!(request_and_keep(&mut idle).await, 200);
    assert_eq!(server.get("/healthz", &[]).await.status, 200);
    assert_eq!(read_until_closed(&mut idle).await, "");
    assert!(is_open(&busy), "it is older, but in the middle of a request");
}

#[tokio::test]
async fn keeps_a_connection_open_for_the_next_request() {
    let server = TestServer::open().await;
    let mut stream = connect(&server).await;
    // As behind a load balancer that keeps idle connections for 60 s.
    for _ in 0..3 {
        assert_eq!(request_and_keep(&mut stream).await, 200);
        advance_time(Duration::from_secs(61)).await;
    }
    assert_eq!(request_and_keep(&mut stream).await, 200);
    advance_time(IDLE_TIMEOUT - Duration::from_secs(2)).await;
    assert!(is_open(&stream));
    advance_time(Duration::from_secs(3)).await;
    assert_eq!(read_until_closed(&mut stream).await, "");
    assert_eq!(server.metric("passerby_limited_total{limit=\"head\"}").await, 0, "no request was slow");
}

#[tokio::test]
async fn keeps_an_idle_connection_as_long_as_configured() {
    let server = TestServer::with_limits(|it| it.idle_seconds = 3).await;
    let mut stream = connect(&server).await;
    assert_eq!(request_and_keep(&mut stream).await, 200);
    advance_time(Duration::from_secs(2)).await;
    assert!(is_open(&stream));
    advance_time(Duration::from_secs(2)).await;
    let end = timeout(Duration::from_secs(3), stream.read(&mut [0])).await.expect("it is closed by now");
    assert_eq!(end.unwrap(), 0);
}

#[tokio::test]
async fn waits_for_a_later_head_no_longer_than_for_the_first() {
    let server = TestServer::open().await;
    let mut slow = connect(&server).await;
    assert_eq!(request_and_keep(&mut slow).await, 200);
    advance_time(IDLE_TIMEOUT - Duration::from_secs(2)).await;
    // The first byte ends the idle time.
    slow.write_all(b"G").await.unwrap();
    advance_time(HEAD_TIMEOUT - Duration::from_secs(1)).await;
    assert!(is_open(&slow));
    slow.write_all(b"E").await.unwrap();
    advance_time(Duration::from_secs(2)).await;
    assert_eq!(read_until_closed(&mut slow).await, "");
    assert_eq!(server.metric("passerby_limited_total{limit=\"head\"}").await, 1);
}

#[tokio::test]
async fn an_old_connection_ends_with_a_response() {
    let server = TestServer::open().await;
    let mut stream = connect(&server).await;
    let keep = [("Connection", "keep-alive")];
    for minute in 0..10 {
        let response = request(&mut stream, "localhost", "/healthz", &keep).await;
        assert!(!response.head.contains("connection: close"), "after {minute} minutes");
        advance_time(Duration::from_secs(60)).await;
    }
    advance_time(Duration::from_secs(1)).await;
    assert!(is_open(&stream), "an idle connection is not closed for its age");
    let response = request(&mut stream, "localhost", "/healthz", &keep).await;
    assert!(response.status == 200 && response.head.contains("connection: close"), "{}", response.head);
    assert_eq!(read_until_closed(&mut stream).await, "");
}

#[tokio::test]
async fn limits_connections_per_network() {
    let mut config = Config::default();
    // Connections from loopback are counted only if a proxy is configured.
    config.server.proxies = vec!["192.0.2.1".into()];
    config.limits.network.open = 2;
    let server = TestServer::open_with(config).await;
    let [first, _second] = [connect(&server).await, connect(&server).await];
    assert_eq!(read_until_closed(&mut connect(&server).await).await, "");
    assert!(is_open(&first));

    let elsewhere = TcpSocket::new_v4().unwrap();
    elsewhere.bind(([127, 0, 0, 2], 0).into()).unwrap();
    let mut stream = elsewhere.connect(server.address).await.unwrap();
    assert_eq!(request(&mut stream, "localhost", "/healthz", &[]).await.status, 200);
    assert_eq!(server.metric("passerby_limited_total{limit=\"network-open\"}").await, 1);
}

#[tokio::test]
async fn refuses_a_head_that_is_too_large() {
    let server = TestServer::open().await;
    let mut stream = connect(&server).await;
    let head = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: {}\r\n\r\n", "x".repeat(17 * 1024));
    stream.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(read_response(&mut stream).await.status, 431);
    let mut stream = connect(&server).await;
    let head = format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: x\r\n".repeat(101));
    stream.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(read_response(&mut stream).await.status, 431);
}

#[tokio::test]
async fn answers_without_waiting_for_a_body() {
    let server = TestServer::open().await;
    for path in ["/", "/ws", "/healthz", "/nowhere", "/pkg/nothing.js"] {
        let mut slow = connect(&server).await;
        let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nx=");
        slow.write_all(head.as_bytes()).await.unwrap();
        let text = read_until_closed(&mut slow).await;
        assert!(text.starts_with("HTTP/1.1 4"), "{path}: {text}");
    }
}

/// Starts a server with a huge file and requests that file on a connection with a small receive buffer.
async fn start_large_download() -> (TestServer, TcpStream, std::path::PathBuf) {
    let root = std::env::temp_dir().join(format!(
        "passerby-huge-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    fs::create_dir_all(root.join("pkg")).unwrap();
    for file in ["passerby.js", "passerby.wasm", "passerby.css"] {
        fs::write(root.join("pkg").join(file), "").unwrap();
    }
    fs::write(root.join("huge"), vec![b'x'; FILE_BYTES]).unwrap();
    let mut config = Config::default();
    config.leptos.site_root = root.to_str().unwrap().into();
    let server = TestServer::open_with(config).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(server.address).await.unwrap();
    stream.write_all(b"GET /huge HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    stream.readable().await.unwrap();
    (server, stream, root)
}

#[tokio::test]
async fn closes_a_connection_that_does_not_read() {
    let (server, mut stream, root) = start_large_download().await;
    advance_time(Duration::from_secs(15)).await;
    assert!(read_until_closed(&mut stream).await.len() < FILE_BYTES);
    assert_eq!(server.metric("passerby_limited_total{limit=\"write\"}").await, 1);
    assert_eq!(server.get("/healthz", &[]).await.status, 200);
    fs::remove_dir_all(root).unwrap();
}

#[tokio::test]
async fn closes_a_connection_that_reads_slowly() {
    let (server, mut stream, root) = start_large_download().await;
    let mut received = 0;
    for _ in 0..95 {
        // Enough for the server to make some progress in each second.
        for _ in 0..64 {
            received += stream.read(&mut [0; 8192]).await.unwrap_or_default();
        }
        advance_time(Duration::from_secs(1)).await;
    }
    assert!(received + read_until_closed(&mut stream).await.len() < FILE_BYTES);
    assert_eq!(server.get("/healthz", &[]).await.status, 200);
    fs::remove_dir_all(root).unwrap();
}

#[tokio::test]
async fn does_not_apply_http_timeouts_to_websockets() {
    let server = TestServer::open().await;
    let mut client = TestClient::open(&server).await;
    // Longer than an HTTP connection may last for requests and responses.
    advance_time(Duration::from_secs(100)).await;
    client.send(ToServer::Leave {}).await;
    client.receives_nothing().await;
    server.wait_for_census([1, 1, 0, 0, 0]).await;
}
