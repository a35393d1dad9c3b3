//! [`Packet`]: one packet in a buffer with room around it, so that it can be forwarded without being copied.

use core::ops::{Range, RangeInclusive};

use stun_types::message::{MessageClass, MessageHeader, MessageType};
use turn_types::message::SEND;

/// Maximum size of a packet, in bytes. Browsers keep theirs below the 1,500 bytes of an Ethernet frame.
pub const MAX_PACKET_BYTES: usize = 2_048;

/// The header of a `Data` indication with an IPv6 name: message, peer address, and the header of the data.
const HEADER_BYTES: usize = 20 + 24 + 4;

/// Attributes of a message and `ChannelData` in a stream are padded to a multiple of this, in bytes.
pub(crate) const PADDING: usize = 4;

/// The numbers of channels (RFC 5766, 11).
///
/// RFC 8656 leaves only those up to 0x4FFF, for clients that receive DTLS and TURN at one port (RFC 7983). Here that is
/// the client's concern, and older clients choose from all of them.
pub(crate) const CHANNEL_NUMBERS: RangeInclusive<u16> = 0x4000..=0x7FFF;

/// Whether a packet with this first byte begins with a channel number. All other messages begin with two zero bits.
pub(crate) fn begins_channel_data(first: u8) -> bool {
    CHANNEL_NUMBERS.contains(&u16::from_be_bytes([first, 0]))
}

/// One packet, as it came in or as it must go out.
#[derive(Debug)]
pub struct Packet {
    buffer: Box<[u8; HEADER_BYTES + MAX_PACKET_BYTES + PADDING]>,
    used: Range<usize>,
}

impl Default for Packet {
    fn default() -> Self {
        Self::new()
    }
}

impl Packet {
    /// An empty packet.
    pub fn new() -> Self {
        Self { buffer: Box::new([0; _]), used: HEADER_BYTES..HEADER_BYTES }
    }

    /// The bytes of the packet.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.used.clone()]
    }

    /// Where to write a packet that comes in. One byte more than the largest packet has, so that a larger one shows.
    pub fn space(&mut self) -> &mut [u8] {
        self.used = HEADER_BYTES..HEADER_BYTES;
        &mut self.buffer[HEADER_BYTES..=HEADER_BYTES + MAX_PACKET_BYTES]
    }

    /// Sets the length of what was written into [`space`](Self::space), in bytes.
    pub fn set_len(&mut self, len: usize) {
        self.used = HEADER_BYTES..HEADER_BYTES + len.min(MAX_PACKET_BYTES + 1);
    }

    /// Stores a received packet. One that is too large is cut to one byte over the limit, so that it is recognised.
    pub fn fill(&mut self, bytes: &[u8]) {
        let len = bytes.len().min(MAX_PACKET_BYTES + 1);
        self.space()[..len].copy_from_slice(&bytes[..len]);
        self.set_len(len);
    }

    /// Whether this is a message with a channel number.
    pub(crate) fn is_channel_data(&self) -> bool {
        matches!(self.bytes(), [first, ..] if begins_channel_data(*first))
    }

    /// Whether this is a `Send` indication.
    pub(crate) fn is_send(&self) -> bool {
        let bytes = self.bytes();
        // `from_bytes` panics on a message that is shorter than its type.
        bytes.len() >= MessageHeader::LENGTH
            && MessageType::from_bytes(bytes)
                .is_ok_and(|it| it.has_class(MessageClass::Indication) && it.has_method(SEND))
    }

    /// Replaces the packet. What does not fit is cut off; no answer of the relay is that long.
    pub(crate) fn replace(&mut self, bytes: &[u8]) {
        let len = bytes.len().min(MAX_PACKET_BYTES);
        self.space()[..len].copy_from_slice(&bytes[..len]);
        self.set_len(len);
    }

    /// Keeps the payload at `range`, with `header` before it, and on demand zeros behind it up to a multiple of four.
    ///
    /// Returns whether there is room; without it, nothing changes.
    pub(crate) fn wrap(&mut self, range: Range<usize>, header: &[u8], pads: bool) -> bool {
        let (start, end) = (self.used.start + range.start, self.used.start + range.end);
        let Some(first) = start.checked_sub(header.len()) else { return false };
        let padded = if pads { end + (end - start).next_multiple_of(PADDING) - (end - start) } else { end };
        let Some(padding) = self.buffer.get_mut(end..padded) else { return false };
        padding.fill(0);
        self.buffer[first..start].copy_from_slice(header);
        self.used = first..padded;
        true
    }
}
