//! Whoever is slow, or asks for too much, is sent away, and nobody else has to wait for that.

use std::{fs, io::ErrorKind, time::Duration};

use passerby::{protocol::ToServer, server::Config};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::support::{House, PATIENCE, Page, ask, pass, read};

/// How long a head may take, and how long a connection is kept for the next request.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// More than any buffer on the way holds.
const HUGE: usize = 64 << 20;

async fn connect(house: &House) -> TcpStream {
    TcpStream::connect(house.address).await.expect("a server")
}

/// Whether the server has nothing to say and has not gone.
fn is_open(stream: &TcpStream) -> bool {
    stream.try_read(&mut [0; 64]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

/// Waits until the server has gone; what it still said.
async fn last_words(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is an end too.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("the server goes in time");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn who_says_nothing_is_cut() {
    let house = House::open().await;
    let mut silent = connect(&house).await;
    // The server's clock for it starts when it has seen it.
    house.get("/healthz", &[]).await;
    pass(HEAD_WITHIN - Duration::from_secs(1)).await;
    assert!(is_open(&silent));
    pass(Duration::from_secs(2)).await;
    assert_eq!(last_words(&mut silent).await, "");
}

#[tokio::test]
async fn a_head_that_comes_in_drops_is_cut() {
    let house = House::open().await;
    let mut slow = connect(&house).await;
    slow.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n").await.unwrap();
    for second in 0..HEAD_WITHIN.as_secs() + 1 {
        // It fails where the server has gone, which is what is waited for.
        let _ = slow.write_all(format!("X-{second}: x\r\n").as_bytes()).await;
        pass(Duration::from_secs(1)).await;
        assert_eq!(house.get("/healthz", &[]).await.status, 200);
    }
    assert!(!last_words(&mut slow).await.contains("200 OK"));
    assert_eq!(house.count("passerby_limited_total{limit=\"head\"}").await, 1);
}

#[tokio::test]
async fn a_head_is_waited_for_as_long_as_is_set() {
    let house = House::limited(|it| it.head_seconds = 2).await;
    let mut silent = connect(&house).await;
    house.get("/healthz", &[]).await;
    pass(Duration::from_secs(3)).await;
    assert_eq!(last_words(&mut silent).await, "");
}

#[tokio::test]
async fn the_eldest_makes_room_where_there_is_none() {
    let house = House::limited(|it| it.open = 2).await;
    let mut eldest = connect(&house).await;
    let second = connect(&house).await;
    assert_eq!(house.get("/healthz", &[]).await.status, 200);
    assert_eq!(last_words(&mut eldest).await, "");
    assert!(is_open(&second));
    assert_eq!(house.count("passerby_limited_total{limit=\"open\"}").await, 1);
}

#[tokio::test]
async fn who_has_been_answered_may_ask_again_for_a_while() {
    let house = House::open().await;
    let mut stream = connect(&house).await;
    let keep = [("Connection", "keep-alive")];
    for _ in 0..3 {
        assert_eq!(ask(&mut stream, "localhost", "/healthz", &keep).await.status, 200);
        pass(HEAD_WITHIN - Duration::from_secs(2)).await;
    }
    assert!(is_open(&stream));
    pass(Duration::from_secs(3)).await;
    assert_eq!(last_words(&mut stream).await, "");
    assert_eq!(house.count("passerby_limited_total{limit=\"head\"}").await, 0, "it was not slow");
}

#[tokio::test]
async fn nobody_may_ask_for_ever() {
    let house = House::open().await;
    let mut stream = connect(&house).await;
    let keep = [("Connection", "keep-alive")];
    for _ in 0..10 {
        assert_eq!(ask(&mut stream, "localhost", "/healthz", &keep).await.status, 200);
        pass(Duration::from_secs(6)).await;
    }
    pass(Duration::from_secs(1)).await;
    assert_eq!(last_words(&mut stream).await, "");
}

#[tokio::test]
async fn one_network_gets_only_so_many_connections() {
    let mut config = Config::default();
    // Loopback is counted only where there is a proxy.
    config.server.proxies = vec!["192.0.2.1".into()];
    config.limits.network.open = 2;
    let house = House::open_with(config).await;
    let [first, _second] = [connect(&house).await, connect(&house).await];
    assert_eq!(last_words(&mut connect(&house).await).await, "");
    assert!(is_open(&first));

    let elsewhere = TcpSocket::new_v4().unwrap();
    elsewhere.bind(([127, 0, 0, 2], 0).into()).unwrap();
    let mut stream = elsewhere.connect(house.address).await.unwrap();
    assert_eq!(ask(&mut stream, "localhost", "/healthz", &[]).await.status, 200);
    assert_eq!(house.count("passerby_limited_total{limit=\"network-open\"}").await, 1);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let house = House::open().await;
    let mut stream = connect(&house).await;
    let head = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: {}\r\n\r\n", "x".repeat(17 * 1024));
    stream.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(read(&mut stream).await.status, 431);
    let mut stream = connect(&house).await;
    let head = format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: x\r\n".repeat(101));
    stream.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(read(&mut stream).await.status, 431);
}

#[tokio::test]
async fn a_body_is_not_waited_for() {
    let house = House::open().await;
    for path in ["/", "/ws", "/healthz", "/nowhere", "/pkg/nothing.js"] {
        let mut slow = connect(&house).await;
        let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nx=");
        slow.write_all(head.as_bytes()).await.unwrap();
        let words = last_words(&mut slow).await;
        assert!(words.starts_with("HTTP/1.1 4"), "{path}: {words}");
    }
}

/// A house with a huge file, and a client with little room that has asked for it.
async fn who_asks_for_much() -> (House, TcpStream, std::path::PathBuf) {
    let root = std::env::temp_dir().join(format!(
        "passerby-huge-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    fs::create_dir_all(root.join("pkg")).unwrap();
    fs::write(root.join("pkg/passerby.js"), "").unwrap();
    fs::write(root.join("huge"), vec![b'x'; HUGE]).unwrap();
    let mut config = Config::default();
    config.leptos.site_root = root.to_str().unwrap().into();
    let house = House::open_with(config).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(house.address).await.unwrap();
    stream.write_all(b"GET /huge HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    stream.readable().await.unwrap();
    (house, stream, root)
}

#[tokio::test]
async fn who_does_not_read_is_cut() {
    let (house, mut stream, root) = who_asks_for_much().await;
    pass(Duration::from_secs(15)).await;
    assert!(last_words(&mut stream).await.len() < HUGE);
    assert_eq!(house.count("passerby_limited_total{limit=\"write\"}").await, 1);
    assert_eq!(house.get("/healthz", &[]).await.status, 200);
    fs::remove_dir_all(root).unwrap();
}

#[tokio::test]
async fn who_reads_in_drops_is_cut() {
    let (house, mut stream, root) = who_asks_for_much().await;
    let mut had = 0;
    for _ in 0..95 {
        // Enough for the server to get rid of something each time.
        for _ in 0..64 {
            had += stream.read(&mut [0; 8192]).await.unwrap_or_default();
        }
        pass(Duration::from_secs(1)).await;
    }
    assert!(had + last_words(&mut stream).await.len() < HUGE);
    assert_eq!(house.get("/healthz", &[]).await.status, 200);
    fs::remove_dir_all(root).unwrap();
}

#[tokio::test]
async fn a_socket_has_deadlines_of_its_own() {
    let house = House::open().await;
    let mut page = Page::open(&house).await;
    // Longer than all the time that a connection gets for requests and answers.
    pass(Duration::from_secs(100)).await;
    page.say(ToServer::Leave {}).await;
    page.hears_nothing().await;
    house.settles([1, 1, 0, 0, 0]).await;
}
