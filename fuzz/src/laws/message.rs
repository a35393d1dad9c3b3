//! The laws of a frame: strict, stable, bounded.

use crate::{
    protocol::{
        ErrorCode, Frame, Refusal, ToServer, decode_strict, encode,
        limits::{
            MAX_BLOCKED, MAX_FRAME_BYTES, MAX_INTEREST_CHARS, MAX_INTERESTS, MAX_LANGUAGES, MAX_MET,
            MAX_TOKEN_BYTES,
        },
    },
    server::read,
};
use serde_json::Value;

/// What is read is what was said, nothing unknown is in it, and said again it is read again; what is not read is refused
/// with a reason, about the right frame.
pub fn message(text: &str) {
    for scrubs in [false, true] {
        match read(text, scrubs) {
            Ok(frame) => is_settled(&frame, scrubs),
            Err(refusal) => is_about(text, refusal),
        }
    }
    if let Ok(frame) = decode_strict(text) {
        assert!(text.len() <= MAX_FRAME_BYTES);
        is_bounded(&frame.msg);
        is_all_there_was(text, &frame);
        is_closed(&frame);
    }
}

/// Reading has brought it into its last form.
fn is_settled(frame: &Frame<ToServer>, scrubs: bool) {
    let again = encode(frame);
    assert_eq!(read(&again, scrubs).as_ref(), Ok(frame), "{again}");
}

fn is_about(text: &str, Refusal { code, about, ack }: Refusal) {
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
        other => panic!("reading has no business with {other:?}"),
    }
}

fn is_bounded(message: &ToServer) {
    if let ToServer::Hello { ticket, device, past, .. } = message {
        assert!([ticket, device].into_iter().flatten().all(|it| it.len() <= MAX_TOKEN_BYTES));
        assert!(past.met.len() <= MAX_MET && past.blocked.len() <= MAX_BLOCKED);
    }
    if let ToServer::Join { tastes, .. } = message {
        assert!(tastes.interests.len() <= MAX_INTERESTS && tastes.languages.len() <= MAX_LANGUAGES);
        assert!(tastes.interests.iter().all(|it| it.as_ref().chars().count() <= MAX_INTEREST_CHARS));
    }
}

/// Every field that says something is one that is known: it comes out again.
fn is_all_there_was(text: &str, frame: &Frame<ToServer>) {
    let said: Value = serde_json::from_str(text).expect("JSON, or it would not have been read");
    let read: Value = serde_json::from_str(&encode(frame)).expect("JSON");
    assert!(is_within(&said, &read), "{text}");
}

fn is_within(said: &Value, read: &Value) -> bool {
    match (said, read) {
        (Value::Object(said), Value::Object(read)) => said.iter().all(|(key, value)| match read.get(key) {
            Some(other) => is_within(value, other),
            // What is absent is as good as these.
            None => matches!(value, Value::Null | Value::Bool(false)) || key == "tastes",
        }),
        (Value::Number(_) | Value::Bool(_), _) => said == read,
        // A UUID has several spellings.
        (Value::String(_), Value::String(_)) => true,
        (Value::Object(_) | Value::String(_) | Value::Array(_) | Value::Null, _) => false,
    }
}

/// With anything more in it or after it, it would not have been read.
fn is_closed(frame: &Frame<ToServer>) {
    let text = encode(frame);
    let about = |code| Err(Refusal { code, about: frame.seq, ack: frame.ack });
    assert_eq!(decode_strict(&text.replacen('{', r#"{"x":0,"#, 1)), about(ErrorCode::BadFrame));
    let (start, message) = text.split_once(r#""msg":{"#).expect("a message");
    let (name, rest) = message.split_once(":{").expect("an object");
    let comma = if rest.starts_with('}') { "" } else { "," };
    let more = format!(r#"{start}"msg":{{{name}:{{"x":0{comma}{rest}"#);
    if more.len() <= MAX_FRAME_BYTES {
        assert_eq!(decode_strict(&more), about(ErrorCode::BadMessage), "{more}");
        assert!(decode_strict(&(text + "0")).is_err());
    }
}
