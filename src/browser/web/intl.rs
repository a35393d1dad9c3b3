//! Times and lists in the words of a language (`Intl`).

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use super::js::reflect::{call, get, object};

/// A time in seconds since the Unix epoch, as the time of the day here, such as "2:05 PM".
pub(crate) fn time_of_day(unix: u64, language: &str) -> String {
    local_text(unix, language, &object([("timeStyle", "short".into())]))
}

/// The same with the date, such as "January 5, 2027 at 2:05 PM".
pub(crate) fn date_and_time(unix: u64, language: &str) -> String {
    local_text(unix, language, &object([("dateStyle", "long".into()), ("timeStyle", "short".into())]))
}

/// Minutes with their unit, such as "3 minutes". The browser knows the plural forms of all languages.
pub(crate) fn minutes(count: u64, language: &str) -> String {
    let options =
        object([("style", "unit".into()), ("unit", "minute".into()), ("unitDisplay", "long".into())]);
    let count = JsValue::from(count as f64);
    let text = call(&count, "toLocaleString", [digits_of(language).into(), options]);
    text.and_then(|it| it.as_string()).unwrap_or_default()
}

/// A time in the words of a language and the time zone of this device, with options of `Intl.DateTimeFormat`.
fn local_text(unix: u64, language: &str, options: &JsValue) -> String {
    let date = js_sys::Date::new(&(unix as f64 * 1_000.0).into());
    date.to_locale_string(&digits_of(language), options).into()
}

/// The language with the digits of all other texts (the numbering system `latn`, UTS 35), also for Arabic.
fn digits_of(language: &str) -> String {
    [language, "-u-nu-latn"].concat()
}

/// Names that are separated by a comma and a space, as a list: "jazz and tea" (`Intl.ListFormat`).
pub(crate) fn list(names: &str, language: &str) -> String {
    let format = || {
        let class: Function = get(&get(&js_sys::global(), "Intl"), "ListFormat").dyn_into().ok()?;
        let format = Reflect::construct(&class, &Array::of1(&language.into())).ok()?;
        let items: Array = names.split(", ").map(JsValue::from).collect();
        call(&format, "format", [items.into()])?.as_string()
    };
    format().unwrap_or_else(|| names.to_owned())
}
