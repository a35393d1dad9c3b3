//! `[operator]`, `[safety]` and `[age]`: the person who runs this server, and what a server for strangers must have.

use serde::Deserialize;

use axum::http::uri::Authority;

use super::value::InvalidKey;
use crate::{
    matchmaker::AgeKey,
    protocol::{SoftStart, limits::MAX_RULES_VERSION_BYTES},
    server::http::origin::is_loopback_name,
    ui::{Contact, Operator, is_country},
};

/// The maximum length of the operator's name, in characters: two lines on a phone.
const MAX_NAME_CHARS: usize = 120;

/// The maximum length of a contact, in bytes: that of a mail address (RFC 5321, 4.5.3.1, without its brackets).
const MAX_CONTACT_BYTES: usize = 254;

/// The maximum length of the provider's URL, in bytes: every page contains it.
const MAX_URL_BYTES: usize = 512;

/// `[operator]`: the person or organisation that runs this server. A public server does not start without them; a
/// private one needs nothing. Every plain page shows them.
///
/// A server is public if one of its origins is. Origins are private if their host is a loopback or private address, a
/// name of one label, or a name that ends in `.local`, `.localhost`, `.test`, `.internal` or `.home.arpa`. Without
/// `server.origins`, the domains of `tls.domains` or the addresses of this machine are its origins.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct OperatorSettings {
    /// The name, at most 120 characters. `PASSERBY__OPERATOR__NAME`.
    pub name: String,
    /// Where people and authorities reach the operator: a mail address or an https URL, at most 254 bytes.
    /// `PASSERBY__OPERATOR__CONTACT`.
    pub contact: String,
    /// Where people report abuse without an account: a mail address or an https URL, at most 254 bytes.
    /// `PASSERBY__OPERATOR__ABUSE_CONTACT`.
    pub abuse_contact: String,
    /// The country from which the server is run, by its two letters in ISO 3166-1. `PASSERBY__OPERATOR__COUNTRY`.
    pub country: String,
    /// The version of the rules, 1 to 32 letters, digits, dots and hyphens. People accept the rules again when it
    /// changes. Default: 1. `PASSERBY__OPERATOR__RULES_VERSION`.
    pub rules_version: String,
    /// Whether this server is a demonstration in a private network. It then refuses to start where strangers could
    /// reach it. Default: false. `PASSERBY__OPERATOR__DEMO`.
    pub demo: bool,
}

/// `[safety]`: what protects people from each other.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SafetySettings {
    /// Whether calls start blurred. Default: auto. `PASSERBY__SAFETY__SOFT_START`.
    pub soft_start: SoftStartSetting,
}

/// `[age]`: how a person shows that they are 18 or older, besides saying so.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AgeSettings {
    /// The one that states it. Default: none. `PASSERBY__AGE__PROVIDER`.
    pub provider: AgeProvider,
    /// The public key of the provider (Ed25519), as `x` in a JSON Web Key: 32 bytes in base64url. `PASSERBY__AGE__KEY`.
    pub key: String,
    /// Where the provider checks the age of a person: an https URL. It leads back to the page with the statement behind
    /// `#age=`. `PASSERBY__AGE__URL`.
    pub url: String,
}

/// The one that states that a person is 18 or older.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgeProvider {
    /// The person, who is asked before the first camera question.
    #[default]
    None,
    /// A provider, in a signed statement that the page sends when it connects.
    Token,
}

/// The age check of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AgeCheck {
    /// The key of the provider.
    pub(crate) key: AgeKey,
    /// Where the provider checks the age of a person.
    pub(crate) url: String,
}

/// Whether pictures are blurred at the start of a call, until both people have revealed theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SoftStartSetting {
    /// On where the server is public, off elsewhere: two windows on one machine see each other at once.
    #[default]
    Auto,
    /// On, and each person may turn it off for themselves; if one of the two has not, both start blurred.
    On,
    /// Off, and each person may turn it on for themselves; both then start blurred.
    Off,
    /// On, and nobody can turn it off.
    Forced,
}

impl Default for OperatorSettings {
    fn default() -> Self {
        Self {
            name: String::new(),
            contact: String::new(),
            abuse_contact: String::new(),
            country: String::new(),
            rules_version: "1".into(),
            demo: false,
        }
    }
}

