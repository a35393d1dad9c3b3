//! What arrives from the partner, and since when nothing has: whether two are connected is judged by this alone; it must
//! not know how it arrives, nor what to do about silence.

use std::time::Duration;

use crate::{call::Measurement, protocol::Media, time::Moment};

/// What one end knows of the other.
#[derive(Debug)]
pub(crate) struct Evidence {
    /// What the partner sends, as it has said last.
    pub(crate) promised: Media,
    /// The data channel is open.
    pub(crate) channel_open: bool,
    /// The last measurement.
    measured: Measurement,
    progress: Progress,
}

/// How far a match has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// What was promised is not there yet.
    Connecting,
    /// It is.
    Talking {
        /// When something has come last.
        heard_at: Moment,
    },
}

impl Evidence {
    /// Nothing yet, but a promise.
    pub(crate) fn new(promised: Media) -> Self {
        Self {
            promised,
            channel_open: false,
            measured: Measurement::default(),
            progress: Progress::Connecting,
        }
    }

    /// Whether what was promised has come.
    pub(crate) const fn is_proven(&self) -> bool {
        match self.progress {
            Progress::Connecting => false,
            Progress::Talking { .. } => true,
        }
    }

    /// How long nothing has come; no time at all as long as it is waited for.
    pub(crate) fn silence(&self, now: Moment) -> Duration {
        match self.progress {
            Progress::Connecting => Duration::ZERO,
            Progress::Talking { heard_at } => now - heard_at,
        }
    }

    /// Something has come.
    pub(crate) const fn heard(&mut self, now: Moment) {
        if let Progress::Talking { heard_at } = &mut self.progress {
            *heard_at = now;
        }
    }

    /// Takes in a measurement; `true` if it shows that something has come.
    pub(crate) fn measured(&mut self, now: Moment, measurement: Measurement) -> bool {
        let grew = measurement.bytes_received > self.measured.bytes_received;
        self.measured = Measurement { path: measurement.path.or(self.measured.path), ..measurement };
        if grew {
            self.heard(now);
        }
        grew
    }

    /// Judges by the last measurement; `true` if what was promised has come just now, for the first time.
    pub(crate) fn proves(&mut self, now: Moment) -> bool {
        let is_there = match self.promised {
            Media { video: true, .. } => self.measured.frames_decoded > 0,
            Media { audio: true, .. } => self.measured.audio_packets > 0,
            Media { .. } => self.channel_open,
        };
        let is_new = is_there && !self.is_proven();
        if is_new {
            self.progress = Progress::Talking { heard_at: now };
        }
        is_new
    }

    /// A fresh connection counts from nothing.
    pub(crate) fn renewed(&mut self) {
        (self.measured, self.channel_open) = (Measurement::default(), false);
    }

    /// The last measurement.
    pub(crate) const fn last(&self) -> &Measurement {
        &self.measured
    }
}
