//! TLS: which certificate the server presents, how it reloads one, and how it redirects plain HTTP.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use futures::StreamExt;
use passerby::{protocol::limits::SUBPROTOCOL, server::Config};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};
use tokio_tungstenite::{client_async, tungstenite::client::IntoClientRequest};

use crate::support::{TEST_TIMEOUT, TestServer, advance_time, get, operator, request};

/// A temporary folder that is deleted when the test ends.
pub(crate) struct TempFolder(PathBuf);

impl TempFolder {
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("passerby-tls-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a new certificate for `localhost` and its key into the folder, and returns the certificate.
    pub(crate) fn write_certificate(&self) -> CertificateDer<'static> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(self.at("key.pem"), made.signing_key.serialize_pem()).unwrap();
        fs::write(self.at("certificate.pem"), made.cert.pem()).unwrap();
        made.cert.der().clone()
    }

    pub(crate) fn config(&self) -> Config {
        let mut config = Config::default();
        config.tls.certificate = self.at("certificate.pem");
        config.tls.key = self.at("key.pem");
        config
    }
}

impl Drop for TempFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Connects as a client that trusts only this certificate.
pub(crate) async fn connect(
    server: &TestServer,
    trusted: &CertificateDer<'static>,
) -> Result<TlsStream<TcpStream>, std::io::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(server.address).await.expect("a server");
    let name = ServerName::try_from("localhost").unwrap();
    let handshake = TlsConnector::from(Arc::new(config)).connect(name, stream);
    timeout(TEST_TIMEOUT, handshake).await.expect("a handshake in time")
}

async fn status(server: &TestServer, trusted: &CertificateDer<'static>) -> u16 {
    let mut stream = connect(server, trusted).await.expect("a trusted certificate");
    request(&mut stream, "localhost", "/healthz", &[]).await.status
}

/// Waits until the server presents this certificate to new connections.
async fn wait_for_certificate(server: &TestServer, certificate: &CertificateDer<'static>) {
    for _ in 0..TEST_TIMEOUT.as_secs() {
        if connect(server, certificate).await.is_ok() {
            return;
        }
        advance_time(Duration::from_secs(1)).await;
    }
    panic!("the server never presents the certificate");
}

#[tokio::test]
async fn presents_a_replaced_certificate_to_new_connections() {
    let folder = TempFolder::new("change");
    let first = folder.write_certificate();
    let server = TestServer::open_with(folder.config()).await;
    let mut open = connect(&server, &first).await.unwrap();

    let second = folder.write_certificate();
    wait_for_certificate(&server, &second).await;
    assert!(connect(&server, &first).await.is_err());
    assert_eq!(status(&server, &second).await, 200);
    assert_eq!(
        request(&mut open, "localhost", "/healthz", &[]).await.status,
        200,
        "open connections stay open"
    );
}

#[tokio::test]
async fn keeps_the_old_certificate_while_the_new_one_is_broken() {
    let folder = TempFolder::new("broken");
    let first = folder.write_certificate();
    let server = TestServer::open_with(folder.config()).await;
    assert_eq!(status(&server, &first).await, 200);
    let key = fs::read(folder.at("key.pem")).unwrap();
    let faults: [&dyn Fn(); 3] = [
        &|| fs::write(folder.at("certificate.pem"), "none").unwrap(),
        &|| fs::remove_file(folder.at("key.pem")).unwrap(),
        // Certificate and key are valid, but do not belong together.
        &|| {
            folder.write_certificate();
            fs::write(folder.at("key.pem"), &key).unwrap();
        },
    ];
    for apply_fault in faults {
        apply_fault();
        advance_time(Duration::from_secs(12)).await;
        assert_eq!(status(&server, &first).await, 200);
    }
    let last = folder.write_certificate();
    wait_for_certificate(&server, &last).await;
}

fn self_signed(folder: &TempFolder) -> Config {
    let mut config = Config::default();
    config.tls.self_signed = true;
    config.state.dir = folder.0.clone();
    config
}

fn stored_certificate(folder: &TempFolder) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(folder.at("self-signed.pem")).unwrap()
}

#[tokio::test]
async fn keeps_its_self_signed_certificate_across_restarts() {
    let folder = TempFolder::new("own");
    let server = TestServer::open_with(self_signed(&folder)).await;
    server.metric("passerby_connections").await;
    let certificate = stored_certificate(&folder);
    assert_eq!(status(&server, &certificate).await, 200);
    server.stop().await.unwrap().unwrap();

    let server = TestServer::open_with(self_signed(&folder)).await;
    assert_eq!(status(&server, &certificate).await, 200);
    assert_eq!(stored_certificate(&folder), certificate);
}

