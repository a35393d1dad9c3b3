//! [`Acme`]: a certificate that an ACME server (RFC 8555) gives to whoever the names lead to; it must not know visitors.

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

use super::{cert_resolver::Shelf, pem};
use crate::server::{clock::since_1970, config::ice::Fault, http::origin};

/// How long all of an order may take. The ACME server looks at each name from several places and takes its time.
const ORDER_WITHIN: Duration = Duration::from_mins(5);

/// How long each of its two steps is asked for.
const STEP_WITHIN: Duration = Duration::from_mins(2);

/// How long after a failure it is tried again, at first; twice as long each time. Let's Encrypt takes five failures an
/// hour and name.
const FIRST_RETRY: Duration = Duration::from_mins(5);

/// The longest wait after a failure.
const LAST_RETRY: Duration = Duration::from_hours(6);

/// How often the clock is looked at: a machine that sleeps makes every longer wait too long.
const LOOK_EVERY: Duration = Duration::from_hours(1);

/// What is needed to get a certificate, and to get another in time.
#[derive(Clone, Debug)]
pub(crate) struct Acme {
    pub(crate) domains: Vec<String>,
    pub(crate) contact: String,
    pub(crate) directory: String,
    pub(crate) directory_ca: PathBuf,
    /// The state directory.
    pub(crate) dir: PathBuf,
}

impl Acme {
    /// Whether the root of the ACME server can be read.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where it cannot.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        if self.directory_ca.as_os_str().is_empty() {
            return Ok(());
        }
        let root = CertificateDer::from_pem_file(&self.directory_ca);
        root.map(drop).map_err(|error| ("tls.directory_ca", format!("holds no certificate (PEM): {error}")))
    }

    /// The origins of the site: its names lead to us on 443, for else nobody gives us a certificate, and on the port that
    /// we know, for tests.
    pub(crate) fn origins(&self, port: u16) -> Vec<String> {
        let mut origins: Vec<_> =
            self.domains.iter().map(|it| origin::format_origin("https", it, 443)).collect();
        if port != 443 {
            origins.extend(self.domains.iter().map(|it| origin::format_origin("https", it, port)));
        }
        origins
    }

    /// Puts what is kept on the shelf, and gets a new certificate whenever there is none or two thirds of its time are
    /// over, until `stopping`.
    pub(crate) async fn keep(self, shelf: Arc<Shelf>, stopping: CancellationToken) {
        let mut renewal = self.put_kept(&shelf);
        let mut retry = FIRST_RETRY;
        let business = async {
            loop {
                let wait = renewal.saturating_sub(since_1970());
                if !wait.is_zero() {
                    sleep(wait.min(LOOK_EVERY)).await;
                    continue;
                }
                let ordered = timeout(ORDER_WITHIN, self.order(&shelf)).await;
                shelf.answer_with(BTreeMap::new());
                match ordered.unwrap_or_else(|_| Err(anyhow::anyhow!("the order took too long"))) {
                    Ok(until) => {
                        retry = FIRST_RETRY;
                        renewal = until;
                        tracing::info!("the ACME server has given a certificate");
                    }
                    Err(error) => {
                        tracing::error!(
                            error = format!("{error:#}"),
                            retry_seconds = retry.as_secs(),
                            "no certificate from the ACME server"
                        );
                        renewal = since_1970() + retry;
                        retry = (retry * 2).min(LAST_RETRY);
                    }
                }
            }
        };
        tokio::select! { () = stopping.cancelled() => {} () = business => {} }
    }

    /// Puts what an earlier server has got on the shelf; when it has to be renewed, at once where there is nothing.
    fn put_kept(&self, shelf: &Shelf) -> Duration {
        let kept = fs::read(self.certificate_file()).ok().and_then(|it| pem::certified(&it, &it).ok());
        let Some(kept) = kept else { return Duration::ZERO };
        let renewal = renewal(&kept);
        shelf.put(kept);
        renewal
    }

    /// Gets a certificate, keeps it and puts it on the shelf; returns when it has to be renewed.
    async fn order(&self, shelf: &Shelf) -> anyhow::Result<Duration> {
        let account = self.account().await.context("account")?;
        let identifiers: Vec<_> = self.domains.iter().cloned().map(Identifier::Dns).collect();
        let mut order = account.new_order(&NewOrder::new(&identifiers)).await.context("order")?;
        prove(&mut order, shelf).await?;
        let retries = RetryPolicy::new().timeout(STEP_WITHIN);
        match order.poll_ready(&retries).await.context("proof")? {
            OrderStatus::Ready => {}
            status @ (OrderStatus::Pending
            | OrderStatus::Processing
            | OrderStatus::Valid
            | OrderStatus::Invalid) => bail!("{status:?}: {}", complaints(&mut order).await),
        }
        let key = order.finalize().await.context("certificate")?;
        let chain = order.poll_certificate(&retries).await.context("certificate")?;
        let text = key + &chain;
        let certificate = pem::certified(text.as_bytes(), text.as_bytes())?;
        let renewal = renewal(&certificate);
        shelf.put(certificate);
        if let Err(error) = pem::store(&self.certificate_file(), &text) {
            // It is good all the same, and another would have to be asked for too.
            tracing::error!(error = format!("{error:#}"), "the certificate cannot be kept");
        }
        Ok(renewal)
    }

    /// The account that is kept, or a new one.
    async fn account(&self) -> anyhow::Result<Account> {
        let builder = if self.directory_ca.as_os_str().is_empty() {
            Account::builder()?
        } else {
            Account::builder_with_root(&self.directory_ca)?
        };
        let path = self.file("account", &[&self.directory, &self.contact], "json");
        if let Some(kept) = fs::read(&path).ok().and_then(|it| serde_json::from_slice(&it).ok()) {
            return Ok(builder.from_credentials(kept).await?);
        }
        let contact = format!("mailto:{}", self.contact);
        let account = NewAccount {
            contact: if self.contact.is_empty() { &[] } else { &[&contact] },
            terms_of_service_agreed: true,
            only_return_existing: false,
        };
        let (account, credentials) = builder.create(&account, self.directory.clone(), None).await?;
        pem::store(&path, &serde_json::to_string(&credentials)?)?;
        Ok(account)
    }

    fn certificate_file(&self) -> PathBuf {
        let mut about = vec![self.directory.as_str()];
        about.extend(self.domains.iter().map(String::as_str));
        self.file("certificate", &about, "pem")
    }

    /// A file in the state directory for these settings and no others: with others, another is asked for.
    fn file(&self, what: &str, about: &[&str], kind: &str) -> PathBuf {
        let hash = Sha256::digest(about.join("\n"));
        let name: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        self.dir.join(format!("acme-{what}-{name}.{kind}"))
    }
}

