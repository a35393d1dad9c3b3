//! `passerby --health`: asks a running server with the same configuration whether it is alive, as a container's health
//! check.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
        pki_types::{CertificateDer, ServerName, UnixTime},
    },
};

use super::config::Resolved;

/// How long the answer may take: longer than a healthy server under load needs, shorter than the usual 5 s and more
/// between two checks.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(4);

/// Bytes of the answer that are read, at most: the first line is enough.
const MAX_ANSWER: u64 = 1024;

/// Asks the server at the configured address for `/healthz`.
///
/// # Errors
///
/// If it does not answer in time with 200.
pub async fn check_health(resolved: &Resolved) -> anyhow::Result<()> {
    let address = reachable(resolved.site_addr);
    let ask = async {
        let stream = TcpStream::connect(address).await?;
        if !resolved.tls.is_used() {
            return ask(stream).await;
        }
        let name = ServerName::from(address.ip());
        ask(TlsConnector::from(Arc::new(trusting()?)).connect(name, stream).await?).await
    };
    let answer = timeout(ANSWER_TIMEOUT, ask).await.context("no answer in time").flatten();
    let answer = answer.with_context(|| format!("the server at {address} is not healthy"))?;
    let first_line = answer.lines().next().unwrap_or_default();
    if first_line.split(' ').nth(1) != Some("200") {
        bail!("the server at {address} is not healthy: {first_line}");
    }
    Ok(())
}

/// The address at which a server that listens at `address` can be reached from this machine.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    SocketAddr::new(ip, address.port())
}

async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> anyhow::Result<String> {
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut answer = Vec::new();
    // A server need not end its TLS session properly, so an error after the first line does not matter.
    let result = stream.take(MAX_ANSWER).read_to_end(&mut answer).await;
    if answer.is_empty() {
        result?;
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// A client that trusts every certificate: it asks its own machine, and sends and learns nothing private.
fn trusting() -> anyhow::Result<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Arc::new(AnyCertificate(Arc::clone(&provider)));
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

/// Accepts every certificate of a server that has its key.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _issuers: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_all_addresses_is_asked_on_loopback() {
        let check = |listens: &str, asked: &str| {
            assert_eq!(reachable(listens.parse().unwrap()), asked.parse().unwrap());
        };
        check("0.0.0.0:3000", "127.0.0.1:3000");
        check("[::]:443", "[::1]:443");
        check("192.0.2.7:3000", "192.0.2.7:3000");
    }
}
