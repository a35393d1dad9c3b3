//! The devices that there are; it must not know which of them are wanted.

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaDevices, window};

use crate::{
    browser::web::js::reflect::text,
    call::{DeviceInfo, DeviceKind},
};

/// All of them, in the browser's order; none where it does not tell.
pub(crate) async fn list() -> Vec<DeviceInfo> {
    all().await.map_or_else(Vec::new, |it| it.iter().filter_map(|it| info(&it)).collect())
}

/// The browser's devices, to be asked, and to be told when one comes or goes.
pub(crate) fn devices() -> Option<MediaDevices> {
    // A page that did not come over https has none.
    window()?.navigator().media_devices().ok().filter(|it| !it.is_undefined())
}

async fn all() -> Option<Array> {
    let asked = devices()?.enumerate_devices().ok()?;
    Some(JsFuture::from(asked).await.ok()?.unchecked_into())
}

fn info(device: &JsValue) -> Option<DeviceInfo> {
    let kind = match text(device, "kind").as_str() {
        "videoinput" => DeviceKind::Camera,
        "audioinput" => DeviceKind::Microphone,
        "audiooutput" => DeviceKind::Speaker,
        _ => return None,
    };
    Some(DeviceInfo { kind, id: text(device, "deviceId"), label: text(device, "label") })
}
