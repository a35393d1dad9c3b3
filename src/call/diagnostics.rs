//! The details of a call as a text, for who reports a fault: in stable words, with nothing in it that names a person or an
//! address; it must not know where it is put.

use std::fmt::Write;

use super::{Call, Milestone, Path, Sample};

impl Call {
    /// What is known of the call, a line each.
    pub(crate) fn report(&self) -> String {
        let snapshot = self.snapshot();
        let details = self.meeting().map(|it| it.details(true)).unwrap_or_default();
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
        for sample in self.samples() {
            line("second", &Second(sample));
        }
        if let Some(meeting) = self.meeting() {
            line("epoch", &meeting.epoch.0);
        }
        text
    }
}

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