#[tokio::test]
async fn accepts_only_its_own_https_origins() {
    let folder = TempFolder::new("origins");
    let server = TestServer::open_with(self_signed(&folder)).await;
    server.metric("passerby_connections").await;
    let certificate = stored_certificate(&folder);
    let port = server.address.port();
    for (origin, is_allowed) in [
        (format!("https://localhost:{port}"), true),
        (format!("https://127.0.0.1:{port}"), true),
        (format!("http://localhost:{port}"), false),
        (format!("https://evil.example:{port}"), false),
    ] {
        let mut request = format!("wss://localhost:{port}/ws").into_client_request().unwrap();
        request.headers_mut().insert("Origin", origin.parse().unwrap());
        request.headers_mut().insert("Sec-WebSocket-Protocol", SUBPROTOCOL.parse().unwrap());
        let stream = connect(&server, &certificate).await.unwrap();
        match client_async(request, stream).await {
            Ok((mut socket, _)) => {
                let read = timeout(Duration::from_secs(1), socket.next()).await;
                // The server speaks first only to say that the origin is refused.
                let is_refused =
                    read.is_ok_and(|it| it.unwrap().unwrap().to_string().contains("wrong-origin"));
                assert_eq!(is_refused, !is_allowed, "{origin}");
            }
            Err(error) => panic!("{origin}: {error}"),
        }
    }
}

#[tokio::test]
async fn sends_hsts_only_with_a_trusted_certificate() {
    let sends_hsts = async |config: Config, certificate: &dyn Fn() -> CertificateDer<'static>| {
        let server = TestServer::open_with(config).await;
        server.metric("passerby_connections").await;
        let mut stream = connect(&server, &certificate()).await.unwrap();
        let response = request(&mut stream, "localhost", "/", &[]).await;
        assert_eq!(response.status, 200);
        response.head.contains("strict-transport-security: max-age=31536000\r\n")
    };
    let folder = TempFolder::new("strict");
    let certificate = folder.write_certificate();
    let mut config = folder.config();
    config.server.origins = vec!["https://passerby.example".into()];
    config.operator = operator();
    assert!(sends_hsts(config, &|| certificate.clone()).await);
    // Other servers on this machine share the name `localhost` and may have no TLS.
    assert!(!sends_hsts(folder.config(), &|| certificate.clone()).await);
    let mut config = self_signed(&folder);
    config.server.origins = vec!["https://passerby.example".into()];
    config.operator = operator();
    assert!(!sends_hsts(config, &|| stored_certificate(&folder)).await);
    assert!(!TestServer::open().await.get("/", &[]).await.head.contains("strict-transport-security"));
}

#[tokio::test]
async fn redirects_plain_http_to_the_same_page_over_tls() {
    let folder = TempFolder::new("redirect");
    let mut config = self_signed(&folder);
    config.tls.redirect_addr = Some(([127, 0, 0, 1], 0).into());
    let server = TestServer::open_with(config).await;
    let response = get(server.redirect.unwrap(), "/a?b=c", &[]).await;
    let location = format!("\r\nlocation: https://127.0.0.1:{}/a?b=c\r\n", server.address.port());
    assert_eq!(response.status, 308);
    assert!(response.head.contains(&location), "{}", response.head);
    let mut stream = TcpStream::connect(server.redirect.unwrap()).await.unwrap();
    let response = request(&mut stream, "www.example", "/", &[]).await;
    assert_eq!(response.status, 307);
    let location = response.head.lines().find_map(|it| it.strip_prefix("location: ")).expect("a target");
    assert!(location.starts_with("https://") && !location.contains("www.example"), "{location}");
    assert!(response.head.contains("cache-control: no-store"), "{}", response.head);
}

#[tokio::test]
async fn closes_a_connection_without_a_tls_handshake() {
    let folder = TempFolder::new("silent");
    folder.write_certificate();
    let server = TestServer::open_with(folder.config()).await;
    let silent = TcpStream::connect(server.address).await.unwrap();
    server.metric("passerby_connections").await;
    advance_time(Duration::from_secs(9)).await;
    assert!(silent.try_read(&mut [0]).is_err(), "it is closed too early");
    advance_time(Duration::from_secs(2)).await;
    timeout(TEST_TIMEOUT, silent.readable()).await.expect("the server closes in time").unwrap();
    assert_eq!(silent.try_read(&mut [0]).unwrap(), 0);
}

#[tokio::test]
async fn does_not_answer_plain_http_on_the_tls_port() {
    let folder = TempFolder::new("plain");
    folder.write_certificate();
    let server = TestServer::open_with(folder.config()).await;
    let response = timeout(TEST_TIMEOUT, async {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes).await;
        bytes
    });
    assert!(!String::from_utf8_lossy(&response.await.unwrap()).contains("HTTP"));
}

#[tokio::test]
async fn names_the_key_of_a_missing_certificate() {
    let mut config = Config::default();
    config.tls.certificate = Path::new("/nowhere/certificate.pem").into();
    let problem = TestServer::open_with(config).await.stop().await.unwrap().unwrap_err();
    assert!(problem.to_string().contains("`tls.certificate`"), "{problem}");
}
