//! JavaScript objects by the names of their fields, for interfaces that are used once; it must not know which.

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

/// A field; `undefined` where there is none.
pub(crate) fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// A field that is a text; empty where it is none.
pub(crate) fn text(object: &JsValue, name: &str) -> String {
    get(object, name).as_string().unwrap_or_default()
}

/// Sets a field; an object that has it fixed keeps it.
pub(crate) fn set(object: &JsValue, name: &str, value: &JsValue) {
    let _ = Reflect::set(object, &name.into(), value);
}

/// Whether there is such a field.
pub(crate) fn has(object: &JsValue, name: &str) -> bool {
    Reflect::has(object, &name.into()).unwrap_or(false)
}

/// Calls a method; `None` where there is none or it throws.
pub(crate) fn call<const N: usize>(object: &JsValue, name: &str, arguments: [JsValue; N]) -> Option<JsValue> {
    let method: Function = get(object, name).dyn_into().ok()?;
    method.apply(object, &arguments.into_iter().collect::<Array>()).ok()
}

/// Calls a method that answers later; `None` where there is none, or where it refuses.
pub(crate) async fn ask<const N: usize>(
    object: &JsValue,
    name: &str,
    arguments: [JsValue; N],
) -> Option<JsValue> {
    let promise: Promise = call(object, name, arguments)?.dyn_into().ok()?;
    JsFuture::from(promise).await.ok()
}

/// Makes one of a class of the page's window; `None` where there is no such class or it refuses.
pub(crate) fn construct<const N: usize>(class: &str, arguments: [JsValue; N]) -> Option<JsValue> {
    let class: Function = get(&js_sys::global(), class).dyn_into().ok()?;
    Reflect::construct(&class, &arguments.into_iter().collect::<Array>()).ok()
}

/// Lets a promise go. What it refuses is as it would have been; unheard, the refusal would stand in the console.
pub(crate) fn forget(promise: Promise) {
    spawn_local(async move {
        let _ = JsFuture::from(promise).await;
    });
}
