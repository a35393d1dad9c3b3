//! Messages as JSON text and back, strict for the server and lenient for the page; it must not know what they mean.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Deserializer, Value};

use super::{ErrorCode, Frame, PeerMessage, ToBrowser, ToServer, limits::MAX_FRAME_BYTES};

/// The names of [`ToServer`]'s messages, to tell an unknown message from a malformed one.
const NAMES: [&str; 8] = ["hello", "join", "signal", "connected", "failed", "next", "leave", "ping"];

/// A text that is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("refused message {about}: {code:?}")]
pub struct Refusal {
    /// What is wrong with it.
    pub code: ErrorCode,
    /// Its number, 0 where it cannot be told.
    pub about: u64,
}

/// A frame as text. Our messages hold nothing that JSON cannot say, so the empty text never comes out.
pub fn encode<M: Serialize>(frame: &Frame<M>) -> String {
    serde_json::to_string(frame).unwrap_or_default()
}

/// What a page has said. Strict: no unknown message, no unknown field, nothing after the frame.
///
/// # Errors
///
/// A [`Refusal`] that says which of these it was.
pub fn decode_strict(text: &str) -> Result<Frame<ToServer>, Refusal> {
    if text.len() > MAX_FRAME_BYTES {
        return Err(Refusal { code: ErrorCode::TooLarge, about: 0 });
    }
    let mut known = true;
    let mut json = Deserializer::from_str(text);
    let frame = serde_ignored::deserialize(&mut json, |_| known = false);
    match (frame, json.end()) {
        (Ok(frame), Ok(())) if known => Ok(frame),
        (Ok(_) | Err(_), Ok(()) | Err(_)) => Err(diagnose(text)),
    }
}

/// What the server has said; unknown fields are passed over. `None` for what this page does not understand.
pub fn decode_lenient(text: &str) -> Option<Frame<ToBrowser>> {
    lenient(text)
}

/// A message for the data channel, as text.
pub fn encode_peer(message: &PeerMessage) -> String {
    serde_json::to_string(message).unwrap_or_default()
}

/// What the partner has said over the data channel; `None` for what this page does not understand.
pub fn decode_peer(text: &str) -> Option<PeerMessage> {
    lenient(text)
}

fn lenient<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}

/// Finds out why a text was refused; only bad input pays for this second look.
fn diagnose(text: &str) -> Refusal {
    let Ok(Value::Object(frame)) = serde_json::from_str(text) else {
        return Refusal { code: ErrorCode::BadFrame, about: 0 };
    };
    let about = frame.get("seq").and_then(Value::as_u64).unwrap_or(0);
    let numbered = ["seq", "ack"].iter().all(|key| frame.get(*key).is_some_and(Value::is_u64));
    let name = match frame.get("msg") {
        Some(Value::Object(msg)) if msg.len() == 1 => msg.keys().next().map(String::as_str),
        Some(Value::String(name)) => Some(name.as_str()),
        Some(_) | None => None,
    };
    let code = match name {
        Some(name) if numbered && frame.len() == 3 => {
            if NAMES.contains(&name) {
                ErrorCode::BadMessage
            } else {
                ErrorCode::UnknownMessage
            }
        }
        Some(_) | None => ErrorCode::BadFrame,
    };
    Refusal { code, about }
}
