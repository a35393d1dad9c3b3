//! [`PathTests`]: which paths to other people work from here. The person asks for this test; the page does not need it.

/// A kind of path from this browser to another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestedPath {
    /// From browser to browser.
    Direct,
    /// Through a relay that is reached over UDP.
    RelayUdp,
    /// Through a relay that is reached over TCP.
    RelayTcp,
    /// Through a relay that is reached over TLS.
    RelayTls,
}

impl TestedPath {
    /// All kinds, in the order of the page.
    pub const ALL: [Self; 4] = [Self::Direct, Self::RelayUdp, Self::RelayTcp, Self::RelayTls];

    /// The path that a server with this URL is for (RFC 7064, RFC 7065).
    pub(crate) fn of_url(url: &str) -> Self {
        if url.starts_with("turns:") {
            Self::RelayTls
        } else if !url.starts_with("turn:") {
            Self::Direct
        } else if url.contains("transport=tcp") {
            Self::RelayTcp
        } else {
            Self::RelayUdp
        }
    }

    /// The stable name, for `data-tested`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::RelayUdp => "relay-udp",
            Self::RelayTcp => "relay-tcp",
            Self::RelayTls => "relay-tls",
        }
    }
}

/// What is known about one path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PathResult {
    /// No relay is offered for it.
    #[default]
    NotOffered,
    /// Not known yet.
    Testing,
    /// Bytes have gone over it from one connection of this page to another, and back.
    Works,
    /// No bytes came back in time.
    Fails,
}

impl PathResult {
    /// The stable name, for `data-result`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotOffered => "not-offered",
            Self::Testing => "testing",
            Self::Works => "works",
            Self::Fails => "fails",
        }
    }
}

/// The results for [`TestedPath::ALL`], in this order.
pub type PathResults = [PathResult; TestedPath::ALL.len()];

/// How far the test of all paths has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PathTests {
    /// Nobody has asked for it.
    #[default]
    NotAsked,
    /// The page asks the server for its STUN and TURN servers.
    Asking,
    /// The server did not name them.
    Unanswered,
    /// The paths are tested, or have been.
    Tested(PathResults),
}
