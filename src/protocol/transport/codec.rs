//! Messages as JSON text: a strict decoder for the server and a lenient one for pages.
//!
//! The server reads and writes signals in their usual form in one pass (`usual_signal`), and everything else with
//! serde.

use serde::Serialize;
use serde_ignored::Path;
use serde_json::{Deserializer, Value};

use super::{objects::ObjectsOnly, usual_signal};
use crate::protocol::{
    ErrorCode, Frame, PeerMessage, ToBrowser, ToServer,
    limits::{MAX_FRAME_BYTES, MAX_TOKEN_BYTES},
};

/// Why a text was refused as a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("refused message {about}: {code:?}")]
pub struct Refusal {
    /// What is wrong.
    pub code: ErrorCode,
    /// The number of the message; 0 if unreadable.
    pub about: u64,
    /// What it acknowledges; 0 if unreadable.
    pub ack: u64,
}

impl Refusal {
    /// A refusal of a text whose numbers are unreadable.
    const fn unread(code: ErrorCode) -> Self {
        Self { code, about: 0, ack: 0 }
    }
}

/// Encodes a frame. All our messages can be expressed in JSON, so the fallback to an empty text is never used.
pub fn encode<M: Serialize>(frame: &Frame<M>) -> String {
    serde_json::to_string(frame).unwrap_or_default()
}

/// Encodes a message of the server, as [`encode`] does.
pub fn encode_to_browser(frame: &Frame<&ToBrowser>) -> String {
    if let ToBrowser::Signal { match_id, epoch, signal } = frame.msg {
        let mut text = String::new();
        usual_signal::append(&mut text, (frame.seq, frame.ack), (*match_id, *epoch), signal);
        text
    } else {
        encode(frame)
    }
}

/// Appends a message of the server, as [`encode`] encodes it.
pub fn append_to_browser(frame: &Frame<&ToBrowser>, text: &mut String) {
    if let ToBrowser::Signal { match_id, epoch, signal } = frame.msg {
        usual_signal::append(text, (frame.seq, frame.ack), (*match_id, *epoch), signal);
    } else {
        text.push_str(&encode(frame));
    }
}

/// Appends a message of a page, as [`encode`] encodes it.
pub fn append_to_server(frame: &Frame<ToServer>, text: &mut String) {
    if let ToServer::Signal { match_id, epoch, signal } = &frame.msg {
        usual_signal::append(text, (frame.seq, frame.ack), (*match_id, *epoch), signal);
    } else {
        text.push_str(&encode(frame));
    }
}

/// Decodes a page's message. Strict: no unknown messages or fields, no lists in place of objects, no overlong texts,
/// nothing after the frame.
///
/// Only unknown fields in `hello` are ignored. A later page sends them there without knowing the server's build.
///
/// # Errors
///
/// A [`Refusal`] that names the fault.
pub fn decode_strict(text: &str) -> Result<Frame<ToServer>, Refusal> {
    if text.len() > MAX_FRAME_BYTES {
        return Err(Refusal::unread(ErrorCode::TooLarge));
    }
    match usual_signal::read(text) {
        Some(frame) => Ok(frame),
        None => decode_with_serde(text),
    }
}

/// Decodes any message; [`decode_strict`] says how strict it is.
pub(crate) fn decode_with_serde(text: &str) -> Result<Frame<ToServer>, Refusal> {
    let (mut knows_frame, mut knows_message) = (true, true);
    let mut json = Deserializer::from_str(text);
    let frame: Result<Frame<ToServer>, _> = serde_ignored::deserialize(ObjectsOnly(&mut json), |path| {
        let is_in_frame = matches!(path, Path::Map { parent: Path::Root, .. });
        *(if is_in_frame { &mut knows_frame } else { &mut knows_message }) = false;
    });
    match (frame, json.end()) {
        (Ok(frame), Ok(()))
            if knows_frame
                && (knows_message || matches!(frame.msg, ToServer::Hello { .. }))
                && is_bounded(&frame.msg) =>
        {
            Ok(frame)
        }
        (Ok(_) | Err(_), Ok(()) | Err(_)) => Err(diagnose(text)),
    }
}

/// Whether the opaque texts keep to their lengths. Signals are checked by the server's validation.
fn is_bounded(message: &ToServer) -> bool {
    let is_short = |token: &str| token.len() <= MAX_TOKEN_BYTES;
    if let ToServer::Hello { ticket, device, age, place, .. } = message {
        let tokens = [ticket.as_deref(), device.as_deref(), age.as_deref(), place.as_deref()];
        tokens.into_iter().flatten().all(is_short)
    } else if let ToServer::Report { ticket, .. } = message {
        is_short(ticket)
    } else {
        true
    }
}

/// Decodes a server's message, for clients other than pages (a page uses the browser's own parser).
///
/// Unknown fields are ignored; `None` if the message is not understood.
pub fn decode_lenient(text: &str) -> Option<Frame<ToBrowser>> {
    serde_json::from_str(text).ok()
}

/// Encodes a message for the data channel.
pub fn encode_peer(message: &PeerMessage) -> String {
    serde_json::to_string(message).unwrap_or_default()
}

/// Finds out why a text was refused. Only bad input pays for this second pass.
fn diagnose(text: &str) -> Refusal {
    let Ok(Value::Object(frame)) = serde_json::from_str(text) else {
        return Refusal::unread(ErrorCode::BadFrame);
    };
    let number = |key| frame.get(key).and_then(Value::as_u64);
    let name = match frame.get("msg") {
        Some(Value::Object(msg)) if msg.len() == 1 => msg.keys().next().map(String::as_str),
        Some(Value::String(name)) => Some(name.as_str()),
        Some(_) | None => None,
    };
    let (seq, ack) = (number("seq"), number("ack"));
    let is_frame = frame.len() == 3 && seq.is_some() && ack.is_some();
    let code = match name {
        Some(name) if is_frame && ToServer::NAMES.contains(&name) => ErrorCode::BadMessage,
        Some(_) if is_frame => ErrorCode::UnknownMessage,
        Some(_) | None => ErrorCode::BadFrame,
    };
    Refusal { code, about: seq.unwrap_or(0), ack: ack.unwrap_or(0) }
}
