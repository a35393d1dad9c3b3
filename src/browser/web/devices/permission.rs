//! Permission to use camera and microphone: asking for it, the reason of a refusal, and later changes.

use std::{cell::RefCell, rc::Rc};

use gloo_events::EventListener;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomException, EventTarget, MediaStream, MediaStreamConstraints, window};

use super::media_devices;
use crate::{
    browser::{inbox::Inbox, web::js::reflect},
    call::{DeviceEvent, Input, MediaError},
    protocol,
};

/// Listeners for changes of the permissions. Dropping it removes them.
#[derive(Default)]
pub(crate) struct PermissionChanges(RefCell<Vec<EventListener>>);

/// Whether the page may use a kind of device.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Permission {
    Granted,
    Denied,
    /// The browser would ask, or does not say.
    Unknown,
}

impl PermissionChanges {
    /// Reports to the inbox when the use of a camera or microphone is granted.
    pub(crate) fn watch(inbox: &Inbox) -> Rc<Self> {
        let changes = Rc::new(Self::default());
        for name in ["camera", "microphone"] {
            let (inbox, changes) = (inbox.clone(), Rc::downgrade(&changes));
            spawn_local(async move {
                let (Some(status), Some(changes)) = (query(name).await, changes.upgrade()) else { return };
                let listener = EventListener::new(
                    &status.clone().unchecked_into::<EventTarget>(),
                    "change",
                    move |_| {
                        if permission_of(&status) == Permission::Granted {
                            inbox.put(Input::Devices(DeviceEvent::Permitted));
                        }
                    },
                );
                changes.0.borrow_mut().push(listener);
            });
        }
        changes
    }
}

/// Opens a microphone and a camera with these constraints (`getUserMedia`); `None` leaves that device out.
pub(crate) async fn open(audio: Option<JsValue>, video: Option<JsValue>) -> Result<MediaStream, MediaError> {
    let window = window().ok_or(MediaError::Unsupported)?;
    if !window.is_secure_context() {
        return Err(MediaError::Insecure);
    }
    if !reflect::has(&window, "RTCPeerConnection") {
        return Err(MediaError::Unsupported);
    }
    let devices = media_devices::media_devices().ok_or(MediaError::Unsupported)?;
    let constraints = MediaStreamConstraints::new();
    constraints.set_audio(&audio.unwrap_or(JsValue::FALSE));
    constraints.set_video(&video.unwrap_or(JsValue::FALSE));
    let promise =
        devices.get_user_media_with_constraints(&constraints).map_err(|_| MediaError::Unsupported)?;
    match JsFuture::from(promise).await {
        Ok(stream) => Ok(stream.unchecked_into()),
        Err(error) => Err(explain(&error).await),
    }
}

/// Whether the browser would ask the person for one of these devices, or does not say.
pub(crate) async fn would_ask(media: protocol::Media) -> bool {
    media.audio && permission("microphone").await != Permission::Granted
        || media.video && permission("camera").await != Permission::Granted
}

async fn explain(error: &JsValue) -> MediaError {
    let error = error.dyn_ref::<DomException>();
    let (name, message) = error.map(|it| (it.name(), it.message())).unwrap_or_default();
    match name.as_str() {
        "NotAllowedError" | "SecurityError" => explain_refusal(&message).await,
        "NotReadableError" | "AbortError" => MediaError::Busy,
        "TypeError" => MediaError::Unsupported,
        _ => MediaError::Missing,
    }
}

/// Finds out whether the person refused, closed the prompt, or the operating system blocks the browser.
///
/// Chromium mentions the operating system only in the message of the error.
async fn explain_refusal(message: &str) -> MediaError {
    let [microphone, camera] = [permission("microphone").await, permission("camera").await];
    let [audio, video] = [microphone, camera].map(|it| it == Permission::Granted);
    if message.contains("system") || audio && video {
        MediaError::BlockedBySystem
    } else if microphone == Permission::Denied || camera == Permission::Denied || audio || video {
        MediaError::Blocked { granted: protocol::Media { audio, video } }
    } else {
        MediaError::Dismissed
    }
}

async fn permission(name: &str) -> Permission {
    query(name).await.map_or(Permission::Unknown, |it| permission_of(&it))
}

fn permission_of(status: &JsValue) -> Permission {
    match reflect::text(status, "state").as_str() {
        "granted" => Permission::Granted,
        "denied" => Permission::Denied,
        _ => Permission::Unknown,
    }
}

/// The `PermissionStatus` of a permission; `None` if the browser does not reveal it.
async fn query(name: &str) -> Option<JsValue> {
    let permissions = reflect::get(&window()?.navigator(), "permissions");
    reflect::call_async(&permissions, "query", [reflect::object([("name", name.into())])]).await
}
