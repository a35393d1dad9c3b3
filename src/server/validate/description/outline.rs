//! [`Outline`]: what has been read of a description, and what follows from it for the next line.

use super::{
    attributes::{Rule, rule_for},
    lines::Line,
    values::{
        FingerprintKind, fingerprint, is_bandwidth, is_mid, is_number, is_payload_type, is_plain, is_pwd,
        is_ufrag, port, split_at,
    },
    verdict::{DescriptionKind, DroppedLine, Flaw, Verdict},
};

/// The default address of a description without candidates (RFC 8840, 4.3).
const CONNECTION: &str = "c=IN IP4 0.0.0.0";

/// The default port and address for RTCP of a description without candidates (RFC 8840, 4.3).
const RTCP: &str = "a=rtcp:9 IN IP4 0.0.0.0";

/// The end of the `o=` line of browsers, which hide their own address (RFC 8829, 5.2.1): Firefox's and the others'.
const ORIGIN_ENDS: [&str; 2] = [" IN IP4 0.0.0.0", " IN IP4 127.0.0.1"];

/// Bytes of the user name in the `o=` line. Firefox's name and version have 29.
const MAX_ORIGIN_NAME_BYTES: usize = 64;

/// The format of a data section (RFC 8841, 4.1).
const DATA_CHANNEL: &str = "webrtc-datachannel";

/// The next required line, or the part that may follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Version,
    Origin,
    Name,
    Time,
    /// The attributes of the session.
    Session,
    /// The sections.
    Sections,
}

/// What a section is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SectionKind {
    Audio,
    Video,
    Data,
}

#[derive(Debug)]
struct Section<'a> {
    kind: SectionKind,
    mid: Option<&'a str>,
}

/// Lines of which a session or a section may have one only.
#[derive(Clone, Copy, Debug, Default)]
struct SingleLines {
    connection: bool,
    ufrag: bool,
    pwd: bool,
    setup: bool,
}

/// What has been read of a description.
#[derive(Debug)]
pub(super) struct Outline<'a> {
    kind: DescriptionKind,
    part: Part,
    sections: Vec<Section<'a>>,
    /// The tags in the bundle, with spaces between them.
    bundle: Option<&'a str>,
    /// Whether the session has a connection line.
    has_connection: bool,
    /// What the session or the current section has so far.
    current: SingleLines,
    /// What the session and all sections have. With one bundled transport once is enough.
    all: SingleLines,
    has_fingerprint: bool,
}

impl<'a> Outline<'a> {
    /// Nothing has been read.
    pub(super) fn of(kind: DescriptionKind) -> Self {
        let (sections, bundle, has_connection, current, all, has_fingerprint) = Default::default();
        Self { kind, part: Part::Version, sections, bundle, has_connection, current, all, has_fingerprint }
    }

