//! The table of what was measured, as Markdown: ratios to the floor first, then charts of them, then medians.

use std::{fmt::Write as _, fs, path::Path, process::Command};

use crate::{
    desk::{Times, times},
    plot::{Bar, Group, svg},
    servers::{Kind, MATCHBOX_VERSION},
};

/// A chart of some figures, as ratios to the floor.
struct Plot {
    /// The name of its file, without the ending.
    file: &'static str,
    title: &'static str,
    better: &'static str,
    /// The labels of the figures in the table, and what the chart calls them.
    figures: &'static [(&'static str, &'static str)],
}

/// What the figures should be, and what is behind them. Written by hand, after a run of all parts.
const AIMS: &str = include_str!("aims.md");

/// The charts, the one for the README first.
const PLOTS: [Plot; 5] = [
    Plot {
        file: "a-match",
        title: "Processor time of the server for a match",
        better: "Less is better",
        figures: &[
            ("(a) fresh: server time a match", "New people connect, meet and leave"),
            ("(b) Next: server time a match", "Next, by people who stay connected"),
        ],
    },
    Plot {
        file: "match",
        title: "Time from asking for a partner to hearing of one",
        better: "Less is better",
        figures: &[
            ("(a) fresh: match, p50", "New people, median"),
            ("(a) fresh: match, p99", "New people, 99 % are faster"),
            ("(b) Next: match, p50", "Next, median"),
            ("(b) Next: match, p99", "Next, 99 % are faster"),
        ],
    },
    Plot {
        file: "answer",
        title: "Time from an offer to its answer",
        better: "Less is better",
        figures: &[
            ("(a) fresh: offer to answer, p50", "New people, median"),
            ("(a) fresh: offer to answer, p99", "New people, 99 % are faster"),
            ("(b) Next: offer to answer, p50", "Next, median"),
            ("(b) Next: offer to answer, p99", "Next, 99 % are faster"),
        ],
    },
    Plot {
        file: "memory",
        title: "Memory of the server for a person",
        better: "Less is better",
        figures: &[
            ("(c) idle: memory of a person", "Idle, before the first call"),
            ("(c) idle: memory of a person after a call", "Idle, after a call"),
        ],
    },
    Plot {
        file: "capacity",
        title: "Capacity of the server on one core",
        better: "More is better",
        figures: &[
            ("(d) capacity: matches a second", "Matches in a second"),
            ("(d) capacity: matches for a second of server time", "Matches in a second of processor time"),
        ],
    },
];

/// Whether more of something is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Better {
    Less,
    More,
    /// It only says under which circumstances something else was measured.
    Neither,
}

/// One figure of all servers.
struct Figure {
    label: String,
    unit: &'static str,
    better: Better,
    /// The values of all turns, for each server.
    values: [Vec<f64>; Kind::ALL.len()],
}

/// Times of all turns together, for a percentile that one turn is too short for.
struct AllTimes {
    label: String,
    times: [Times; Kind::ALL.len()],
}

/// All figures of a run, in the order in which they were first measured.
#[derive(Default)]
pub(crate) struct Table {
    figures: Vec<Figure>,
    all_times: Vec<AllTimes>,
}

impl Table {
    /// Adds the value of one turn.
    pub(crate) fn add(&mut self, label: &str, unit: &'static str, better: Better, kind: Kind, value: f64) {
        let known = self.figures.iter().position(|it| it.label == label);
        let at = known.unwrap_or_else(|| {
            let values = Kind::ALL.map(|_| Vec::new());
            self.figures.push(Figure { label: label.to_owned(), unit, better, values });
            self.figures.len() - 1
        });
        self.figures[at].values[kind as usize].push(value);
    }

    /// Adds the percentiles of one turn.
    pub(crate) fn add_times(&mut self, label: &str, kind: Kind, turn: &Times) {
        for (quantile, name) in [(0.5, "p50"), (0.99, "p99")] {
            let micros = turn.value_at_quantile(quantile) as f64 / 1e3;
            self.add(&format!("{label}, {name}"), "us", Better::Less, kind, micros);
        }
        // Its place in the table; the value follows in `finish`.
        let label = format!("{label}, p99.9 of all turns");
        let at = self.all_times.iter().position(|it| it.label == label).unwrap_or_else(|| {
            let values = Kind::ALL.map(|_| Vec::new());
            self.figures.push(Figure { label: label.clone(), unit: "us", better: Better::Less, values });
            self.all_times.push(AllTimes { label, times: Kind::ALL.map(|_| times()) });
            self.all_times.len() - 1
        });
        self.all_times[at].times[kind as usize].add(turn).expect("the same bounds");
    }

    fn finish(&mut self) {
        for AllTimes { label, times } in self.all_times.drain(..) {
            let Some(figure) = self.figures.iter_mut().find(|it| it.label == label) else { continue };
            for (values, times) in figure.values.iter_mut().zip(times) {
                if !times.is_empty() {
                    values.push(times.value_at_quantile(0.999) as f64 / 1e3);
                }
            }
        }
    }

    /// Prints the table. If there is a folder, writes the table and the charts into it.
    pub(crate) fn print(mut self, rounds: usize, seconds: u64, folder: Option<&Path>) {
        self.finish();
        let plots = self.plots();
        let text = format!(
            "# Passerby beside its peers\n\n\
             Made by `cargo bench --features ssr --bench peers`; its first lines say how. Less is better, but for matches a \
             second. Absolute figures differ by a factor of two between two runs on the same machine: only ratios of one \
             run count.\n\n\
             {}\n## Ratios to the floor\n\nOf medians. The last column names the peers that are ahead of Passerby.\n\n{}\n\
             {}## Medians\n\nIn brackets the least and the most of all turns.\n\n{}\n{AIMS}",
            circumstances(rounds, seconds),
            self.ratios(),
            plots.iter().fold(String::new(), |text, (plot, _)| {
                text + &format!("![{}, as a ratio to the floor](plots/{}.svg)\n\n", plot.title, plot.file)
            }),
            self.medians()
        );
        println!("{text}");
        let Some(folder) = folder else { return };
        fs::create_dir_all(folder.join("plots")).expect("the folder can be written");
        fs::write(folder.join("RESULTS.md"), text).expect("the folder can be written");
        for (plot, svg) in plots {
            fs::write(folder.join(format!("plots/{}.svg", plot.file)), svg)
                .expect("the folder can be written");
        }
    }

