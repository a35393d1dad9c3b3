//! [`Acme`]: a certificate from an ACME server (RFC 8555), which issues it to the server that the domains point to.

use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use instant_acme::{
    Account, AuthorizationStatus, ChallengeType, Identifier, NewAccount, NewOrder, Order, OrderStatus,
    RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use sha2::{Digest, Sha256};
use tokio::time::{sleep, timeout};
use tokio_rustls::rustls::{
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use tokio_util::sync::CancellationToken;

use super::{cert_resolver::CertResolver, pem};
use crate::server::{clock::since_1970, config::value::InvalidKey, http::origin};

/// The time limit for a whole order. The ACME server checks each domain from several places, which takes a while.
const ORDER_TIMEOUT: Duration = Duration::from_mins(5);

/// The time limit for polling each of the two steps of an order.
const STEP_TIMEOUT: Duration = Duration::from_mins(2);

/// The delay before the first retry, doubled after each failure. Let's Encrypt allows five failures per hour and
/// domain.
const FIRST_RETRY: Duration = Duration::from_mins(5);

/// The longest delay before a retry.
const MAX_RETRY: Duration = Duration::from_hours(6);

/// How often the clock is checked while nothing is due: a longer sleep would be late if the machine was suspended.
const CHECK_INTERVAL: Duration = Duration::from_hours(1);

/// What is needed to order a certificate and to renew it in time.
#[derive(Clone, Debug)]
pub(crate) struct Acme {
    pub(crate) domains: Vec<String>,
    pub(crate) contact: String,
    pub(crate) directory: String,
    pub(crate) directory_ca: PathBuf,
    /// The state directory, which holds the account and the certificate.
    pub(crate) dir: PathBuf,
}

impl Acme {
    /// Checks that the root certificate for the ACME server can be read, if one is configured.
    ///
    /// # Errors
    ///
    /// An [`InvalidKey`] if it cannot.
    pub(crate) fn check_root(&self) -> Result<(), InvalidKey> {
        if self.directory_ca.as_os_str().is_empty() {
            return Ok(());
        }
        let root = CertificateDer::from_pem_file(&self.directory_ca);
        root.map(drop).map_err(|error| {
            InvalidKey::new("tls.directory_ca", format!("holds no certificate (PEM): {error}"))
        })
    }

    /// The origins of the site: its domains on port 443, where the ACME server validates them, and on the port that the
    /// server listens at, for tests.
    pub(crate) fn origins(&self, port: u16) -> Vec<String> {
        let mut origins: Vec<_> =
            self.domains.iter().map(|it| origin::format_origin("https", it, 443)).collect();
        if port != 443 {
            origins.extend(self.domains.iter().map(|it| origin::format_origin("https", it, port)));
        }
        origins
    }

    /// Uses the stored certificate, and orders a new one whenever there is none or two thirds of its validity are over,
    /// until `stopping`.
    pub(crate) async fn renew_until(self, stopping: CancellationToken, resolver: Arc<CertResolver>) {
        let mut renewal = self.use_stored(&resolver);
        let mut retry = FIRST_RETRY;
        let renewals = async {
            loop {
                let wait = renewal.saturating_sub(since_1970());
                if !wait.is_zero() {
                    sleep(wait.min(CHECK_INTERVAL)).await;
                    continue;
                }
                let ordered = timeout(ORDER_TIMEOUT, self.order(&resolver)).await;
                resolver.set_challenges(BTreeMap::new());
                match ordered.unwrap_or_else(|_| Err(anyhow::anyhow!("the order timed out"))) {
                    Ok(next) => {
                        retry = FIRST_RETRY;
                        renewal = next;
                        tracing::info!("received a certificate from the ACME server");
                    }
                    Err(error) => {
                        tracing::error!(
                            error = format!("{error:#}"),
                            retry_seconds = retry.as_secs(),
                            "no certificate from the ACME server"
                        );
                        renewal = since_1970() + retry;
                        retry = (retry * 2).min(MAX_RETRY);
                    }
                }
            }
        };
        tokio::select! { () = stopping.cancelled() => {} () = renewals => {} }
    }

    /// Uses the certificate that an earlier run has stored. Returns when to renew it: at once if there is none.
    fn use_stored(&self, resolver: &CertResolver) -> Duration {
        let stored =
            fs::read(self.certificate_file()).ok().and_then(|it| pem::parse_certified_key(&it, &it).ok());
        let Some(stored) = stored else { return Duration::ZERO };
        let renewal = renewal_time(&stored);
        resolver.set_certificate(stored);
        renewal
    }

    /// Orders a certificate, uses and stores it. Returns when to renew it.
    async fn order(&self, resolver: &CertResolver) -> anyhow::Result<Duration> {
        let account = self.account().await.context("account")?;
        let identifiers: Vec<_> = self.domains.iter().cloned().map(Identifier::Dns).collect();
        let mut order = account.new_order(&NewOrder::new(&identifiers)).await.context("order")?;
        answer_challenges(&mut order, resolver).await?;
        let retries = RetryPolicy::new().timeout(STEP_TIMEOUT);
        match order.poll_ready(&retries).await.context("validation")? {
            OrderStatus::Ready => {}
            status @ (OrderStatus::Pending
            | OrderStatus::Processing
            | OrderStatus::Valid
            | OrderStatus::Invalid) => bail!("{status:?}: {}", challenge_errors(&mut order).await),
        }
        let key = order.finalize().await.context("certificate")?;
        let chain = order.poll_certificate(&retries).await.context("certificate")?;
        let text = key + &chain;
        let certificate = pem::parse_certified_key(text.as_bytes(), text.as_bytes())?;
        let renewal = renewal_time(&certificate);
        resolver.set_certificate(certificate);
        if let Err(error) = pem::write_private(&self.certificate_file(), &text) {
            // Not a failed order: the certificate is valid, and another one could not be stored either.
            tracing::error!(error = format!("{error:#}"), "cannot store the certificate");
        }
        Ok(renewal)
    }

    /// The stored account, or a new one.
    async fn account(&self) -> anyhow::Result<Account> {
        let builder = if self.directory_ca.as_os_str().is_empty() {
            Account::builder()?
        } else {
            Account::builder_with_root(&self.directory_ca)?
        };
        let path = self.file("account", &[&self.directory, &self.contact], "json");
        if let Some(stored) = fs::read(&path).ok().and_then(|it| serde_json::from_slice(&it).ok()) {
            return Ok(builder.from_credentials(stored).await?);
        }
        let contact = format!("mailto:{}", self.contact);
        let account = NewAccount {
            contact: if self.contact.is_empty() { &[] } else { &[&contact] },
            terms_of_service_agreed: true,
            only_return_existing: false,
        };
        let (account, credentials) = builder.create(&account, self.directory.clone(), None).await?;
        pem::write_private(&path, &serde_json::to_string(&credentials)?)?;
        Ok(account)
    }

    fn certificate_file(&self) -> PathBuf {
        let mut settings = vec![self.directory.as_str()];
        settings.extend(self.domains.iter().map(String::as_str));
        self.file("certificate", &settings, "pem")
    }

    /// A file in the state directory whose name depends on `settings`: after a change, the old file is not used.
    fn file(&self, what: &str, settings: &[&str], extension: &str) -> PathBuf {
        let hash = Sha256::digest(settings.join("\n"));
        let name: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        self.dir.join(format!("acme-{what}-{name}.{extension}"))
    }
}

/// Answers the TLS-ALPN-01 challenges (RFC 8737), by which the ACME server validates that the domains point here.
async fn answer_challenges(order: &mut Order, resolver: &CertResolver) -> anyhow::Result<()> {
    let mut certificates = BTreeMap::new();
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization.context("authorization")?;
        match authorization.status {
            AuthorizationStatus::Pending => {}
            AuthorizationStatus::Valid => continue,
            status @ (AuthorizationStatus::Invalid
            | AuthorizationStatus::Revoked
            | AuthorizationStatus::Expired
            | AuthorizationStatus::Deactivated) => bail!("an authorization is {status:?}"),
        }
        let mut challenge = authorization
            .challenge(ChallengeType::TlsAlpn01)
            .context("the ACME server does not offer TLS-ALPN-01")?;
        let domain = challenge.identifier().to_string();
        let certificate = challenge_certificate(&domain, challenge.key_authorization().digest().as_ref())?;
        certificates.insert(domain, Arc::new(certificate));
        resolver.set_challenges(certificates.clone());
        challenge.set_ready().await.context("challenge")?;
    }
    Ok(())
}

/// The self-signed certificate that answers a challenge (RFC 8737, 3).
fn challenge_certificate(domain: &str, digest: &[u8]) -> anyhow::Result<CertifiedKey> {
    let mut params = CertificateParams::new([domain.to_owned()])?;
    params.distinguished_name = DistinguishedName::new();
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
    let key = ring::default_provider().key_provider.load_private_key(key)?;
    // Not `from_der`, which rejects a certificate with an unknown critical extension, such as this one.
    Ok(CertifiedKey::new(vec![certificate.der().clone()], key))
}

/// Why the ACME server rejected our answers.
async fn challenge_errors(order: &mut Order) -> String {
    let mut errors = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        let Ok(state) = authorization.refresh().await else { continue };
        errors.extend(state.challenges.iter().filter_map(|it| it.error.as_ref()).map(ToString::to_string));
    }
    errors.join("; ")
}

