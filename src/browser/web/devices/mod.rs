//! Camera, microphone and screen; it must not know what they are for. Dropped, or closed, they are off: the light goes out.

pub(crate) mod media_devices;
pub(crate) mod permission;

pub(crate) mod video;
pub(crate) mod audio;

use std::{cell::RefCell, rc::Rc};

use gloo_events::EventListener;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MediaStream, MediaStreamTrack};

use super::js::reflect;
use crate::{
    browser::inbox::Inbox,
    call::{ChosenDevices, DeviceEvent, DeviceKind, Input, PageEvent},
    protocol,
};
use permission::Permissions;
use video::Who;

/// The picture asked for; the browser takes what comes nearest.
const IDEAL: [(&str, f64); 3] = [("width", 1280.0), ("height", 720.0), ("frameRate", 30.0)];

/// Pictures of a screen a second: text is read, not watched.
const SCREEN_RATE: f64 = 15.0;

/// The devices of this page, open or not.
pub(crate) struct Media {
    inbox: Inbox,
    slot: Rc<RefCell<Slot>>,
    _changes: Option<EventListener>,
    _permissions: Rc<Permissions>,
}

/// What is to be sent, to be handed to a connection; it may have been closed since.
pub(crate) struct Sent {
    /// Tells the other end that sound and picture belong together.
    pub(crate) stream: MediaStream,
    pub(crate) sound: Option<MediaStreamTrack>,
    pub(crate) picture: Option<MediaStreamTrack>,
}

/// What is open, and which question to the browser is the last one.
#[derive(Default)]
struct Slot {
    asked: u32,
    open: Option<Open>,
    /// Which question for the screen is the last one; its answer may come when nobody is there for it any more.
    screen_asked: u32,
    screen: Option<Shared>,
}

/// Open camera and microphone.
struct Open {
    stream: MediaStream,
    ended: Vec<(String, EventListener)>,
}

/// An open screen.
struct Shared {
    track: MediaStreamTrack,
    _ended: EventListener,
}

impl Drop for Open {
    fn drop(&mut self) {
        video::show(Who::Oneself, None);
        tracks(&self.stream).for_each(|track| track.stop());
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.track.stop();
    }
}

impl Open {
    fn track(&self, kind: &str) -> Option<MediaStreamTrack> {
        tracks(&self.stream).find(|it| it.kind() == kind)
    }

    fn exchange(&mut self, before: &MediaStreamTrack, after: &MediaStreamTrack, inbox: &Inbox) {
        after.set_enabled(before.enabled());
        self.ended.retain(|(kind, _)| *kind != before.kind());
        self.ended.push(on_ended(after, inbox));
        self.stream.add_track(after);
        self.stream.remove_track(before);
        before.stop();
        show_oneself(&self.stream);
    }
}

impl Media {
    /// Nothing open.
    pub(crate) fn new(inbox: Inbox) -> Self {
        let changes = media_devices::devices().map(|devices| {
            let inbox = inbox.clone();
            EventListener::new(&devices, "devicechange", move |_| list(&inbox))
        });
        let permissions = Permissions::watch(&inbox);
        Self { inbox, slot: Rc::default(), _changes: changes, _permissions: permissions }
    }

    /// Asks for devices, by preference these; the answer goes to the inbox, unless something else was asked for meanwhile.
    pub(crate) fn open(&mut self, wish: protocol::Media, chosen: &ChosenDevices) {
        self.close();
        let (slot, inbox, asked) = (self.slot.clone(), self.inbox.clone(), self.slot.borrow().asked);
        let wished = |kind, wished: bool| wished.then(|| constraints(kind, "ideal", chosen.of(kind)));
        let sound = wished(DeviceKind::Microphone, wish.audio);
        let picture = wished(DeviceKind::Camera, wish.video);
        spawn_local(async move {
            let answer = permission::open(sound, picture).await;
            if slot.borrow().asked != asked {
                // Nobody wants it any more.
                drop(answer.map(|stream| Open { stream, ended: Vec::new() }));
                return;
            }
            match answer {
                Ok(stream) => {
                    show_oneself(&stream);
                    let ended = tracks(&stream).map(|track| on_ended(&track, &inbox)).collect();
                    tracks(&stream).for_each(|track| tell_used(&track, &inbox));
                    let have = kinds(&stream);
                    slot.borrow_mut().open = Some(Open { stream, ended });
                    inbox.put(Input::MediaOpened(have));
                }
                Err(error) => inbox.put(Input::MediaFailed(error)),
            }
        });
    }

