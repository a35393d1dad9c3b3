//! [`CertFiles`]: a certificate in files that another program writes and renews.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use sha2::{Digest, Sha256};
use tokio::{task::spawn_blocking, time::sleep};
use tokio_rustls::rustls::{
    client::verify_server_name, pki_types::ServerName, server::ParsedCertificate, sign::CertifiedKey,
};
use tokio_util::sync::CancellationToken;

use super::{
    cert_resolver::CertResolver,
    pem::{self, PemError},
};
use crate::server::config::value::InvalidKey;

/// How often the files are checked for changes. Nobody minds a new certificate that is five seconds late, and reading
/// ten kilobytes costs nothing.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// The paths of the certificate and its key.
#[derive(Clone, Debug)]
pub(crate) struct CertFiles {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// A hash of the contents of both files. Modification times and links do not reveal every change.
pub(crate) type ContentHash = [u8; 32];

/// A certificate that was read from the files.
#[derive(Clone, Debug)]
pub(crate) struct LoadedCert {
    pub(crate) certificate: CertifiedKey,
    pub(crate) hash: ContentHash,
}

impl LoadedCert {
    /// Whether it is for this host: a name, or an address as in a URL.
    pub(crate) fn names(&self, host: &str) -> bool {
        let host = host.trim_matches(['[', ']']);
        let Ok(name) = ServerName::try_from(host) else { return false };
        let Some(first) = self.certificate.cert.first() else { return false };
        ParsedCertificate::try_from(first).is_ok_and(|it| verify_server_name(&it, &name).is_ok())
    }
}

/// The result of a check for changes.
enum FileState {
    Unchanged,
    New(LoadedCert),
    Invalid(ContentHash, InvalidKey),
    Unreadable(InvalidKey),
}

impl CertFiles {
    /// Reads the certificate.
    ///
    /// # Errors
    ///
    /// An [`InvalidKey`] if a file is missing or malformed, or the key does not belong to the certificate.
    pub(crate) fn load(&self) -> Result<LoadedCert, InvalidKey> {
        let (certificate, key) = self.read()?;
        Ok(LoadedCert { certificate: parse(&certificate, &key)?, hash: hash(&certificate, &key) })
    }

    /// Checks the files until `stopping`, and uses a new certificate from the next handshake on.
    ///
    /// An invalid one is logged and not used: the one before may be valid for weeks.
    pub(crate) async fn watch(
        self,
        mut last: ContentHash,
        resolver: Arc<CertResolver>,
        stopping: CancellationToken,
    ) {
        let files = Arc::new(self);
        let mut readable = true;
        loop {
            tokio::select! { () = stopping.cancelled() => return, () = sleep(CHECK_INTERVAL) => {} }
            let checked = Arc::clone(&files);
            let Ok(state) = spawn_blocking(move || checked.check(last)).await else { continue };
            readable = match state {
                FileState::Unchanged => true,
                FileState::New(LoadedCert { certificate, hash }) => {
                    last = hash;
                    resolver.set_certificate(certificate);
                    tracing::info!("new certificate loaded");
                    true
                }
                FileState::Invalid(hash, InvalidKey { key, problem }) => {
                    last = hash;
                    tracing::error!(key, problem, "the new certificate is invalid; the old one stays in use");
                    true
                }
                FileState::Unreadable(InvalidKey { key, problem }) => {
                    if readable {
                        tracing::error!(key, problem, "the certificate files cannot be read");
                    }
                    false
                }
            };
        }
    }

    fn check(&self, last: ContentHash) -> FileState {
        let (certificate, key) = match self.read() {
            Ok(both) => both,
            Err(invalid) => return FileState::Unreadable(invalid),
        };
        let hash = hash(&certificate, &key);
        if hash == last {
            return FileState::Unchanged;
        }
        match parse(&certificate, &key) {
            Ok(certificate) => FileState::New(LoadedCert { certificate, hash }),
            Err(invalid) => FileState::Invalid(hash, invalid),
        }
    }

    fn read(&self) -> Result<(Vec<u8>, Vec<u8>), InvalidKey> {
        let read = |name, path: &PathBuf| {
            if path.as_os_str().is_empty() {
                return Err(InvalidKey::new(name, "is missing: a certificate and its key belong together"));
            }
            fs::read(path).map_err(|error| InvalidKey::new(name, format!("cannot be read: {error}")))
        };
        Ok((read("tls.certificate", &self.certificate)?, read("tls.key", &self.key)?))
    }
}

fn parse(certificate: &[u8], key: &[u8]) -> Result<CertifiedKey, InvalidKey> {
    pem::parse_certified_key(certificate, key).map_err(|error| {
        let name = match error {
            PemError::Certificate => "tls.certificate",
            PemError::Key(_) | PemError::Mismatch => "tls.key",
        };
        InvalidKey::new(name, error)
    })
}

fn hash(certificate: &[u8], key: &[u8]) -> ContentHash {
    let parts = [Sha256::digest(certificate), Sha256::digest(key)];
    Sha256::digest(parts.concat()).into()
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    #[test]
    fn a_certificate_is_for_the_hosts_that_it_names() {
        let names = ["passerby.example", "*.edges.example", "203.0.113.7", "2001:db8::7"].map(str::to_owned);
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
        let certificate = parse(certificate.pem().as_bytes(), key.serialize_pem().as_bytes()).unwrap();
        let loaded = LoadedCert { certificate, hash: [0; 32] };
        for host in ["passerby.example", "one.edges.example", "203.0.113.7", "[2001:db8::7]"] {
            assert!(loaded.names(host), "{host}");
        }
        for host in ["edges.example", "one.passerby.example", "203.0.113.8", "[2001:db8::8]", ""] {
            assert!(!loaded.names(host), "{host}");
        }
    }
}
