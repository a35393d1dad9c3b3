//! The browser's clock, timers and random numbers.

use gloo_timers::future::TimeoutFuture;
use wasm_bindgen::JsValue;

use super::js::reflect::object;
use crate::{call::Clocks, time::Moment};

/// The longest single timer, in milliseconds; longer waits use several. `setTimeout` takes less than 2^31 ms.
const LONGEST_MS: u64 = 60_000;

/// The time since the page was loaded, in whole milliseconds.
pub(crate) fn now() -> Moment {
    let millis = web_sys::window().and_then(|it| it.performance()).map_or(0.0, |it| it.now());
    Moment::from_millis(millis as u64)
}

/// Both clocks. Only together they tell whether the device has slept.
pub(crate) fn read() -> Clocks {
    Clocks { now: now(), unix_ms: js_sys::Date::now() as u64 }
}

/// Returns at `deadline` or shortly after it. Without a deadline it never returns.
pub(crate) async fn until(deadline: Option<Moment>) {
    let Some(deadline) = deadline else { return std::future::pending().await };
    while now() < deadline {
        let wait = (deadline - now()).as_millis().min(u128::from(LONGEST_MS));
        // One more, because `now` drops fractions and a timer may fire slightly early.
        TimeoutFuture::new(wait as u32 + 1).await;
    }
}

/// A time in seconds since the Unix epoch, as the time of the day here, such as "2:05 PM".
pub(crate) fn time_of_day(unix: u64, language: &str) -> String {
    local_text(unix, language, &object([("timeStyle", "short".into())]))
}

/// The same with the date, such as "January 5, 2027 at 2:05 PM".
pub(crate) fn date_and_time(unix: u64, language: &str) -> String {
    local_text(unix, language, &object([("dateStyle", "long".into()), ("timeStyle", "short".into())]))
}

/// A time in the words of a language and the time zone of this device, with options of `Intl.DateTimeFormat`.
fn local_text(unix: u64, language: &str, options: &JsValue) -> String {
    let date = js_sys::Date::new(&(unix as f64 * 1_000.0).into());
    date.to_locale_string(language, options).into()
}

/// A seed for random numbers that need not be secret.
pub(crate) fn seed() -> u64 {
    (js_sys::Math::random() * 2f64.powi(53)) as u64
}
