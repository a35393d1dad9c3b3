//! The diagnostics of a call as text, to be pasted into a bug report.
//!
//! The words are stable, and nothing in the text identifies a person or an address.

use std::fmt::Write;

use super::{Milestone, Path, Sample, Snapshot, partner::CurrentMatch};

/// Everything known about the call, one fact per line.
pub(crate) fn report(snapshot: &Snapshot, current: Option<&CurrentMatch>) -> String {
    let details = current.map(|it| it.details(true)).unwrap_or_default();
    let mut text = String::new();
    let mut line = |name: &str, value: &dyn std::fmt::Display| {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{name}: {value}");
    };
    line("phase", &snapshot.phase.name());
    line("problem", &snapshot.problem.map_or("none", |it| it.code()));
    line("strength", &details.strength.name());
    line(
        "path",
        &match details.path {
            None => "unknown",
            Some(Path::Direct) => "direct",
            Some(Path::Relayed) => "relayed",
        },
    );
    for codec in details.codecs.into_iter().flatten() {
        line("codec", &codec.name());
    }
    for milestone in Milestone::ALL {
        if let Some(after) = details.marks.get(milestone) {
            line(milestone.name(), &format_args!("{} ms", after.as_millis()));
        }
    }
    if let Some(current) = current {
        for sample in current.quality.samples() {
            line("second", &Second(sample));
        }
        line("epoch", &current.epoch.0);
    }
    text
}

/// One second of a call, as a line of the report.
struct Second(Sample);

impl std::fmt::Display for Second {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(Sample { received, sent, lost_permille, round_trip, picture }) = self;
        write!(f, "{received} kbit/s in, {sent} kbit/s out, {lost_permille} of 1000 lost")?;
        if let Some(time) = round_trip {
            write!(f, ", {} ms there and back", time.as_millis())?;
        }
        if let Some([width, height, frames]) = picture {
            write!(f, ", {width}x{height} at {frames}")?;
        }
        Ok(())
    }
}