    /// Asks which devices there are.
    pub(crate) fn list(&self) {
        list(&self.inbox);
    }

    /// Takes sound or picture from another device, in the same stream; the old one stays where that fails.
    pub(crate) fn exchange(&self, kind: DeviceKind, id: &str) {
        let (slot, inbox, asked) = (self.slot.clone(), self.inbox.clone(), self.slot.borrow().asked);
        let constraints = constraints(kind, "exact", id);
        spawn_local(async move {
            let (sound, picture, name) = match kind {
                DeviceKind::Microphone => (Some(constraints), None, "audio"),
                DeviceKind::Camera | DeviceKind::Speaker => (None, Some(constraints), "video"),
            };
            let stream = permission::open(sound, picture).await.ok();
            let after = stream.as_ref().and_then(|it| tracks(it).next());
            let mut slot = slot.borrow_mut();
            let is_wanted = slot.asked == asked;
            let open = slot.open.as_mut().filter(|_| is_wanted);
            let before = open.as_ref().and_then(|it| it.track(name));
            match (open, before, after) {
                (Some(open), Some(before), Some(after)) => {
                    open.exchange(&before, &after, &inbox);
                    tell_used(&after, &inbox);
                }
                (_, _, after) => {
                    after.iter().for_each(MediaStreamTrack::stop);
                    inbox.put(Input::Devices(DeviceEvent::Refused(kind)));
                }
            }
        });
    }

    /// Asks for the screen; it is the picture from then on, until it is unshared or the browser's own button ends it.
    pub(crate) fn share_screen(&self) {
        let (slot, inbox) = (self.slot.clone(), self.inbox.clone());
        let asked = self.ask_for_another_screen();
        spawn_local(async move {
            let track = ask_for_screen().await;
            let is_wanted = slot.borrow().screen_asked == asked;
            let shared = match track {
                Some(track) if is_wanted => {
                    reflect::set(&track, "contentHint", &"detail".into());
                    let (ended, held) = (inbox.clone(), slot.clone());
                    let ended = EventListener::new(&track, "ended", move |_| {
                        held.borrow_mut().screen = None;
                        ended.put(Input::Devices(DeviceEvent::ScreenShared(false)));
                    });
                    slot.borrow_mut().screen = Some(Shared { track, _ended: ended });
                    true
                }
                late => {
                    late.iter().for_each(MediaStreamTrack::stop);
                    slot.borrow().screen.is_some()
                }
            };
            inbox.put(Input::Devices(DeviceEvent::ScreenShared(shared)));
        });
    }

    /// Gives the screen back.
    pub(crate) fn unshare_screen(&self) {
        self.ask_for_another_screen();
        if self.slot.borrow_mut().screen.take().is_some() {
            self.inbox.put(Input::Devices(DeviceEvent::ScreenShared(false)));
        }
    }

    /// Makes what is still being asked for come to nothing.
    fn ask_for_another_screen(&self) -> u32 {
        let mut slot = self.slot.borrow_mut();
        slot.screen_asked += 1;
        slot.screen_asked
    }

    /// Blurs the background of the camera's picture, where the browser can.
    pub(crate) fn blur(&self, blur: bool) {
        let camera = self.slot.borrow().open.as_ref().and_then(|it| it.track("video"));
        if let Some(camera) = camera {
            let constraints = reflect::object([("backgroundBlur", blur.into())]);
            spawn_local(async move {
                // Where it cannot, nothing offers it.
                let _ = reflect::ask(&camera, "applyConstraints", [constraints]).await;
            });
        }
    }

    /// Turns everything off, and makes what is still being asked for come to nothing.
    pub(crate) fn close(&mut self) {
        let mut slot = self.slot.borrow_mut();
        slot.asked += 1;
        slot.screen_asked += 1;
        slot.open = None;
        slot.screen = None;
    }

