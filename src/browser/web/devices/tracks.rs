//! Tracks of camera, microphone and screen: how they are asked for, and what they report while they are open.

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DisplayMediaStreamConstraints, MediaStream, MediaStreamTrack};

use super::media_devices;
use crate::{
    browser::{inbox::Inbox, web::js::reflect},
    call::{
        DeviceEvent, DeviceKind, Facing, Input, MediaError, OpenedDevice, Pick, ScreenEvent, screen_error,
    },
};

/// The preferred size and frame rate of the camera's picture. The browser takes the nearest that the camera has.
const IDEAL_PICTURE: [(&str, f64); 3] = [("width", 1280.0), ("height", 720.0), ("frameRate", 30.0)];

/// Frames a second of a shared screen: text needs sharpness more than smooth motion.
const SCREEN_FRAME_RATE: f64 = 15.0;

/// The open track of a camera, a microphone or a screen. Dropping it closes what it shows.
pub(crate) struct OpenTrack {
    track: MediaStreamTrack,
    _listeners: [EventListener; 3],
}

impl Drop for OpenTrack {
    fn drop(&mut self) {
        self.track.stop();
    }
}

impl OpenTrack {
    /// The track of a device that this request has opened. Reports to the inbox when it ends, and when the system mutes
    /// it or lets it through again.
    pub(crate) fn of_device(track: MediaStreamTrack, kind: DeviceKind, request: u32, inbox: &Inbox) -> Self {
        let muted = |it| DeviceEvent::Muted(kind, request, it);
        Self::new(track, [DeviceEvent::Ended(kind, request), muted(true), muted(false)], inbox)
    }

    /// The same of a screen.
    pub(crate) fn of_screen(track: MediaStreamTrack, request: u32, inbox: &Inbox) -> Self {
        reflect::set(&track, "contentHint", &"detail".into());
        let events = [ScreenEvent::Ended, ScreenEvent::Muted(true), ScreenEvent::Muted(false)];
        Self::new(track, events.map(|it| DeviceEvent::Screen(request, it)), inbox)
    }

    /// Reports these events when the track ends, is muted, and is let through again.
    fn new(track: MediaStreamTrack, [ended, muted, unmuted]: [DeviceEvent; 3], inbox: &Inbox) -> Self {
        let on = |name: &'static str, event: DeviceEvent| {
            let inbox = inbox.clone();
            EventListener::new(&track, name, move |_| inbox.put(Input::Devices(event.clone())))
        };
        let _listeners = [on("ended", ended), on("mute", muted), on("unmute", unmuted)];
        Self { track, _listeners }
    }

    /// The track.
    pub(crate) const fn track(&self) -> &MediaStreamTrack {
        &self.track
    }
}

/// The tracks of a stream.
pub(crate) fn of(stream: &MediaStream) -> impl Iterator<Item = MediaStreamTrack> {
    stream.get_tracks().into_iter().map(JsCast::unchecked_into)
}

/// A stream with this track alone. The own picture is shown without its sound: the browser would play that too,
/// although muted.
pub(crate) fn stream_of(track: &MediaStreamTrack) -> Option<MediaStream> {
    let stream = MediaStream::new().ok()?;
    stream.add_track(track);
    Some(stream)
}

/// Whether the track carries sound.
pub(crate) fn is_audio(track: &MediaStreamTrack) -> bool {
    track.kind() == "audio"
}

/// Whether the track has not ended.
pub(crate) fn is_live(track: &MediaStreamTrack) -> bool {
    reflect::text(track, "readyState") == "live"
}

/// What the browser says about the device of a track.
pub(crate) fn describe(track: &MediaStreamTrack) -> OpenedDevice {
    let settings = track.get_settings();
    let facing = match reflect::text(&settings, "facingMode").as_str() {
        "user" => Some(Facing::User),
        "environment" => Some(Facing::Environment),
        _ => None,
    };
    OpenedDevice { id: reflect::text(&settings, "deviceId"), facing, muted: track.muted() }
}

/// The constraints for one device.
pub(crate) fn constraints(kind: DeviceKind, pick: &Pick) -> JsValue {
    let constraints = reflect::object([]);
    if kind == DeviceKind::Camera {
        for (key, ideal) in IDEAL_PICTURE {
            reflect::set(&constraints, key, &reflect::object([("ideal", ideal.into())]));
        }
    }
    let (key, strictness, value) = match pick {
        Pick::Prefer(id) if id.is_empty() && kind == DeviceKind::Camera => ("facingMode", "ideal", "user"),
        Pick::Prefer(id) if id.is_empty() => return constraints,
        Pick::Prefer(id) => ("deviceId", "ideal", id.as_str()),
        Pick::Exactly(id) => ("deviceId", "exact", id.as_str()),
        Pick::Facing(Facing::User) => ("facingMode", "exact", "user"),
        Pick::Facing(Facing::Environment) => ("facingMode", "exact", "environment"),
    };
    reflect::set(&constraints, key, &reflect::object([(strictness, value.into())]));
    constraints
}

/// Asks for the screen (`getDisplayMedia`).
pub(crate) async fn request_screen() -> Result<MediaStreamTrack, MediaError> {
    let options = DisplayMediaStreamConstraints::new();
    options.set_video(&reflect::object([("frameRate", SCREEN_FRAME_RATE.into())]));
    options.set_audio(&JsValue::FALSE);
    let devices = media_devices::media_devices().ok_or(MediaError::Unsupported)?;
    let shared = match devices.get_display_media_with_constraints(&options) {
        Ok(promise) => JsFuture::from(promise).await,
        Err(error) => Err(error),
    };
    match shared {
        Ok(stream) => of(stream.unchecked_ref()).next().ok_or(MediaError::Missing),
        Err(error) => Err(screen_error(&reflect::text(&error, "name"), &reflect::text(&error, "message"))),
    }
}
