//! [`Files`]: a certificate that somebody else puts there, and renews; it must not know who.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use sha2::{Digest, Sha256};
use tokio::{task::spawn_blocking, time::sleep};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_util::sync::CancellationToken;

use super::{
    cert_resolver::Shelf,
    pem::{self, Broken},
};
use crate::server::config::ice::Fault;

/// How often the files are looked at. Who has put a new one there can wait so long; reading ten kilobytes costs nothing.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Where they lie.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// What tells the contents of the two files from any others: times and links say too little of them.
pub(crate) type Mark = [u8; 32];

/// What a look at the files has found.
enum Found {
    Same,
    Good(Mark, CertifiedKey),
    Broken(Mark, Fault),
    Missing(Fault),
}

impl Files {
    /// Reads the certificate.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where a file is missing or broken, or the two do not belong together.
    pub(crate) fn load(&self) -> Result<(CertifiedKey, Mark), Fault> {
        let (certificate, key) = self.read()?;
        Ok((parse(&certificate, &key)?, mark(&certificate, &key)))
    }

    /// Looks at the files until `stopping`, and puts what is new on the shelf. What is broken is told, and left: the one
    /// before may be good for weeks.
    pub(crate) async fn watch(self, mut seen: Mark, shelf: Arc<Shelf>, stopping: CancellationToken) {
        let files = Arc::new(self);
        let mut are_there = true;
        loop {
            tokio::select! { () = stopping.cancelled() => return, () = sleep(LOOK_EVERY) => {} }
            let looking = Arc::clone(&files);
            let Ok(found) = spawn_blocking(move || looking.look(seen)).await else { continue };
            are_there = match found {
                Found::Same => true,
                Found::Good(mark, certificate) => {
                    seen = mark;
                    shelf.put(certificate);
                    tracing::info!("the certificate has changed");
                    true
                }
                Found::Broken(mark, (key, problem)) => {
                    seen = mark;
                    tracing::error!(key, problem, "the new certificate is not used");
                    true
                }
                Found::Missing((key, problem)) => {
                    if are_there {
                        tracing::error!(key, problem, "the certificate cannot be looked at");
                    }
                    false
                }
            };
        }
    }

    fn look(&self, seen: Mark) -> Found {
        let (certificate, key) = match self.read() {
            Ok(both) => both,
            Err(fault) => return Found::Missing(fault),
        };
        let mark = mark(&certificate, &key);
        if mark == seen {
            return Found::Same;
        }
        match parse(&certificate, &key) {
            Ok(certificate) => Found::Good(mark, certificate),
            Err(fault) => Found::Broken(mark, fault),
        }
    }

    fn read(&self) -> Result<(Vec<u8>, Vec<u8>), Fault> {
        let read = |name, path: &PathBuf| {
            if path.as_os_str().is_empty() {
                return Err((name, "is needed: a certificate and its key belong together".to_owned()));
            }
            fs::read(path).map_err(|error| (name, format!("cannot be read: {error}")))
        };
        Ok((read("tls.certificate", &self.certificate)?, read("tls.key", &self.key)?))
    }
}

fn parse(certificate: &[u8], key: &[u8]) -> Result<CertifiedKey, Fault> {
    pem::certified(certificate, key).map_err(|broken| {
        let name = match broken {
            Broken::Certificate => "tls.certificate",
            Broken::Key(_) | Broken::Mismatch => "tls.key",
        };
        (name, broken.to_string())
    })
}

fn mark(certificate: &[u8], key: &[u8]) -> Mark {
    let parts = [Sha256::digest(certificate), Sha256::digest(key)];
    Sha256::digest(parts.concat()).into()
}