impl OperatorSettings {
    /// The operator of a server of which strangers can reach this origin, if they can reach any; `None` if the operator
    /// of a private server is not named.
    ///
    /// # Errors
    ///
    /// An [`InvalidKey`] if a value is malformed, all but some of them are set, or a public server has none or is a
    /// demonstration. It names all missing keys.
    pub(crate) fn resolve(&self, public: Option<&str>) -> Result<Option<Operator>, InvalidKey> {
        if let (true, Some(origin)) = (self.demo, public) {
            let problem = format!("is for private networks only, and strangers can reach {origin}");
            return Err(InvalidKey::new("operator.demo", problem));
        }
        let is_mark = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'-');
        if !(1..=MAX_RULES_VERSION_BYTES).contains(&self.rules_version.len())
            || !self.rules_version.bytes().all(is_mark)
        {
            let problem = format!("must be 1 to {MAX_RULES_VERSION_BYTES} letters, digits, dots and hyphens");
            return Err(InvalidKey::new("operator.rules_version", problem));
        }
        let name = self.name.trim();
        if name.chars().count() > MAX_NAME_CHARS || name.contains(char::is_control) {
            let problem = format!("must be one line of at most {MAX_NAME_CHARS} characters");
            return Err(InvalidKey::new("operator.name", problem));
        }
        let contact = contact("operator.contact", &self.contact)?;
        let abuse_contact = self::contact("operator.abuse_contact", &self.abuse_contact)?;
        let country = country(&self.country)?;
        let missing: Vec<_> = [
            ("operator.name", name.is_empty()),
            ("operator.contact", contact.is_none()),
            ("operator.abuse_contact", abuse_contact.is_none()),
            ("operator.country", country.is_none()),
        ]
        .into_iter()
        .filter_map(|(key, is_missing)| is_missing.then_some(key))
        .collect();
        match (contact, abuse_contact, country, &missing[..]) {
            (Some(contact), Some(abuse_contact), Some(country), []) => {
                Ok(Some(Operator { name: name.to_owned(), contact, abuse_contact, country }))
            }
            (None, None, None, [_, _, _, _]) if public.is_none() => Ok(None),
            (.., missing) => Err(required(missing, public)),
        }
    }
}

impl SafetySettings {
    /// How calls start on a server that is public or not.
    pub(crate) fn resolve(&self, is_public: bool) -> SoftStart {
        match self.soft_start {
            SoftStartSetting::Auto if is_public => SoftStart::On,
            SoftStartSetting::Auto | SoftStartSetting::Off => SoftStart::Off,
            SoftStartSetting::On => SoftStart::On,
            SoftStartSetting::Forced => SoftStart::Forced,
        }
    }
}

impl AgeSettings {
    /// The age check, if there is one.
    ///
    /// # Errors
    ///
    /// An [`InvalidKey`] if a value is missing or malformed, or if there is to be no check and one is set.
    pub(crate) fn resolve(&self) -> Result<Option<AgeCheck>, InvalidKey> {
        match self.provider {
            AgeProvider::None if self.key.is_empty() && self.url.is_empty() => Ok(None),
            AgeProvider::None => {
                let problem = "is \"none\", but a key or a URL is set: \"token\" would use them";
                Err(InvalidKey::new("age.provider", problem))
            }
            AgeProvider::Token => {
                let key = AgeKey::parse(&self.key).ok_or_else(|| {
                    InvalidKey::new("age.key", "must be a public key of Ed25519: 32 bytes in base64url")
                })?;
                let is_fine = self.url.len() <= MAX_URL_BYTES && is_reachable(&self.url);
                is_fine.then(|| Some(AgeCheck { key, url: self.url.clone() })).ok_or_else(|| {
                    let problem = format!("must be an https URL of at most {MAX_URL_BYTES} bytes");
                    InvalidKey::new("age.url", problem)
                })
            }
        }
    }
}

/// Whether a browser may be sent there: over TLS, or to this machine.
fn is_reachable(url: &str) -> bool {
    let on_loopback = url.strip_prefix("http://").filter(|it| {
        let authority = it.split(['/', '?', '#']).next().and_then(|it| it.parse::<Authority>().ok());
        authority.is_some_and(|it| is_loopback_name(it.host()))
    });
    let secure = on_loopback.map_or_else(|| url.to_owned(), |it| ["https://", it].concat());
    matches!(Contact::parse(&secure), Some(Contact::Page(_)))
}

