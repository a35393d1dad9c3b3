//! How sound and picture are sent: the limits of each [`SendProfile`], and the codecs in order of preference.

use super::{CurrentMatch, connection::ConnectionConfig};
use crate::{
    call::{Codec, Output, PictureContent, SendProfile},
    protocol::Presence,
    time::Moment,
};

/// Bits a second of a full picture at most: enough for 720p, and a mobile network carries it.
const FULL_VIDEO_BITRATE: u32 = 1_500_000;

/// Bits a second of a saving picture at most: with sound and headers it stays under 250 kbit/s.
const SAVING_VIDEO_BITRATE: u32 = 150_000;

/// Bits a second of a screen at most: a scrolling page in 1080p stays readable.
const FULL_SCREEN_BITRATE: u32 = 2_500_000;

/// Frames a second of a saving screen at most. With these and all its pixels, a page of text takes 150 kbit/s.
const SAVING_SCREEN_FRAME_RATE: u32 = 5;

/// Factor by which a saving picture is smaller on each side: 720p becomes 360p.
const SAVING_SCALE: u32 = 2;

/// Frames a second of a saving picture at most.
const SAVING_FRAME_RATE: u32 = 15;

/// Bits a second of sound at most: speech at its best.
const FULL_AUDIO_BITRATE: u32 = 40_000;

/// Bits a second of saving sound at most: speech is understood without effort.
const SAVING_AUDIO_BITRATE: u32 = 24_000;

/// Parts of the user agent of devices that have hardware for H.264: phones, tablets and Apple's computers.
const H264_HARDWARE: [&str; 4] = ["Android", "iPhone", "iPad", "Macintosh"];

/// A computer with more cores than this can encode and decode VP9 at the same time.
const MANY_CORES: u32 = 4;

/// Limits on a picture that is sent (`RTCRtpEncodingParameters`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VideoLimits {
    /// Bits a second at most (`maxBitrate`).
    pub max_bitrate: u32,
    /// Factor by which the picture is smaller on each side (`scaleResolutionDownBy`).
    pub scale_down_by: u32,
    /// Frames a second at most (`maxFramerate`), if that is limited.
    pub max_frame_rate: Option<u32>,
    /// On a bad network the picture keeps its size and loses frames, not the other way round
    /// (`degradationPreference`).
    pub keeps_size: bool,
}

impl SendProfile {
    /// Limits on the picture.
    pub const fn video_limits(self, content: PictureContent) -> VideoLimits {
        let (max_bitrate, scale_down_by, max_frame_rate) = match (self, content) {
            (Self::Full, PictureContent::Person) => (FULL_VIDEO_BITRATE, 1, None),
            (Self::Saving, PictureContent::Person) => {
                (SAVING_VIDEO_BITRATE, SAVING_SCALE, Some(SAVING_FRAME_RATE))
            }
            (Self::Full, PictureContent::Screen) => (FULL_SCREEN_BITRATE, 1, None),
            (Self::Saving, PictureContent::Screen) => {
                (SAVING_VIDEO_BITRATE, 1, Some(SAVING_SCREEN_FRAME_RATE))
            }
        };
        let keeps_size = matches!(content, PictureContent::Screen);
        VideoLimits { max_bitrate, scale_down_by, max_frame_rate, keeps_size }
    }

    /// Bits a second of sound at most (`maxBitrate`).
    pub const fn max_audio_bitrate(self) -> u32 {
        match self {
            Self::Full => FULL_AUDIO_BITRATE,
            Self::Saving => SAVING_AUDIO_BITRATE,
        }
    }
}

impl CurrentMatch {
    /// Changes the limits on what is sent.
    pub(crate) fn set_send_profile(&mut self, send_profile: SendProfile, out: &mut Vec<Output>) {
        self.config.send_profile = send_profile;
        self.connection.set_send_profile(self.limited_config().send_profile, out);
    }

