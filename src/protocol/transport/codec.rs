//! Messages as JSON text and back, strict for the server and lenient for the page; it must not know what they mean.

use serde::Serialize;
use serde_json::{Deserializer, Value};

use crate::protocol::{
    ErrorCode, Frame, PeerMessage, ToBrowser, ToServer,
    limits::{MAX_FRAME_BYTES, MAX_TOKEN_BYTES},
};

/// The names of [`ToServer`]'s messages, to tell an unknown message from a malformed one.
const NAMES: [&str; 11] = [
    "hello",
    "join",
    "prepared",
    "signal",
    "connected",
    "failed",
    "next",
    "block",
    "unblock",
    "leave",
    "ping",
];

/// A text that is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("refused message {about}: {code:?}")]
pub struct Refusal {
    /// What is wrong with it.
    pub code: ErrorCode,
    /// Its number, 0 where it cannot be told.
    pub about: u64,
    /// What it acknowledges, 0 where it cannot be told.
    pub ack: u64,
}

impl Refusal {
    /// Of a text of which nothing can be told.
    const fn unread(code: ErrorCode) -> Self {
        Self { code, about: 0, ack: 0 }
    }
}

/// A frame as text. Our messages hold nothing that JSON cannot say, so the empty text never comes out.
pub fn encode<M: Serialize>(frame: &Frame<M>) -> String {
    serde_json::to_string(frame).unwrap_or_default()
}

/// What a page has said. Strict: no unknown message, no unknown field, no text longer than allowed, nothing after the frame.
///
/// # Errors
///
/// A [`Refusal`] that says which of these it was.
pub fn decode_strict(text: &str) -> Result<Frame<ToServer>, Refusal> {
    if text.len() > MAX_FRAME_BYTES {
        return Err(Refusal::unread(ErrorCode::TooLarge));
    }
    let mut known = !has_list(text);
    let mut json = Deserializer::from_str(text);
    let frame: Result<Frame<ToServer>, _> = serde_ignored::deserialize(&mut json, |_| known = false);
    match (frame, json.end()) {
        (Ok(frame), Ok(())) if known && is_bounded(&frame.msg) => Ok(frame),
        (Ok(_) | Err(_), Ok(()) | Err(_)) => Err(diagnose(text)),
    }
}

/// Whether there is a list outside the strings. No message to the server has one, and serde would take one for
/// an object whose fields are in their order.
fn has_list(text: &str) -> bool {
    let (mut in_string, mut escaped) = (false, false);
    text.bytes().any(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            _ => {}
        }
        byte == b'[' && !in_string
    })
}

/// Whether the texts that are checked nowhere else keep to their lengths; those of signals are the server's affair.
fn is_bounded(message: &ToServer) -> bool {
    match message {
        ToServer::Hello { resume: _, ticket, device, past: _ } => {
            [ticket, device].into_iter().flatten().all(|token| token.len() <= MAX_TOKEN_BYTES)
        }
        ToServer::Join { .. }
        | ToServer::Prepared { .. }
        | ToServer::Signal { .. }
        | ToServer::Connected { .. }
        | ToServer::Failed { .. }
        | ToServer::Next { .. }
        | ToServer::Block { .. }
        | ToServer::Unblock {}
        | ToServer::Leave {}
        | ToServer::Ping {} => true,
    }
}

/// What the server has said, for clients that are no page (a page has its browser's parser read it); unknown fields are
/// passed over. `None` for what is not understood.
pub fn decode_lenient(text: &str) -> Option<Frame<ToBrowser>> {
    serde_json::from_str(text).ok()
}

/// A message for the data channel, as text.
pub fn encode_peer(message: &PeerMessage) -> String {
    serde_json::to_string(message).unwrap_or_default()
}

/// Finds out why a text was refused; only bad input pays for this second look.
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
        Some(name) if is_frame && NAMES.contains(&name) => ErrorCode::BadMessage,
        Some(_) if is_frame => ErrorCode::UnknownMessage,
        Some(_) | None => ErrorCode::BadFrame,
    };
    Refusal { code, about: seq.unwrap_or(0), ack: ack.unwrap_or(0) }
}
