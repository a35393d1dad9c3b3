//! [`Shelf`]: the certificate that the next handshake shows; it must not know where it comes from.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use tokio_rustls::rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

/// The protocol by which an ACME server asks whether a name leads here (RFC 8737).
pub(crate) const ACME_PROTOCOL: &[u8] = b"acme-tls/1";

/// One certificate for everybody, and while a new one is got, an answer for the ACME server for each name.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    certificate: RwLock<Option<Arc<CertifiedKey>>>,
    answers: RwLock<BTreeMap<String, Arc<CertifiedKey>>>,
}

impl Shelf {
    /// Shows this one from now on; connections that are open keep theirs.
    pub(crate) fn put(&self, certificate: CertifiedKey) {
        *self.certificate.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(certificate));
    }

    /// Shows these to an ACME server, each under its name, instead of those before.
    pub(crate) fn answer_with(&self, answers: BTreeMap<String, Arc<CertifiedKey>>) {
        *self.answers.write().unwrap_or_else(PoisonError::into_inner) = answers;
    }
}

impl ResolvesServerCert for Shelf {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if hello.alpn().is_some_and(|mut it| it.any(|protocol| protocol == ACME_PROTOCOL)) {
            let answers = self.answers.read().unwrap_or_else(PoisonError::into_inner);
            return answers.get(&hello.server_name()?.to_lowercase()).cloned();
        }
        self.certificate.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