/// When to renew a certificate, since 1970: after two thirds of its validity.
fn renewal_time(certificate: &CertifiedKey) -> Duration {
    let (from, until) = pem::validity(certificate).unwrap_or_default();
    Duration::from_secs((until - (until - from) / 3).try_into().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acme(domains: &[&str]) -> Acme {
        Acme {
            domains: domains.iter().map(|it| (*it).to_owned()).collect(),
            contact: String::new(),
            directory: "https://acme.example/dir".into(),
            directory_ca: PathBuf::new(),
            dir: "state".into(),
        }
    }

    #[test]
    fn stored_certificates_belong_to_their_settings() {
        let files: Vec<_> = [
            acme(&["a.example"]),
            acme(&["a.example", "b.example"]),
            acme(&["b.example"]),
            Acme { directory: "https://other.example/dir".into(), ..acme(&["a.example"]) },
        ]
        .iter()
        .map(Acme::certificate_file)
        .collect();
        for (at, file) in files.iter().enumerate() {
            assert!(file.starts_with("state") && !files[..at].contains(file), "{}", file.display());
        }
    }

    #[test]
    fn challenge_certificate_follows_rfc_8737() {
        use x509_parser::prelude::*;
        let challenge = challenge_certificate("a.example", &[7; 32]).unwrap();
        let (_, certificate) = X509Certificate::from_der(&challenge.cert[0]).unwrap();
        // RFC 8737, 3: only this domain, and a critical extension with the hash as an octet string.
        let names = certificate.subject_alternative_name().unwrap().unwrap();
        assert_eq!(names.value.general_names, [GeneralName::DNSName("a.example")]);
        let proof = certificate.iter_extensions().find(|it| it.oid.to_id_string() == "1.3.6.1.5.5.7.1.31");
        assert_eq!(
            proof.map(|it| (it.critical, it.value)),
            Some((true, [&[4, 32][..], &[7; 32]].concat().as_slice()))
        );
    }

    #[test]
    fn origins_are_the_domains_on_both_ports() {
        assert_eq!(acme(&["a.example"]).origins(443), ["https://a.example"]);
        assert_eq!(acme(&["a.example"]).origins(8443), ["https://a.example", "https://a.example:8443"]);
    }
}
