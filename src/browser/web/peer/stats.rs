//! Statistics of a connection: sums up a report of `getStats()`.

use std::time::Duration;

use crate::{
    browser::web::js::bindings::{Stats, StatsReport},
    call::{Codec, Measurement, Path},
};

/// Entries that refer to each other by their ids, so that they can be evaluated only when all are read.
#[derive(Default)]
struct Entries {
    /// The ids of relayed candidates.
    relays: Vec<String>,
    pairs: Vec<Stats>,
    codecs: Vec<Stats>,
    /// The id of the candidate pair in use, if the browser reports a transport.
    selected: Option<String>,
    /// The ids of the codecs of the incoming sound and picture.
    received: [Option<String>; 2],
}

/// Sums up a report over all streams.
pub(crate) fn measure(report: &StatsReport) -> Measurement {
    let mut sum = Measurement::default();
    let mut entries = Entries::default();
    report.for_each(&mut |it: Stats| match it.kind_of_stats().as_str() {
        "inbound-rtp" => inbound(&it, &mut sum, &mut entries),
        "media-source" if it.kind().as_deref() == Some("audio") => {
            sum.own_sound = it.total_audio_energy().map(|it| it > 0.0);
        }
        "outbound-rtp" => sum.bytes_sent += whole(it.bytes_sent()),
        "transport" => entries.selected = it.selected_candidate_pair_id(),
        "candidate-pair" => entries.pairs.push(it),
        "codec" => entries.codecs.push(it),
        _ if it.candidate_type().as_deref() == Some("relay") => entries.relays.push(it.id()),
        _ => {}
    });
    // Firefox reports no transport, but marks the pair in use as selected.
    let in_use = entries.pairs.iter().find(|it| match &entries.selected {
        Some(id) => it.id() == *id,
        None => it.selected() == Some(true),
    });
    if let Some(pair) = in_use {
        let ends = [pair.local_candidate_id(), pair.remote_candidate_id()];
        let is_relayed = ends.iter().flatten().any(|it| entries.relays.contains(it));
        sum.path = Some(if is_relayed { Path::Relayed } else { Path::Direct });
        sum.round_trip = pair.round_trip().map(|it| Duration::from_millis((it * 1_000.0) as u64));
    }
    sum.codecs = entries.received.map(|id| codec(&entries.codecs, &id?));
    sum
}

fn inbound(it: &Stats, sum: &mut Measurement, entries: &mut Entries) {
    sum.bytes_received += whole(it.bytes_received());
    sum.packets_received += whole(it.packets_received());
    // Negative if packets arrived twice; the conversion makes that zero.
    sum.packets_lost += whole(it.packets_lost());
    match it.kind().as_deref() {
        Some("video") => {
            sum.frames_decoded += whole(it.frames_decoded());
            let picture = [it.frame_width(), it.frame_height(), it.frames_per_second()];
            if let [Some(width), Some(height), Some(frames)] = picture {
                sum.picture = Some([width, height, frames].map(|it| it as u32));
            }
            entries.received[1] = it.codec_id();
        }
        Some("audio") => {
            sum.audio_packets += whole(it.packets_received());
            entries.received[0] = it.codec_id();
        }
        Some(_) | None => {}
    }
}

fn codec(all: &[Stats], id: &str) -> Option<Codec> {
    Codec::from_media_type(&all.iter().find(|it| it.id() == id)?.mime_type()?)
}

fn whole(number: Option<f64>) -> u64 {
    number.map_or(0, |it| it as u64)
}