    /// Decides about the next line.
    ///
    /// # Errors
    ///
    /// The reason to refuse the description.
    pub(super) fn judge(&mut self, line: Line<'a>) -> Result<Verdict<'a>, Flaw> {
        match (line.letter, self.part) {
            (b'a', Part::Session | Part::Sections) => self.attribute(line),
            (b'm', Part::Session | Part::Sections) => self.section(line.value),
            (b'c', Part::Time | Part::Session | Part::Sections) => Ok(self.connection()),
            (b'v', Part::Version) if line.value == "0" => Ok(self.then(Part::Origin, Verdict::Pass)),
            (b'o', Part::Origin) => {
                let (kept, end) = origin(line.value).ok_or(Flaw::Header)?;
                Ok(self.then(Part::Name, Verdict::Replace(["o=", kept, end])))
            }
            // The name and the time are those of RFC 8829, 5.2.1. They mean nothing to a browser.
            (b's', Part::Name) => Ok(self.then(Part::Time, Verdict::Replace(["s=-", "", ""]))),
            (b't', Part::Time) => Ok(self.then(Part::Session, Verdict::Replace(["t=0 0", "", ""]))),
            (b'b', Part::Sections) if is_bandwidth(line.value) => Ok(Verdict::Pass),
            (b'b', Part::Sections) => Ok(Verdict::Drop(DroppedLine::Value)),
            (b'b', Part::Session) => Ok(Verdict::Drop(DroppedLine::Misplaced)),
            (b'v' | b'o' | b's', _)
            | (_, Part::Version | Part::Origin | Part::Name)
            | (b'a' | b'm', Part::Time) => Err(Flaw::Header),
            _ => Ok(Verdict::Drop(DroppedLine::Type)),
        }
    }

    /// Decides whether the description as a whole is acceptable.
    ///
    /// # Errors
    ///
    /// The reason to refuse it.
    pub(super) fn finish(&self) -> Result<(), Flaw> {
        if !matches!(self.part, Part::Session | Part::Sections) {
            return Err(Flaw::Header);
        }
        if self.sections.is_empty() {
            return Err(Flaw::Section);
        }
        self.check_section_end()?;
        let is_section = |tag: &str| self.sections.iter().any(|it| it.mid == Some(tag));
        let tags = self.bundle.ok_or(Flaw::Bundle)?;
        if !tags.split_terminator(' ').all(is_section) {
            return Err(Flaw::Bundle);
        }
        if !self.has_fingerprint {
            return Err(Flaw::Fingerprint);
        }
        if !(self.all.ufrag && self.all.pwd) {
            return Err(Flaw::Ice);
        }
        if self.all.setup { Ok(()) } else { Err(Flaw::Setup) }
    }

    const fn then(&mut self, part: Part, verdict: Verdict<'a>) -> Verdict<'a> {
        self.part = part;
        verdict
    }

    fn section(&mut self, value: &'a str) -> Result<Verdict<'a>, Flaw> {
        self.check_section_end()?;
        let (kind, by) = section(value).ok_or(Flaw::Section)?;
        if self.sections.iter().any(|it| it.kind == kind) {
            return Err(Flaw::Section);
        }
        self.sections.push(Section { kind, mid: None });
        self.current = SingleLines::default();
        Ok(self.then(Part::Sections, Verdict::Replace(by)))
    }

    /// Checks what the last section, if there is one, must have had.
    fn check_section_end(&self) -> Result<(), Flaw> {
        let Some(last) = self.sections.last() else { return Ok(()) };
        if last.mid.is_none() {
            return Err(Flaw::Mid);
        }
        if self.has_connection || self.current.connection { Ok(()) } else { Err(Flaw::Connection) }
    }

    /// The line of a session comes before its time (RFC 8866, 5), and browsers that find it later refuse the whole.
    fn connection(&mut self) -> Verdict<'a> {
        let is_misplaced = match self.part {
            Part::Time => std::mem::replace(&mut self.has_connection, true),
            Part::Sections => std::mem::replace(&mut self.current.connection, true),
            Part::Version | Part::Origin | Part::Name | Part::Session => true,
        };
        if is_misplaced {
            Verdict::Drop(DroppedLine::Misplaced)
        } else {
            Verdict::Replace([CONNECTION, "", ""])
        }
    }

    fn attribute(&mut self, line: Line<'a>) -> Result<Verdict<'a>, Flaw> {
        let (name, value) = match split_at(line.value, b':') {
            Some((name, value)) => (name, Some(value)),
            None => (line.value, None),
        };
        let Some((level, rule)) = rule_for(name) else { return Ok(Verdict::Drop(DroppedLine::Attribute)) };
        if !level.includes(self.part == Part::Sections) {
            return Ok(Verdict::Drop(DroppedLine::Misplaced));
        }
        let text = value.unwrap_or_default();
        let is_good = match rule {
            Rule::Flag => value.is_none(),
            Rule::Value(is_good) => line.is_printable && is_good(text),
            Rule::Candidate => return Ok(Verdict::Drop(DroppedLine::Candidate)),
            Rule::Rtcp => return Ok(Verdict::Replace([RTCP, "", ""])),
            Rule::Group => return self.group(text),
            Rule::Mid => return self.mid(text),
            Rule::Ufrag => {
                return single(&mut self.current.ufrag, &mut self.all.ufrag, is_ufrag(text), Flaw::Ice);
            }
            Rule::Pwd => return single(&mut self.current.pwd, &mut self.all.pwd, is_pwd(text), Flaw::Ice),
            Rule::Fingerprint => return self.fingerprint(text),
            Rule::Setup => {
                let is_role = is_role(text, self.kind);
                return single(&mut self.current.setup, &mut self.all.setup, is_role, Flaw::Setup);
            }
        };
        Ok(if is_good { Verdict::Pass } else { Verdict::Drop(DroppedLine::Value) })
    }

    fn group(&mut self, value: &'a str) -> Result<Verdict<'a>, Flaw> {
        // After this there is nothing, or a space before each tag.
        let tags = value.strip_prefix("BUNDLE").filter(|it| it.is_empty() || it.starts_with(' '));
        let Some(tags) = tags else { return Ok(Verdict::Drop(DroppedLine::Value)) };
        match self.bundle.replace(tags.get(1..).unwrap_or_default()) {
            None => Ok(Verdict::Pass),
            Some(_) => Err(Flaw::Bundle),
        }
    }

    fn mid(&mut self, value: &'a str) -> Result<Verdict<'a>, Flaw> {
        let is_free = self.sections.iter().all(|it| it.mid != Some(value));
        match self.sections.last_mut() {
            Some(Section { mid: mid @ None, .. }) if is_free && is_mid(value) => {
                *mid = Some(value);
                Ok(Verdict::Pass)
            }
            Some(_) | None => Err(Flaw::Mid),
        }
    }

    fn fingerprint(&mut self, value: &str) -> Result<Verdict<'a>, Flaw> {
        match fingerprint(value) {
            FingerprintKind::Secure => {
                self.has_fingerprint = true;
                Ok(Verdict::Pass)
            }
            FingerprintKind::Unknown => Ok(Verdict::Drop(DroppedLine::Value)),
            FingerprintKind::Malformed => Err(Flaw::Fingerprint),
        }
    }
}

/// Passes a line that must be good and the first of its kind in its part.
const fn single<'a>(
    current: &mut bool,
    all: &mut bool,
    is_good: bool,
    flaw: Flaw,
) -> Result<Verdict<'a>, Flaw> {
    if *current || !is_good {
        return Err(flaw);
    }
    (*current, *all) = (true, true);
    Ok(Verdict::Pass)
}

/// The user name, the session id and its version, which browsers use, and what is to follow them; `None` if the line is
/// invalid.
fn origin(value: &str) -> Option<(&str, &'static str)> {
    let mut words = value.split(' ');
    let (name, id, version) = (words.next()?, words.next()?, words.next()?);
    let is_name =
        name.len() <= MAX_ORIGIN_NAME_BYTES && name.bytes().all(|it| it.is_ascii_graphic()) && is_plain(name);
    let is_good = is_name && is_number(id) && is_number(version) && words.count() == 3;
    let kept = value.get(..name.len() + id.len() + version.len() + 2).filter(|_| is_good)?;
    let [unspecified, loopback] = ORIGIN_ENDS;
    Some((kept, if value.ends_with(unspecified) { unspecified } else { loopback }))
}

/// The kind of a section, and its line with another port; `None` if it is invalid.
///
/// Port 9 goes with the default address (RFC 8840, 4.3), and port 0 rejects or bundles a section (RFC 3264, 6).
fn section(value: &str) -> Option<(SectionKind, [&str; 3])> {
    let (start, kind) = match value.split_once(' ')?.0 {
        "audio" => ("m=audio ", SectionKind::Audio),
        "video" => ("m=video ", SectionKind::Video),
        "application" => ("m=application ", SectionKind::Data),
        _ => return None,
    };
    let (port, rest) = value[start.len() - "m=".len()..].split_once(' ')?;
    let port = if self::port(port)? == 0 { "0" } else { "9" };
    let (protocol, formats) = rest.split_once(' ')?;
    let is_good = match kind {
        SectionKind::Audio | SectionKind::Video => {
            protocol == "UDP/TLS/RTP/SAVPF" && formats.split(' ').all(is_payload_type)
        }
        SectionKind::Data => protocol == "UDP/DTLS/SCTP" && formats == DATA_CHANNEL,
    };
    // The space after the port is one byte.
    is_good.then(|| (kind, [start, port, &value[value.len() - rest.len() - 1..]]))
}

/// Browsers offer `actpass` (RFC 8829, 5.2.1); `active` and `passive` are legal, too. An answer must choose (RFC 5763,
/// 5).
fn is_role(value: &str, kind: DescriptionKind) -> bool {
    match kind {
        DescriptionKind::Offer => matches!(value, "actpass" | "active" | "passive"),
        DescriptionKind::Answer => matches!(value, "active" | "passive"),
    }
}
