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

/// A time in the words of a language and the time zone of this device, with options of `Intl.DateTimeFormat`.
///
/// Its digits are those of all other texts (the numbering system `latn`, UTS 35), also in Arabic.
fn local_text(unix: u64, language: &str, options: &JsValue) -> String {
    let date = js_sys::Date::new(&(unix as f64 * 1_000.0).into());
    date.to_locale_string(&[language, "-u-nu-latn"].concat(), options).into()
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
