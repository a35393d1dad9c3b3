//! [`Inbox`]: the queue of everything that happens in the browser, in order.

use futures::channel::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::call::Input;

/// The most inputs that are queued at a time.
///
/// The driver handles an input in much less than the time of a frame, so a longer queue means a flood. Further inputs
/// are dropped; the protocol's sequence numbers and the call's deadlines detect what is lost.
const MAX_QUEUED: usize = 1024;

/// The sending end of the queue. Each callback holds a clone.
#[derive(Clone, Debug)]
pub(crate) struct Inbox(UnboundedSender<Input>);

impl Inbox {
    /// Creates an inbox and its receiving end.
    pub(crate) fn new() -> (Self, UnboundedReceiver<Input>) {
        let (sender, receiver) = mpsc::unbounded();
        (Self(sender), receiver)
    }

    /// Whether no input is queued.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Queues an input, or drops it if the queue is full.
    pub(crate) fn put(&self, input: Input) {
        if self.0.len() < MAX_QUEUED {
            // The receiving end lives until the page is closed.
            let _ = self.0.unbounded_send(input);
        }
    }
}
