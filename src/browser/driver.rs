//! The loop that owns the [`Call`]: inputs in, outputs out, deadlines; it must not know what they mean.

use futures::{StreamExt, channel::mpsc::UnboundedReceiver, future::Either, pin_mut};

use super::{perform::Body, web::clock};
use crate::call::{Call, Input, Snapshot};

/// Runs for as long as the page lives.
pub(crate) async fn run(
    mut call: Call,
    mut inputs: UnboundedReceiver<Input>,
    mut body: Body,
    show: impl Fn(&Call, Snapshot, Snapshot),
) {
    // What the device remembers is to be seen before anything happens.
    let mut shown = call.snapshot();
    show(&call, Snapshot::default(), shown);
    loop {
        let input = {
            let (input, due) = (inputs.next(), clock::until(call.next_deadline()));
            pin_mut!(input, due);
            match futures::future::select(input, due).await {
                Either::Left((Some(input), _)) => input,
                Either::Left((None, _)) => return,
                Either::Right(((), _)) => Input::Tick,
            }
        };
        for output in call.handle(clock::now(), input) {
            body.perform(output);
        }
        let snapshot = call.snapshot();
        if snapshot != shown {
            show(&call, shown, snapshot);
            shown = snapshot;
        }
    }
}
