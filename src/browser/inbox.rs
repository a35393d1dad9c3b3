//! [`Inbox`]: where everything that happens in the browser goes, in order; it must not know what happens.

use futures::channel::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::call::Input;

/// Inputs that may wait at a time. A page deals with each in far less than a frame's time; what comes past this is a
/// flood, and is dropped: the numbers of the protocol and the call's deadlines notice.
const MAX_WAITING: usize = 1024;

/// The sending end; may be cloned into every callback.
#[derive(Clone, Debug)]
pub(crate) struct Inbox(UnboundedSender<Input>);

impl Inbox {
    /// An inbox and its receiving end.
    pub(crate) fn new() -> (Self, UnboundedReceiver<Input>) {
        let (sender, receiver) = mpsc::unbounded();
        (Self(sender), receiver)
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts one in.
    pub(crate) fn put(&self, input: Input) {
        if self.0.len() < MAX_WAITING {
            // The other end lives as long as the page.
            let _ = self.0.unbounded_send(input);
        }
    }
}
