//! Permission to use camera and microphone: asking for it, what is known about a refusal, and later changes.

use std::{cell::RefCell, rc::Rc, time::Duration};

use gloo_events::EventListener;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomException, EventTarget, MediaStream, MediaStreamConstraints, window};

use super::media_devices;
use crate::{
    browser::{
        inbox::Inbox,
        web::{clock, js::reflect, page::capabilities},
    },
    call::{DeviceEvent, Input, MediaError, MediaRefusal, Permission},
    protocol,
};

/// Listeners for changes of the permissions. Dropping it removes them.
#[derive(Default)]
pub(crate) struct PermissionChanges(RefCell<Vec<EventListener>>);

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
    let requested = protocol::Media { audio: audio.is_some(), video: video.is_some() };
    let constraints = MediaStreamConstraints::new();
    constraints.set_audio(&audio.unwrap_or(JsValue::FALSE));
    constraints.set_video(&video.unwrap_or(JsValue::FALSE));
    let requested_at = clock::now();
    let promise =
        devices.get_user_media_with_constraints(&constraints).map_err(|_| MediaError::Unsupported)?;
    match JsFuture::from(promise).await {
        Ok(stream) => Ok(stream.unchecked_into()),
        Err(error) => Err(explain(&error, requested, clock::now() - requested_at).await),
    }
}

/// Whether the browser would ask the person for one of these devices, or does not say.
pub(crate) async fn would_ask(media: protocol::Media) -> bool {
    media.audio && permission("microphone").await != Permission::Granted
        || media.video && permission("camera").await != Permission::Granted
}

/// The error of a rejected request, which took so long.
async fn explain(error: &JsValue, requested: protocol::Media, took: Duration) -> MediaError {
    let error = error.dyn_ref::<DomException>();
    let (name, message) = error.map(|it| (it.name(), it.message())).unwrap_or_default();
    let [microphone, camera] = [permission("microphone").await, permission("camera").await];
    let browser = capabilities::browser();
    MediaRefusal { name: &name, message: &message, took, requested, microphone, camera, browser }.error()
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
