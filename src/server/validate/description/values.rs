//! What the values of lines may be. None of these contains an address.

use super::super::address::may_hold_address;
use crate::protocol::limits::{MAX_MID_BYTES, MAX_UFRAG_BYTES};

/// The shortest ICE user name fragment, in bytes (RFC 8445, 5.3: 24 random bits).
const MIN_UFRAG_BYTES: usize = 4;

/// The shortest ICE password, in bytes (RFC 8445, 5.3: 128 random bits).
const MIN_PWD_BYTES: usize = 22;

/// The longest ICE password, in bytes (RFC 8839, 5.4).
const MAX_PWD_BYTES: usize = 256;

/// The most digits of a number: as many as always fit into 64 bits. Firefox's session ids have that many.
const MAX_DIGITS: usize = 19;

/// The most digits of a payload type, which has 7 bits (RFC 3550, 5.1).
const PAYLOAD_TYPE_DIGITS: usize = 3;

/// The most digits of the id of a header extension (RFC 8285, 7: up to 4351).
const EXTENSION_ID_DIGITS: usize = 4;

/// The most digits of a synchronisation source, which has 32 bits (RFC 3550, 5.1).
const SSRC_DIGITS: usize = 10;

/// Hash functions for fingerprints that count as secure (RFC 8122, 5), with the bytes of their results. In lower case,
/// as all browsers write them.
const SECURE_HASHES: [(&str, usize); 3] = [("sha-256", 32), ("sha-384", 48), ("sha-512", 64)];

/// What a fingerprint is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FingerprintKind {
    /// Its hash function is secure, and it has its length.
    Secure,
    /// Its hash function is unknown or not secure.
    Unknown,
    /// It is not a fingerprint of its hash function.
    Malformed,
}

/// Splits a text at the first such byte, which is an ASCII character, as `str::split_once` does. That one is made for
/// long texts, and here the first part has a few bytes.
pub(crate) fn split_at(text: &str, byte: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|it| it == byte)?;
    Some((&text[..at], &text[at + 1..]))
}

/// A decimal number of at most this many digits.
fn is_number_of(text: &str, max_digits: usize) -> bool {
    (1..=max_digits).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit())
}

/// A decimal number that fits into 64 bits.
pub(crate) fn is_number(text: &str) -> bool {
    is_number_of(text, MAX_DIGITS)
}

/// A port number (RFC 8866, 5.14), 0 included.
pub(crate) fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|_| is_number(text))
}

/// The payload type of a format.
pub(super) fn is_payload_type(text: &str) -> bool {
    is_number_of(text, PAYLOAD_TYPE_DIGITS)
}

/// Some characters without an address. The caller knows that they are printable.
pub(super) fn is_plain(text: &str) -> bool {
    !text.is_empty() && !may_hold_address(text)
}

/// A payload type, or `*` if `has_wildcard`, and a plain text: `rtpmap`, `fmtp` (RFC 8866, 6) and `rtcp-fb` (RFC 4585,
/// 4.2).
pub(super) fn is_format(value: &str, has_wildcard: bool) -> bool {
    split_at(value, b' ').is_some_and(|(format, text)| {
        (is_payload_type(format) || (has_wildcard && format == "*")) && is_plain(text)
    })
}

/// An id, perhaps with a direction, and a URI (RFC 8285, 8).
pub(super) fn is_extension(value: &str) -> bool {
    let Some((id, uri)) = split_at(value, b' ') else { return false };
    let (id, direction) = split_at(id, b'/').unwrap_or((id, "sendrecv"));
    is_number_of(id, EXTENSION_ID_DIGITS)
        && matches!(direction, "sendrecv" | "sendonly" | "recvonly" | "inactive")
        && is_plain(uri)
}

/// A source and one of the attributes that browsers give it (RFC 5576, 4.1).
pub(super) fn is_source(value: &str) -> bool {
    let Some((source, attribute)) = split_at(value, b' ') else { return false };
    let name = split_at(attribute, b':').map_or(attribute, |it| it.0);
    is_number_of(source, SSRC_DIGITS)
        && matches!(name, "cname" | "msid" | "mslabel" | "label")
        && is_plain(attribute)
}

/// The meaning of a group of sources, and the sources (RFC 5576, 4.2).
pub(super) fn is_source_group(value: &str) -> bool {
    let mut words = value.split(' ');
    words
        .next()
        .is_some_and(|it| it.bytes().all(|it| it.is_ascii_uppercase() || it == b'-') && !it.is_empty())
        && words.all(|it| is_number_of(it, SSRC_DIGITS))
}

/// An identification tag (RFC 5888, 4); browsers write a digit.
pub(crate) fn is_mid(text: &str) -> bool {
    (1..=MAX_MID_BYTES).contains(&text.len())
        && text.bytes().all(|it| it.is_ascii_graphic())
        && is_plain(text)
}

/// An ICE user name fragment.
pub(super) fn is_ufrag(text: &str) -> bool {
    (MIN_UFRAG_BYTES..=MAX_UFRAG_BYTES).contains(&text.len()) && is_ice(text)
}

/// An ICE password.
pub(super) fn is_pwd(text: &str) -> bool {
    (MIN_PWD_BYTES..=MAX_PWD_BYTES).contains(&text.len()) && is_ice(text)
}

/// Letters, digits, `+` and `/` (RFC 8839, 5.4), and the four characters that Chromium accepts besides.
pub(crate) fn is_ice(text: &str) -> bool {
    let is_ice = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'+' | b'/' | b'-' | b'=' | b'#' | b'_');
    text.bytes().all(is_ice)
}

/// Classifies a fingerprint: a hash function, and the bytes of its result in hexadecimal with colons (RFC 8122, 5).
pub(super) fn fingerprint(value: &str) -> FingerprintKind {
    let Some((hash, result)) = value.split_once(' ') else { return FingerprintKind::Malformed };
    let Some((_, bytes)) = SECURE_HASHES.iter().find(|(name, _)| *name == hash) else {
        return FingerprintKind::Unknown;
    };
    let is_byte = |it: &[u8]| matches!(it, [a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit());
    let is_right = result.len() == 3 * bytes - 1 && result.as_bytes().split(|it| *it == b':').all(is_byte);
    if is_right { FingerprintKind::Secure } else { FingerprintKind::Malformed }
}

/// A bandwidth of a kind that browsers use, in bits or kilobits per second (RFC 8866, 5.8; RFC 3890).
pub(super) fn is_bandwidth(value: &str) -> bool {
    value.split_once(':').is_some_and(|(kind, rate)| matches!(kind, "AS" | "TIAS") && is_number(rate))
}
