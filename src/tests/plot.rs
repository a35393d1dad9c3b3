//! The charts of the benchmark of servers.

#[path = "../../benches/peers/plot.rs"]
mod drawing;

use drawing::{Bar, Group, svg};

fn chart(values: &[Option<[f64; 3]>]) -> String {
    let bar = |(at, values): (usize, &Option<_>)| Bar { name: "a < b", is_ours: at == 1, values: *values };
    svg("Title", "A note.", &[Group { name: "Group", bars: values.iter().enumerate().map(bar).collect() }])
}

#[test]
fn one_scale_fits_the_longest_whisker() {
    let text = chart(&[Some([1.0, 1.0, 1.0]), Some([1.0, 2.0, 4.0]), None]);
    assert!(text.contains("M273.0 "), "the line at 1 is a quarter of 500 to the right of 148: {text}");
    assert!(text.contains("<rect class=\"bar\" x=\"148\" y=\"96\" width=\"125.0\""), "{text}");
    assert!(text.contains("<rect class=\"bar ours\" x=\"148\" y=\"118\" width=\"250.0\""), "{text}");
    assert_eq!(text.matches("class=\"whisker\"").count(), 1, "one turn has no spread: {text}");
    assert!(text.contains("H648.0"), "{text}");
    assert_eq!(text.matches("class=\"bar").count(), 2, "{text}");
    assert!(text.contains(">none</text>"), "{text}");
}

#[test]
fn chart_can_be_read_as_text() {
    let text = chart(&[Some([1.0, 1.0, 1.0]), Some([10.0, 12.34, 123.4]), None]);
    assert!(text.contains("<title id=\"title\">Title</title>"), "{text}");
    assert!(text.contains(">A note. Group: a &lt; b 1.00, a &lt; b 12.3, a &lt; b none.</desc>"), "{text}");
    assert!(!text.contains("a < b"), "{text}");
}

#[test]
fn values_below_one_leave_room_for_the_line() {
    let text = chart(&[Some([0.5, 0.5, 0.5])]);
    assert!(text.contains("M648.0 ") && text.contains("width=\"250.0\""), "{text}");
}
