//! TLS for the site: certificate files, ACME or a self-signed certificate.
//!
//! [`TlsSettings::resolve`] turns the configuration into a [`Plan`]. [`Plan::start`] gives a certificate to the
//! [`CertResolver`], which every handshake asks, and returns the [`RenewalTask`] that replaces it in time.

mod cert_files;
mod acme;
mod renewal;
mod self_signed;

mod cert_resolver;
mod pem;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
};

use anyhow::Context;
use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use secrecy::ExposeSecret;
use serde::Deserialize;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::DnsName, server::NoServerSessionStorage},
};
use tokio_util::sync::CancellationToken;

use super::{
    config::value::{InvalidKey, SecretText, address_or_none, list},
    http::origin,
    telemetry::Telemetry,
};
use acme::{Acme, ExternalAccount};
use cert_files::{CertFiles, LoadedCert};
use cert_resolver::CertResolver;
use self_signed::SelfSigned;

/// The maximum number of domains in one certificate, as Let's Encrypt allows.
const MAX_DOMAINS: usize = 100;

/// The ACME directory of Let's Encrypt.
const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// Keys for external account binding, as lenient as other ACME clients are.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// `[tls]`: where the certificate comes from. Default: no TLS, as behind a proxy that terminates it.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct TlsSettings {
    /// A file with the certificate and its chain (PEM), read again when it changes. `PASSERBY__TLS__CERTIFICATE`.
    pub certificate: PathBuf,
    /// The file with its private key (PEM). `PASSERBY__TLS__KEY`.
    pub key: PathBuf,
    /// Domains, at most 100, for which an ACME server (RFC 8555) issues a certificate, renewed in time. TLS-ALPN-01
    /// validates them, so port 443 of each must lead to this server. Needs `state.dir`. `PASSERBY__TLS__DOMAINS`,
    /// separated by commas.
    #[serde(deserialize_with = "list")]
    pub domains: Vec<String>,
    /// An e-mail address for the ACME account, or empty. `PASSERBY__TLS__CONTACT`.
    pub contact: String,
    /// The directory URL of the ACME server. Default: that of Let's Encrypt. `PASSERBY__TLS__DIRECTORY`.
    pub directory: String,
    /// A file with the root certificate (PEM) of the ACME server, if the system does not trust it.
    /// `PASSERBY__TLS__DIRECTORY_CA`.
    pub directory_ca: PathBuf,
    /// The key identifier of the account at the ACME server's operator to which the ACME account is bound (external
    /// account binding, RFC 8555, 7.3.4); empty if the operator demands none. `PASSERBY__TLS__EAB_KEY_ID`.
    pub eab_key_id: String,
    /// The HMAC key of that account in base64url, as the operator shows it. Set by the environment only:
    /// `PASSERBY__TLS__EAB_KEY`.
    pub eab_key: SecretText,
    /// A file that holds the HMAC key instead. `PASSERBY__TLS__EAB_KEY_FILE`.
    pub eab_key_file: PathBuf,
    /// Whether the server makes a self-signed certificate for its own addresses and names, to try it from a phone in
    /// the same network. `PASSERBY__TLS__SELF_SIGNED`.
    pub self_signed: bool,
    /// The address of a listener that redirects plain HTTP to the site over TLS, empty for none.
    /// `PASSERBY__TLS__REDIRECT_ADDR`.
    #[serde(deserialize_with = "address_or_none")]
    pub redirect_addr: Option<SocketAddr>,
}

impl Default for TlsSettings {
    fn default() -> Self {
        Self {
            certificate: PathBuf::new(),
            key: PathBuf::new(),
            domains: Vec::new(),
            contact: String::new(),
            directory: LETS_ENCRYPT.into(),
            directory_ca: PathBuf::new(),
            eab_key_id: String::new(),
            eab_key: SecretText::default(),
            eab_key_file: PathBuf::new(),
            self_signed: false,
            redirect_addr: None,
        }
    }
}

/// Where the certificate comes from.
#[derive(Clone, Debug)]
pub(crate) enum Plan {
    /// No certificate, no TLS.
    Plain,
    /// From files; they have been read once.
    Files(CertFiles, LoadedCert),
    /// From an ACME server.
    Acme(Acme),
    /// Made by this server.
    SelfSigned(SelfSigned),
}

/// Replaces the certificate in time, until the server stops.
pub(crate) type RenewalTask = Pin<Box<dyn Future<Output = ()> + Send>>;

