//! [`CorePresence`]: what the sockets of this process have to know of the core: whether there is one, for `/readyz`,
//! and how many edges share its limits.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

/// What is known of the core. The driver sets it, requests and sockets read it.
#[derive(Clone, Debug)]
pub(crate) struct CorePresence(Arc<Known>);

#[derive(Debug)]
struct Known {
    is_present: AtomicBool,
    edges: AtomicUsize,
}

impl Default for CorePresence {
    /// There is one, and this is its only edge.
    fn default() -> Self {
        Self(Arc::new(Known { is_present: AtomicBool::new(true), edges: AtomicUsize::new(1) }))
    }
}

impl CorePresence {
    /// Whether there is one now.
    pub(crate) fn is_present(&self) -> bool {
        self.0.is_present.load(Ordering::Relaxed)
    }

    /// Sets whether there is one.
    pub(crate) fn set(&self, is_present: bool) {
        self.0.is_present.store(is_present, Ordering::Relaxed);
    }

    /// How many edges it has; at least 1.
    pub(crate) fn edges(&self) -> usize {
        self.0.edges.load(Ordering::Relaxed).max(1)
    }

    /// Sets how many edges it has.
    pub(crate) fn set_edges(&self, edges: usize) {
        self.0.edges.store(edges, Ordering::Relaxed);
    }
}
