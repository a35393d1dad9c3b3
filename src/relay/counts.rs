//! [`Counts`]: what the relay has done so far. It holds no address.

/// Why a packet was not answered or forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// It is no message that a client sends, or larger than [`MAX_PACKET_BYTES`](super::MAX_PACKET_BYTES).
    Malformed,
    /// It comes from port 0, to which nothing can be sent.
    NoPort,
    /// Its network asks too often without a valid nonce, or the answer would be too long for such a request.
    Unproven,
    /// Its sender has no allocation.
    NoAllocation,
    /// It goes to an address that is not the name of a client of the same match.
    NoClient,
    /// The sender or the receiver has no permission for the other.
    NoPermission,
    /// The match sends more than it may.
    Rate,
    /// Too much waits to be sent already: to this receiver in its connection, or to all.
    Full,
    /// The system does not send it: it is too large for the network, or there is no way to the receiver.
    Unsendable,
}

impl DropReason {
    /// All reasons.
    pub const ALL: [Self; 9] = [
        Self::Malformed,
        Self::NoPort,
        Self::Unproven,
        Self::NoAllocation,
        Self::NoClient,
        Self::NoPermission,
        Self::Rate,
        Self::Full,
        Self::Unsendable,
    ];

    /// The stable word for metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::NoPort => "no-port",
            Self::Unproven => "unproven",
            Self::NoAllocation => "no-allocation",
            Self::NoClient => "no-client",
            Self::NoPermission => "no-permission",
            Self::Rate => "rate",
            Self::Full => "full",
            Self::Unsendable => "unsendable",
        }
    }
}

/// What the relay has done since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Allocations made.
    pub allocated: u64,
    /// Requests without a valid nonce.
    pub unproven: u64,
    /// Packets forwarded.
    pub packets: u64,
    /// Payload forwarded, in bytes.
    pub bytes: u64,
    dropped: [u64; DropReason::ALL.len()],
}

impl Counts {
    /// Packets dropped for a reason.
    pub const fn dropped(&self, why: DropReason) -> u64 {
        self.dropped[why as usize]
    }

    /// Counts a packet that was dropped.
    pub(crate) const fn drop(&mut self, why: DropReason) {
        self.dropped[why as usize] += 1;
    }
}
