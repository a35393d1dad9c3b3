//! The state of the connection in words, and its numbers behind a disclosure.

use leptos::prelude::*;

use crate::{
    call::{Code, Codec, Intent, Path, Sample, Snapshot},
    ui::{
        PageContext,
        i18n::{Words, fill, words},
        parts::{
            derive::{derived, derived_text},
            live::{live, live_text},
        },
    },
};

/// The width and height of a plot in its own units: one for each second, and enough steps to tell heights apart.
const PLOT_SIZE: (usize, u32) = (60, 20);

/// The quality of the connection, its path and the verification code; in the disclosure, the last minute and the
/// codecs. The report also says how long each step took.
#[component]
pub(crate) fn ConnectionDetails() -> impl IntoView {
    let PageContext { send_intent, .. } = expect_context();
    let words = words();
    view! {
        <div class="details">
            <p>{live_text(|words, it| words.strengths[it.details.strength as usize])}</p>
            <p data-path=derived(|it| it.details.path.map(path_name))>
                {live_text(|words, it| it.details.path.map_or("", |it| path_text(words, it)))}
            </p>
            <p class="code" data-code=derived(|it| it.details.code.map(code_numbers)) hidden=derived(has_no_code)>
                {live(derived_text(code_text))}
            </p>
            <p class="sheet-note" hidden=derived(has_no_code)>{words.code_note}</p>
            <details on:toggle:target=move |event| send_intent.run(Intent::LookAtDetails(event.target().open()))>
                <summary>{words.numbers}</summary>
                <Plots/>
                <p class="codecs" hidden=derived(|it| it.details.codecs == [None; 2])>{live(derived_text(codecs))}</p>
                <button class="button" type="button" on:click=move |_| send_intent.run(Intent::CopyReport)>
                    {words.copy_report}
                </button>
            </details>
        </div>
    }
}

#[component]
fn Plots() -> impl IntoView {
    let words = words();
    view! {
        <div class="plots">
            <Plot text=words.bits_received value=|it| Some(it.received)/>
            <Plot text=words.bits_sent value=|it| Some(it.sent)/>
            // Rounded up: a loss is never called none.
            <Plot text=words.packets_lost value=|it| Some(it.lost_permille.div_ceil(10))/>
            <Plot text=words.round_trip value=|it| it.round_trip.map(|time| time.as_millis() as u32)/>
        </div>
    }
}

/// A plot of one value over the last minute, with the present value as a text.
#[component]
fn Plot(text: &'static str, value: fn(&Sample) -> Option<u32>) -> impl IntoView {
    let PageContext { samples, .. } = expect_context();
    let (width, height) = PLOT_SIZE;
    let last = move || samples.with(|it| it.last().and_then(value));
    view! {
        <p class="plot" hidden=move || last().is_none()>
            {live(move || last().map(|it| fill(text, &it.to_string())).unwrap_or_default())}
            <svg viewBox=format!("0 0 {width} {height}") preserveAspectRatio="none" aria-hidden="true">
                <polyline points=move || samples.with(|it| points(it, value))></polyline>
            </svg>
        </p>
    }
}

/// The points of the line: the last value at the right edge, the highest at the upper edge.
fn points(samples: &[Sample], value: fn(&Sample) -> Option<u32>) -> String {
    let (width, height) = PLOT_SIZE;
    let highest = samples.iter().filter_map(value).max().unwrap_or_default().max(1);
    let first = width.saturating_sub(samples.len());
    let point = |(at, sample): (usize, &Sample)| {
        let up = u64::from(value(sample)?) * u64::from(height) / u64::from(highest);
        Some(format!("{},{}", first + at, u64::from(height) - up))
    };
    samples.iter().enumerate().filter_map(point).collect::<Vec<_>>().join(" ")
}

fn codecs(words: &'static Words, snapshot: Snapshot) -> String {
    let [audio, video] = snapshot.details.codecs.map(|it| it.map_or("", Codec::name));
    fill(words.encoded, &[audio, " ", video].concat())
}

/// The stable name, for `data-path`.
const fn path_name(path: Path) -> &'static str {
    match path {
        Path::Direct => "direct",
        Path::Relayed => "relayed",
    }
}

const fn path_text(words: &'static Words, path: Path) -> &'static str {
    match path {
        Path::Direct => words.direct,
        Path::Relayed => words.relayed,
    }
}

const fn has_no_code(snapshot: Snapshot) -> bool {
    snapshot.details.code.is_none()
}

/// The numbers of the symbols, for `data-code`.
fn code_numbers(Code(symbols): Code) -> String {
    symbols.map(|it| it.to_string()).join("-")
}

/// The symbols and their names, to read out and compare.
fn code_text(words: &'static Words, snapshot: Snapshot) -> String {
    let code = snapshot.details.code;
    code.map(|Code(symbols)| symbols.map(|it| code_symbol(words, it)).join("  ")).unwrap_or_default()
}

/// The symbol and its name. There are 64, so a number of six bits always has one.
fn code_symbol(words: &'static Words, number: u8) -> &'static str {
    words.symbols.get(usize::from(number)).copied().unwrap_or_default()
}
