//! [`Liveness`]: whether media arrives from the partner, and for how long it has not.
//!
//! A match counts as connected only when the partner's media has arrived or, if the partner sends none, when the data
//! channel is open. The state that ICE and DTLS report is not enough. If the best of what was announced does not come,
//! the match goes on with what there is: without a picture, or without picture and sound.

use std::time::Duration;

use super::picture::{PICTURE_WITHIN, Picture};
use crate::{
    call::Measurement,
    protocol::{Media, Presence},
    time::Moment,
};

/// Judges by the last measurement whether the partner's media arrives.
#[derive(Debug)]
pub(crate) struct Liveness {
    /// The media that the partner sends, as it last announced.
    pub(crate) partner_media: Media,
    /// Whether the data channel is open.
    pub(crate) channel_open: bool,
    /// The partner's picture.
    pub(crate) picture: Picture,
    measurement: Measurement,
    progress: Progress,
    /// When sound arrived on this connection or the data channel opened, whichever was first.
    first_sign_at: Option<Moment>,
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
    pub(crate) fn new(now: Moment, partner_media: Media) -> Self {
        Self {
            partner_media,
            channel_open: false,
            picture: Picture::new(now, partner_media.into()),
            measurement: Measurement::default(),
            progress: Progress::Connecting,
            first_sign_at: None,
        }
    }

    /// The partner announces what it sends.
    pub(crate) fn on_presence(&mut self, now: Moment, presence: Presence) {
        self.partner_media = presence.media();
        self.picture.on_presence(now, presence);
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

    /// Checks the last measurement. Returns `true` if the match has now been connected for the first time.
    pub(crate) fn update_connected(&mut self, now: Moment) -> bool {
        let is_sign = self.channel_open || self.measurement.audio_packets > 0;
        if is_sign && self.first_sign_at.is_none() {
            self.first_sign_at = Some(now);
            self.picture.restart(now);
        }
        let has_arrived = match self.partner_media {
            Media { video: true, .. } => self.measurement.frames_decoded > 0,
            Media { audio: true, .. } => self.measurement.audio_packets > 0,
            Media { .. } => self.channel_open,
        };
        let is_late = self.first_sign_at.is_some_and(|at| now - at >= PICTURE_WITHIN);
        let is_new = (has_arrived || is_late) && !self.is_connected();
        if is_new {
            self.progress = Progress::Connected { received_at: now };
        }
        if self.is_connected() {
            self.picture.on_frames(now, self.measurement.frames_decoded, self.silence(now));
        }
        is_new
    }

    /// Whether something arrives, but no new frame of a picture that should move.
    pub(crate) fn awaits_frames(&self, now: Moment) -> bool {
        self.silence(now) < Duration::from_secs(1) && self.picture.is_suspect(now)
    }

    /// A new connection has replaced the old one, so its counters start at zero.
    pub(crate) fn on_new_connection(&mut self) {
        (self.measurement, self.channel_open, self.first_sign_at) = (Measurement::default(), false, None);
    }

    /// The last measurement.
    pub(crate) const fn last_measurement(&self) -> &Measurement {
        &self.measurement
    }
}
