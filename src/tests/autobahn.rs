//! Autobahn's WebSocket conformance suite, run against an echo server that uses the server's own [`WebSocket`].
//!
//! `make autobahn` installs the suite and runs the ignored test.

use std::{collections::BTreeMap, env, fs, net::SocketAddr, path::Path, process::Command};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::any,
};
use passerby::server::websocket::socket::WebSocket;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::spawn_blocking};
use tokio_tungstenite::tungstenite::{Message, handshake::server::create_response_with_body};

/// The environment variable in which `scripts/autobahn` passes the path of `wstest`.
const WSTEST_VARIABLE: &str = "AUTOBAHN_WSTEST";

/// The cases to run: framing, pings, reserved bits, opcodes, fragmentation, UTF-8, closing, and writes in small pieces.
///
/// Left out are 9, whose messages have up to 16 MB where the server allows 64 KB, and 12 and 13, because the server
/// never negotiates compression.
const CASES: [&str; 8] = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"];

/// How many cases [`CASES`] selects in the pinned version of the suite, so that a skipped case does not go unnoticed.
const CASE_COUNT: usize = 247;

/// Results that violate no rule. The standard (RFC 6455) leaves a choice in the cases that are not `OK`.
const ACCEPTED: [&str; 3] = ["OK", "NON-STRICT", "INFORMATIONAL"];

/// Sends every message back until the client closes the socket.
async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let sent = match message {
            Message::Text(text) => socket.send_text(&text).await,
            Message::Binary(_) => socket.send(message).await,
            // The library answers these.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => Ok(()),
        };
        if sent.is_err() {
            return;
        }
    }
}

/// The server's handshake without the subprotocol, which the suite does not offer.
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

/// Counts the cases by result and lists the ones that failed.
fn evaluate(report: &Value) -> (BTreeMap<String, usize>, Vec<String>) {
    let (mut counts, mut failed) = (BTreeMap::new(), Vec::new());
    for (case, result) in report.as_object().expect("cases") {
        let of = |key| result[key].as_str().unwrap_or("missing").to_owned();
        let (behavior, close) = (of("behavior"), of("behaviorClose"));
        if !ACCEPTED.contains(&behavior.as_str()) || !ACCEPTED.contains(&close.as_str()) {
            failed.push(format!("{case}: {behavior}, closing {close}"));
        }
        *counts.entry(behavior).or_insert(0) += 1;
    }
    (counts, failed)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes and needs the suite that `make autobahn` installs"]
async fn sockets_conform_to_rfc_6455() {
    let program =
        env::var(WSTEST_VARIABLE).unwrap_or_else(|_| panic!("`make autobahn` sets {WSTEST_VARIABLE}"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("autobahn");
    // A report of an earlier run would be mistaken for this one.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let server = json!({ "agent": "passerby", "url": format!("ws://{}", serve().await) });
    let spec = json!({ "outdir": folder, "servers": [server], "cases": CASES, "exclude-cases": [] });
    let file = folder.join("spec.json");
    fs::write(&file, spec.to_string()).unwrap();
    let run = move || Command::new(program).args(["--mode", "fuzzingclient", "--spec"]).arg(file).status();
    assert!(spawn_blocking(run).await.unwrap().expect("wstest").success());

    let report: Value = serde_json::from_slice(&fs::read(folder.join("index.json")).unwrap()).unwrap();
    let (counts, failed) = evaluate(&report["passerby"]);
    println!("{counts:?}, report in {}", folder.join("index.html").display());
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(counts.values().sum::<usize>(), CASE_COUNT, "some cases did not run");
}

#[test]
fn finds_failed_cases_in_a_report() {
    let case = |behavior, close| json!({ "behavior": behavior, "behaviorClose": close });
    let report = json!({
        "1.1.1": case("OK", "OK"),
        "6.4.1": case("NON-STRICT", "OK"),
        "7.1.6": case("INFORMATIONAL", "INFORMATIONAL"),
        "2.1": case("FAILED", "OK"),
        "2.2": case("OK", "UNCLEAN"),
        "2.3": {},
    });
    let (counts, failed) = evaluate(&report);
    assert_eq!(counts["OK"], 2);
    assert_eq!(
        failed,
        ["2.1: FAILED, closing OK", "2.2: OK, closing UNCLEAN", "2.3: missing, closing missing"]
    );
}