impl TlsSettings {
    /// Where the certificate comes from; reads the files that the settings name.
    ///
    /// # Errors
    ///
    /// An [`InvalidKey`] if a value is malformed or contradicts another, or a file cannot be used.
    pub(crate) fn resolve(&self, state_dir: &Path) -> Result<Plan, InvalidKey> {
        let is_set = |path: &PathBuf| !path.as_os_str().is_empty();
        let (has_files, has_domains) =
            (is_set(&self.certificate) || is_set(&self.key), !self.domains.is_empty());
        if has_domains && has_files {
            return Err(InvalidKey::new("tls.domains", "cannot be set together with `tls.certificate`"));
        }
        if self.self_signed && (has_domains || has_files) {
            let problem = "cannot be true together with `tls.certificate` or `tls.domains`";
            return Err(InvalidKey::new("tls.self_signed", problem));
        }
        let for_acme = [
            ("tls.contact", !self.contact.is_empty()),
            ("tls.directory", self.directory != LETS_ENCRYPT),
            ("tls.directory_ca", is_set(&self.directory_ca)),
            ("tls.eab_key_id", !self.eab_key_id.is_empty()),
            ("tls.eab_key", self.eab_key.is_set()),
            ("tls.eab_key_file", is_set(&self.eab_key_file)),
        ];
        if let (false, Some((key, _))) = (has_domains, for_acme.into_iter().find(|it| it.1)) {
            return Err(InvalidKey::new(key, "has no effect without `tls.domains`"));
        }
        if self.redirect_addr.is_some() && !(has_files || has_domains || self.self_signed) {
            return Err(InvalidKey::new("tls.redirect_addr", "has no target: there is no TLS"));
        }
        if has_files {
            let files = CertFiles { certificate: self.certificate.clone(), key: self.key.clone() };
            let loaded = files.load()?;
            return Ok(Plan::Files(files, loaded));
        }
        if has_domains {
            return self.resolve_acme(state_dir).map(Plan::Acme);
        }
        Ok(if self.self_signed {
            Plan::SelfSigned(SelfSigned { dir: state_dir.to_owned() })
        } else {
            Plan::Plain
        })
    }

    fn resolve_acme(&self, state_dir: &Path) -> Result<Acme, InvalidKey> {
        if self.domains.len() > MAX_DOMAINS {
            return Err(InvalidKey::new("tls.domains", format!("has more than {MAX_DOMAINS} domains")));
        }
        let is_domain = |it: &String| DnsName::try_from(it.as_str()).is_ok() && *it == it.to_lowercase();
        if let Some(bad) = self.domains.iter().find(|it| !is_domain(it)) {
            let problem = format!("contains {bad:?}, which is not a domain such as \"passerby.example\"");
            return Err(InvalidKey::new("tls.domains", problem));
        }
        if !self.contact.is_empty() && (!self.contact.contains('@') || self.contact.contains([' ', ':', ',']))
        {
            return Err(InvalidKey::new("tls.contact", "is not an e-mail address"));
        }
        if !self.directory.starts_with("https://") {
            return Err(InvalidKey::new("tls.directory", "is not an https:// URL"));
        }
        if state_dir.as_os_str().is_empty() {
            let problem = "is required with `tls.domains`: certificates must outlive the server";
            return Err(InvalidKey::new("state.dir", problem));
        }
        let acme = Acme {
            domains: self.domains.clone(),
            contact: self.contact.clone(),
            directory: self.directory.clone(),
            directory_ca: self.directory_ca.clone(),
            external_account: self.external_account()?,
            dir: state_dir.to_owned(),
        };
        acme.check_root()?;
        Ok(acme)
    }

    fn external_account(&self) -> Result<Option<ExternalAccount>, InvalidKey> {
        const KEY: &str = "tls.eab_key";
        let file = ("tls.eab_key_file", self.eab_key_file.as_path());
        match (self.eab_key_id.is_empty(), self.eab_key.or_file("PASSERBY__TLS__EAB_KEY", file)?) {
            (true, None) => Ok(None),
            (true, Some(_)) => {
                let problem = "is empty, but its key is set: add the key identifier of the external account";
                Err(InvalidKey::new("tls.eab_key_id", problem))
            }
            (false, None) => {
                let problem =
                    "is required with `tls.eab_key_id`: set PASSERBY__TLS__EAB_KEY or `tls.eab_key_file`";
                Err(InvalidKey::new(KEY, problem))
            }
            (false, Some(text)) => {
                let key = BASE64URL.decode(text.expose_secret()).ok().filter(|it| !it.is_empty());
                let key = key.ok_or_else(|| InvalidKey::new(KEY, "is not a key in base64url"))?;
                Ok(Some(ExternalAccount { key_id: self.eab_key_id.clone(), key }))
            }
        }
    }
}

impl Plan {
    /// The origins of the pages of a server that listens at `address`; empty if the server cannot know them.
    pub(crate) fn origins(&self, address: SocketAddr) -> Vec<String> {
        match self {
            Self::Plain => origin::loopback_origins("http", address),
            Self::Files(..) => origin::loopback_origins("https", address),
            Self::Acme(acme) => acme.origins(address.port()),
            Self::SelfSigned(_) => self_signed::origins(address),
        }
    }

