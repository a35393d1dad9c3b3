//! PEM texts into certificates, and secrets into files that nobody else can read; it must not know what they are for.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use anyhow::Context;
use sha2::{Digest, Sha256};
use tokio_rustls::rustls::{
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use x509_parser::parse_x509_certificate;

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    /// No certificate at all, or one that is none.
    #[error("holds no certificate (PEM) that can be read")]
    Certificate,
    /// No private key, or one of a kind that is not known.
    #[error("holds no private key (PEM) that can be used: {0}")]
    Key(String),
    /// Each for itself is fine.
    #[error("holds a key that does not belong to the certificate")]
    Mismatch,
}

/// A certificate and its key, which belong together.
pub(crate) fn certified(certificate: &[u8], key: &[u8]) -> Result<CertifiedKey, Broken> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(certificate)
        .collect::<Result<_, _>>()
        .map_err(|_| Broken::Certificate)?;
    if chain.is_empty() || chain.iter().any(|it| parse_x509_certificate(it).is_err()) {
        return Err(Broken::Certificate);
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| Broken::Key(error.to_string()))?;
    let provider = ring::default_provider();
    let key = provider.key_provider.load_private_key(key).map_err(|error| Broken::Key(error.to_string()))?;
    let certified = CertifiedKey::new(chain, key);
    certified.keys_match().map_err(|_| Broken::Mismatch)?;
    Ok(certified)
}

/// From and until when it is good, in seconds since 1970.
pub(crate) fn validity(certificate: &CertifiedKey) -> anyhow::Result<(i64, i64)> {
    let first = certificate.cert.first().context("no certificate")?;
    let (_, parsed) = parse_x509_certificate(first).context("no certificate")?;
    Ok((parsed.validity().not_before.timestamp(), parsed.validity().not_after.timestamp()))
}

/// SHA-256 of the certificate, as browsers show it.
pub(crate) fn fingerprint(certificate: &[u8]) -> String {
    let pairs: Vec<_> = Sha256::digest(certificate).iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

/// Puts a file in its place, whole, for this user only; makes the directory if there is none.
pub(crate) fn store(path: &Path, text: &str) -> anyhow::Result<()> {
    let stored = || -> io::Result<()> {
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir)?;
        }
        let new = path.with_extension(format!("new-{}", std::process::id()));
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all())?;
        fs::rename(new, path)
    };
    stored().with_context(|| format!("cannot write {}", path.display()))
}
