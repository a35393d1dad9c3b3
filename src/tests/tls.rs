//! Over TLS: which certificate is shown, when another one is, and who is sent where.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

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
use tokio_tungstenite::{
    client_async,
    tungstenite::{self, client::IntoClientRequest},
};

use crate::support::{House, PATIENCE, ask, get, pass};

/// A folder that is gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("passerby-tls-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Puts a new certificate for `localhost` there, and returns it.
    fn put_certificate(&self) -> CertificateDer<'static> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(self.at("key.pem"), made.signing_key.serialize_pem()).unwrap();
        fs::write(self.at("certificate.pem"), made.cert.pem()).unwrap();
        made.cert.der().clone()
    }

    fn config(&self) -> Config {
        let mut config = Config::default();
        config.tls.certificate = self.at("certificate.pem");
        config.tls.key = self.at("key.pem");
        config
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Connects as somebody who trusts this certificate alone.
async fn connect(
    house: &House,
    trusted: &CertificateDer<'static>,
) -> Result<TlsStream<TcpStream>, std::io::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(house.address).await.expect("a server");
    let name = ServerName::try_from("localhost").unwrap();
    let handshake = TlsConnector::from(Arc::new(config)).connect(name, stream);
    timeout(PATIENCE, handshake).await.expect("a handshake in time")
}

async fn status(house: &House, trusted: &CertificateDer<'static>) -> u16 {
    let mut stream = connect(house, trusted).await.expect("a certificate that is trusted");
    ask(&mut stream, "localhost", "/healthz", &[]).await.status
}

/// Waits until a certificate is shown to whoever connects.
async fn is_shown(house: &House, certificate: &CertificateDer<'static>) {
    for _ in 0..PATIENCE.as_secs() {
        if connect(house, certificate).await.is_ok() {
            return;
        }
        pass(Duration::from_secs(1)).await;
    }
    panic!("the certificate is never shown");
}

#[tokio::test]
async fn a_certificate_that_changes_is_shown_to_the_next_who_connects() {
    let folder = Folder::new("change");
    let first = folder.put_certificate();
    let house = House::open_with(folder.config()).await;
    let mut open = connect(&house, &first).await.unwrap();

    let second = folder.put_certificate();
    is_shown(&house, &second).await;
    assert!(connect(&house, &first).await.is_err());
    assert_eq!(status(&house, &second).await, 200);
    assert_eq!(ask(&mut open, "localhost", "/healthz", &[]).await.status, 200, "what is open stays open");
}

#[tokio::test]
async fn a_certificate_that_is_broken_is_not_used() {
    let folder = Folder::new("broken");
    let first = folder.put_certificate();
    let house = House::open_with(folder.config()).await;
    assert_eq!(status(&house, &first).await, 200);
    let key = fs::read(folder.at("key.pem")).unwrap();
    let breaks: [&dyn Fn(); 3] = [
        &|| fs::write(folder.at("certificate.pem"), "none").unwrap(),
        &|| fs::remove_file(folder.at("key.pem")).unwrap(),
        // Each is fine, and they do not belong together.
        &|| {
            folder.put_certificate();
            fs::write(folder.at("key.pem"), &key).unwrap();
        },
    ];
    for break_it in breaks {
        break_it();
        pass(Duration::from_secs(12)).await;
        assert_eq!(status(&house, &first).await, 200);
    }
    let last = folder.put_certificate();
    is_shown(&house, &last).await;
}

fn self_signed(folder: &Folder) -> Config {
    let mut config = Config::default();
    config.tls.self_signed = true;
    config.state.dir = folder.0.clone();
    config
}

fn kept(folder: &Folder) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(folder.at("self-signed.pem")).unwrap()
}

#[tokio::test]
async fn a_certificate_of_its_own_outlives_the_server() {
    let folder = Folder::new("own");
    let house = House::open_with(self_signed(&folder)).await;
    house.count("passerby_connections").await;
    let certificate = kept(&folder);
    assert_eq!(status(&house, &certificate).await, 200);
    house.stop().await.unwrap().unwrap();

    let house = House::open_with(self_signed(&folder)).await;
    assert_eq!(status(&house, &certificate).await, 200);
    assert_eq!(kept(&folder), certificate);
}

