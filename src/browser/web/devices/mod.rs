//! Camera, microphone and screen of this page. Closing or dropping them turns the camera light off.

pub(crate) mod media_devices;
pub(crate) mod permission;

pub(crate) mod tracks;
pub(crate) mod blurred;
pub(crate) mod video;
pub(crate) mod backdrop;
pub(crate) mod audio;
pub(crate) mod media_session;

use std::{cell::RefCell, rc::Rc};

use gloo_events::EventListener;
use leptos::task::spawn_local;
use web_sys::{MediaStream, MediaStreamTrack};

use super::{js::reflect, page::capabilities};
use crate::{
    browser::inbox::Inbox,
    call::{DeviceEvent, DeviceKind, Input, MediaError, OpenRequest, OpenedMedia, Pick, ScreenEvent},
    protocol,
};
use blurred::BlurredCopy;
use permission::PermissionChanges;
use tracks::{OpenTrack, constraints, is_audio, request_screen};
use video::VideoElement;

/// The kinds of tracks: `State` has one of each, in this order.
const KINDS: [DeviceKind; 2] = [DeviceKind::Camera, DeviceKind::Microphone];

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
    /// For each kind, the number of the request that may still open it; 0 if none may.
    awaited: [u32; KINDS.len()],
    open: [Option<OpenTrack>; KINDS.len()],
    /// The stream of all tracks that are sent. It stays the same when devices are closed and opened.
    stream: Option<MediaStream>,
    /// The picture of the camera is sent blurred.
    is_blurred: bool,
    /// The blurred copy, while there is a camera to copy.
    blurred: Option<BlurredCopy>,
    /// The request that may still open the screen; 0 if none may.
    awaited_screen: u32,
    /// The screen, in place of the camera's picture. Dropping it ends the sharing.
    screen: Option<OpenTrack>,
}

impl State {
    /// Whether this request may still open a device of this kind.
    fn awaits(&self, kind: DeviceKind, request: u32) -> bool {
        self.awaited.get(kind as usize) == Some(&request)
    }

    /// Stops the open track of a kind.
    fn close(&mut self, kind: DeviceKind) {
        let Some(open) = self.open.get_mut(kind as usize).and_then(Option::take) else { return };
        if let Some(stream) = &self.stream {
            stream.remove_track(open.track());
        }
        drop(open);
        if kind == DeviceKind::Camera {
            self.show_own_picture();
        }
    }

    /// Keeps a track that was opened by this request, or stops it if nobody waits for it any more.
    fn install(&mut self, track: MediaStreamTrack, request: u32, opened: &mut OpenedMedia, inbox: &Inbox) {
        let kind = if is_audio(&track) { DeviceKind::Microphone } else { DeviceKind::Camera };
        if !self.awaits(kind, request) {
            track.stop();
            return;
        }
        self.close(kind);
        let device = Some(tracks::describe(&track));
        if kind == DeviceKind::Camera {
            opened.camera = device;
            capabilities::report(inbox, Some(&track));
        } else {
            opened.microphone = device;
        }
        if self.stream.is_none() {
            self.stream = MediaStream::new().ok();
        }
        self.stream.iter().for_each(|it| it.add_track(&track));
        self.open[kind as usize] = Some(OpenTrack::of_device(track, kind, request, inbox));
        if kind == DeviceKind::Camera {
            self.show_own_picture();
        }
    }

    /// Shows what the partner sees: the screen while it is shared, or else the camera.
    fn show_own_picture(&self) {
        let shown = self.screen.as_ref().or(self.open[DeviceKind::Camera as usize].as_ref());
        video::show(VideoElement::Own, shown.and_then(|it| tracks::stream_of(it.track())).as_ref());
    }

    /// The picture of the camera, or its blurred copy. Without either nothing is sent.
    fn outgoing_picture(&mut self) -> Option<MediaStreamTrack> {
        let camera = self.outgoing(DeviceKind::Camera)?;
        if !self.is_blurred {
            return Some(camera);
        }
        if self.blurred.is_none() {
            self.blurred = BlurredCopy::start();
        }
        self.blurred.as_ref().map(BlurredCopy::track)
    }

