//! Parsing of PEM certificates and keys, and writing of files that only this user can read.

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
pub(crate) enum PemError {
    /// There is no certificate, or a malformed one.
    #[error("holds no readable certificate (PEM)")]
    Certificate,
    /// There is no private key, or one of an unknown kind.
    #[error("holds no usable private key (PEM): {0}")]
    Key(String),
    /// Both are valid, but the key belongs to another certificate.
    #[error("holds a key that does not belong to the certificate")]
    Mismatch,
}

/// Parses a certificate chain and its private key, and checks that they belong together.
pub(crate) fn parse_certified_key(certificate: &[u8], key: &[u8]) -> Result<CertifiedKey, PemError> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(certificate)
        .collect::<Result<_, _>>()
        .map_err(|_| PemError::Certificate)?;
    if chain.is_empty() || chain.iter().any(|it| parse_x509_certificate(it).is_err()) {
        return Err(PemError::Certificate);
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| PemError::Key(error.to_string()))?;
    let provider = ring::default_provider();
    let key =
        provider.key_provider.load_private_key(key).map_err(|error| PemError::Key(error.to_string()))?;
    let certified = CertifiedKey::new(chain, key);
    certified.keys_match().map_err(|_| PemError::Mismatch)?;
    Ok(certified)
}

/// The start and the end of the certificate's validity, in seconds since 1970.
pub(crate) fn validity(certificate: &CertifiedKey) -> anyhow::Result<(i64, i64)> {
    let first = certificate.cert.first().context("no certificate")?;
    let (_, parsed) = parse_x509_certificate(first).context("no certificate")?;
    Ok((parsed.validity().not_before.timestamp(), parsed.validity().not_after.timestamp()))
}

/// SHA-256 of the certificate, formatted as browsers show it.
pub(crate) fn fingerprint(certificate: &[u8]) -> String {
    let pairs: Vec<_> = Sha256::digest(certificate).iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

/// Writes a file that only this user can read, and creates its directory if necessary. Readers never see half a file.
pub(crate) fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    let write = || -> io::Result<()> {
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir)?;
        }
        let new = path.with_extension(format!("new-{}", std::process::id()));
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all())?;
        fs::rename(new, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
