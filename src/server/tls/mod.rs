//! TLS as operators set it: certificate files, ACME or a certificate of its own; it must not know who connects.
//!
//! [`Tls::settle`] finds out what is meant, [`Plan::start`] puts a certificate on the [`Shelf`] that every handshake takes
//! it from, and a chore keeps it fresh while the server runs.

mod cert_files;
mod acme;
mod self_signed;

mod cert_resolver;
mod pem;

use std::{net::SocketAddr, path::PathBuf, pin::Pin, sync::Arc};

use anyhow::Context;
use serde::Deserialize;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::DnsName, server::NoServerSessionStorage},
};
use tokio_util::sync::CancellationToken;

use super::{
    config::{
        address_or_none,
        ice::{Fault, State},
    },
    http::origin,
};
use acme::Acme;
use cert_files::Files;
use cert_resolver::Shelf;
use self_signed::SelfSigned;

/// Names in one certificate at most, which is what Let's Encrypt allows.
const MAX_DOMAINS: usize = 100;

/// The directory of Let's Encrypt.
const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// How the site is encrypted. Default: not at all, as behind a proxy that does it.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Tls {
    /// A file with the certificate and those it was signed by (PEM); read again when it changes.
    /// `PASSERBY__TLS__CERTIFICATE`.
    pub certificate: PathBuf,
    /// The file with its private key (PEM). `PASSERBY__TLS__KEY`.
    pub key: PathBuf,
    /// Names, at most 100, for which a certificate is got from an ACME server (RFC 8555), and renewed: by TLS-ALPN-01, for
    /// which they must lead to this server's port as 443. Needs `state.dir`. `PASSERBY__TLS__DOMAINS`, separated by
    /// commas.
    pub domains: Vec<String>,
    /// An e-mail address that the ACME server is told, or empty. `PASSERBY__TLS__CONTACT`.
    pub contact: String,
    /// The ACME server's directory. Default: Let's Encrypt's. `PASSERBY__TLS__DIRECTORY`.
    pub directory: String,
    /// A file with the root (PEM) that the ACME server's own certificate comes from, where the system does not trust it.
    /// `PASSERBY__TLS__DIRECTORY_CA`.
    pub directory_ca: PathBuf,
    /// Whether the server makes a certificate itself, for its own addresses and names: for a look from a phone in the same
    /// network. `PASSERBY__TLS__SELF_SIGNED`.
    pub self_signed: bool,
    /// The address of a listener for plain HTTP that sends everybody to the site over TLS, empty for none.
    /// `PASSERBY__TLS__REDIRECT_ADDR`.
    #[serde(deserialize_with = "address_or_none")]
    pub redirect_addr: Option<SocketAddr>,
}

impl Default for Tls {
    fn default() -> Self {
        Self {
            certificate: PathBuf::new(),
            key: PathBuf::new(),
            domains: Vec::new(),
            contact: String::new(),
            directory: LETS_ENCRYPT.into(),
            directory_ca: PathBuf::new(),
            self_signed: false,
            redirect_addr: None,
        }
    }
}

/// Where the certificate comes from.
#[derive(Clone, Debug)]
pub(crate) enum Plan {
    /// There is none, and no TLS.
    Plain,
    /// From files.
    Files(Files),
    /// From an ACME server.
    Acme(Acme),
    /// From ourselves.
    SelfSigned(SelfSigned),
}