    /// The track of a kind, if it is open and enabled.
    fn outgoing(&self, kind: DeviceKind) -> Option<MediaStreamTrack> {
        let open = self.open.get(kind as usize)?.as_ref()?;
        Some(open.track()).filter(|it| it.enabled() && tracks::is_live(it)).cloned()
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

    /// Closes the open devices of the requested kinds, then opens what was requested.
    ///
    /// Reports the result to the inbox, unless there was another request or a close in the meantime. A quiet request
    /// that the browser would put to the person fails, and closes nothing.
    pub(crate) fn open(&self, request: OpenRequest) {
        let (state, inbox, number) = (Rc::clone(&self.state), self.inbox.clone(), request.number);
        for kind in kinds(request.media()) {
            state.borrow_mut().awaited[kind as usize] = number;
        }
        if !request.quietly {
            kinds(request.media()).for_each(|kind| state.borrow_mut().close(kind));
        }
        spawn_local(async move {
            let is_awaited = |kind: &DeviceKind| state.borrow().awaits(*kind, number);
            let is_expected = || KINDS.iter().any(is_awaited);
            let result = if request.quietly && permission::would_ask(request.media()).await {
                Err(MediaError::WouldAsk)
            } else {
                let [camera, microphone] = KINDS.map(|it| is_awaited(&it));
                kinds(request.media()).filter(is_awaited).for_each(|it| state.borrow_mut().close(it));
                let request = OpenRequest {
                    microphone: request.microphone.filter(|_| microphone),
                    camera: request.camera.filter(|_| camera),
                    ..request
                };
                if request.microphone.is_none() && request.camera.is_none() {
                    return;
                }
                request_devices(&request, is_expected).await
            };
            let is_expected = is_expected();
            match result {
                Ok(stream) => {
                    let mut opened = OpenedMedia::default();
                    for track in tracks::of(&stream) {
                        state.borrow_mut().install(track, number, &mut opened, &inbox);
                    }
                    if is_expected {
                        inbox.put(Input::MediaOpened(number, opened));
                    }
                }
                Err(error) if is_expected => inbox.put(Input::MediaFailed(number, error)),
                Err(_) => {}
            }
            state.borrow_mut().awaited.iter_mut().filter(|it| **it == number).for_each(|it| *it = 0);
        });
    }

    /// Closes the camera or the microphone, and cancels a pending request for it.
    pub(crate) fn close_device(&self, kind: DeviceKind) {
        let mut state = self.state.borrow_mut();
        if let Some(awaited) = state.awaited.get_mut(kind as usize) {
            *awaited = 0;
        }
        state.close(kind);
    }

    /// Reports the next frame of the own picture, with the number of the request that has opened the camera.
    pub(crate) fn watch_frames(&self, request: u32) {
        let inbox = self.inbox.clone();
        video::on_own_frame(move || inbox.put(Input::Devices(DeviceEvent::Frame(request))));
    }

    /// Requests the list of devices and reports it to the inbox.
    pub(crate) fn list_devices(&self) {
        list_devices(&self.inbox);
    }

    /// Requests the screen, which then replaces the camera's picture in [`OutgoingTracks`].
    ///
    /// Reports to the inbox what becomes of it, unless [`unshare_screen`](Self::unshare_screen) comes first.
    pub(crate) fn share_screen(&self, request: u32) {
        let (state, inbox) = (self.state.clone(), self.inbox.clone());
        state.borrow_mut().awaited_screen = request;
        spawn_local(async move {
            let track = request_screen().await;
            if state.borrow().awaited_screen != request {
                track.iter().for_each(MediaStreamTrack::stop);
                return;
            }
            let event = match track {
                Ok(track) => {
                    let mut state = state.borrow_mut();
                    state.screen = Some(OpenTrack::of_screen(track, request, &inbox));
                    state.show_own_picture();
                    ScreenEvent::Shared
                }
                Err(error) => ScreenEvent::Refused(error),
            };
            inbox.put(Input::Devices(DeviceEvent::Screen(request, event)));
        });
    }

    /// Stops sharing the screen and cancels a request for it.
    pub(crate) fn unshare_screen(&self) {
        let mut state = self.state.borrow_mut();
        state.awaited_screen = 0;
        if state.screen.take().is_some() {
            state.show_own_picture();
        }
    }

    /// Turns the blur of the camera's background on or off, if the browser can do that.
    pub(crate) fn set_background_blur(&self, blur: bool) {
        if let Some(camera) = self.state.borrow().open[DeviceKind::Camera as usize].as_ref() {
            let camera = Clone::clone(camera.track());
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

    /// Sends the picture of the camera blurred from now on, or as it is. Returns the copy that is not sent any more.
    pub(crate) fn set_blurred(&self, blurred: bool) -> Option<BlurredCopy> {
        let mut state = self.state.borrow_mut();
        state.is_blurred = blurred;
        state.blurred.take_if(|_| !blurred)
    }

    /// Closes all devices and the screen, and cancels pending requests.
    pub(crate) fn close(&mut self) {
        KINDS.into_iter().for_each(|it| self.close_device(it));
        self.unshare_screen();
        self.state.borrow_mut().blurred = None;
    }

    /// Enables or disables the open tracks. A disabled track produces silence or black frames.
    pub(crate) fn set_enabled(&self, enabled: protocol::Media) {
        let state = self.state.borrow();
        for open in state.open.iter().flatten() {
            open.track().set_enabled(if is_audio(open.track()) { enabled.audio } else { enabled.video });
        }
    }

    /// A stream with the open microphone, for the level meter.
    pub(crate) fn microphone(&self) -> Option<MediaStream> {
        tracks::stream_of(self.state.borrow().open[DeviceKind::Microphone as usize].as_ref()?.track())
    }

    /// The tracks to send: the enabled ones, with the screen in place of the camera while it is shared.
    pub(crate) fn outgoing_tracks(&self) -> Option<OutgoingTracks> {
        let mut state = self.state.borrow_mut();
        let screen = state.screen.as_ref().map(OpenTrack::track).filter(|it| tracks::is_live(it)).cloned();
        // Clones of the handle. The JavaScript method `clone` would clone the tracks, and nobody would stop the clones.
        let stream = state.stream.clone().or_else(|| MediaStream::new().ok())?;
        let video = screen.or_else(|| state.outgoing_picture());
        Some(OutgoingTracks { stream, audio: state.outgoing(DeviceKind::Microphone), video })
    }
}

impl Drop for LocalMedia {
    fn drop(&mut self) {
        self.close();
    }
}

/// Asks the browser for the preferred devices alone, and then for any, if they cannot be had and are still awaited. A
/// browser may open another device than an ideal one that is there, as headless Chromium does.
async fn request_devices(
    request: &OpenRequest,
    is_awaited: impl Fn() -> bool,
) -> Result<MediaStream, MediaError> {
    if let Some(strict) = request.strictly() {
        let result = request_once(&strict).await;
        if !matches!(result, Err(MediaError::Missing | MediaError::Busy)) || !is_awaited() {
            return result;
        }
    }
    request_once(request).await
}

async fn request_once(request: &OpenRequest) -> Result<MediaStream, MediaError> {
    let constraints = |kind, pick: &Option<Pick>| pick.as_ref().map(|it| constraints(kind, it));
    let microphone = constraints(DeviceKind::Microphone, &request.microphone);
    permission::open(microphone, constraints(DeviceKind::Camera, &request.camera)).await
}

/// The kinds in `media`.
fn kinds(media: protocol::Media) -> impl Iterator<Item = DeviceKind> {
    KINDS.into_iter().filter(move |it| if *it == DeviceKind::Camera { media.video } else { media.audio })
}

fn list_devices(inbox: &Inbox) {
    let inbox = inbox.clone();
    spawn_local(async move { inbox.put(Input::Devices(DeviceEvent::Listed(media_devices::list().await))) });
}
