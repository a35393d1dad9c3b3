//! [`CorePresence`]: whether there is a core for the sockets of this process, for `/readyz`.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Whether there is a core. The driver sets it, requests read it.
#[derive(Clone, Debug)]
pub(crate) struct CorePresence(Arc<AtomicBool>);

impl Default for CorePresence {
    /// There is one.
    fn default() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }
}

impl CorePresence {
    /// Whether there is one now.
    pub(crate) fn is_present(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Sets whether there is one.
    pub(crate) fn set(&self, is_present: bool) {
        self.0.store(is_present, Ordering::Relaxed);
    }
}
