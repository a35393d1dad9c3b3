//! Access to JavaScript objects by the names of their fields and methods, for interfaces that are used only once.

use js_sys::{Array, Function, Object, Promise, Reflect};
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// A plain object with these fields.
pub(crate) fn object<const N: usize>(fields: [(&str, JsValue); N]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        set(&object, name, &value);
    }
    object.into()
}

/// A field; `undefined` if the object does not have it.
pub(crate) fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// A field that is a string; empty if it is missing or something else.
pub(crate) fn text(object: &JsValue, name: &str) -> String {
    get(object, name).as_string().unwrap_or_default()
}

/// Sets a field. Does nothing if the field is read-only.
pub(crate) fn set(object: &JsValue, name: &str, value: &JsValue) {
    let _ = Reflect::set(object, &name.into(), value);
}

/// Whether the object has this field or method.
pub(crate) fn has(object: &JsValue, name: &str) -> bool {
    Reflect::has(object, &name.into()).unwrap_or(false)
}

/// Calls a method. Returns `None` if the object does not have it or it throws.
pub(crate) fn call<const N: usize>(object: &JsValue, name: &str, arguments: [JsValue; N]) -> Option<JsValue> {
    let method: Function = get(object, name).dyn_into().ok()?;
    method.apply(object, &arguments.into_iter().collect::<Array>()).ok()
}

/// Calls a method that returns a promise, and waits for it.
///
/// Returns `None` if the object does not have the method, it throws, or the promise is rejected.
pub(crate) async fn call_async<const N: usize>(
    object: &JsValue,
    name: &str,
    arguments: [JsValue; N],
) -> Option<JsValue> {
    let promise: Promise = call(object, name, arguments)?.dyn_into().ok()?;
    JsFuture::from(promise).await.ok()
}

/// Constructs an object of a global class. Returns `None` if there is no such class or its constructor throws.
pub(crate) fn construct<const N: usize>(class: &str, arguments: [JsValue; N]) -> Option<JsValue> {
    let class: Function = get(&js_sys::global(), class).dyn_into().ok()?;
    Reflect::construct(&class, &arguments.into_iter().collect::<Array>()).ok()
}

/// Ignores the result of a promise. Without a handler the browser would log a rejection as an error.
pub(crate) fn forget(promise: Promise) {
    spawn_local(async move {
        let _ = JsFuture::from(promise).await;
    });
}
