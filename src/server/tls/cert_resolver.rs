//! [`CertResolver`]: the certificate for each TLS handshake.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use tokio_rustls::rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use super::pem;
use crate::server::telemetry::Telemetry;

/// The protocol with which an ACME server validates a domain in a TLS handshake (RFC 8737).
pub(crate) const ACME_PROTOCOL: &[u8] = b"acme-tls/1";

/// One certificate for all visitors, and during an ACME order a challenge certificate per domain.
#[derive(Debug)]
pub(crate) struct CertResolver {
    telemetry: Arc<Telemetry>,
    certificate: RwLock<Option<Arc<CertifiedKey>>>,
    challenges: RwLock<BTreeMap<String, Arc<CertifiedKey>>>,
}

impl CertResolver {
    /// A resolver without certificates. It tells `telemetry` when the certificate in use expires.
    pub(crate) fn new(telemetry: Arc<Telemetry>) -> Self {
        Self { telemetry, certificate: RwLock::default(), challenges: RwLock::default() }
    }

    /// Uses this certificate from the next handshake on; open connections keep theirs.
    pub(crate) fn set_certificate(&self, certificate: CertifiedKey) {
        if let Ok((_, until)) = pem::validity(&certificate) {
            self.telemetry.certificate_expires(until);
        }
        *self.certificate.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(certificate));
    }

    /// Replaces the challenge certificates for ACME servers, each under its domain.
    pub(crate) fn set_challenges(&self, challenges: BTreeMap<String, Arc<CertifiedKey>>) {
        *self.challenges.write().unwrap_or_else(PoisonError::into_inner) = challenges;
    }
}

impl ResolvesServerCert for CertResolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if hello.alpn().is_some_and(|mut it| it.any(|protocol| protocol == ACME_PROTOCOL)) {
            let challenges = self.challenges.read().unwrap_or_else(PoisonError::into_inner);
            return challenges.get(&hello.server_name()?.to_lowercase()).cloned();
        }
        self.certificate.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
