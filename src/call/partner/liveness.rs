//! [`Liveness`]: whether media arrives from the partner, and for how long it has not.
//!
//! A match counts as connected only when the partner's media has arrived or, if the partner sends none, when the data
//! channel is open. The state that ICE and DTLS report is not enough.

use std::time::Duration;

use crate::{call::Measurement, protocol::Media, time::Moment};

/// Judges by the last measurement whether the partner's media arrives.
#[derive(Debug)]
pub(crate) struct Liveness {
    /// The media that the partner sends, as it last announced.
    pub(crate) partner_media: Media,
    /// Whether the data channel is open.
    pub(crate) channel_open: bool,
    measurement: Measurement,
    progress: Progress,
}

/// Whether the match has been connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// The announced media has not arrived yet.
    Connecting,
    /// It has arrived at least once.
    Connected {
        /// When something last arrived.
        received_at: Moment,
    },
}

impl Liveness {
    /// Nothing has arrived yet from a partner that is going to send this media.
    pub(crate) fn new(partner_media: Media) -> Self {
        Self {
            partner_media,
            channel_open: false,
            measurement: Measurement::default(),
            progress: Progress::Connecting,
        }
    }

    /// Whether the announced media has arrived at least once.
    pub(crate) const fn is_connected(&self) -> bool {
        match self.progress {
            Progress::Connecting => false,
            Progress::Connected { .. } => true,
        }
    }

    /// Time since something last arrived; zero while connecting.
    pub(crate) fn silence(&self, now: Moment) -> Duration {
        match self.progress {
            Progress::Connecting => Duration::ZERO,
            Progress::Connected { received_at } => now - received_at,
        }
    }

    /// Something has arrived: media or a message on the data channel.
    pub(crate) const fn on_received(&mut self, now: Moment) {
        if let Progress::Connected { received_at } = &mut self.progress {
            *received_at = now;
        }
    }

    /// Stores a measurement. Returns `true` if bytes have arrived since the one before.
    pub(crate) fn on_measurement(&mut self, now: Moment, measurement: Measurement) -> bool {
        let grew = measurement.bytes_received > self.measurement.bytes_received;
        self.measurement = Measurement { path: measurement.path.or(self.measurement.path), ..measurement };
        if grew {
            self.on_received(now);
        }
        grew
    }

    /// Checks the last measurement. Returns `true` if the announced media has now arrived for the first time.
    pub(crate) fn update_connected(&mut self, now: Moment) -> bool {
        let has_arrived = match self.partner_media {
            Media { video: true, .. } => self.measurement.frames_decoded > 0,
            Media { audio: true, .. } => self.measurement.audio_packets > 0,
            Media { .. } => self.channel_open,
        };
        let is_new = has_arrived && !self.is_connected();
        if is_new {
            self.progress = Progress::Connected { received_at: now };
        }
        is_new
    }

    /// A new connection has replaced the old one, so its counters start at zero.
    pub(crate) fn on_new_connection(&mut self) {
        (self.measurement, self.channel_open) = (Measurement::default(), false);
    }

    /// The last measurement.
    pub(crate) const fn last_measurement(&self) -> &Measurement {
        &self.measurement
    }
}
