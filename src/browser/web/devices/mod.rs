//! Camera, microphone and screen of this page. Closing or dropping them turns the camera light off.

pub(crate) mod media_devices;
pub(crate) mod permission;

pub(crate) mod video;
pub(crate) mod audio;

use std::{cell::RefCell, rc::Rc};

use gloo_events::EventListener;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MediaStream, MediaStreamTrack};

use super::{js::reflect, page::capabilities};
use crate::{
    browser::inbox::Inbox,
    call::{ChosenDevices, DeviceEvent, DeviceKind, Input},
    protocol,
};
use permission::PermissionChanges;
use video::VideoElement;

/// The preferred size and frame rate of the camera's picture. The browser takes the nearest that the camera has.
const IDEAL_PICTURE: [(&str, f64); 3] = [("width", 1280.0), ("height", 720.0), ("frameRate", 30.0)];

/// Frames a second of a shared screen: text needs sharpness more than smooth motion.
const SCREEN_FRAME_RATE: f64 = 15.0;

/// The devices and the screen of this page, open or not.
pub(crate) struct LocalMedia {
    inbox: Inbox,
    state: Rc<RefCell<State>>,
    _device_changes: Option<EventListener>,
    _permission_changes: Rc<PermissionChanges>,
}

/// The tracks to send on a connection. They may have been closed since.
pub(crate) struct OutgoingTracks {
    /// The stream that both tracks belong to. It tells the partner's browser to keep sound and picture in sync.
    pub(crate) stream: MediaStream,
    pub(crate) audio: Option<MediaStreamTrack>,
    pub(crate) video: Option<MediaStreamTrack>,
}

#[derive(Default)]
struct State {
    /// Number of the last request for camera and microphone. The answers to earlier ones are dropped.
    request: u32,
    open: Option<OpenDevices>,
    /// Number of the last request for the screen. The answers to earlier ones are dropped.
    screen_request: u32,
    screen: Option<SharedScreen>,
}

/// Open camera and microphone. Dropping it closes both.
struct OpenDevices {
    stream: MediaStream,
    /// For each kind of track, the listener that reports when it ends.
    ended: Vec<(String, EventListener)>,
}

/// A screen that is shared. Dropping it ends the sharing.
struct SharedScreen {
    track: MediaStreamTrack,
    _ended: EventListener,
}

impl Drop for OpenDevices {
    fn drop(&mut self) {
        video::show(VideoElement::Own, None);
        tracks(&self.stream).for_each(|track| track.stop());
    }
}

impl Drop for SharedScreen {
    fn drop(&mut self) {
        self.track.stop();
    }
}

impl OpenDevices {
    fn track(&self, kind: &str) -> Option<MediaStreamTrack> {
        tracks(&self.stream).find(|it| it.kind() == kind)
    }

    fn replace_track(&mut self, old: &MediaStreamTrack, new: &MediaStreamTrack, inbox: &Inbox) {
        new.set_enabled(old.enabled());
        self.ended.retain(|(kind, _)| *kind != old.kind());
        self.ended.push(on_ended(new, inbox));
        self.stream.add_track(new);
        self.stream.remove_track(old);
        old.stop();
        show_own_picture(&self.stream);
    }
}

impl LocalMedia {
    /// Starts to report changes of devices and permissions, with nothing open.
    pub(crate) fn new(inbox: Inbox) -> Self {
        let device_changes = media_devices::media_devices().map(|devices| {
            let inbox = inbox.clone();
            EventListener::new(&devices, "devicechange", move |_| list_devices(&inbox))
        });
        let permission_changes = PermissionChanges::watch(&inbox);
        Self {
            inbox,
            state: Rc::default(),
            _device_changes: device_changes,
            _permission_changes: permission_changes,
        }
    }

    /// Requests camera, microphone or both, preferably the chosen devices.
    ///
    /// Reports the result to the inbox, unless there was another request or a close in the meantime.
    pub(crate) fn open(&mut self, requested: protocol::Media, chosen: &ChosenDevices) {
        self.close();
        let (state, inbox, request) = (self.state.clone(), self.inbox.clone(), self.state.borrow().request);
        let constraints_if =
            |kind, is_requested: bool| is_requested.then(|| constraints(kind, "ideal", chosen.of(kind)));
        let audio = constraints_if(DeviceKind::Microphone, requested.audio);
        let video = constraints_if(DeviceKind::Camera, requested.video);
        spawn_local(async move {
            let result = permission::open(audio, video).await;
            if state.borrow().request != request {
                // Closes the devices at once.
                drop(result.map(|stream| OpenDevices { stream, ended: Vec::new() }));
                return;
            }
            match result {
                Ok(stream) => {
                    show_own_picture(&stream);
                    let ended = tracks(&stream).map(|track| on_ended(&track, &inbox)).collect();
                    tracks(&stream).for_each(|track| report_used(&track, &inbox));
                    let opened = kinds(&stream);
                    state.borrow_mut().open = Some(OpenDevices { stream, ended });
                    inbox.put(Input::MediaOpened(opened));
                }
                Err(error) => inbox.put(Input::MediaFailed(error)),
            }
        });
    }

