//! [`Baseline`]: what each operation cost when somebody last accepted it.

use std::{collections::BTreeMap, fs};

use crate::MAX_CHANGE;

/// Lines of a name and a number of instructions, with spaces between them.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions/baseline.txt");

/// The accepted costs, and those of this run.
pub(crate) struct Baseline {
    accepted: BTreeMap<String, f64>,
    now: Vec<(&'static str, f64)>,
}

impl Baseline {
    pub(crate) fn read() -> Self {
        let text = fs::read_to_string(FILE).unwrap_or_default();
        let line = |it: &str| {
            let (name, count) = it.split_once(' ')?;
            Some((name.to_owned(), count.trim().parse().ok()?))
        };
        Self { accepted: text.lines().filter_map(line).collect(), now: Vec::new() }
    }

    /// Prints what an operation costs now, and what it cost.
    pub(crate) fn compare(&mut self, name: &'static str, now: f64) {
        let accepted = self.accepted.get(name).copied().unwrap_or(f64::NAN);
        println!("{name:<18}{now:>12.0}{accepted:>12.0}{:>9.3}", now / accepted);
        self.now.push((name, now));
    }

    /// Accepts the costs of this run.
    pub(crate) fn write(&mut self) {
        let lines: String = self.now.iter().map(|(name, now)| format!("{name:<18}{now:>10.0}\n")).collect();
        fs::write(FILE, lines).unwrap();
        self.accepted = self.now.iter().map(|(name, now)| ((*name).to_owned(), *now)).collect();
    }

    /// # Panics
    ///
    /// If an operation costs more than before, or was not accepted yet.
    pub(crate) fn assert_kept(&self) {
        let is_kept = |(name, now): &&(&str, f64)| {
            self.accepted.get(*name).is_some_and(|accepted| now / accepted <= MAX_CHANGE)
        };
        let dearer: Vec<_> = self.now.iter().filter(|it| !is_kept(it)).map(|it| it.0).collect();
        assert!(
            dearer.is_empty(),
            "{dearer:?} may cost at most {MAX_CHANGE} times as much as before; `--accept` accepts what they cost now"
        );
    }
}