/// Has the ACME server see by TLS-ALPN-01 (RFC 8737) that the names lead here.
async fn prove(order: &mut Order, shelf: &Shelf) -> anyhow::Result<()> {
    let mut answers = BTreeMap::new();
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
        let name = challenge.identifier().to_string();
        let answer = answer(&name, challenge.key_authorization().digest().as_ref())?;
        answers.insert(name, Arc::new(answer));
        shelf.answer_with(answers.clone());
        challenge.set_ready().await.context("challenge")?;
    }
    Ok(())
}

/// The certificate that says so.
fn answer(name: &str, digest: &[u8]) -> anyhow::Result<CertifiedKey> {
    let mut params = CertificateParams::new([name.to_owned()])?;
    params.distinguished_name = DistinguishedName::new();
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
    let key = ring::default_provider().key_provider.load_private_key(key)?;
    // Not `from_der`, which takes no certificate with an extension that only ACME servers know.
    Ok(CertifiedKey::new(vec![certificate.der().clone()], key))
}

/// What the ACME server found wrong with our proofs.
async fn complaints(order: &mut Order) -> String {
    let mut complaints = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        let Ok(state) = authorization.refresh().await else { continue };
        complaints
            .extend(state.challenges.iter().filter_map(|it| it.error.as_ref()).map(ToString::to_string));
    }
    complaints.join("; ")
}

/// When a certificate has to be renewed: when two thirds of its time are over.
fn renewal(certificate: &CertifiedKey) -> Duration {
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
    fn what_is_kept_is_for_these_settings_only() {
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
    fn the_answer_is_what_an_acme_server_looks_for() {
        use x509_parser::prelude::*;
        let answer = answer("a.example", &[7; 32]).unwrap();
        let (_, certificate) = X509Certificate::from_der(&answer.cert[0]).unwrap();
        // RFC 8737, 3: for this name and no other, and critical, the hash as an octet string.
        let names = certificate.subject_alternative_name().unwrap().unwrap();
        assert_eq!(names.value.general_names, [GeneralName::DNSName("a.example")]);
        let proof = certificate.iter_extensions().find(|it| it.oid.to_id_string() == "1.3.6.1.5.5.7.1.31");
        assert_eq!(
            proof.map(|it| (it.critical, it.value)),
            Some((true, [&[4, 32][..], &[7; 32]].concat().as_slice()))
        );
    }

    #[test]
    fn the_names_are_the_origins() {
        assert_eq!(acme(&["a.example"]).origins(443), ["https://a.example"]);
        assert_eq!(acme(&["a.example"]).origins(8443), ["https://a.example", "https://a.example:8443"]);
    }
}
