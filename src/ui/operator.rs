//! [`Operator`]: the person or organisation that runs the server, as the plain pages name them.

/// The person or organisation that runs the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// The name of a person or an organisation.
    pub name: String,
    /// Where people and authorities reach them.
    pub contact: Contact,
    /// Where people report abuse.
    pub abuse_contact: Contact,
    /// The country from which they run it: two capital letters of ISO 3166-1, for which
    /// [`is_country`](super::is_country) holds.
    pub country: String,
}

/// A way to reach somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contact {
    /// A mail address.
    Mail(String),
    /// The https URL of a page.
    Page(String),
}

impl Contact {
    /// Reads a mail address or an https URL; `None` if the text is neither.
    ///
    /// Both are stricter than their standards allow, so that each can stand in a link as it is: mail addresses have no
    /// quotes and no percent sign, and both have ASCII characters only.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix("https://") {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let is_fine = |it: u8| it.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&it);
            return (is_host(host) && rest.bytes().all(is_fine)).then(|| Self::Page(text.to_owned()));
        }
        let (person, host) = text.split_once('@')?;
        let is_fine = |it: u8| it.is_ascii_alphanumeric() || b"._+-".contains(&it);
        (!person.is_empty() && person.bytes().all(is_fine) && is_host(host) && !host.contains(':'))
            .then(|| Self::Mail(text.to_owned()))
    }

    /// The URL of a link.
    pub fn href(&self) -> String {
        match self {
            Self::Mail(address) => format!("mailto:{address}"),
            Self::Page(url) => url.clone(),
        }
    }

    /// The text of a link.
    pub fn text(&self) -> &str {
        match self {
            Self::Mail(address) => address,
            Self::Page(url) => url,
        }
    }
}

/// A name with an optional port.
fn is_host(text: &str) -> bool {
    let is_end = |it: Option<u8>| it.is_some_and(|it| it.is_ascii_alphanumeric());
    text.bytes().all(|it| it.is_ascii_alphanumeric() || b".-:".contains(&it))
        && is_end(text.bytes().next())
        && is_end(text.bytes().last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_a_mail_address_or_an_https_url() {
        for mail in ["me@example.org", "a.b+c_d-e@sub.example.org", "x@localhost"] {
            let contact = Contact::parse(mail).unwrap();
            assert_eq!((contact.text(), contact.href()), (mail, format!("mailto:{mail}")));
        }
        for page in ["https://example.org", "https://example.org:8443/a?b=c&d#e", "https://a.example/%20"] {
            let contact = Contact::parse(page).unwrap();
            assert_eq!((contact.text(), contact.href()), (page, page.to_owned()));
        }
        for neither in [
            "",
            "me",
            "@example.org",
            "me@",
            "me@example.org.",
            "me@-example.org",
            "me@example.org:25",
            "me@a@example.org",
            "me you@example.org",
            "me%22@example.org",
            "me@example.org?cc=you@example.org",
            "mailto:me@example.org",
            "http://example.org",
            "https://",
            "https:///path",
            "https://me@example.org",
            "https://example.org/a b",
            "https://example.org/\"onclick",
            "https://exämple.org",
            "javascript:alert(1)",
        ] {
            assert_eq!(Contact::parse(neither), None, "{neither}");
        }
    }
}
