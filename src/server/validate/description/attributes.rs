//! The allow-list of attributes: where each may stand, and what its value may be.
//!
//! These are the attributes that Chromium, Firefox and Safari write, and those that RFC 8829 requires of them. What
//! pages only add by hand (`x-google-…`, `imageattr`, `ice-lite`) is not among them.

use super::values::{is_extension, is_format, is_number, is_plain, is_source, is_source_group, port};

/// In which part of a description an attribute may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// Before the first section.
    Session,
    /// In a section.
    Section,
    /// In either.
    Any,
}

/// What an attribute means to the server.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rule {
    /// It has no value.
    Flag,
    /// It has a printable value of this form.
    Value(fn(&str) -> bool),
    /// It is about candidates.
    Candidate,
    /// It holds the default address for RTCP (RFC 3605).
    Rtcp,
    /// It groups sections (RFC 5888, 5).
    Group,
    /// It identifies a section (RFC 5888, 4).
    Mid,
    /// It is the ICE user name fragment (RFC 8839, 5.4).
    Ufrag,
    /// It is the ICE password (RFC 8839, 5.4).
    Pwd,
    /// It identifies the certificate (RFC 8122, 5).
    Fingerprint,
    /// It is the DTLS role (RFC 4145, 4).
    Setup,
}

impl Level {
    /// Whether it includes the part before the first section, or the sections.
    pub(super) const fn includes(self, is_in_section: bool) -> bool {
        match self {
            Self::Session => !is_in_section,
            Self::Section => is_in_section,
            Self::Any => true,
        }
    }
}

/// What the allow-list says about an attribute; `None` if it is not on it. The most frequent names come first.
pub(super) fn rule_for(name: &str) -> Option<(Level, Rule)> {
    use Level::{Any, Section, Session};
    use Rule::{Flag, Value};
    let rule = match name {
        "rtcp-fb" => (Section, Value(|it| is_format(it, true))),
        "rtpmap" | "fmtp" => (Section, Value(|it| is_format(it, false))),
        "extmap" => (Section, Value(is_extension)),
        "ssrc" => (Section, Value(is_source)),
        "candidate" | "end-of-candidates" | "remote-candidates" => (Any, Rule::Candidate),
        "mid" => (Section, Rule::Mid),
        "ice-ufrag" => (Any, Rule::Ufrag),
        "ice-pwd" => (Any, Rule::Pwd),
        "fingerprint" => (Any, Rule::Fingerprint),
        "setup" => (Any, Rule::Setup),
        "rtcp" => (Section, Rule::Rtcp),
        "group" => (Session, Rule::Group),
        "ice-options" => (Any, Value(is_plain)),
        "sendrecv" | "sendonly" | "recvonly" | "inactive" | "extmap-allow-mixed" => (Any, Flag),
        "rtcp-mux" | "rtcp-mux-only" | "rtcp-rsize" | "bundle-only" => (Section, Flag),
        "msid-semantic" => (Session, Value(is_plain)),
        "msid" | "rid" | "simulcast" | "rtcp-xr" => (Section, Value(is_plain)),
        "ssrc-group" => (Section, Value(is_source_group)),
        "sctp-port" => (Section, Value(|it| port(it).is_some())),
        "max-message-size" | "ptime" | "maxptime" => (Section, Value(is_number)),
        _ => return None,
    };
    Some(rule)
}