#[tokio::test]
async fn its_own_pages_may_connect_over_tls_and_no_others() {
    let folder = Folder::new("origins");
    let house = House::open_with(self_signed(&folder)).await;
    house.count("passerby_connections").await;
    let certificate = kept(&folder);
    let port = house.address.port();
    for (origin, may) in [
        (format!("https://localhost:{port}"), true),
        (format!("https://127.0.0.1:{port}"), true),
        (format!("http://localhost:{port}"), false),
        (format!("https://evil.example:{port}"), false),
    ] {
        let mut request = format!("wss://localhost:{port}/ws").into_client_request().unwrap();
        request.headers_mut().insert("Origin", origin.parse().unwrap());
        request.headers_mut().insert("Sec-WebSocket-Protocol", SUBPROTOCOL.parse().unwrap());
        let stream = connect(&house, &certificate).await.unwrap();
        match client_async(request, stream).await {
            Ok(_) => assert!(may, "{origin}"),
            Err(tungstenite::Error::Http(answer)) => {
                assert_eq!((answer.status().as_u16(), may), (403, false), "{origin}")
            }
            Err(error) => panic!("{origin}: {error}"),
        }
    }
}

#[tokio::test]
async fn browsers_are_told_to_come_over_tls_only_where_they_trust_it() {
    let strict = async |config: Config, certificate: &dyn Fn() -> CertificateDer<'static>| {
        let house = House::open_with(config).await;
        house.count("passerby_connections").await;
        let mut stream = connect(&house, &certificate()).await.unwrap();
        let answer = ask(&mut stream, "localhost", "/", &[]).await;
        assert_eq!(answer.status, 200);
        answer.head.contains("strict-transport-security: max-age=31536000\r\n")
    };
    let folder = Folder::new("strict");
    let certificate = folder.put_certificate();
    let mut config = folder.config();
    config.server.origins = vec!["https://passerby.example".into()];
    assert!(strict(config, &|| certificate.clone()).await);
    // On this machine other servers have the same name, and may have no TLS.
    assert!(!strict(folder.config(), &|| certificate.clone()).await);
    let mut config = self_signed(&folder);
    config.server.origins = vec!["https://passerby.example".into()];
    assert!(!strict(config, &|| kept(&folder)).await);
    assert!(!House::open().await.get("/", &[]).await.head.contains("strict-transport-security"));
}

#[tokio::test]
async fn plain_http_is_sent_to_the_same_page_over_tls() {
    let folder = Folder::new("redirect");
    let mut config = self_signed(&folder);
    config.tls.redirect_addr = Some(([127, 0, 0, 1], 0).into());
    let house = House::open_with(config).await;
    let answer = get(house.redirect.unwrap(), "/a?b=c", &[]).await;
    let location = format!("\r\nlocation: https://127.0.0.1:{}/a?b=c\r\n", house.address.port());
    assert_eq!(answer.status, 308);
    assert!(answer.head.contains(&location), "{}", answer.head);
    let mut stream = TcpStream::connect(house.redirect.unwrap()).await.unwrap();
    let answer = ask(&mut stream, "evil.example", "/", &[]).await;
    assert_eq!(answer.status, 421);
    assert!(!answer.head.contains("location"), "{}", answer.head);
}

#[tokio::test]
async fn who_does_not_shake_hands_is_cut() {
    let folder = Folder::new("silent");
    folder.put_certificate();
    let house = House::open_with(folder.config()).await;
    let silent = TcpStream::connect(house.address).await.unwrap();
    house.count("passerby_connections").await;
    pass(Duration::from_secs(9)).await;
    assert!(silent.try_read(&mut [0]).is_err(), "it is given time");
    pass(Duration::from_secs(2)).await;
    timeout(PATIENCE, silent.readable()).await.expect("an end in time").unwrap();
    assert_eq!(silent.try_read(&mut [0]).unwrap(), 0);
}

#[tokio::test]
async fn who_speaks_without_tls_learns_nothing() {
    let folder = Folder::new("plain");
    folder.put_certificate();
    let house = House::open_with(folder.config()).await;
    let answer = timeout(PATIENCE, async {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut stream = TcpStream::connect(house.address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes).await;
        bytes
    });
    assert!(!String::from_utf8_lossy(&answer.await.unwrap()).contains("HTTP"));
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let mut config = Config::default();
    config.tls.certificate = Path::new("/nowhere/certificate.pem").into();
    let problem = House::open_with(config).await.stop().await.unwrap().unwrap_err();
    assert!(problem.to_string().contains("`tls.certificate`"), "{problem}");
}
