//! Bar charts as SVG, without a script: they are readable in light and in dark, and as text.

use std::fmt::Write as _;

/// The width of a chart in pixels. GitHub shows up to about 850 of them.
const WIDTH: f64 = 720.0;

/// Where bars begin: to the right of the longest name.
const LEFT: f64 = 148.0;

/// The longest bar or whisker. To the right of it there is room for its value.
const LONGEST: f64 = 500.0;

/// From one bar to the next.
const ROW: f64 = 22.0;

/// The height of a bar.
const BAR: f64 = 14.0;

/// From the top of a group to its first bar.
const HEADING: f64 = 34.0;

/// From the top of a chart to its first group: the title and a note.
const TOP: f64 = 62.0;

/// GitHub's background in light and in dark, so that the chart is readable where a viewer has only one of them.
const STYLE: &str = "\
    .back{fill:#fff}text{fill:#1f2328;font:13px system-ui,sans-serif}.title{font-size:17px}.note{fill:#59636e}\
    .title,.group,.ours{font-weight:600}.value{font-variant-numeric:tabular-nums}\
    .bar{fill:#a3adb9}.bar.ours{fill:#315fdd}.line,.whisker{stroke:#1f2328;fill:none}.line{stroke-dasharray:3 3}\
    @media(prefers-color-scheme:dark){.back{fill:#0d1117}text{fill:#f0f6fc}.note{fill:#9198a1}\
    .bar{fill:#59636e}.bar.ours{fill:#7a9bf5}.line,.whisker{stroke:#f0f6fc}}";

/// What stands beside a bar, and how long the bar is.
pub(crate) struct Bar {
    /// What was measured.
    pub(crate) name: &'static str,
    /// Whether the bar stands out from the others.
    pub(crate) is_ours: bool,
    /// The least, the median and the most; `None` if there is nothing to measure.
    pub(crate) values: Option<[f64; 3]>,
}

/// Bars with a heading.
pub(crate) struct Group {
    /// The heading.
    pub(crate) name: &'static str,
    /// From top to bottom.
    pub(crate) bars: Vec<Bar>,
}

/// A chart of groups of bars, all with the same scale, which begins at 0. A dashed line is at 1.
/// Whiskers go from the least to the most. Values must not be negative.
pub(crate) fn svg(title: &str, note: &str, groups: &[Group]) -> String {
    let all = groups.iter().flat_map(|it| &it.bars).filter_map(|it| it.values);
    let most = all.flatten().fold(1.0, f64::max);
    let scale = LONGEST / most;
    let (mut body, mut description, mut top) = (String::new(), note.to_owned(), TOP);
    for Group { name, bars } in groups {
        let _ = write!(description, " {name}:");
        let _ = writeln!(body, "<text class=\"group\" x=\"16\" y=\"{}\">{}</text>", top + 20.0, escape(name));
        top += HEADING;
        let (line, bottom) = (LEFT + scale, top + ROW * bars.len() as f64);
        for (at, bar) in bars.iter().enumerate() {
            draw(&mut body, bar, top + ROW * at as f64, scale);
            let value = bar.values.map_or_else(|| "none".to_owned(), |it| number(it[1]));
            let _ = write!(description, "{} {} {value}", if at == 0 { "" } else { "," }, bar.name);
        }
        let _ = writeln!(body, "<path class=\"line\" d=\"M{line:.1} {}V{bottom}\"/>", top - 4.0);
        description.push('.');
        top = bottom + 4.0;
    }
    let height = top + 16.0;
    let (title, note, description) = (escape(title), escape(note), escape(&description));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"title description\">\n\
         <title id=\"title\">{title}</title>\n<desc id=\"description\">{description}</desc>\n<style>{STYLE}</style>\n\
         <rect class=\"back\" width=\"{WIDTH}\" height=\"{height}\" rx=\"8\"/>\n\
         <text class=\"title\" x=\"16\" y=\"32\">{title}</text>\n<text class=\"note\" x=\"16\" y=\"54\">{note}</text>\n\
         {body}</svg>\n"
    )
}

/// Draws a bar with its name and its value; `top` is that of its row.
fn draw(body: &mut String, Bar { name, is_ours, values }: &Bar, top: f64, scale: f64) {
    let ours = if *is_ours { " ours" } else { "" };
    let (baseline, middle) = (top + 12.0, top + BAR / 2.0);
    let _ = writeln!(
        body,
        "<text class=\"name{ours}\" x=\"{}\" y=\"{baseline}\" text-anchor=\"end\">{}</text>",
        LEFT - 10.0,
        escape(name)
    );
    let [least, median, most] = values.unwrap_or_default().map(|it| it * scale);
    if values.is_some() {
        let _ = writeln!(
            body,
            "<rect class=\"bar{ours}\" x=\"{LEFT}\" y=\"{top}\" width=\"{median:.1}\" height=\"{BAR}\"/>"
        );
    }
    if most > least {
        let (start, end) = (LEFT + least, LEFT + most);
        let (high, low) = (middle - 3.0, middle + 3.0);
        let _ = writeln!(
            body,
            "<path class=\"whisker\" d=\"M{start:.1} {high}V{low}M{start:.1} {middle}H{end:.1}M{end:.1} {high}V{low}\"/>"
        );
    }
    let value = values.map_or_else(|| "none".to_owned(), |it| number(it[1]));
    let end = if values.is_some() { most } else { scale };
    let _ = writeln!(
        body,
        "<text class=\"value{ours}\" x=\"{:.1}\" y=\"{baseline}\">{value}</text>",
        LEFT + end + 8.0
    );
}

/// As many digits as the table has for ratios, and fewer for large numbers.
fn number(value: f64) -> String {
    let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.digits$}")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
