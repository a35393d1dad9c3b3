//! `navigator.mediaDevices`, and the list of devices.

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaDevices, window};

use crate::{
    browser::web::js::reflect::text,
    call::{DeviceInfo, DeviceKind},
};

/// All devices in the browser's order; empty if the browser does not list them.
pub(crate) async fn list() -> Vec<DeviceInfo> {
    enumerate().await.map_or_else(Vec::new, |it| it.iter().filter_map(|it| info(&it)).collect())
}

/// `navigator.mediaDevices`, which is missing on pages that were not loaded over HTTPS.
pub(crate) fn media_devices() -> Option<MediaDevices> {
    window()?.navigator().media_devices().ok().filter(|it| !it.is_undefined())
}

async fn enumerate() -> Option<Array> {
    let promise = media_devices()?.enumerate_devices().ok()?;
    Some(JsFuture::from(promise).await.ok()?.unchecked_into())
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
