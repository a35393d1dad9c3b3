//! [`Picture`]: whether the picture that the partner announces arrives and moves.

use std::time::Duration;

use crate::{
    call::PartnerPicture,
    protocol::{PeerMessage, Presence},
    time::Moment,
};

/// How much later than the sound a picture may come, and how long one may take after the camera was turned on: a key
/// frame is lost and asked for again, or the decoder starts.
pub(crate) const PICTURE_WITHIN: Duration = Duration::from_secs(2);

/// Time since the measurement that saw the last new frame after which a camera's picture is frozen. The frame may be a
/// second older than that, so people see a frozen face for 2.5 s at most. The slowest picture has 15 frames a second.
const FROZEN_AFTER: Duration = Duration::from_millis(1_500);

/// If nothing has arrived for this long, the whole connection may be interrupted. The partner's page sends at least
/// once a second.
const FLOWS_WITHIN: Duration = Duration::from_millis(1_250);

/// Interval between two requests for a key frame.
const REQUEST_EVERY: Duration = Duration::from_secs(5);

/// The partner's picture.
#[derive(Debug)]
pub(crate) struct Picture {
    presence: Presence,
    /// Since when a first frame is awaited.
    since: Moment,
    frames: u64,
    /// When a measurement last saw a new frame; `None` before the first.
    moved_at: Option<Moment>,
    state: PartnerPicture,
    /// Whether anything arrived at the last measurement.
    flows: bool,
    /// When the partner is told next that nothing is seen.
    request_at: Option<Moment>,
}

impl Picture {
    /// Nothing has arrived yet from a partner that announces this.
    pub(crate) const fn new(now: Moment, presence: Presence) -> Self {
        let state = PartnerPicture::Fine;
        Self { presence, since: now, frames: 0, moved_at: None, state, flows: true, request_at: None }
    }

    /// The partner announces what it sends.
    pub(crate) fn on_presence(&mut self, now: Moment, presence: Presence) {
        let before = std::mem::replace(&mut self.presence, presence);
        if before.video != presence.video {
            (self.since, self.moved_at) = (now, None);
            self.state = PartnerPicture::Fine;
        } else if before.screen && !presence.screen && self.moved_at.is_some() {
            // A shared screen may have been still for long. The camera gets time for its first frame.
            self.moved_at = Some(now);
        }
    }

    /// Something arrives for the first time on this connection: a first frame is awaited from now on.
    pub(crate) const fn restart(&mut self, now: Moment) {
        (self.since, self.frames, self.moved_at) = (now, 0, None);
    }

    /// Takes in the number of decoded frames; `silence` is the time since anything arrived.
    pub(crate) fn on_frames(&mut self, now: Moment, frames: u64, silence: Duration) {
        if frames > self.frames {
            self.moved_at = Some(now);
        }
        self.frames = frames;
        let is_still = |at: Moment| !self.presence.screen && now - at >= FROZEN_AFTER;
        let flows = silence < FLOWS_WITHIN;
        let flowed = std::mem::replace(&mut self.flows, flows);
        if flows && !flowed {
            // The picture may come back a moment after the sound.
            (self.since, self.moved_at) = (now, self.moved_at.map(|_| now));
        }
        self.state = match self.moved_at {
            _ if !self.presence.video => PartnerPicture::Fine,
            None if flows && now - self.since >= PICTURE_WITHIN => PartnerPicture::Missing,
            Some(at) if flows && is_still(at) => PartnerPicture::Frozen,
            Some(at) if !is_still(at) => PartnerPicture::Fine,
            None | Some(_) => self.state,
        };
    }

    /// What the page shows of it.
    pub(crate) const fn state(&self) -> PartnerPicture {
        self.state
    }

    /// Whether frames are awaited, so that measurements should follow each other soon.
    pub(crate) fn is_suspect(&self, now: Moment) -> bool {
        let awaits = self.moved_at.is_none_or(|at| at < now && !self.presence.screen);
        self.presence.video && self.state == PartnerPicture::Fine && awaits
    }

