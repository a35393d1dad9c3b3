//! The event loop that owns the [`Call`]: feeds inputs to it, performs its outputs and waits for its deadlines.

use futures::{StreamExt, channel::mpsc::UnboundedReceiver, future::Either, pin_mut};
use leptos::logging::log;

use super::{perform::OpenResources, web::clock};
use crate::call::{Call, Input, Snapshot};

/// Runs until the page is closed. Calls `show` after each change, with the previous snapshot and the new one.
pub(crate) async fn run(
    mut call: Call,
    mut inputs: UnboundedReceiver<Input>,
    mut resources: OpenResources,
    show: impl Fn(&Call, Snapshot, Snapshot),
) {
    // The stored profile has to be visible before the first input arrives, and some of it depends on the time.
    for output in call.handle(clock::read(), Input::Tick) {
        resources.perform(output);
    }
    let mut previous = call.snapshot();
    show(&call, Snapshot::default(), previous);
    loop {
        let input = {
            let deadline = call.deadline();
            let (input, due) = (inputs.next(), clock::until(deadline.map(|(at, _)| at)));
            pin_mut!(input, due);
            match futures::future::select(input, due).await {
                Either::Left((Some(input), _)) => input,
                Either::Left((None, _)) => return,
                Either::Right(((), _)) => {
                    if let (true, Some((_, reason))) = (cfg!(debug_assertions), deadline) {
                        log!("deadline: {reason:?}");
                    }
                    Input::Tick
                }
            }
        };
        for output in call.handle(clock::read(), input) {
            resources.perform(output);
        }
        let snapshot = call.snapshot();
        if snapshot != previous {
            show(&call, previous, snapshot);
            previous = snapshot;
        }
    }
}
