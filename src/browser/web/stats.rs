//! What getStats says of a connection; it must not know what is made of it.

use super::bindings::{Stats, StatsReport};
use crate::call::{Measurement, Path};

/// Sums up a report.
pub(super) fn measure(report: &StatsReport) -> Measurement {
    let mut sum = Measurement::default();
    let (mut relays, mut pairs, mut selected) = (Vec::new(), Vec::new(), None);
    report.for_each(&mut |it: Stats| {
        let whole = |number: Option<f64>| number.map_or(0, |it| it as u64);
        match it.kind_of_stats().as_str() {
            "inbound-rtp" => {
                sum.bytes_received += whole(it.bytes_received());
                match it.kind().as_deref() {
                    Some("video") => sum.frames_decoded += whole(it.frames_decoded()),
                    Some("audio") => sum.audio_packets += whole(it.packets_received()),
                    Some(_) | None => {}
                }
            }
            "transport" => selected = it.selected_candidate_pair_id(),
            "candidate-pair" => pairs.push(it),
            _ if it.candidate_type().as_deref() == Some("relay") => relays.push(it.id()),
            _ => {}
        }
    });
    // Firefox has no transport to name the pair, but a pair that says so itself.
    let in_use = pairs.iter().find(|it| match &selected {
        Some(id) => it.id() == *id,
        None => it.selected() == Some(true),
    });
    sum.path = in_use.map(|pair| {
        let ends = [pair.local_candidate_id(), pair.remote_candidate_id()];
        if ends.iter().flatten().any(|it| relays.contains(it)) { Path::Relayed } else { Path::Direct }
    });
    sum
}