    /// Requests the list of devices and reports it to the inbox.
    pub(crate) fn list_devices(&self) {
        list_devices(&self.inbox);
    }

    /// Replaces the camera or microphone in the open stream. If that fails, the old device stays in use.
    pub(crate) fn switch_device(&self, kind: DeviceKind, id: &str) {
        let (state, inbox, request) = (self.state.clone(), self.inbox.clone(), self.state.borrow().request);
        let constraints = constraints(kind, "exact", id);
        spawn_local(async move {
            let (audio, video, track_kind) = match kind {
                DeviceKind::Microphone => (Some(constraints), None, "audio"),
                DeviceKind::Camera | DeviceKind::Speaker => (None, Some(constraints), "video"),
            };
            let stream = permission::open(audio, video).await.ok();
            let new = stream.as_ref().and_then(|it| tracks(it).next());
            let mut state = state.borrow_mut();
            let is_current = state.request == request;
            let open = state.open.as_mut().filter(|_| is_current);
            let old = open.as_ref().and_then(|it| it.track(track_kind));
            match (open, old, new) {
                (Some(open), Some(old), Some(new)) => {
                    open.replace_track(&old, &new, &inbox);
                    report_used(&new, &inbox);
                }
                (_, _, new) => {
                    new.iter().for_each(MediaStreamTrack::stop);
                    inbox.put(Input::Devices(DeviceEvent::Refused(kind)));
                }
            }
        });
    }

    /// Requests the screen, which then replaces the camera's picture in [`OutgoingTracks`].
    ///
    /// The sharing ends with [`unshare_screen`](Self::unshare_screen) or the browser's own button. Every change is
    /// reported to the inbox.
    pub(crate) fn share_screen(&self) {
        let (state, inbox) = (self.state.clone(), self.inbox.clone());
        let request = self.next_screen_request();
        spawn_local(async move {
            let track = request_screen().await;
            let is_current = state.borrow().screen_request == request;
            let is_shared = match track {
                Some(track) if is_current => {
                    reflect::set(&track, "contentHint", &"detail".into());
                    let (ended_inbox, ended_state) = (inbox.clone(), state.clone());
                    let ended = EventListener::new(&track, "ended", move |_| {
                        ended_state.borrow_mut().screen = None;
                        ended_inbox.put(Input::Devices(DeviceEvent::ScreenShared(false)));
                    });
                    state.borrow_mut().screen = Some(SharedScreen { track, _ended: ended });
                    true
                }
                late => {
                    late.iter().for_each(MediaStreamTrack::stop);
                    state.borrow().screen.is_some()
                }
            };
            inbox.put(Input::Devices(DeviceEvent::ScreenShared(is_shared)));
        });
    }

    /// Stops sharing the screen and cancels a request for it.
    pub(crate) fn unshare_screen(&self) {
        self.next_screen_request();
        if self.state.borrow_mut().screen.take().is_some() {
            self.inbox.put(Input::Devices(DeviceEvent::ScreenShared(false)));
        }
    }

    /// Cancels a pending request for the screen. Returns the number of the next one.
    fn next_screen_request(&self) -> u32 {
        let mut state = self.state.borrow_mut();
        state.screen_request += 1;
        state.screen_request
    }

    /// Turns the blur of the camera's background on or off, if the browser can do that.
    pub(crate) fn set_background_blur(&self, blur: bool) {
        let camera = self.state.borrow().open.as_ref().and_then(|it| it.track("video"));
        if let Some(camera) = camera {
            let constraints = reflect::object([("backgroundBlur", blur.into())]);
            let inbox = self.inbox.clone();
            spawn_local(async move {
                let _ = reflect::call_async(&camera, "applyConstraints", [constraints]).await;
                // A browser may accept the constraint and not follow it.
                let settings = reflect::call(&camera, "getSettings", []).unwrap_or_default();
                if reflect::get(&settings, "backgroundBlur").as_bool() != Some(blur) {
                    capabilities::report_without_blur(&inbox);
                }
            });
        }
    }

