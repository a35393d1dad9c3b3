//! [`Acme`]: a certificate from an ACME server (RFC 8555), which issues it to the server that the domains point to.

use std::{
    collections::BTreeMap,
    fmt::{self, Debug, Formatter},
    fs,
    ops::Range,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use instant_acme::{
    Account, AuthorizationStatus, CertificateIdentifier, ChallengeType, ExternalAccountKey, Identifier,
    NewAccount, NewOrder, Order, OrderStatus, RetryPolicy,
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

use super::{
    cert_resolver::CertResolver,
    pem,
    renewal::{RenewalPlan, RenewalStep},
};
use crate::server::{clock::since_1970, config::value::InvalidKey, http::origin};

/// The time limit for a whole order. The ACME server checks each domain from several places, which takes a while.
const ORDER_TIMEOUT: Duration = Duration::from_mins(5);

/// The time limit for polling each of the two steps of an order.
const STEP_TIMEOUT: Duration = Duration::from_mins(2);

/// How often the clock is checked while nothing is due: a longer sleep would be late if the machine was suspended.
const CHECK_INTERVAL: Duration = Duration::from_hours(1);

/// What is needed to order a certificate and to renew it in time.
#[derive(Clone, Debug)]
pub(crate) struct Acme {
    pub(crate) domains: Vec<String>,
    pub(crate) contact: String,
    pub(crate) directory: String,
    pub(crate) directory_ca: PathBuf,
    /// The account at the certificate authority that the ACME account is bound to, if it demands one.
    pub(crate) external_account: Option<ExternalAccount>,
    /// The state directory, which holds the account and the certificate.
    pub(crate) dir: PathBuf,
}

/// An account outside of ACME, which a certificate authority has given to the operator (RFC 8555, 7.3.4).
#[derive(Clone)]
pub(crate) struct ExternalAccount {
    /// Its name, the key identifier.
    pub(crate) key_id: String,
    /// Its secret key, for HMAC.
    pub(crate) key: Vec<u8>,
}

impl Debug for ExternalAccount {
    /// Hides the key.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExternalAccount").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// The certificate in use, if there is one, and when to renew it.
struct InUse {
    plan: RenewalPlan,
    /// Its name at the ACME server (RFC 9773, 4.1), if its issuer is known.
    id: Option<CertificateIdentifier<'static>>,
}

impl InUse {
    fn nothing() -> Self {
        Self { plan: RenewalPlan::without_certificate(), id: None }
    }

    fn certificate(certificate: &CertifiedKey) -> Self {
        let (from, until) = pem::validity(certificate).unwrap_or_default();
        let since_1970_of = |seconds: i64| Duration::from_secs(seconds.try_into().unwrap_or_default());
        let plan = RenewalPlan::for_certificate(since_1970(), since_1970_of(from)..since_1970_of(until));
        let id = certificate.cert.first().and_then(|it| CertificateIdentifier::try_from(it).ok());
        Self { plan, id: id.map(CertificateIdentifier::into_owned) }
    }
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

    /// Uses the stored certificate, and orders a new one whenever the plan says so, until `stopping`.
    pub(crate) async fn renew_until(self, stopping: CancellationToken, resolver: Arc<CertResolver>) {
        let mut in_use = self.use_stored(&resolver);
        let renewals = async {
            loop {
                match in_use.plan.next(since_1970()) {
                    RenewalStep::Wait(wait) => sleep(wait.min(CHECK_INTERVAL)).await,
                    RenewalStep::Ask => self.ask(&mut in_use).await,
                    RenewalStep::Order => self.renew(&mut in_use, &resolver).await,
                }
            }
        };
        tokio::select! { () = stopping.cancelled() => {} () = renewals => {} }
    }

    /// Uses the certificate that an earlier run has stored.
    fn use_stored(&self, resolver: &CertResolver) -> InUse {
        let stored =
            fs::read(self.certificate_file()).ok().and_then(|it| pem::parse_certified_key(&it, &it).ok());
        let Some(stored) = stored else { return InUse::nothing() };
        let in_use = InUse::certificate(&stored);
        resolver.set_certificate(stored);
        in_use
    }

    /// Asks the ACME server when to renew the certificate.
    async fn ask(&self, in_use: &mut InUse) {
        let answer = async {
            let id = in_use.id.as_ref().context("the certificate does not name its issuer's key")?;
            suggestion(&self.account().await?, id).await
        };
        match timeout(STEP_TIMEOUT, answer).await.context("no answer in time").flatten() {
            Ok((window, ask_again)) => {
                in_use.plan.on_suggestion(since_1970(), window, ask_again, fastrand::f64());
            }
            Err(error) => {
                // Nothing is wrong: many servers make no suggestions.
                tracing::debug!(error = format!("{error:#}"), "no suggestion when to renew the certificate");
                in_use.plan.on_no_suggestion(since_1970());
            }
        }
    }

    /// Orders a certificate and uses it, or makes a plan for the next attempt.
    async fn renew(&self, in_use: &mut InUse, resolver: &CertResolver) {
        let replaced = in_use.id.clone().filter(|_| in_use.plan.is_followed());
        let ordered = timeout(ORDER_TIMEOUT, self.order(replaced, resolver)).await;
        resolver.set_challenges(BTreeMap::new());
        match ordered.context("the order timed out").flatten() {
            Ok(new) => {
                *in_use = new;
                tracing::info!("received a certificate from the ACME server");
            }
            Err(error) => {
                let retry = in_use.plan.on_failed_order(since_1970());
                tracing::error!(
                    error = format!("{error:#}"),
                    retry_seconds = retry.as_secs(),
                    "no certificate from the ACME server"
                );
            }
        }
    }

    /// Orders a certificate in place of another one, uses and stores it.
    async fn order(
        &self,
        replaced: Option<CertificateIdentifier<'_>>,
        resolver: &CertResolver,
    ) -> anyhow::Result<InUse> {
        let account = self.account().await.context("account")?;
        let identifiers: Vec<_> = self.domains.iter().cloned().map(Identifier::Dns).collect();
        let mut order = new_order(&account, &identifiers, replaced).await.context("order")?;
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
        let in_use = InUse::certificate(&certificate);
        resolver.set_certificate(certificate);
        if let Err(error) = pem::write_private(&self.certificate_file(), &text) {
            // Not a failed order: the certificate is valid, and another one could not be stored either.
            tracing::error!(error = format!("{error:#}"), "cannot store the certificate");
        }
        Ok(in_use)
    }

    /// The stored account, or a new one.
    async fn account(&self) -> anyhow::Result<Account> {
        let builder = if self.directory_ca.as_os_str().is_empty() {
            Account::builder()?
        } else {
            Account::builder_with_root(&self.directory_ca)?
        };
        let path = self.account_file();
        if let Some(stored) = fs::read(&path).ok().and_then(|it| serde_json::from_slice(&it).ok()) {
            return Ok(builder.from_credentials(stored).await?);
        }
        let contact = format!("mailto:{}", self.contact);
        let account = NewAccount {
            contact: if self.contact.is_empty() { &[] } else { &[&contact] },
            terms_of_service_agreed: true,
            only_return_existing: false,
        };
        let external = self.external_account.as_ref();
        let external = external.map(|it| ExternalAccountKey::new(it.key_id.clone(), &it.key));
        let (account, credentials) =
            builder.create(&account, self.directory.clone(), external.as_ref()).await?;
        pem::write_private(&path, &serde_json::to_string(&credentials)?)?;
        Ok(account)
    }

    fn account_file(&self) -> PathBuf {
        let mut settings = vec![self.directory.as_str(), &self.contact];
        settings.extend(self.external_account.as_ref().map(|it| it.key_id.as_str()));
        self.file("account", &settings, "json")
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

/// When the ACME server suggests to renew a certificate (since 1970), and after what time to ask again (RFC 9773, 4).
async fn suggestion(
    account: &Account,
    id: &CertificateIdentifier<'_>,
) -> anyhow::Result<(Range<Duration>, Duration)> {
    let (info, ask_again) = account.renewal_info(id).await?;
    if let Some(url) = &info.explanation_url {
        tracing::info!(url, "the ACME server explains its suggestion when to renew the certificate");
    }
    let moment = |seconds: i64| Duration::from_secs(seconds.try_into().unwrap_or_default());
    let window = info.suggested_window;
    Ok((moment(window.start.unix_timestamp())..moment(window.end.unix_timestamp()), ask_again))
}

/// A new order, as the replacement of another certificate if the server accepts that (RFC 9773, 5).
async fn new_order(
    account: &Account,
    identifiers: &[Identifier],
    replaced: Option<CertificateIdentifier<'_>>,
) -> Result<Order, instant_acme::Error> {
    if let Some(replaced) = replaced {
        match account.new_order(&NewOrder::new(identifiers).replaces(replaced)).await {
            Ok(order) => return Ok(order),
            // For example because the certificate was replaced before its successor could be stored.
            Err(error) => tracing::info!(%error, "the ACME server does not accept a replacement"),
        }
    }
    account.new_order(&NewOrder::new(identifiers)).await
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

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use axum::{
        body::{Body, Bytes},
        http::{Request, Response},
    };
    use instant_acme::{BodyWrapper, BytesResponse, HttpClient};

    use super::*;

    fn acme(domains: &[&str]) -> Acme {
        Acme {
            domains: domains.iter().map(|it| (*it).to_owned()).collect(),
            contact: String::new(),
            directory: "https://acme.example/dir".into(),
            directory_ca: PathBuf::new(),
            external_account: None,
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
    fn accounts_belong_to_their_external_account() {
        let bound = |key_id: &str| {
            let external_account = Some(ExternalAccount { key_id: key_id.into(), key: b"north".into() });
            Acme { external_account, ..acme(&["a.example"]) }
        };
        let files = [acme(&["a.example"]), bound("one"), bound("two")].map(|it| it.account_file());
        assert!(files[0] != files[1] && files[1] != files[2]);
        assert_eq!(bound("one").account_file(), files[1]);
        assert!(!format!("{:?}", bound("one")).contains(&format!("{:?}", b"north")), "Debug hides the key");
    }

    /// An ACME server that only makes suggestions for one certificate.
    struct Suggesting;

    const DIRECTORY: &str = r#"{
        "newNonce": "https://acme.example/nonce",
        "newAccount": "https://acme.example/account",
        "newOrder": "https://acme.example/order",
        "renewalInfo": "https://acme.example/renewal"
    }"#;

    /// The example of RFC 9773, 4.2.
    const SUGGESTION: &str = r#"{
        "suggestedWindow": { "start": "2025-01-02T04:00:00Z", "end": "2025-01-03T04:00:00Z" },
        "explanationURL": "https://acme.example/docs/ari"
    }"#;

    impl HttpClient for Suggesting {
        fn request(
            &self,
            request: Request<BodyWrapper<Bytes>>,
        ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, instant_acme::Error>> + Send>> {
            let (status, body) = match request.uri().path() {
                "/dir" => (200, DIRECTORY),
                // The certificate's name in RFC 9773, 4.1.
                "/renewal/aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE" => (200, SUGGESTION),
                _ => (404, r#"{"type":"urn:ietf:params:acme:error:malformed","detail":"unknown"}"#),
            };
            let response = Response::builder().status(status).header("Retry-After", "21600");
            let response = response.body(Body::from(body)).unwrap();
            Box::pin(async move { Ok(BytesResponse::from(response)) })
        }
    }

    #[tokio::test]
    async fn asks_the_server_when_to_renew() {
        let key = KeyPair::generate().unwrap().serialize_der();
        let builder = Account::builder_with_http(Box::new(Suggesting));
        let directory = "https://acme.example/dir".to_owned();
        let account = builder.from_parts("https://acme.example/me".into(), key.into(), directory);
        let account = account.await.unwrap();
        let id = |serial: &'static str| CertificateIdentifier {
            authority_key_identifier: "aYhba4dGQEHhs3uEe6CuLN4ByNQ".into(),
            serial: serial.into(),
        };
        let (window, ask_again) = suggestion(&account, &id("AIdlQyE")).await.unwrap();
        let start = Duration::from_secs(1_735_790_400);
        assert_eq!(window, start..start + Duration::from_hours(24));
        assert!((21_590..=21_600).contains(&ask_again.as_secs()), "{ask_again:?}");
        suggestion(&account, &id("AIdlQyF")).await.unwrap_err();
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
