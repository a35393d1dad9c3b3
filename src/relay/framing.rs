//! [`Frame`]: where the next packet of a stream ends (RFC 8656, 12.5, and RFC 8489, 6.2.2).

use super::packet::{MAX_PACKET_BYTES, PADDING, begins_channel_data};

/// How many bytes of a packet tell its length.
pub const FRAME_HEADER_BYTES: usize = 4;

/// The length of a packet in a stream over TCP or TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The packet with its header, in bytes: [`FRAME_HEADER_BYTES`] to [`MAX_PACKET_BYTES`].
    pub packet: usize,
    /// What follows it and belongs to no packet, in bytes: 0 to 3.
    pub padding: usize,
}

impl Frame {
    /// The frame that begins with these bytes. `None` if they cannot begin a packet that the relay takes: then nobody
    /// knows where the next one begins.
    pub fn of([first, _, upper, lower]: [u8; FRAME_HEADER_BYTES]) -> Option<Self> {
        /// The header of a message, in bytes, which its length does not count.
        const MESSAGE_HEADER: usize = 20;
        let len = usize::from(u16::from_be_bytes([upper, lower]));
        let packet = match first {
            0x00..=0x3F if len.is_multiple_of(PADDING) => MESSAGE_HEADER + len,
            _ if begins_channel_data(first) => FRAME_HEADER_BYTES + len,
            _ => return None,
        };
        (packet <= MAX_PACKET_BYTES)
            .then(|| Self { packet, padding: packet.next_multiple_of(PADDING) - packet })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_and_channel_data_tell_their_length() {
        let frame = |packet, padding| Some(Frame { packet, padding });
        assert_eq!(Frame::of([0x00, 0x03, 0x00, 0x08]), frame(28, 0));
        assert_eq!(Frame::of([0x00, 0x01, 0x00, 0x00]), frame(20, 0));
        assert_eq!(Frame::of([0x40, 0x00, 0x00, 0x00]), frame(4, 0));
        for (len, padding) in [(1, 3), (2, 2), (3, 1), (4, 0)] {
            assert_eq!(Frame::of([0x7F, 0xFF, 0x00, len]), frame(4 + usize::from(len), padding));
        }
        assert_eq!(Frame::of([0x40, 0x00, 0x07, 0xFC]), frame(MAX_PACKET_BYTES, 0));
    }

    #[test]
    fn what_cannot_be_a_packet_has_no_length() {
        for header in [
            [0x00, 0x01, 0x00, 0x02],
            [0x00, 0x01, 0x08, 0x00],
            [0x40, 0x00, 0x07, 0xFD],
            [0x50, 0x00, 0x08, 0x00],
            *b"GET ",
            [0x80, 0x60, 0x00, 0x04],
            [0xFF; 4],
        ] {
            assert_eq!(Frame::of(header), None, "{header:x?}");
        }
    }
}
