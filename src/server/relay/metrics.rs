//! [`RelayMetrics`]: what the relay has done, for Prometheus.

use std::sync::atomic::Ordering;

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use crate::relay::{Counts, DropReason};

/// The metrics of the relay; all zero without one.
#[derive(Debug)]
pub(crate) struct RelayMetrics {
    allocations: Gauge,
    allocated: Counter,
    unproven: Counter,
    packets: Counter,
    bytes: Counter,
    overflowed: Counter,
    /// In the order of [`DropReason`]. Looked up in their family only once, because they count floods.
    dropped: [Counter; DropReason::ALL.len()],
}

impl RelayMetrics {
    /// Metrics that are all zero, in this registry.
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let dropped = Family::<[(&'static str, String); 1], Counter>::default();
        let this = Self {
            allocations: Gauge::default(),
            allocated: Counter::default(),
            unproven: Counter::default(),
            packets: Counter::default(),
            bytes: Counter::default(),
            overflowed: Counter::default(),
            dropped: DropReason::ALL.map(|it| dropped.get_or_create_owned(&[("reason", it.word().into())])),
        };
        let counters = [
            ("relay_allocated", "Allocations made by the relay", &this.allocated),
            ("relay_unproven", "Requests to the relay without a valid nonce", &this.unproven),
            ("relay_packets", "Packets that the relay has forwarded", &this.packets),
            ("relay_bytes", "Bytes of payload that the relay has forwarded", &this.bytes),
            (
                "relay_overflowed",
                "Datagrams that the system dropped before the relay took them",
                &this.overflowed,
            ),
        ];
        for (name, help, counter) in counters {
            registry.register(name, help, counter.clone());
        }
        registry.register("relay_allocations", "Current allocations of the relay", this.allocations.clone());
        registry.register("relay_dropped", "Packets that the relay has dropped, by reason", dropped);
        this
    }

    /// Sets how many datagrams the system has dropped. It is asked once a minute.
    pub(crate) fn set_overflowed(&self, count: u64) {
        self.overflowed.inner().store(count, Ordering::Relaxed);
    }

    /// Sets everything that the machine counts.
    pub(crate) fn set(&self, allocations: usize, counts: &Counts) {
        let set = |counter: &Counter, count| counter.inner().store(count, Ordering::Relaxed);
        self.allocations.set(i64::try_from(allocations).unwrap_or(i64::MAX));
        set(&self.allocated, counts.allocated);
        set(&self.unproven, counts.unproven);
        set(&self.packets, counts.packets);
        set(&self.bytes, counts.bytes);
        for (counter, why) in self.dropped.iter().zip(DropReason::ALL) {
            set(counter, counts.dropped(why));
        }
    }
}
