//! The browser's clock, timers and random numbers.

use gloo_timers::future::TimeoutFuture;

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

/// A seed for random numbers that need not be secret.
pub(crate) fn seed() -> u64 {
    (js_sys::Math::random() * 2f64.powi(53)) as u64
}