    /// Closes all devices and the screen, and cancels pending requests.
    pub(crate) fn close(&mut self) {
        let mut state = self.state.borrow_mut();
        state.request += 1;
        state.screen_request += 1;
        state.open = None;
        state.screen = None;
    }

    /// Enables or disables the open tracks. A disabled track produces silence or black frames.
    pub(crate) fn set_enabled(&self, enabled: protocol::Media) {
        if let Some(open) = &self.state.borrow().open {
            for track in tracks(&open.stream) {
                track.set_enabled(if is_audio(&track) { enabled.audio } else { enabled.video });
            }
        }
    }

    /// The stream of the open microphone, for the level meter.
    pub(crate) fn microphone(&self) -> Option<MediaStream> {
        self.state.borrow().open.as_ref().map(|it| Clone::clone(&it.stream))
    }

    /// The tracks to send: the enabled ones, with the screen in place of the camera while it is shared.
    pub(crate) fn outgoing_tracks(&self) -> Option<OutgoingTracks> {
        let state = self.state.borrow();
        let enabled =
            |kind| state.open.as_ref().and_then(|it| it.track(kind)).filter(MediaStreamTrack::enabled);
        let screen = state.screen.as_ref().map(|it| Clone::clone(&it.track));
        // `it.stream.clone()` would call the JavaScript method, which clones the tracks; nobody would stop the clones.
        let stream = state.open.as_ref().map(|it| Clone::clone(&it.stream));
        let stream = stream.or_else(|| MediaStream::new().ok())?;
        Some(OutgoingTracks { stream, audio: enabled("audio"), video: screen.or_else(|| enabled("video")) })
    }
}

impl Drop for LocalMedia {
    fn drop(&mut self) {
        self.close();
    }
}

fn tracks(stream: &MediaStream) -> impl Iterator<Item = MediaStreamTrack> {
    stream.get_tracks().into_iter().map(JsCast::unchecked_into)
}

/// Shows the picture without the sound: the browser would play the sound too, although muted.
fn show_own_picture(stream: &MediaStream) {
    let picture = MediaStream::new().ok();
    if let Some(picture) = &picture {
        tracks(stream).filter(|it| !is_audio(it)).for_each(|it| picture.add_track(&it));
    }
    video::show(VideoElement::Own, picture.as_ref());
}

fn is_audio(track: &MediaStreamTrack) -> bool {
    track.kind() == "audio"
}

fn kinds(stream: &MediaStream) -> protocol::Media {
    let audio = tracks(stream).any(|it| is_audio(&it));
    protocol::Media { audio, video: tracks(stream).any(|it| !is_audio(&it)) }
}

fn list_devices(inbox: &Inbox) {
    let inbox = inbox.clone();
    spawn_local(async move { inbox.put(Input::Devices(DeviceEvent::Listed(media_devices::list().await))) });
}

fn report_used(track: &MediaStreamTrack, inbox: &Inbox) {
    let kind = if is_audio(track) { DeviceKind::Microphone } else { DeviceKind::Camera };
    let id = reflect::text(&track.get_settings(), "deviceId");
    inbox.put(Input::Devices(DeviceEvent::Used(kind, id)));
    if kind == DeviceKind::Camera {
        capabilities::report(inbox, Some(track));
    }
}

fn on_ended(track: &MediaStreamTrack, inbox: &Inbox) -> (String, EventListener) {
    let (inbox, audio) = (inbox.clone(), is_audio(track));
    let listener = EventListener::new(track, "ended", move |_| {
        inbox.put(Input::MediaLost(protocol::Media { audio, video: !audio }));
    });
    (track.kind(), listener)
}

/// The constraints for one device. `strictness` is `exact` or `ideal`, and an empty `id` means any device.
fn constraints(kind: DeviceKind, strictness: &str, id: &str) -> JsValue {
    let constraints = reflect::object([]);
    if kind == DeviceKind::Camera {
        for (key, ideal) in IDEAL_PICTURE {
            reflect::set(&constraints, key, &reflect::object([("ideal", ideal.into())]));
        }
        if id.is_empty() {
            reflect::set(&constraints, "facingMode", &"user".into());
        }
    }
    if !id.is_empty() {
        reflect::set(&constraints, "deviceId", &reflect::object([(strictness, id.into())]));
    }
    constraints
}

async fn request_screen() -> Option<MediaStreamTrack> {
    let video = reflect::object([("frameRate", SCREEN_FRAME_RATE.into())]);
    let options = reflect::object([("video", video), ("audio", false.into())]);
    let devices = media_devices::media_devices()?;
    let stream = reflect::call_async(&devices.into(), "getDisplayMedia", [options]).await?;
    tracks(stream.unchecked_ref()).next()
}
