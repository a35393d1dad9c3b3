//! Signals in the form in which pages and this server write them, read and written in one pass.
//!
//! Signals are most of what goes through the server, and nearly all of their bytes. `codec` reads and writes everything
//! else with serde, also signals in another form. What is read here, serde would read in the same way.

use uuid::{Uuid, fmt::Hyphenated};

use super::json_text::{push_escaped, read_escaped, read_plain};
use crate::protocol::{Candidate, Epoch, Frame, MatchId, Sdp, Signal, ToServer};

/// Bytes of a written signal besides its texts, at most, unless they need many escapes.
const FRAME_BYTES: usize = 320;

/// What follows the last text: the ends of an offer, for example, of its signal, its message, `msg` and the frame.
const END: &str = "}}}}}";

/// Reads a frame with a signal; `None` if it has another form or another message.
pub(crate) fn read(text: &str) -> Option<Frame<ToServer>> {
    let mut json = Reader { rest: text };
    json.skip(r#"{"seq":"#)?;
    let seq = json.number()?;
    json.skip(r#","ack":"#)?;
    let ack = json.number()?;
    json.skip(r#","msg":{""#)?;
    let msg = if json.skip(r#"signal":{"match":""#).is_some() {
        let match_id = MatchId(json.uuid()?);
        json.skip(r#","epoch":"#)?;
        let epoch = Epoch(json.number()?.try_into().ok()?);
        json.skip(r#","signal":{""#)?;
        ToServer::Signal { match_id, epoch, signal: json.signal()? }
    } else {
        json.skip(r#"prepared":{"number":"#)?;
        let number = json.number()?.try_into().ok()?;
        json.skip(r#","signal":{""#)?;
        ToServer::Prepared { number, signal: json.signal()? }
    };
    (json.rest == END).then_some(Frame { seq, ack, msg })
}

/// What has not been read of a text.
struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    /// Reads exactly this; reads nothing if it does not come next.
    fn skip(&mut self, expected: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(expected)?;
        Some(())
    }

    /// A number without a sign, a fraction or an exponent (RFC 8259, 6).
    fn number(&mut self) -> Option<u64> {
        let is_digit = |it: &u8| it.is_ascii_digit();
        let digits = self.rest.bytes().take_while(is_digit).count();
        let (number, rest) = self.rest.split_at(digits);
        self.rest = rest;
        // JSON has no zeros in front of a number.
        number.parse().ok().filter(|_| digits == 1 || !number.starts_with('0'))
    }

    /// A text without escapes, whose opening quotation mark has been read.
    fn plain(&mut self) -> Option<&'a str> {
        let (text, rest) = read_plain(self.rest)?;
        self.rest = rest;
        Some(text)
    }

    fn uuid(&mut self) -> Option<Uuid> {
        let text = self.plain().filter(|it| it.len() == Hyphenated::LENGTH)?;
        Uuid::try_parse_ascii(text.as_bytes()).ok()
    }

    /// A signal, whose opening brace and quotation mark have been read, up to [`END`].
    fn signal(&mut self) -> Option<Signal> {
        if self.skip(r#"candidate":{"candidate":""#).is_some() {
            return self.candidate().map(Signal::Candidate);
        }
        if self.skip(r#"offer":{"sdp":""#).is_some() {
            return self.description().map(|sdp| Signal::Offer { sdp });
        }
        if self.skip(r#"answer":{"sdp":""#).is_some() {
            return self.description().map(|sdp| Signal::Answer { sdp });
        }
        self.skip(r#"end-of-candidates":{"#)?;
        let username_fragment = self.field(r#""username_fragment":""#)?;
        Some(Signal::EndOfCandidates { username_fragment })
    }

    fn description(&mut self) -> Option<Sdp> {
        let (text, rest) = read_escaped(self.rest)?;
        self.rest = rest;
        Some(Sdp(text))
    }

    fn candidate(&mut self) -> Option<Candidate> {
        let candidate = Sdp(self.plain()?.to_owned());
        let sdp_mid = self.field(r#","sdp_mid":""#)?;
        let sdp_m_line_index = match self.skip(r#","sdp_m_line_index":"#) {
            Some(()) => Some(self.number()?.try_into().ok()?),
            None => None,
        };
        let username_fragment = self.field(r#","username_fragment":""#)?;
        Some(Candidate { candidate, sdp_mid, sdp_m_line_index, username_fragment })
    }

    /// A text that may be absent, after its name and its opening quotation mark.
    fn field(&mut self, name: &str) -> Option<Option<String>> {
        match self.skip(name) {
            Some(()) => self.plain().map(|it| Some(it.to_owned())),
            None => Some(None),
        }
    }
}

/// Appends a frame with a signal, as serde would write it.
pub(super) fn append(
    json: &mut String,
    (seq, ack): (u64, u64),
    (match_id, epoch): (MatchId, Epoch),
    signal: &Signal,
) {
    let text_bytes = signal.text_bytes();
    // A description has two escapes of two bytes in a line, and lines of about thirty bytes.
    json.reserve(FRAME_BYTES + text_bytes + text_bytes / 8);
    let (MatchId(id), Epoch(epoch)) = (match_id, epoch);
    let mut buffer = Uuid::encode_buffer();
    let id = id.hyphenated().encode_lower(&mut buffer);
    let [seq, ack, epoch] = [seq, ack, epoch.into()].map(|it: u64| it.to_string());
    // `write!` takes longer.
    for part in [
        r#"{"seq":"#,
        &seq,
        r#","ack":"#,
        &ack,
        r#","msg":{"signal":{"match":""#,
        id,
        r#"","epoch":"#,
        &epoch,
        r#","signal":{"#,
    ] {
        json.push_str(part);
    }
    match signal {
        Signal::Offer { sdp } => push_field(json, r#""offer":{"sdp":""#, &sdp.0),
        Signal::Answer { sdp } => push_field(json, r#""answer":{"sdp":""#, &sdp.0),
        Signal::Candidate(Candidate { candidate, sdp_mid, sdp_m_line_index, username_fragment }) => {
            push_field(json, r#""candidate":{"candidate":""#, &candidate.0);
            if let Some(mid) = sdp_mid {
                push_field(json, r#","sdp_mid":""#, mid);
            }
            if let Some(index) = sdp_m_line_index {
                json.push_str(r#","sdp_m_line_index":"#);
                json.push_str(&index.to_string());
            }
            if let Some(fragment) = username_fragment {
                push_field(json, r#","username_fragment":""#, fragment);
            }
        }
        Signal::EndOfCandidates { username_fragment } => {
            json.push_str(r#""end-of-candidates":{"#);
            if let Some(fragment) = username_fragment {
                push_field(json, r#""username_fragment":""#, fragment);
            }
        }
    }
    json.push_str(END);
}

/// Appends the name of a field with its opening quotation mark, and its text with the closing one.
fn push_field(json: &mut String, name: &str, text: &str) {
    json.push_str(name);
    push_escaped(json, text);
    json.push('"');
}

#[cfg(test)]
mod tests;
