//! What the rewriting decides about a line and about a whole description.

/// What a description is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DescriptionKind {
    /// It asks for an answer.
    Offer,
    /// It answers an offer.
    Answer,
}

/// Why a line was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DroppedLine {
    /// It is about candidates, which browsers also send one by one (trickle ICE).
    Candidate,
    /// No browser needs a line of this type.
    Type,
    /// No browser needs an attribute of this name.
    Attribute,
    /// Its value is not one that browsers write, or may contain an address.
    Value,
    /// It is not allowed in this part of the description, or only once.
    Misplaced,
}

impl DroppedLine {
    /// All reasons in order, each with its value of the metric label `kind`.
    pub(crate) const ALL: [(Self, &str); 5] = [
        (Self::Candidate, "candidate"),
        (Self::Type, "type"),
        (Self::Attribute, "attribute"),
        (Self::Value, "value"),
        (Self::Misplaced, "misplaced"),
    ];
}

/// How many lines a description has lost, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DroppedLines([u16; DroppedLine::ALL.len()]);

impl DroppedLines {
    /// The counts, in the order of [`DroppedLine`].
    pub(crate) const fn counts(&self) -> [u16; DroppedLine::ALL.len()] {
        self.0
    }

    /// How many lines in all.
    #[cfg(test)]
    pub(crate) fn total(&self) -> u16 {
        self.0.iter().sum()
    }

    /// Counts one line.
    pub(super) fn count(&mut self, why: DroppedLine) {
        self.0[why as usize] += 1;
    }
}

/// Why a description is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It is too long, or one of its lines is, or there are too many.
    Size,
    /// A line has a control character or does not begin with a type.
    Line,
    /// Its version, origin, name or time is missing, invalid or not in its place.
    Header,
    /// A section is of another kind, the second of its kind, or has another protocol, port or format.
    Section,
    /// A section has no connection line, and the session has none either.
    Connection,
    /// A section has no identification tag, two, or that of another section; or the tag is invalid.
    Mid,
    /// The sections are not in exactly one bundle, or it lists others.
    Bundle,
    /// The ICE user name fragment or password is missing, invalid or repeated.
    Ice,
    /// A fingerprint is malformed, or there is none of a secure hash.
    Fingerprint,
    /// The DTLS role is missing, repeated or not one for an offer or an answer.
    Setup,
}

impl Flaw {
    /// All reasons in order, each with its value of the metric label `reason`.
    pub(crate) const ALL: [(Self, &str); 10] = [
        (Self::Size, "size"),
        (Self::Line, "line"),
        (Self::Header, "header"),
        (Self::Section, "section"),
        (Self::Connection, "connection"),
        (Self::Mid, "mid"),
        (Self::Bundle, "bundle"),
        (Self::Ice, "ice"),
        (Self::Fingerprint, "fingerprint"),
        (Self::Setup, "setup"),
    ];
}

/// What becomes of a line.
#[derive(Debug)]
pub(super) enum Verdict<'a> {
    /// It passes as it is.
    Pass,
    /// These three texts, one after the other, take its place; its ending stays.
    Replace([&'a str; 3]),
    /// It is left out.
    Drop(DroppedLine),
}