    /// Lets through what is to be sent: a disabled track sends silence or black.
    pub(crate) fn enable(&self, sending: protocol::Media) {
        if let Some(open) = &self.slot.borrow().open {
            for track in tracks(&open.stream) {
                track.set_enabled(if is_audio(&track) { sending.audio } else { sending.video });
            }
        }
    }

    /// The open microphone, to be listened to.
    pub(crate) fn microphone(&self) -> Option<MediaStream> {
        self.slot.borrow().open.as_ref().map(|it| Clone::clone(&it.stream))
    }

    /// What is to be sent: the screen where it is shared, else the camera's picture.
    pub(crate) fn sent(&self) -> Option<Sent> {
        let slot = self.slot.borrow();
        let enabled =
            |kind| slot.open.as_ref().and_then(|it| it.track(kind)).filter(MediaStreamTrack::enabled);
        let screen = slot.screen.as_ref().map(|it| Clone::clone(&it.track));
        // Not `it.stream.clone()`: that is the browser's own, and makes tracks that nobody would ever stop.
        let stream = slot.open.as_ref().map(|it| Clone::clone(&it.stream));
        let stream = stream.or_else(|| MediaStream::new().ok())?;
        Some(Sent { stream, sound: enabled("audio"), picture: screen.or_else(|| enabled("video")) })
    }
}

impl Drop for Media {
    fn drop(&mut self) {
        self.close();
    }
}

/// The tracks of a stream.
fn tracks(stream: &MediaStream) -> impl Iterator<Item = MediaStreamTrack> {
    stream.get_tracks().into_iter().map(JsCast::unchecked_into)
}

/// The picture alone: a sound that nobody is to hear would be played all the same, only silently.
fn show_oneself(stream: &MediaStream) {
    let picture = MediaStream::new().ok();
    if let Some(picture) = &picture {
        tracks(stream).filter(|it| !is_audio(it)).for_each(|it| picture.add_track(&it));
    }
    video::show(Who::Oneself, picture.as_ref());
}

fn is_audio(track: &MediaStreamTrack) -> bool {
    track.kind() == "audio"
}

fn kinds(stream: &MediaStream) -> protocol::Media {
    let audio = tracks(stream).any(|it| is_audio(&it));
    protocol::Media { audio, video: tracks(stream).any(|it| !is_audio(&it)) }
}

fn list(inbox: &Inbox) {
    let inbox = inbox.clone();
    spawn_local(async move { inbox.put(Input::Devices(DeviceEvent::Listed(media_devices::list().await))) });
}

fn tell_used(track: &MediaStreamTrack, inbox: &Inbox) {
    let kind = if is_audio(track) { DeviceKind::Microphone } else { DeviceKind::Camera };
    let id = reflect::text(&track.get_settings(), "deviceId");
    inbox.put(Input::Devices(DeviceEvent::Used(kind, id)));
    if kind == DeviceKind::Camera {
        inbox.put(Input::Page(PageEvent::Able(super::page::window::abilities(Some(track)))));
    }
}

fn on_ended(track: &MediaStreamTrack, inbox: &Inbox) -> (String, EventListener) {
    let (inbox, audio) = (inbox.clone(), is_audio(track));
    let listener = EventListener::new(track, "ended", move |_| {
        inbox.put(Input::MediaLost(protocol::Media { audio, video: !audio }));
    });
    (track.kind(), listener)
}

/// What is asked of a device; `how` is how much it must be this one.
fn constraints(kind: DeviceKind, how: &str, id: &str) -> JsValue {
    let wish = reflect::object([]);
    if kind == DeviceKind::Camera {
        for (key, ideal) in IDEAL {
            reflect::set(&wish, key, &reflect::object([("ideal", ideal.into())]));
        }
        if id.is_empty() {
            reflect::set(&wish, "facingMode", &"user".into());
        }
    }
    if !id.is_empty() {
        reflect::set(&wish, "deviceId", &reflect::object([(how, id.into())]));
    }
    wish
}

async fn ask_for_screen() -> Option<MediaStreamTrack> {
    let wish = reflect::object([("frameRate", SCREEN_RATE.into())]);
    let wish = reflect::object([("video", wish), ("audio", false.into())]);
    let stream = reflect::ask(&media_devices::devices()?.into(), "getDisplayMedia", [wish]).await?;
    tracks(stream.unchecked_ref()).next()
}
