//! The test of the paths to other people: a button, a result for each path, and what that means.

use leptos::prelude::*;

use crate::{
    call::{Intent, PathResult, PathTests, Snapshot, TestedPath},
    ui::{
        PageContext,
        i18n::{Words, words},
        parts::{derive::derived, live::live_text},
    },
};

/// A button that begins the test, and the results.
#[component]
pub(crate) fn PathTest() -> impl IntoView {
    let PageContext { send_intent, .. } = expect_context();
    view! {
        <button class="button" type="button" on:click=move |_| send_intent.run(Intent::CheckPaths)>
            {words().check_paths}
        </button>
        <ul class="paths" hidden=derived(|it| !matches!(it.paths, PathTests::Tested(_)))>
            {row::<0>()}{row::<1>()}{row::<2>()}{row::<3>()}
        </ul>
        <p class="sheet-note" role="status">{live_text(summary)}</p>
    }
}

/// A path and its result, by its number in [`TestedPath::ALL`].
fn row<const PATH: usize>() -> impl IntoView {
    view! {
        <li data-tested=TestedPath::ALL[PATH].name() data-result=derived(|it| result::<PATH>(it).name())>
            <span>{words().paths[PATH]}</span>
            {live_text(|words, it| words.path_results[result::<PATH>(it) as usize])}
        </li>
    }
}

const fn result<const PATH: usize>(snapshot: Snapshot) -> PathResult {
    if let PathTests::Tested(results) = snapshot.paths { results[PATH] } else { PathResult::NotOffered }
}

/// What the test means for the person, in words.
fn summary(words: &'static Words, snapshot: Snapshot) -> &'static str {
    let [testing, unanswered, all, most, nobody] = words.path_summaries;
    match snapshot.paths {
        PathTests::NotAsked => "",
        PathTests::Asking => testing,
        PathTests::Unanswered => unanswered,
        PathTests::Tested(results) if results.contains(&PathResult::Testing) => testing,
        // A relay reaches also those who cannot be reached directly.
        PathTests::Tested([_, relays @ ..]) if relays.contains(&PathResult::Works) => all,
        PathTests::Tested(results) if results.contains(&PathResult::Works) => most,
        PathTests::Tested(_) => nobody,
    }
}