    /// The message that tells the partner whether its picture is seen, if that has changed or must be repeated.
    pub(crate) fn take_message(&mut self, now: Moment) -> Option<PeerMessage> {
        let is_seen = self.state == PartnerPicture::Fine;
        let is_due = match self.request_at {
            None => !is_seen,
            Some(at) => is_seen || at <= now,
        };
        is_due.then(|| {
            self.request_at = (!is_seen).then(|| now + REQUEST_EVERY);
            PeerMessage::Sees { picture: is_seen }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAMERA: Presence = Presence {
        audio: true,
        video: true,
        screen: false,
        away: false,
        interrupted: false,
        less_data: false,
    };

    fn at(millis: u64) -> Moment {
        Moment::from_millis(10_000 + millis)
    }

    /// The state after each second, given the number of frames decoded in it; sound flows.
    fn states(presence: Presence, frames: &[u64]) -> Vec<PartnerPicture> {
        let (mut picture, mut sum) = (Picture::new(at(0), presence), 0);
        let seconds = frames.iter().zip(1..);
        let each = seconds.map(|(new, second)| {
            sum += new;
            picture.on_frames(at(1_000 * second), sum, Duration::ZERO);
            picture.state()
        });
        each.collect()
    }

    #[test]
    fn a_camera_that_stops_is_frozen_and_a_still_screen_is_not() {
        use PartnerPicture::{Fine, Frozen};
        assert_eq!(states(CAMERA, &[30, 30, 0, 0, 0, 1]), [Fine, Fine, Fine, Frozen, Frozen, Fine]);
        let screen = Presence { screen: true, ..CAMERA };
        assert_eq!(states(screen, &[1, 0, 0, 0, 0]), [Fine; 5]);
    }

    #[test]
    fn a_picture_that_never_comes_is_missing() {
        use PartnerPicture::{Fine, Missing};
        assert_eq!(states(CAMERA, &[0, 0, 0, 1]), [Fine, Missing, Missing, Fine]);
        assert_eq!(states(Presence { video: false, ..CAMERA }, &[0; 4]), [Fine; 4]);
    }

    #[test]
    fn nothing_is_said_of_the_picture_while_nothing_arrives_at_all() {
        let mut picture = Picture::new(at(0), CAMERA);
        picture.on_frames(at(100), 1, Duration::ZERO);
        picture.on_frames(at(2_000), 1, Duration::from_millis(1_900));
        assert_eq!(picture.state(), PartnerPicture::Fine);
    }

    #[test]
    fn a_picture_gets_time_when_the_connection_is_back() {
        let mut picture = Picture::new(at(0), CAMERA);
        picture.on_frames(at(100), 1, Duration::ZERO);
        picture.on_frames(at(4_000), 1, Duration::from_millis(3_900));
        picture.on_frames(at(5_000), 1, Duration::ZERO);
        assert_eq!(picture.state(), PartnerPicture::Fine);
    }

    #[test]
    fn a_camera_after_a_still_screen_gets_time() {
        let mut picture = Picture::new(at(0), Presence { screen: true, ..CAMERA });
        picture.on_frames(at(100), 1, Duration::ZERO);
        picture.on_frames(at(9_000), 1, Duration::ZERO);
        picture.on_presence(at(9_100), CAMERA);
        picture.on_frames(at(10_000), 1, Duration::ZERO);
        assert_eq!(picture.state(), PartnerPicture::Fine);
        picture.on_frames(at(10_700), 1, Duration::ZERO);
        assert_eq!(picture.state(), PartnerPicture::Frozen);
    }

    #[test]
    fn the_partner_is_told_at_once_and_then_every_5_s() {
        let mut picture = Picture::new(at(0), CAMERA);
        let mut told = Vec::new();
        for tenth in 0..150 {
            let frames = u64::from(tenth > 120);
            picture.on_frames(at(100 * tenth), frames, Duration::ZERO);
            told.extend(picture.take_message(at(100 * tenth)).map(|it| (tenth, it)));
        }
        let sees = |picture| PeerMessage::Sees { picture };
        // The last frame comes and stays.
        let expected = [(20, sees(false)), (70, sees(false)), (120, sees(false)), (121, sees(true))];
        assert_eq!(told[..4], expected);
        assert_eq!(told[4..], [(136, sees(false))]);
    }
}
