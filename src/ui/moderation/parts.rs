//! Small parts of the pages of the moderators.

use leptos::{html, prelude::*};

use super::{
    facts::{ShownClaim, ShownTime},
    words,
};
use crate::{
    protocol::ReportReason,
    ui::{DecisionFacts, pages, pages::text_area_html, plain_texts},
};

/// A hidden field of a form.
pub(super) fn hidden(name: &'static str, value: &str) -> impl IntoView + use<> {
    view! { <input type="hidden" name=name value=value.to_owned()/> }
}

/// A field for some lines of text with this text in it; `max` is its maximum length in characters, 0 for one that can
/// only be read.
pub(super) fn text_area(name: &'static str, text: &str, max: usize) -> impl IntoView + use<> {
    let area = html::textarea().name(name).rows(4).readonly(max == 0);
    area.maxlength((max > 0).then(|| max.to_string())).inner_html(text_area_html(text))
}

/// A time, with its distance from now.
pub(super) fn time(time: &ShownTime) -> impl IntoView + use<> {
    let ShownTime { date, machine, distance } = time.clone();
    view! {
        <time datetime=machine title=date>
            {distance}
        </time>
    }
}

/// A time in full.
pub(super) fn date(time: &ShownTime) -> impl IntoView + use<> {
    let ShownTime { date, machine, .. } = time.clone();
    view! { <time datetime=machine>{date}</time> }
}

/// Reasons with their counts.
pub(super) fn reasons(reasons: &[(ReportReason, u32)]) -> String {
    let all: Vec<_> =
        reasons.iter().map(|(reason, count)| format!("{} {count}", words::reason(*reason))).collect();
    all.join(", ")
}

/// The moderator who works on a subject.
pub(super) fn claim(claim: &ShownClaim) -> impl IntoView + use<> {
    let name = if claim.is_own { "you".to_owned() } else { claim.moderator.clone() };
    view! { <bdi>{name}</bdi> ", ends " {time(&claim.until)} }
}

/// What the person of a decision reads about it.
pub(super) fn statement(facts: &DecisionFacts) -> impl IntoView + use<> {
    let code = facts.code.clone();
    view! {
        <blockquote class="statement">
            {pages::statement(&plain_texts("").decisions, facts)} <p>"The code for an appeal: " {code}</p>
        </blockquote>
    }
}
