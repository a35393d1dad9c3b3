//! Properties of frames: reading is strict, stable and bounded.

use crate::{
    protocol::{
        ErrorCode, Frame, Refusal, ToBrowser, ToServer, decode_strict, encode, encode_to_browser,
        limits::{
            MAX_BLOCKED, MAX_FRAME_BYTES, MAX_INTEREST_CHARS, MAX_INTERESTS, MAX_LANGUAGES, MAX_MET,
            MAX_REPORT_CHARS, MAX_TOKEN_BYTES,
        },
        transport::{codec::decode_with_serde, usual_signal},
    },
    server::read,
};
use serde::de::IgnoredAny;
use serde_json::Value;

/// The objects in `hello`, with the names of their known fields.
const HELLO_FIELDS: [(&str, &[&str]); 3] = [
    ("/msg/hello", &["resume", "ticket", "device", "past", "features"]),
    ("/msg/hello/resume", &["peer", "secret"]),
    ("/msg/hello/past", &["met", "blocked"]),
];

/// Checks that an accepted frame has no unknown field outside of `hello`, stays within its limits and reads the same
/// after encoding, and that a refusal has a fitting code and names the right frame.
pub fn message(text: &str) {
    match read(text) {
        Ok(frame) => assert_stable(&frame),
        Err(refusal) => assert_refusal(text, refusal),
    }
    if let Ok(frame) = decode_strict(text) {
        assert!(text.len() <= MAX_FRAME_BYTES);
        assert_bounded(&frame.msg);
        assert_complete(text, &frame);
        assert_closed(&frame);
    }
    assert_same_by_serde(text);
}

/// Checks that the short way to read and write signals gives what serde gives.
fn assert_same_by_serde(text: &str) {
    let Some(frame) = usual_signal::read(text) else { return };
    assert_eq!(decode_with_serde(text).as_ref(), Ok(&frame), "{text}");
    let Frame { seq, ack, msg } = frame;
    if let ToServer::Signal { match_id, epoch, signal } = msg {
        let msg = ToBrowser::Signal { match_id, epoch, signal };
        let frame = Frame { seq, ack, msg: &msg };
        assert_eq!(encode_to_browser(&frame), encode(&frame));
    }
}

/// Checks that reading an accepted frame again does not change it.
fn assert_stable(frame: &Frame<ToServer>) {
    let again = encode(frame);
    assert_eq!(read(&again).as_ref(), Ok(frame), "{again}");
}

/// Checks the code of a refusal, and that it carries the numbers of the frame as far as they can be read.
fn assert_refusal(text: &str, Refusal { code, about, ack }: Refusal) {
    match code {
        ErrorCode::TooLarge => assert!(text.len() > MAX_FRAME_BYTES),
        ErrorCode::BadFrame
        | ErrorCode::UnknownMessage
        | ErrorCode::BadMessage
        | ErrorCode::BadEpoch
        | ErrorCode::BadSdp
        | ErrorCode::BadCandidate => {
            let frame = serde_json::from_str::<Value>(text).unwrap_or_default();
            let number = |key| frame.get(key).and_then(Value::as_u64).unwrap_or(0);
            assert_eq!((about, ack), (number("seq"), number("ack")));
        }
        other => panic!("reading must not refuse with {other:?}"),
    }
}

fn assert_bounded(message: &ToServer) {
    if let ToServer::Hello { ticket, device, past, place, .. } = message {
        let tokens = [ticket.as_deref(), device.as_deref(), place.as_deref()];
        assert!(tokens.into_iter().flatten().all(|it| it.len() <= MAX_TOKEN_BYTES));
        assert!(past.met.len() <= MAX_MET && past.blocked.len() <= MAX_BLOCKED);
    }
    if let ToServer::Report { ticket, words, .. } = message {
        assert!(ticket.len() <= MAX_TOKEN_BYTES && words.as_ref().chars().count() <= MAX_REPORT_CHARS);
    }
    if let ToServer::Join { tastes, .. } = message {
        assert!(tastes.interests.len() <= MAX_INTERESTS && tastes.languages.len() <= MAX_LANGUAGES);
        assert!(tastes.interests.iter().all(|it| it.as_ref().chars().count() <= MAX_INTEREST_CHARS));
    }
}

/// Checks that every field of the text with a meaning comes out again after decoding and encoding.
///
/// A `Value` has no place for unpaired surrogates, huge numbers and deep lists, which the grammar of JSON permits
/// (RFC 8259, sections 8.2, 6 and 9). Only the unknown fields of `hello` may contain them.
fn assert_complete(text: &str, frame: &Frame<ToServer>) {
    let Ok(mut sent) = serde_json::from_str::<Value>(text) else {
        assert!(serde_json::from_str::<IgnoredAny>(text).is_ok(), "only JSON is accepted");
        assert!(matches!(frame.msg, ToServer::Hello { .. }), "{text}");
        return;
    };
    // Unknown fields of `hello` are ignored.
    for (object, known) in HELLO_FIELDS {
        if let Some(fields) = sent.pointer_mut(object).and_then(Value::as_object_mut) {
            fields.retain(|name, _| known.contains(&name.as_str()));
        }
    }
    let read: Value = serde_json::from_str(&encode(frame)).expect("JSON");
    assert!(is_within(&sent, &read), "{text}");
}

fn is_within(sent: &Value, read: &Value) -> bool {
    match (sent, read) {
        (Value::Object(sent), Value::Object(read)) => sent.iter().all(|(key, value)| match read.get(key) {
            Some(other) => is_within(value, other),
            // These values are the same as an absent field.
            None => {
                matches!(value, Value::Null | Value::Bool(false))
                    || ["tastes", "past", "features"].contains(&key.as_str())
                    || key == "words" && value == ""
            }
        }),
        (Value::Number(_) | Value::Bool(_), _) => sent == read,
        // A UUID has several spellings, and unknown features are ignored.
        (Value::String(_), Value::String(_)) | (Value::Array(_), Value::Array(_)) => true,
        (Value::Object(_) | Value::String(_) | Value::Array(_) | Value::Null, _) => false,
    }
}

/// Checks that the frame is refused if it has another field or more text after it; `hello` may have other fields.
fn assert_closed(frame: &Frame<ToServer>) {
    let text = encode(frame);
    let about = |code| Err(Refusal { code, about: frame.seq, ack: frame.ack });
    assert_eq!(decode_strict(&text.replacen('{', r#"{"x":0,"#, 1)), about(ErrorCode::BadFrame));
    let (start, message) = text.split_once(r#""msg":{"#).expect("a message");
    let (name, rest) = message.split_once(":{").expect("an object");
    let comma = if rest.starts_with('}') { "" } else { "," };
    let more = format!(r#"{start}"msg":{{{name}:{{"x":0{comma}{rest}"#);
    let list = format!(r#"{start}"msg":{{{name}:[0]}}}}"#);
    assert_eq!(decode_strict(&list), about(ErrorCode::BadMessage), "{list}");
    if more.len() <= MAX_FRAME_BYTES {
        let is_hello = matches!(frame.msg, ToServer::Hello { .. });
        let expected = if is_hello { Ok(frame.clone()) } else { about(ErrorCode::BadMessage) };
        assert_eq!(decode_strict(&more), expected, "{more}");
        assert!(decode_strict(&(text + "0")).is_err());
    }
}
