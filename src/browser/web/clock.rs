//! The clock, the timer and chance of the browser; it must not know what is timed.

use gloo_timers::future::TimeoutFuture;

use crate::time::Moment;

/// The longest a timer waits; the loop that waits then simply waits again. `setTimeout` cannot do more than 2^31 ms.
const LONGEST_MS: u64 = 60_000;

/// Milliseconds since the page was loaded.
pub(crate) fn now() -> Moment {
    let millis = web_sys::window().and_then(|it| it.performance()).map_or(0.0, |it| it.now());
    Moment::from_millis(millis as u64)
}

/// Milliseconds from the Unix epoch to when the page was loaded, by the clock of the device.
pub(crate) fn unix_origin_ms() -> u64 {
    (js_sys::Date::now() as u64).saturating_sub(now().as_millis())
}

/// Comes back at `deadline` or a little later; never, if there is none.
pub(crate) async fn until(deadline: Option<Moment>) {
    let Some(deadline) = deadline else { return std::future::pending().await };
    while now() < deadline {
        let wait = (deadline - now()).as_millis().min(u128::from(LONGEST_MS));
        // One more, since `now` drops fractions and a timer may be a little early.
        TimeoutFuture::new(wait as u32 + 1).await;
    }
}

/// Chance for what need not be secret.
pub(crate) fn seed() -> u64 {
    (js_sys::Math::random() * 2f64.powi(53)) as u64
}
