//! [`CertResolver`]: the certificate for each TLS handshake.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use tokio_rustls::rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

/// The protocol with which an ACME server validates a domain in a TLS handshake (RFC 8737).
pub(crate) const ACME_PROTOCOL: &[u8] = b"acme-tls/1";

/// One certificate for all visitors, and during an ACME order a challenge certificate per domain.
#[derive(Debug, Default)]
pub(crate) struct CertResolver {
    certificate: RwLock<Option<Arc<CertifiedKey>>>,
    challenges: RwLock<BTreeMap<String, Arc<CertifiedKey>>>,
}

impl CertResolver {
    /// Uses this certificate from the next handshake on; open connections keep theirs.
    pub(crate) fn set_certificate(&self, certificate: CertifiedKey) {
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
