//! Camera and microphone; it must not know what they are for. Dropped, or closed, they are off: the light goes out.

use std::{cell::RefCell, rc::Rc};

use gloo_events::EventListener;
use js_sys::{Object, Reflect};
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DomException, MediaStream, MediaStreamConstraints, MediaStreamTrack, PermissionState, PermissionStatus,
};

use super::{
    cameras,
    screen::{self, Who},
};
use crate::{
    browser::inbox::Inbox,
    call::{Input, MediaError},
    protocol,
};

/// The picture asked for; the browser takes what comes nearest.
const IDEAL: [(&str, f64); 3] = [("width", 1280.0), ("height", 720.0), ("frameRate", 30.0)];

/// The devices of this page, open or not.
pub(in crate::browser) struct Media {
    inbox: Inbox,
    slot: Rc<RefCell<Slot>>,
    _changes: Option<EventListener>,
}

/// An open stream, to be handed to a connection; it may have been closed since.
pub(in crate::browser) struct Stream(pub(super) MediaStream);

/// What is open, and which question to the browser is the last one.
#[derive(Default)]
struct Slot {
    asked: u32,
    open: Option<Open>,
}

/// An open stream.
struct Open {
    stream: MediaStream,
    ended: Vec<EventListener>,
}

impl Drop for Open {
    fn drop(&mut self) {
        screen::show(Who::Oneself, None);
        tracks(&self.stream).for_each(|track| track.stop());
    }
}

impl Open {
    fn camera(&self) -> Option<MediaStreamTrack> {
        tracks(&self.stream).find(|it| !is_audio(it))
    }

    fn change_camera(&mut self, before: &MediaStreamTrack, stream: &MediaStream, inbox: &Inbox) {
        for track in tracks(stream) {
            track.set_enabled(before.enabled());
            self.ended.push(on_ended(&track, inbox));
            self.stream.add_track(&track);
        }
        self.stream.remove_track(before);
        before.stop();
        show_oneself(&self.stream);
    }
}

impl Media {
    /// Nothing open.
    pub(in crate::browser) fn new(inbox: Inbox) -> Self {
        let changes = cameras::devices().map(|devices| {
            let inbox = inbox.clone();
            EventListener::new(&devices, "devicechange", move |_| count_cameras(&inbox))
        });
        Self { inbox, slot: Rc::default(), _changes: changes }
    }

    /// Asks for devices; the answer goes to the inbox, unless something else was asked for in the meantime.
    pub(in crate::browser) fn open(&mut self, wish: protocol::Media) {
        self.close();
        let (slot, inbox, asked) = (self.slot.clone(), self.inbox.clone(), self.slot.borrow().asked);
        spawn_local(async move {
            let answer = ask(wish).await;
            if slot.borrow().asked != asked {
                // Nobody wants it any more.
                drop(answer.map(|stream| Open { stream, ended: Vec::new() }));
                return;
            }
            inbox.put(match answer {
                Ok(stream) => {
                    let have = kinds(&stream);
                    show_oneself(&stream);
                    let ended = tracks(&stream).map(|track| on_ended(&track, &inbox)).collect();
                    slot.borrow_mut().open = Some(Open { stream, ended });
                    count_cameras(&inbox);
                    Input::MediaOpened(have)
                }
                Err(error) => Input::MediaFailed(error),
            });
        });
    }

    /// Takes the picture from the next camera, in the same stream; the old one stays where that fails.
    pub(in crate::browser) fn next_camera(&self) {
        let (slot, inbox, asked) = (self.slot.clone(), self.inbox.clone(), self.slot.borrow().asked);
        spawn_local(async move {
            let before = slot.borrow().open.as_ref().and_then(Open::camera);
            if let Some(before) = before
                && let Some(stream) = cameras::after(&before).await
            {
                let mut slot = slot.borrow_mut();
                let is_wanted = slot.asked == asked;
                match slot.open.as_mut().filter(|_| is_wanted) {
                    Some(open) => open.change_camera(&before, &stream, &inbox),
                    None => tracks(&stream).for_each(|track| track.stop()),
                }
            }
            inbox.put(Input::CameraChanged);
        });
    }

    /// Turns everything off, and makes what is still being asked for come to nothing.
    pub(in crate::browser) fn close(&mut self) {
        let mut slot = self.slot.borrow_mut();
        slot.asked += 1;
        slot.open = None;
    }

