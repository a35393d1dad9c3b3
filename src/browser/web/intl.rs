//! Times, lists and languages in the language of the page, from the script of the document (`ui/language.js`), since
//! calls of `Intl` are larger in wasm.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// A time in seconds since the Unix epoch, as the time of the day here, such as "2:05 PM".
    #[wasm_bindgen(js_namespace = passerby, js_name = timeOfDay)]
    pub(crate) fn time_of_day(unix: f64) -> String;

    /// The same with the date, such as "January 5, 2027 at 2:05 PM".
    #[wasm_bindgen(js_namespace = passerby, js_name = dateAndTime)]
    pub(crate) fn date_and_time(unix: f64) -> String;

    /// Minutes with their unit, such as "3 minutes".
    #[wasm_bindgen(js_namespace = passerby)]
    pub(crate) fn minutes(count: f64) -> String;

    /// Names that are separated by a comma and a space, as a list: "jazz and tea".
    #[wasm_bindgen(js_namespace = passerby)]
    pub(crate) fn list(names: &str) -> String;

    /// The languages that the person has chosen, or else those of the browser, separated by spaces.
    #[wasm_bindgen(js_namespace = passerby)]
    pub(crate) fn spoken() -> String;
}