/// What visitors get from these settings, in words for the operator.
pub(crate) fn describe(operator: Option<&Operator>, is_public: bool, soft_start: SoftStart) -> String {
    let server = match operator {
        Some(it) => format!("its pages name {} ({}) as the operator", it.name, it.country),
        None => "its pages name no operator (`operator.name`)".to_owned(),
    };
    let reach = if is_public { "public" } else { "private" };
    let start = match soft_start {
        SoftStart::Off => "calls start with clear pictures, unless one of the two wants a soft start",
        SoftStart::On => "calls start with blurred pictures, unless both want to see each other at once",
        SoftStart::Forced => "calls start with blurred pictures, and nobody can change that",
    };
    format!("this server is {reach}: {server}; {start} (`safety.soft_start`)")
}

/// The error for facts that are missing; the first of them is its key.
fn required(missing: &[&'static str], public: Option<&str>) -> InvalidKey {
    let [first, rest @ ..] = missing else { return InvalidKey::new("operator.name", "is required") };
    let others = rest.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
    let also = match rest.len() {
        0 => String::new(),
        1 => format!(", and so is {others}"),
        _ => format!(", and so are {others}"),
    };
    let problem = match public {
        Some(origin) => format!(
            "is required{also}: strangers can reach {origin}, and must know who runs it (or use the server in a private \
             network only)"
        ),
        None => format!("is missing{also}, while other facts of `[operator]` are set"),
    };
    InvalidKey::new(first, problem)
}

/// A mail address or an https URL; `None` if the text is empty.
fn contact(key: &'static str, text: &str) -> Result<Option<Contact>, InvalidKey> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let contact = Contact::parse(text).filter(|_| text.len() <= MAX_CONTACT_BYTES);
    contact.map(Some).ok_or_else(|| {
        let problem = format!("is not a mail address or an https URL of at most {MAX_CONTACT_BYTES} bytes");
        InvalidKey::new(key, problem)
    })
}

/// A country in capitals; `None` if the text is empty.
fn country(text: &str) -> Result<Option<String>, InvalidKey> {
    let code = text.trim().to_ascii_uppercase();
    match code.as_str() {
        "" => Ok(None),
        code if is_country(code) => Ok(Some(code.to_owned())),
        "UK" => {
            Err(InvalidKey::new("operator.country", "must be \"GB\" for the United Kingdom (ISO 3166-1)"))
        }
        _ => Err(InvalidKey::new("operator.country", "must be two letters of ISO 3166-1, such as \"DE\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: Option<&str> = Some("https://passerby.example");

    fn complete() -> OperatorSettings {
        OperatorSettings {
            name: " Example Ltd ".into(),
            contact: "https://example.org/contact".into(),
            abuse_contact: "abuse@example.org".into(),
            country: "nz".into(),
            ..OperatorSettings::default()
        }
    }

    #[test]
    fn a_private_server_needs_no_operator_and_a_public_one_all_facts() {
        assert_eq!(OperatorSettings::default().resolve(None), Ok(None));
        let operator = complete().resolve(PUBLIC).unwrap().unwrap();
        assert_eq!((&*operator.name, &*operator.country), ("Example Ltd", "NZ"));
        assert_eq!(operator.abuse_contact, Contact::Mail("abuse@example.org".into()));
        assert_eq!(operator.contact, Contact::Page("https://example.org/contact".into()));
        assert_eq!(complete().resolve(None), Ok(Some(operator)), "a private one may name them");

        let message = OperatorSettings::default().resolve(PUBLIC).unwrap_err().to_string();
        for key in ["name", "contact", "abuse_contact", "country"] {
            assert!(message.contains(&format!("`operator.{key}`")), "{key}: {message}");
        }
        assert!(message.contains("https://passerby.example"), "{message}");
    }

    #[test]
    fn all_missing_facts_are_named_and_no_others() {
        for public in [PUBLIC, None] {
            let settings = OperatorSettings { contact: " ".into(), country: String::new(), ..complete() };
            let error = settings.resolve(public).unwrap_err();
            let message = error.to_string();
            assert_eq!(error.key, "operator.contact");
            assert!(message.starts_with("`operator.contact` is "), "{message}");
            assert!(message.contains(", and so is `operator.country`"), "{message}");
            assert!(!message.contains("operator.name") && !message.contains("abuse"), "{message}");
            let settings = OperatorSettings { name: String::new(), ..complete() };
            let message = settings.resolve(public).unwrap_err().to_string();
            assert!(message.starts_with("`operator.name` is "), "{message}");
        }
    }

    #[test]
    fn a_demonstration_is_private() {
        let demo = OperatorSettings { demo: true, ..OperatorSettings::default() };
        assert_eq!(demo.resolve(None), Ok(None));
        assert_eq!(demo.resolve(PUBLIC).unwrap_err().key, "operator.demo");
        let demo = OperatorSettings { demo: true, ..complete() };
        assert_eq!(demo.resolve(PUBLIC).unwrap_err().key, "operator.demo", "with all facts, too");
    }

    #[test]
    fn malformed_facts_are_refused_on_private_servers_too() {
        let long = "a".repeat(MAX_NAME_CHARS + 1);
        for (key, value) in [
            ("operator.name", long.as_str()),
            ("operator.name", "two\nlines"),
            ("operator.contact", "me"),
            ("operator.contact", "http://example.org"),
            ("operator.abuse_contact", "javascript:alert(1)"),
            ("operator.abuse_contact", "a@b@example.org"),
            ("operator.country", "UK"),
            ("operator.country", "Germany"),
            ("operator.country", "XX"),
            ("operator.rules_version", ""),
            ("operator.rules_version", "one two"),
            ("operator.rules_version", &long[..MAX_RULES_VERSION_BYTES + 1]),
        ] {
            let mut settings = complete();
            let field = match key {
                "operator.name" => &mut settings.name,
                "operator.contact" => &mut settings.contact,
                "operator.abuse_contact" => &mut settings.abuse_contact,
                "operator.country" => &mut settings.country,
                _ => &mut settings.rules_version,
            };
            *field = value.to_owned();
            assert_eq!(settings.resolve(None).unwrap_err().key, key, "{value:?}");
        }
        let longest = OperatorSettings { name: "é".repeat(MAX_NAME_CHARS), ..complete() };
        assert!(longest.resolve(PUBLIC).is_ok(), "characters, not bytes");
    }

    #[test]
    fn an_age_check_needs_a_key_and_a_url() {
        let key = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let resolve = |provider, key: &str, url: &str| {
            AgeSettings { provider, key: key.into(), url: url.into() }.resolve().map_err(|it| it.key)
        };
        assert_eq!(resolve(AgeProvider::None, "", ""), Ok(None));
        for url in ["https://age.example/check?site=1", "http://127.0.0.1:8/", "http://localhost/a"] {
            let check = resolve(AgeProvider::Token, key, url).unwrap().unwrap();
            assert_eq!((check.url.as_str(), Some(check.key)), (url, AgeKey::parse(key)));
        }
        let long = format!("https://age.example/{}", "a".repeat(MAX_URL_BYTES));
        for (provider, key, url, wrong) in [
            (AgeProvider::None, key, "", "age.provider"),
            (AgeProvider::None, "", "https://age.example", "age.provider"),
            (AgeProvider::Token, "", "https://age.example", "age.key"),
            (AgeProvider::Token, "AAAA", "https://age.example", "age.key"),
            (AgeProvider::Token, key, "", "age.url"),
            (AgeProvider::Token, key, "http://age.example", "age.url"),
            (AgeProvider::Token, key, "http://localhost@age.example/", "age.url"),
            (AgeProvider::Token, key, "javascript:alert(1)", "age.url"),
            (AgeProvider::Token, key, &long, "age.url"),
        ] {
            assert_eq!(resolve(provider, key, url), Err(wrong), "{provider:?} {key} {url}");
        }
    }

    #[test]
    fn calls_start_soft_where_strangers_meet() {
        for (soft_start, elsewhere, public) in [
            (SoftStartSetting::Auto, SoftStart::Off, SoftStart::On),
            (SoftStartSetting::On, SoftStart::On, SoftStart::On),
            (SoftStartSetting::Off, SoftStart::Off, SoftStart::Off),
            (SoftStartSetting::Forced, SoftStart::Forced, SoftStart::Forced),
        ] {
            let safety = SafetySettings { soft_start };
            assert_eq!([safety.resolve(false), safety.resolve(true)], [elsewhere, public], "{soft_start:?}");
        }
    }
}
