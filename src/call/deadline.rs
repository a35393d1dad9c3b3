//! [`DeadlineReason`]: why a call has to be woken at a moment.

use crate::time::Moment;

/// The moment at which a part of the call has something to do, with the reason.
pub(crate) type Deadline = (Moment, DeadlineReason);

/// Why a deadline was set; for logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeadlineReason {
    /// Open the socket again after a pause.
    Reconnect,
    /// Give up a socket that was not welcomed in time.
    ConnectTimeout,
    /// Send a ping.
    Ping,
    /// Give up a socket on which a ping was not answered in time.
    PongTimeout,
    /// Show that the server has been out of reach for a while.
    ServerLost,
    /// Show the next number of a countdown in seconds.
    Countdown,
    /// Repeat a request that the server rejected as too early.
    RetryRequest,
    /// Replace the prepared offer before the server discards it.
    RenewOffer,
    /// Something in the current match.
    Match,
    /// Look for the next partner.
    NextPartner,
    /// List the devices, or look whether one gives anything.
    Devices,
    /// Forget a gesture that was not made again.
    Question,
    /// Ask whether anybody is there, or stop because nobody answered.
    Idle,
    /// Ask the server for help with the check of the connection, or end the check.
    CheckConnection,
    /// Send a report again, or drop a ticket that is too old.
    Report,
    /// The device may take part again.
    Sanction,
}
