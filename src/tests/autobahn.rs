//! Autobahn's test suite against a socket that is made as the server's own, by its very function, and that echoes:
//! `make autobahn` installs the suite and asks for this test.

use std::{collections::BTreeMap, env, fs, net::SocketAddr, path::Path, process::Command};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::any,
};
use passerby::server::websocket::upgrade::WebSocket;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::spawn_blocking};
use tokio_tungstenite::tungstenite::{Message, handshake::server::create_response_with_body};

/// Where `scripts/autobahn` says its `wstest` is.
const PROGRAM: &str = "AUTOBAHN_WSTEST";

/// Framing, pings, reserved bits, opcodes, fragments, UTF-8, closing, and splitting on the way. Not 9, whose messages have
/// up to 16 MB where 64 KB are allowed, nor 12 and 13: compression is never agreed to.
const CASES: [&str; 8] = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"];

/// Cases of the suite's pinned version that this selects, so that none is left out unseen.
const COUNT: usize = 247;

/// Behaviours that break no rule: the standard leaves these ends a choice.
const GOOD: [&str; 3] = ["OK", "NON-STRICT", "INFORMATIONAL"];

/// Sends back whatever comes, and hears the other end out.
async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let sent = match message {
            Message::Text(text) => socket.send_text(text.to_string()).await,
            Message::Binary(_) => socket.send(message).await,
            // The library answers these by itself.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => Ok(()),
        };
        if sent.is_err() {
            return;
        }
    }
}

/// As the server's handshake, but for the subprotocol, of which the suite knows nothing.
async fn open(mut request: Request) -> Response {
    let Ok(answer) = create_response_with_body(&request, Body::empty) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move { echo(WebSocket::new(upgraded.await.expect("a socket")).await).await });
    answer
}

async fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", any(open))).await });
    address
}

/// How many cases ended in which way, and those that ended badly.
fn verdict(report: &Value) -> (BTreeMap<String, usize>, Vec<String>) {
    let (mut counts, mut bad) = (BTreeMap::new(), Vec::new());
    for (case, result) in report.as_object().expect("cases") {
        let of = |key| result[key].as_str().unwrap_or("nothing").to_owned();
        let (behavior, close) = (of("behavior"), of("behaviorClose"));
        if !GOOD.contains(&behavior.as_str()) || !GOOD.contains(&close.as_str()) {
            bad.push(format!("{case}: {behavior}, closing {close}"));
        }
        *counts.entry(behavior).or_insert(0) += 1;
    }
    (counts, bad)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes, and a suite that `make autobahn` installs"]
async fn the_socket_speaks_as_the_standard_says() {
    let program = env::var(PROGRAM).unwrap_or_else(|_| panic!("`make autobahn` sets {PROGRAM}"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("autobahn");
    // An older report must not be taken for this one.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let server = json!({ "agent": "passerby", "url": format!("ws://{}", serve().await) });
    let asked = json!({ "outdir": folder, "servers": [server], "cases": CASES, "exclude-cases": [] });
    let file = folder.join("asked.json");
    fs::write(&file, asked.to_string()).unwrap();
    let run = move || Command::new(program).args(["--mode", "fuzzingclient", "--spec"]).arg(file).status();
    assert!(spawn_blocking(run).await.unwrap().expect("wstest").success());

    let report: Value = serde_json::from_slice(&fs::read(folder.join("index.json")).unwrap()).unwrap();
    let (counts, bad) = verdict(&report["passerby"]);
    println!("{counts:?}, told in {}", folder.join("index.html").display());
    assert!(bad.is_empty(), "{bad:#?}");
    assert_eq!(counts.values().sum::<usize>(), COUNT, "cases were left out");
}

#[test]
fn a_bad_case_is_seen() {
    let case = |behavior, close| json!({ "behavior": behavior, "behaviorClose": close });
    let report = json!({
        "1.1.1": case("OK", "OK"),
        "6.4.1": case("NON-STRICT", "OK"),
        "7.1.6": case("INFORMATIONAL", "INFORMATIONAL"),
        "2.1": case("FAILED", "OK"),
        "2.2": case("OK", "UNCLEAN"),
        "2.3": {},
    });
    let (counts, bad) = verdict(&report);
    assert_eq!(counts["OK"], 2);
    assert_eq!(bad, ["2.1: FAILED, closing OK", "2.2: OK, closing UNCLEAN", "2.3: nothing, closing nothing"]);
}