    /// The charts for which something was measured.
    fn plots(&self) -> Vec<(&'static Plot, String)> {
        let chart = |plot: &'static Plot| {
            let groups: Vec<_> =
                plot.figures.iter().filter_map(|(label, name)| self.group(label, name)).collect();
            let note = format!(
                "Ratio to the floor (dashed). {}. Whiskers: least to most of all turns.",
                plot.better
            );
            (!groups.is_empty()).then(|| (plot, svg(plot.title, &note, &groups)))
        };
        PLOTS.iter().filter_map(chart).collect()
    }

    /// The bars of one figure: ratios to the median of the floor.
    fn group(&self, label: &str, name: &'static str) -> Option<Group> {
        let figure = self.figures.iter().find(|it| it.label == label)?;
        let floor = median(&figure.values[Kind::Floor as usize]).filter(|it| *it > 0.0)?;
        let bar = |kind: Kind| {
            let values = &figure.values[kind as usize];
            let (least, most) = range(values);
            let values = median(values).map(|it| [least, it, most].map(|it| it / floor));
            Bar { name: kind.name(), is_ours: kind == Kind::Passerby, values }
        };
        Some(Group { name, bars: Kind::ALL.map(bar).into() })
    }

    fn head(last: &str) -> String {
        let names = Kind::ALL.map(Kind::name).join(" | ");
        format!(
            "| | {names} |{last}\n|---|{}{}\n",
            "---:|".repeat(4),
            if last.is_empty() { "" } else { "---|" }
        )
    }

    fn ratios(&self) -> String {
        let mut text = Self::head(" ahead of Passerby |");
        for figure in &self.figures {
            let medians = figure.values.each_ref().map(|it| median(it));
            let Some(floor) = medians[Kind::Floor as usize].filter(|it| *it > 0.0) else { continue };
            let cells = medians.map(|it| it.map_or_else(|| "-".into(), |it| format!("{:.2}", it / floor)));
            let ours = medians[Kind::Passerby as usize];
            let is_ahead = |kind: &Kind| match (medians[*kind as usize], ours, figure.better) {
                (Some(it), Some(ours), Better::Less) => it < ours,
                (Some(it), Some(ours), Better::More) => it > ours,
                (Some(_), Some(_), Better::Neither) | (None, _, _) | (_, None, _) => false,
            };
            let ahead: Vec<_> = [Kind::Matchbox, Kind::Replaced]
                .into_iter()
                .filter(is_ahead)
                .map(|it| format!("**{}**", it.name()))
                .collect();
            let _ = writeln!(text, "| {} | {} | {} |", figure.label, cells.join(" | "), ahead.join(", "));
        }
        text
    }

    fn medians(&self) -> String {
        let mut text = Self::head("");
        for Figure { label, unit, values, .. } in &self.figures {
            let cells = values.each_ref().map(|it| spread(it));
            let _ = writeln!(text, "| {label}, {unit} | {} |", cells.join(" | "));
        }
        text
    }
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let (low, high) = (sorted.get(sorted.len().checked_sub(1)? / 2)?, sorted.get(sorted.len() / 2)?);
    Some(f64::midpoint(*low, *high))
}

/// The least and the most.
fn range(values: &[f64]) -> (f64, f64) {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (least, most)
}

/// The median, and the range if there are several values.
fn spread(values: &[f64]) -> String {
    let Some(median) = median(values) else { return "-".into() };
    let (least, most) = range(values);
    let digits = if median < 10.0 { 2 } else { 0 };
    if values.len() == 1 {
        format!("{median:.digits$}")
    } else {
        format!("{median:.digits$} ({least:.digits$}-{most:.digits$})")
    }
}

/// The machine, the versions and the date.
fn circumstances(rounds: usize, seconds: u64) -> String {
    let output = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output();
        output.map_or_else(|_| "?".into(), |it| String::from_utf8_lossy(&it.stdout).trim().to_owned())
    };
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors.lines().find_map(|it| it.strip_prefix("model name")).unwrap_or("?");
    let count = processors.lines().filter(|it| it.starts_with("processor")).count();
    let packages = include_str!("replaced/package.json");
    let version = |name: &str| {
        let rest = packages.split_once(&format!("\"{name}\": \"")).map_or("?", |it| it.1);
        rest.split('"').next().unwrap_or("?").to_owned()
    };
    format!(
        "- {}, {} cores of {}, Linux {}; server on one, generator on the other\n\
         - Passerby {} ({}), {}\n\
         - matchbox_server {MATCHBOX_VERSION}\n\
         - Express {}, socket.io {}, PeerJS server {}, Node {}\n\
         - {rounds} rounds of two turns for each server, {seconds} s each\n",
        output("date", &["-u", "+%F"]),
        count,
        model.trim_start_matches([' ', '\t', ':']),
        output("uname", &["-r"]),
        env!("CARGO_PKG_VERSION"),
        output("git", &["describe", "--always", "--dirty"]),
        output("rustc", &["--version"]),
        version("express"),
        version("socket.io"),
        version("peer"),
        output("node", &["--version"]),
    )
}
