//! Asking for camera and microphone, why that was refused, and when it would not be any more; it must not know what is made
//! of it.

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

/// Listens for permissions that are given; goes when it is dropped.
#[derive(Default)]
pub(crate) struct Permissions(RefCell<Vec<EventListener>>);

/// Whether a device may be used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Permission {
    Granted,
    Denied,
    /// The browser would ask, or does not tell.
    Open,
}

impl Permissions {
    /// Tells the inbox when camera or microphone may be used.
    pub(crate) fn watch(inbox: &Inbox) -> Rc<Self> {
        let it = Rc::new(Self::default());
        for name in ["camera", "microphone"] {
            let (inbox, held) = (inbox.clone(), Rc::downgrade(&it));
            spawn_local(async move {
                let (Some(status), Some(held)) = (query(name).await, held.upgrade()) else { return };
                let listener = EventListener::new(
                    &status.clone().unchecked_into::<EventTarget>(),
                    "change",
                    move |_| {
                        if permission_of(&status) == Permission::Granted {
                            inbox.put(Input::Devices(DeviceEvent::Permitted));
                        }
                    },
                );
                held.0.borrow_mut().push(listener);
            });
        }
        it
    }
}

/// Asks the browser for a microphone and a camera, each as wished.
pub(crate) async fn open(
    sound: Option<JsValue>,
    picture: Option<JsValue>,
) -> Result<MediaStream, MediaError> {
    let window = window().ok_or(MediaError::Unsupported)?;
    if !window.is_secure_context() {
        return Err(MediaError::Insecure);
    }
    if !reflect::has(&window, "RTCPeerConnection") {
        return Err(MediaError::Unsupported);
    }
    let devices = media_devices::devices().ok_or(MediaError::Unsupported)?;
    let constraints = MediaStreamConstraints::new();
    constraints.set_audio(&sound.unwrap_or(JsValue::FALSE));
    constraints.set_video(&picture.unwrap_or(JsValue::FALSE));
    let asked = devices.get_user_media_with_constraints(&constraints).map_err(|_| MediaError::Unsupported)?;
    match JsFuture::from(asked).await {
        Ok(stream) => Ok(stream.unchecked_into()),
        Err(error) => Err(explain(&error).await),
    }
}

async fn explain(error: &JsValue) -> MediaError {
    let error = error.dyn_ref::<DomException>();
    let (name, message) = error.map(|it| (it.name(), it.message())).unwrap_or_default();
    match name.as_str() {
        "NotAllowedError" | "SecurityError" => refused(&message).await,
        "NotReadableError" | "AbortError" => MediaError::Busy,
        "TypeError" => MediaError::Unsupported,
        _ => MediaError::Missing,
    }
}

/// By whom: the person, nobody at all, or the system, which Chromium says in the message only.
async fn refused(message: &str) -> MediaError {
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
    query(name).await.map_or(Permission::Open, |it| permission_of(&it))
}

fn permission_of(status: &JsValue) -> Permission {
    match reflect::text(status, "state").as_str() {
        "granted" => Permission::Granted,
        "denied" => Permission::Denied,
        _ => Permission::Open,
    }
}

/// What the browser says of a permission; nothing where it does not tell.
async fn query(name: &str) -> Option<JsValue> {
    let permissions = reflect::get(&window()?.navigator(), "permissions");
    reflect::ask(&permissions, "query", [reflect::object([("name", name.into())])]).await
}
