//! The health check of the program, as containers run it.

use std::net::SocketAddr;

use passerby::server::{Config, check_health};

use crate::support::TestServer;

/// Asks the server at an address with the rest of its configuration.
async fn ask(address: SocketAddr, mut config: Config) -> Result<(), String> {
    config.leptos.site_addr = address;
    config.leptos.site_root = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/support/site").into();
    check_health(&config.resolve().unwrap()).await.map_err(|error| format!("{error:#}"))
}

fn over_tls() -> Config {
    let mut config = Config::default();
    config.tls.self_signed = true;
    config
}

#[tokio::test]
async fn server_is_healthy_until_it_stops() {
    let server = TestServer::open().await;
    let address = server.address;
    assert_eq!(ask(address, Config::default()).await, Ok(()));
    server.stop().await.unwrap().unwrap();
    let problem = ask(address, Config::default()).await.unwrap_err();
    assert!(problem.contains(&format!("{address} is not healthy")), "{problem}");
}

#[tokio::test]
async fn server_with_a_certificate_that_nobody_trusts_is_healthy() {
    let server = TestServer::open_with(over_tls()).await;
    assert_eq!(ask(server.address, over_tls()).await, Ok(()));
}

#[tokio::test]
async fn server_that_does_not_answer_as_configured_is_not_healthy() {
    let server = TestServer::open().await;
    ask(server.address, over_tls()).await.unwrap_err();
}