/// What keeps a certificate fresh until the server stops.
pub(crate) type Chore = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Tls {
    /// What these settings mean; reads the files they name.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where they contradict each other or cannot be meant.
    pub(crate) fn settle(&self, state: &State) -> Result<Plan, Fault> {
        let is_set = |path: &PathBuf| !path.as_os_str().is_empty();
        let (has_files, has_domains) =
            (is_set(&self.certificate) || is_set(&self.key), !self.domains.is_empty());
        if has_domains && has_files {
            return Err(("tls.domains", "cannot be set together with `tls.certificate`".into()));
        }
        if self.self_signed && (has_domains || has_files) {
            let problem = "cannot be true together with `tls.certificate` or `tls.domains`";
            return Err(("tls.self_signed", problem.into()));
        }
        let for_acme = [
            ("tls.contact", !self.contact.is_empty()),
            ("tls.directory", self.directory != LETS_ENCRYPT),
            ("tls.directory_ca", is_set(&self.directory_ca)),
        ];
        if let (false, Some((key, _))) = (has_domains, for_acme.into_iter().find(|it| it.1)) {
            return Err((key, "means nothing without `tls.domains`".into()));
        }
        if self.redirect_addr.is_some() && !(has_files || has_domains || self.self_signed) {
            return Err(("tls.redirect_addr", "has nowhere to send anybody: there is no TLS".into()));
        }
        if has_files {
            let files = Files { certificate: self.certificate.clone(), key: self.key.clone() };
            files.load()?;
            return Ok(Plan::Files(files));
        }
        if has_domains {
            return self.settle_acme(state).map(Plan::Acme);
        }
        Ok(if self.self_signed {
            Plan::SelfSigned(SelfSigned { dir: state.dir.clone() })
        } else {
            Plan::Plain
        })
    }

    fn settle_acme(&self, state: &State) -> Result<Acme, Fault> {
        if self.domains.len() > MAX_DOMAINS {
            return Err(("tls.domains", format!("has more than {MAX_DOMAINS} names")));
        }
        let is_name = |it: &String| DnsName::try_from(it.as_str()).is_ok() && *it == it.to_lowercase();
        if let Some(bad) = self.domains.iter().find(|it| !is_name(it)) {
            return Err((
                "tls.domains",
                format!("has {bad:?}, which is no name such as \"passerby.example\""),
            ));
        }
        if !self.contact.is_empty() && (!self.contact.contains('@') || self.contact.contains([' ', ':', ',']))
        {
            return Err(("tls.contact", "is no e-mail address".into()));
        }
        if !self.directory.starts_with("https://") {
            return Err(("tls.directory", "is no https:// URL".into()));
        }
        if state.dir.as_os_str().is_empty() {
            let problem = "is needed where there are `tls.domains`: certificates must outlive the server";
            return Err(("state.dir", problem.into()));
        }
        let acme = Acme {
            domains: self.domains.clone(),
            contact: self.contact.clone(),
            directory: self.directory.clone(),
            directory_ca: self.directory_ca.clone(),
            dir: state.dir.clone(),
        };
        acme.check()?;
        Ok(acme)
    }
}

impl Plan {
    /// The origins of the pages of a server that listens at `address`, as far as they can be known.
    pub(crate) fn origins(&self, address: SocketAddr) -> Vec<String> {
        match self {
            Self::Plain => origin::loopback_origins("http", address),
            Self::Files(_) => origin::loopback_origins("https", address),
            Self::Acme(acme) => acme.origins(address.port()),
            Self::SelfSigned(_) => self_signed::origins(address),
        }
    }

    /// Whether browsers may be told to come over TLS only, from now on: not where they have to be talked into it.
    pub(crate) fn is_trusted(&self) -> bool {
        match self {
            Self::Files(_) | Self::Acme(_) => true,
            Self::Plain | Self::SelfSigned(_) => false,
        }
    }

    /// What handshakes are made with, and what has to run until `stopping` for that; neither without TLS.
    ///
    /// # Errors
    ///
    /// When a certificate cannot be read or made.
    pub(crate) fn start(
        self,
        address: SocketAddr,
        stopping: CancellationToken,
    ) -> anyhow::Result<(Option<TlsAcceptor>, Option<Chore>)> {
        let shelf = Arc::new(Shelf::default());
        let named = |(key, problem): Fault| anyhow::anyhow!("`{key}` {problem}");
        let chore: Option<Chore> = match self {
            Self::Plain => return Ok((None, None)),
            Self::Files(files) => {
                let (certificate, mark) = files.load().map_err(named)?;
                shelf.put(certificate);
                Some(Box::pin(files.watch(mark, Arc::clone(&shelf), stopping)))
            }
            Self::Acme(acme) => Some(Box::pin(acme.keep(Arc::clone(&shelf), stopping))),
            Self::SelfSigned(own) => {
                shelf.put(own.certificate(address).context("`tls.self_signed`: cannot make a certificate")?);
                None
            }
        };
        Ok((Some(acceptor(shelf)?), chore))
    }
}

fn acceptor(shelf: Arc<Shelf>) -> anyhow::Result<TlsAcceptor> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(shelf);
    // No HTTP/2: a socket would need the extended CONNECT, and the page is seven files.
    config.alpn_protocols = vec![b"http/1.1".to_vec(), cert_resolver::ACME_PROTOCOL.to_vec()];
    // What a browser needs to come back quickly is kept by itself, sealed; here nothing grows.
    config.ticketer = ring::Ticketer::new()?;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(TlsAcceptor::from(Arc::new(config)))
}