    /// The partner has said what it sends, and whether it wants less data.
    pub(crate) fn on_partner_presence(&mut self, now: Moment, presence: Presence, out: &mut Vec<Output>) {
        let is_changed = self.partner_presence.less_data != presence.less_data;
        self.partner_presence = presence;
        self.liveness.on_presence(now, presence);
        if is_changed {
            self.set_send_profile(self.config.send_profile, out);
        }
    }

    /// The settings of a connection. If one of the two saves data, less is sent: what one sends, the other receives.
    pub(crate) fn limited_config(&self) -> ConnectionConfig {
        let mut config = self.config.clone();
        if self.partner_presence.less_data {
            config.send_profile = SendProfile::Saving;
        }
        config
    }
}

impl Codec {
    /// The codecs for sound, the preferred one first: redundant sound (RFC 2198) survives lost packets.
    pub const AUDIO_PREFERENCE: &[Self] = &[Self::Red, Self::Opus];

    /// The codecs for the picture on a device with this user agent and number of cores, the preferred one first.
    ///
    /// H.264 comes first where there is hardware for it. A computer with many cores gets a better picture out of each
    /// bit with VP9. On any other, VP8 takes the least effort.
    pub fn video_preference(user_agent: &str, cores: u32) -> &'static [Self] {
        if H264_HARDWARE.iter().any(|it| user_agent.contains(it)) {
            &[Self::H264, Self::Vp8, Self::Vp9, Self::Av1]
        } else if cores > MANY_CORES {
            &[Self::Vp9, Self::Vp8, Self::H264, Self::Av1]
        } else {
            &[Self::Vp8, Self::H264, Self::Vp9, Self::Av1]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saving_limits_stay_under_250_kbit_a_second() {
        let VideoLimits { max_bitrate, scale_down_by, max_frame_rate, .. } =
            SendProfile::Saving.video_limits(PictureContent::Person);
        // Headers of IP, UDP and RTP take 40 bytes a packet; sound has 50 packets a second, such a picture about 25.
        let headers = 40 * 8 * (50 + 25);
        assert!(max_bitrate + SendProfile::Saving.max_audio_bitrate() + headers < 250_000);
        assert_eq!((scale_down_by, max_frame_rate), (2, Some(15)));
    }

    #[test]
    fn a_full_picture_keeps_its_size_and_frame_rate() {
        let limits = SendProfile::Full.video_limits(PictureContent::Person);
        let expected =
            VideoLimits { max_bitrate: 1_500_000, scale_down_by: 1, max_frame_rate: None, keeps_size: false };
        assert_eq!(limits, expected);
        assert_eq!(SendProfile::Full.max_audio_bitrate(), 40_000);
    }

    #[test]
    fn a_screen_keeps_its_size_on_every_network() {
        for profile in [SendProfile::Full, SendProfile::Saving] {
            let VideoLimits { scale_down_by, keeps_size, .. } = profile.video_limits(PictureContent::Screen);
            assert_eq!((scale_down_by, keeps_size), (1, true));
        }
        let saving = SendProfile::Saving.video_limits(PictureContent::Screen);
        assert_eq!((saving.max_bitrate, saving.max_frame_rate), (150_000, Some(5)));
    }

    #[test]
    fn the_device_decides_which_video_codec_is_preferred() {
        let first = |user_agent, cores| Codec::video_preference(user_agent, cores)[0];
        assert_eq!(first("Mozilla/5.0 (Linux; Android 10; K) Chrome/140.0.0.0 Mobile", 8), Codec::H264);
        assert_eq!(
            first("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.5 Safari", 8),
            Codec::H264
        );
        assert_eq!(first("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0", 8), Codec::Vp9);
        assert_eq!(first("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0", 4), Codec::Vp8);
    }

    #[test]
    fn every_codec_appears_in_one_preference() {
        for (user_agent, cores) in [("Android", 8), ("X11", 8), ("X11", 2)] {
            let all = [Codec::AUDIO_PREFERENCE, Codec::video_preference(user_agent, cores)].concat();
            assert_eq!(all.len(), Codec::ALL.len());
            assert!(Codec::ALL.iter().all(|it| all.contains(it)));
        }
    }
}
