//! [`FrameBounds`]: where each frame of a WebSocket ends, so that nothing is read beyond it.
//!
//! Tungstenite reserves memory for a message when it has its header, behind what it has of the payload. If it read on
//! into the next message, or had room left behind this one, the memory could not be freed with the message.

use std::io::Cursor;

use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;

/// Bytes of the longest header (RFC 6455, 5.2).
const MAX_HEADER: usize = 14;

/// Bytes of the longest payload that comes with its header. A longer one comes after it, so that the memory for it has
/// exactly its size.
const SHORT_PAYLOAD: u64 = 256;

/// Follows the frames that come in, from the first one on.
#[derive(Debug)]
pub(super) enum FrameBounds {
    /// Within a header: so many bytes of it have come.
    Header { bytes: [u8; MAX_HEADER], count: usize },
    /// Within a payload: so many bytes of it are to come.
    Payload { left: u64 },
    /// After a header that tungstenite refuses.
    Unreadable,
}

impl FrameBounds {
    /// Nothing has come.
    pub(super) const fn new() -> Self {
        Self::Header { bytes: [0; MAX_HEADER], count: 0 }
    }

    /// How many of these bytes, which come next, to read at once: nothing beyond the current frame. They have come now.
    pub(super) fn advance(&mut self, next: &[u8]) -> usize {
        match self {
            Self::Header { bytes, count } => {
                let added = next.len().min(MAX_HEADER - *count);
                bytes[*count..*count + added].copy_from_slice(&next[..added]);
                let mut cursor = Cursor::new(&bytes[..*count + added]);
                match FrameHeader::parse(&mut cursor) {
                    Ok(Some((_, left))) => {
                        let header = cursor.position() as usize - *count;
                        *self = Self::Payload { left };
                        let with_it = if left > SHORT_PAYLOAD { 0 } else { next.len() - header };
                        header + self.advance_payload(with_it)
                    }
                    Ok(None) => {
                        *count += added;
                        added
                    }
                    Err(_) => {
                        *self = Self::Unreadable;
                        next.len()
                    }
                }
            }
            Self::Payload { .. } => self.advance_payload(next.len()),
            Self::Unreadable => next.len(),
        }
    }

    /// The same within a payload, for so many bytes.
    fn advance_payload(&mut self, count: usize) -> usize {
        let Self::Payload { left } = self else { return 0 };
        let taken = usize::try_from(*left).map_or(count, |it| it.min(count));
        *left -= taken as u64;
        if *left == 0 {
            *self = Self::new();
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio_tungstenite::tungstenite::{
        Message,
        protocol::{Role, WebSocket},
    };

    use super::*;

    /// What tungstenite writes for these messages, and where each one ends.
    fn written(role: Role, messages: Vec<Message>) -> (Vec<u8>, Vec<usize>) {
        let mut writer = WebSocket::from_raw_socket(std::io::Cursor::new(Vec::new()), role, None);
        let ends = messages.into_iter().map(|it| {
            writer.send(it).unwrap();
            writer.get_ref().get_ref().len()
        });
        let ends = ends.collect();
        (writer.get_ref().get_ref().clone(), ends)
    }

    fn message() -> impl Strategy<Value = Message> {
        let length = prop_oneof![0..130_usize, 65_530..65_540_usize];
        prop_oneof![
            length.prop_map(|it| Message::text("x".repeat(it))),
            Just(Message::Ping(vec![1; 125].into()))
        ]
    }

    proptest! {
        #[test]
        fn each_frame_is_read_to_its_end_and_long_ones_after_their_header(
            role in prop_oneof![Just(Role::Client), Just(Role::Server)],
            messages in proptest::collection::vec(message(), 1..6),
            step in prop_oneof![1..20_usize, 100..100_000_usize],
        ) {
            let (bytes, ends) = written(role, messages);
            let (mut bounds, mut at) = (FrameBounds::new(), 0);
            for end in ends {
                let start = at;
                while at < end {
                    let offered = &bytes[at..bytes.len().min(at + step)];
                    let count = bounds.advance(offered);
                    if at == start && end - start > 300 {
                        // The header alone, or a part of it.
                        prop_assert!(0 < count && count <= MAX_HEADER);
                    } else {
                        prop_assert!(0 < count && count <= end - at);
                        prop_assert!(end - start > 300 || count == offered.len().min(end - at));
                    }
                    at += count;
                }
            }
            prop_assert_eq!(at, bytes.len());
        }
    }
}