    /// Whether connections begin with a TLS handshake.
    pub(crate) fn is_used(&self) -> bool {
        match self {
            Self::Plain => false,
            Self::Files(..) | Self::Acme(_) | Self::SelfSigned(_) => true,
        }
    }

    /// Whether browsers trust the certificate, so that they may be told to use only TLS from now on (HSTS).
    pub(crate) fn is_trusted(&self) -> bool {
        match self {
            Self::Files(..) | Self::Acme(_) => true,
            Self::Plain | Self::SelfSigned(_) => false,
        }
    }

    /// Whether the certificate names this host, as far as that is known.
    pub(crate) fn covers(&self, host: &str) -> bool {
        match self {
            Self::Plain | Self::SelfSigned(_) => false,
            Self::Files(_, loaded) => loaded.names(host),
            Self::Acme(acme) => acme.domains.iter().any(|it| it.eq_ignore_ascii_case(host)),
        }
    }

    /// The acceptor for TLS handshakes, and the task that renews the certificate until `stopping`; neither without TLS.
    ///
    /// # Errors
    ///
    /// If a self-signed certificate cannot be made, or the system has no randomness.
    pub(crate) fn start(
        self,
        address: SocketAddr,
        stopping: CancellationToken,
        telemetry: Arc<Telemetry>,
    ) -> anyhow::Result<(Option<TlsAcceptor>, Option<RenewalTask>)> {
        let resolver = Arc::new(CertResolver::new(telemetry));
        let renewal: Option<RenewalTask> = match self {
            Self::Plain => return Ok((None, None)),
            Self::Files(files, LoadedCert { certificate, hash }) => {
                resolver.set_certificate(certificate);
                Some(Box::pin(files.watch(hash, Arc::clone(&resolver), stopping)))
            }
            Self::Acme(acme) => Some(Box::pin(acme.renew_until(stopping, Arc::clone(&resolver)))),
            Self::SelfSigned(own) => {
                let certificate =
                    own.certificate(address).context("cannot make a self-signed certificate")?;
                resolver.set_certificate(certificate);
                None
            }
        };
        Ok((Some(acceptor(resolver)?), renewal))
    }
}

fn acceptor(resolver: Arc<CertResolver>) -> anyhow::Result<TlsAcceptor> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    // No HTTP/2: a WebSocket would need extended CONNECT, and the page has only seven files.
    config.alpn_protocols = vec![b"http/1.1".to_vec(), cert_resolver::ACME_PROTOCOL.to_vec()];
    // Browsers store what they need to resume a session, sealed in a ticket, so the server stores nothing.
    config.ticketer = ring::Ticketer::new()?;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(key_id: &str, key: &str) -> TlsSettings {
        TlsSettings {
            domains: vec!["a.example".into()],
            eab_key_id: key_id.into(),
            eab_key: SecretText(key.into()),
            ..TlsSettings::default()
        }
    }

    fn resolve(settings: &TlsSettings) -> Result<Option<ExternalAccount>, &'static str> {
        match settings.resolve(Path::new("state")) {
            Ok(Plan::Acme(acme)) => Ok(acme.external_account),
            Ok(other) => panic!("{other:?}"),
            Err(invalid) => Err(invalid.key),
        }
    }

    #[test]
    fn external_account_needs_its_key_and_its_name() {
        assert!(resolve(&bound("", "")).unwrap().is_none());
        for key in ["-_9ub3J0aA", "-_9ub3J0aA==", "-_9ub3J0aB"] {
            let account = resolve(&bound("one", key)).unwrap().unwrap();
            assert_eq!(
                (account.key_id.as_str(), account.key.as_slice()),
                ("one", b"\xfb\xffnorth".as_slice())
            );
        }
        assert_eq!(resolve(&bound("one", "")).unwrap_err(), "tls.eab_key");
        assert_eq!(resolve(&bound("", "-_9ub3J0aA")).unwrap_err(), "tls.eab_key_id");
        assert_eq!(resolve(&bound("one", "no base64")).unwrap_err(), "tls.eab_key");
        assert_eq!(resolve(&bound("one", "+/9ub3J0aA")).unwrap_err(), "tls.eab_key", "base64, not base64url");
        let both = TlsSettings { eab_key_file: "key".into(), ..bound("one", "-_9ub3J0aA") };
        assert_eq!(resolve(&both).unwrap_err(), "tls.eab_key_file");
        let without_domains = TlsSettings { domains: Vec::new(), ..bound("one", "-_9ub3J0aA") };
        assert_eq!(resolve(&without_domains).unwrap_err(), "tls.eab_key_id");
        assert!(!format!("{:?}", bound("one", "-_9ub3J0aA")).contains("ub3J"), "Debug hides the key");
    }
}
