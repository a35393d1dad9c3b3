//! How two are connected, for who wants to know; closed until somebody asks. It must not know what is made of it.

use leptos::prelude::*;

use super::choices::Choices;
use crate::{
    call::{Code, Intent, Milestone, Path, Phase, Snapshot},
    ui::{
        Stage,
        words::{Words, words},
    },
};

/// The way of the media, the code to compare, the choices, and how long each step took.
#[component]
pub(in crate::ui) fn Details() -> impl IntoView {
    let Stage { snapshot, intend } = expect_context();
    let words = words();
    let code = move || snapshot.get().details.code;
    let path = move || snapshot.get().details.path;
    view! {
        <details
            class="chip details"
            hidden=move || !has_details(snapshot.get())
            on:toggle:target=move |event| intend.run(Intent::LookAtDetails(event.target().open()))
        >
            <summary>{words.details}</summary>
            <p data-path=move || path().map(path_name)>{move || path().map(|it| path_words(words, it))}</p>
            <p class="code" data-code=move || code().map(numbers) hidden=move || code().is_none()>
                {move || code().map(|Code(symbols)| symbols.map(|it| symbol(words, it)).join("  "))}
            </p>
            <p hidden=move || code().is_none()>{words.code_note}</p>
            <button
                class="button"
                type="button"
                hidden=move || !snapshot.get().can_change_camera
                on:click=move |_| intend.run(Intent::NextCamera)
            >
                {words.next_camera}
            </button>
            <Choices/>
            <ul class="marks">
                {Milestone::ALL
                    .map(|milestone| {
                        let after = move || snapshot.get().details.marks.get(milestone);
                        view! {
                            <li data-mark=milestone.name() hidden=move || after().is_none()>
                                {milestone_words(words, milestone)} " "
                                {move || after().map(|it| it.as_millis() as u32)} " ms"
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </details>
    }
}

const fn has_details(snapshot: Snapshot) -> bool {
    match snapshot.phase {
        Phase::Connecting { .. } | Phase::Talking { .. } => true,
        Phase::Landing | Phase::Asking | Phase::Ready | Phase::Waiting { .. } | Phase::Ended { .. } => false,
    }
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

fn numbers(Code(symbols): Code) -> String {
    symbols.map(|it| it.to_string()).join("-")
}

/// Each of the 64 has a symbol and its name, so a number of six bits is always there.
fn symbol(words: &'static Words, number: u8) -> &'static str {
    words.symbols.get(usize::from(number)).copied().unwrap_or_default()
}
