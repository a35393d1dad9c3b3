//! The cameras there are; it must not know which of them is wanted.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaDevices, MediaStream, MediaStreamConstraints, MediaStreamTrack, window};

/// How many cameras there are; 0 where the browser does not tell.
pub(super) async fn count() -> usize {
    all().await.map_or(0, |it| it.len())
}

/// The picture of the camera after the one that this track comes from.
pub(super) async fn after(track: &MediaStreamTrack) -> Option<MediaStream> {
    let current = text(&track.get_settings(), "deviceId");
    let ids = all().await?;
    let at = ids.iter().position(|it| *it == current)?;
    let next = &ids[(at + 1) % ids.len()];
    let (exact, picture) = (Object::new(), Object::new());
    // Setting a field of a fresh object cannot fail.
    let _ = Reflect::set(&exact, &"exact".into(), &next.into());
    let _ = Reflect::set(&picture, &"deviceId".into(), &exact);
    let constraints = MediaStreamConstraints::new();
    constraints.set_video(&picture);
    let asked = devices()?.get_user_media_with_constraints(&constraints).ok()?;
    Some(JsFuture::from(asked).await.ok()?.unchecked_into())
}

/// The browser's devices, to be told when one comes or goes.
pub(super) fn devices() -> Option<MediaDevices> {
    // A page that did not come over https has none.
    window()?.navigator().media_devices().ok().filter(|it| !it.is_undefined())
}

async fn all() -> Option<Vec<String>> {
    let asked = devices()?.enumerate_devices().ok()?;
    let devices: Array = JsFuture::from(asked).await.ok()?.unchecked_into();
    Some(
        devices
            .iter()
            .filter(|it| text(it, "kind") == "videoinput")
            .map(|it| text(&it, "deviceId"))
            .collect(),
    )
}

fn text(object: &JsValue, key: &str) -> String {
    Reflect::get(object, &key.into()).ok().and_then(|it| it.as_string()).unwrap_or_default()
}
