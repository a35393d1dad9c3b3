//! How two are connected, for who wants to know; closed until somebody asks. It must not know what is made of it.

use leptos::prelude::*;

use crate::{
    call::{Code, Codec, Intent, Milestone, Path, Sample, Snapshot, Strength},
    ui::{
        Stage,
        i18n::{Words, words},
        parts::derive::{say, see},
        view_model,
    },
};

/// How wide and high a plot is, in its own units: a second each, and enough to tell heights apart.
const PLOT: (usize, u32) = (60, 20);

/// How good the connection is, its way, the code to compare, the last minute, and how long each step took.
#[component]
pub(crate) fn Details() -> impl IntoView {
    let Stage { intend, .. } = expect_context();
    let words = words();
    view! {
        <details
            class="chip details"
            hidden=see(|it| !view_model::is_met(it))
            on:toggle:target=move |event| intend.run(Intent::LookAtDetails(event.target().open()))
        >
            <summary>
                <span class="bars" aria-hidden="true"><i></i><i></i><i></i></span>
                {words.details}
            </summary>
            <p>{say(|words, it| strength_words(words, it.details.strength))}</p>
            <p data-path=see(|it| it.details.path.map(path_name))>
                {say(|words, it| it.details.path.map_or("", |it| path_words(words, it)))}
            </p>
            <p class="code" data-code=see(|it| it.details.code.map(numbers)) hidden=see(has_no_code)>
                {say(|words, it| it.details.code.map(|Code(all)| all.map(|it| symbol(words, it)).join("  ")))}
            </p>
            <p hidden=see(has_no_code)>{words.code_note}</p>
            <Plots/>
            <ul class="marks">
                <Codecs/>
                {Milestone::ALL.map(|it| view! { <Mark milestone=it/> }).collect_view()}
            </ul>
            <button class="button" type="button" on:click=move |_| intend.run(Intent::CopyReport)>
                {words.copy_report}
            </button>
        </details>
    }
}

#[component]
fn Plots() -> impl IntoView {
    let words = words();
    view! {
        <div class="plots">
            <Plot name=words.bits_received unit=words.kilobits value=|it| Some(it.received)/>
            <Plot name=words.bits_sent unit=words.kilobits value=|it| Some(it.sent)/>
            <Plot name=words.packets_lost unit=words.of_thousand value=|it| Some(it.lost_permille)/>
            <Plot
                name=words.round_trip
                unit=words.milliseconds
                value=|it| it.round_trip.map(|time| time.as_millis() as u32)
            />
        </div>
    }
}

/// One number over the last minute. A picture says how it went, a text beside it what it is now.
#[component]
fn Plot(name: &'static str, unit: &'static str, value: fn(&Sample) -> Option<u32>) -> impl IntoView {
    let Stage { samples, .. } = expect_context();
    let (width, height) = PLOT;
    let last = move || samples.with(|it| it.last().and_then(value));
    view! {
        <p class="plot" hidden=move || last().is_none()>
            <span>{name}": "{last}" "{unit}</span>
            <svg viewBox=format!("0 0 {width} {height}") preserveAspectRatio="none" aria-hidden="true">
                <polyline points=move || samples.with(|it| points(it, value))></polyline>
            </svg>
        </p>
    }
}

/// The last value at the right edge, the highest at the upper one.
fn points(samples: &[Sample], value: fn(&Sample) -> Option<u32>) -> String {
    let (width, height) = PLOT;
    let highest = samples.iter().filter_map(value).max().unwrap_or_default().max(1);
    let first = width.saturating_sub(samples.len());
    let point = |(at, sample): (usize, &Sample)| {
        let up = u64::from(value(sample)?) * u64::from(height) / u64::from(highest);
        Some(format!("{},{}", first + at, u64::from(height) - up))
    };
    samples.iter().enumerate().filter_map(point).collect::<Vec<_>>().join(" ")
}

#[component]
fn Codecs() -> impl IntoView {
    view! {
        <li hidden=see(|it| it.details.codecs == [None; 2])>
            {words().encoded} " "
            {see(|it| it.details.codecs[0].map_or("", Codec::name))} " "
            {see(|it| it.details.codecs[1].map_or("", Codec::name))}
        </li>
    }
}

#[component]
fn Mark(milestone: Milestone) -> impl IntoView {
    let Stage { snapshot, .. } = expect_context();
    let words = words();
    let after = move || snapshot.get().details.marks.get(milestone);
    view! {
        <li data-mark=milestone.name() hidden=move || after().is_none()>
            {milestone_words(words, milestone)} " " {move || after().map(|it| it.as_millis() as u32)} " "
            {words.milliseconds}
        </li>
    }
}

const fn strength_words(words: &'static Words, strength: Strength) -> &'static str {
    words.strengths[strength as usize]
}

const fn path_name(path: Path) -> &'static str {
    match path {
        Path::Direct => "direct",
        Path::Relayed => "relayed",
    }
}

const fn path_words(words: &'static Words, path: Path) -> &'static str {
    match path {
        Path::Direct => words.direct,
        Path::Relayed => words.relayed,
    }
}

const fn milestone_words(words: &'static Words, milestone: Milestone) -> &'static str {
    match milestone {
        Milestone::Match => words.mark_match,
        Milestone::Offer => words.mark_offer,
        Milestone::Answer => words.mark_answer,
        Milestone::Ice => words.mark_ice,
        Milestone::Dtls => words.mark_dtls,
        Milestone::FirstFrame => words.mark_first_frame,
    }
}

const fn has_no_code(snapshot: Snapshot) -> bool {
    snapshot.details.code.is_none()
}

fn numbers(Code(symbols): Code) -> String {
    symbols.map(|it| it.to_string()).join("-")
}

/// Each of the 64 has a symbol and its name, so a number of six bits is always there.
fn symbol(words: &'static Words, number: u8) -> &'static str {
    words.symbols.get(usize::from(number)).copied().unwrap_or_default()
}