    /// Lets through what is to be sent: a disabled track sends silence or black.
    pub(in crate::browser) fn enable(&self, sending: protocol::Media) {
        if let Some(open) = &self.slot.borrow().open {
            for track in tracks(&open.stream) {
                track.set_enabled(if is_audio(&track) { sending.audio } else { sending.video });
            }
        }
    }

    /// The open stream.
    pub(in crate::browser) fn stream(&self) -> Option<Stream> {
        // Not `it.stream.clone()`: that is the browser's own, and makes tracks that nobody would ever stop.
        self.slot.borrow().open.as_ref().map(|it| Stream(Clone::clone(&it.stream)))
    }
}

impl Drop for Media {
    fn drop(&mut self) {
        self.close();
    }
}

/// The tracks of a stream.
pub(super) fn tracks(stream: &MediaStream) -> impl Iterator<Item = MediaStreamTrack> {
    stream.get_tracks().into_iter().map(JsCast::unchecked_into)
}

/// The picture alone: a sound that nobody is to hear would be played all the same, only silently.
fn show_oneself(stream: &MediaStream) {
    let picture = MediaStream::new().ok();
    if let Some(picture) = &picture {
        tracks(stream).filter(|it| !is_audio(it)).for_each(|it| picture.add_track(&it));
    }
    screen::show(Who::Oneself, picture.as_ref());
}

fn is_audio(track: &MediaStreamTrack) -> bool {
    track.kind() == "audio"
}

fn kinds(stream: &MediaStream) -> protocol::Media {
    let audio = tracks(stream).any(|it| is_audio(&it));
    protocol::Media { audio, video: tracks(stream).any(|it| !is_audio(&it)) }
}

fn count_cameras(inbox: &Inbox) {
    let inbox = inbox.clone();
    spawn_local(async move { inbox.put(Input::CamerasCounted(cameras::count().await)) });
}

fn on_ended(track: &MediaStreamTrack, inbox: &Inbox) -> EventListener {
    let (inbox, audio) = (inbox.clone(), is_audio(track));
    EventListener::new(track, "ended", move |_| {
        inbox.put(Input::MediaLost(protocol::Media { audio, video: !audio }));
    })
}

async fn ask(wish: protocol::Media) -> Result<MediaStream, MediaError> {
    let window = web_sys::window().ok_or(MediaError::Unsupported)?;
    if !window.is_secure_context() {
        return Err(MediaError::Insecure);
    }
    if !Reflect::has(&window, &"RTCPeerConnection".into()).unwrap_or(false) {
        return Err(MediaError::Unsupported);
    }
    let devices = window.navigator().media_devices().map_err(|_| MediaError::Unsupported)?;
    let constraints = MediaStreamConstraints::new();
    constraints.set_audio(&wish.audio.into());
    constraints.set_video(&if wish.video { picture() } else { false.into() });
    let asked = devices.get_user_media_with_constraints(&constraints).map_err(|_| MediaError::Unsupported)?;
    match JsFuture::from(asked).await {
        Ok(stream) => Ok(stream.unchecked_into()),
        Err(error) => Err(explain(&error).await),
    }
}

fn picture() -> JsValue {
    let picture = Object::new();
    for (key, ideal) in IDEAL {
        let range = Object::new();
        // Setting a field of a fresh object cannot fail.
        let _ = Reflect::set(&range, &"ideal".into(), &ideal.into());
        let _ = Reflect::set(&picture, &key.into(), &range);
    }
    let _ = Reflect::set(&picture, &"facingMode".into(), &"user".into());
    picture.into()
}

async fn explain(error: &JsValue) -> MediaError {
    let name = error.dyn_ref::<DomException>().map(DomException::name).unwrap_or_default();
    match name.as_str() {
        "NotAllowedError" | "SecurityError" => {
            let (audio, video) = (is_granted("microphone").await, is_granted("camera").await);
            MediaError::Blocked { granted: protocol::Media { audio, video } }
        }
        "NotReadableError" | "AbortError" => MediaError::Busy,
        "TypeError" => MediaError::Unsupported,
        _ => MediaError::Missing,
    }
}

/// Whether a device may be used without another question; `false` where the browser does not tell.
async fn is_granted(name: &str) -> bool {
    let query = || {
        let descriptor = Object::new();
        Reflect::set(&descriptor, &"name".into(), &name.into()).ok()?;
        web_sys::window()?.navigator().permissions().ok()?.query(&descriptor).ok()
    };
    let Some(answer) = query() else { return false };
    let Ok(status) = JsFuture::from(answer).await else { return false };
    status.unchecked_into::<PermissionStatus>().state() == PermissionState::Granted
}
