//! The page: Leptos views, the same on server and browser.
//!
//! The views read a `Snapshot` from the [`PageContext`] and send `Intent`s through it. `view_model` decides which text
//! is shown in which state, with pure functions; the texts themselves are in [`i18n`].
//!
//! The same elements are in the document in every state. The style sheet distinguishes the states by `data-screen`,
//! `data-phase` and `data-problem` on the page's main element. So the two `<video>` elements are never replaced and
//! keep their streams.
//!
//! # How the browser half hydrates the page
//!
//! 1. Provide three contexts: a [`PageContext`] whose snapshot is `Snapshot::default()`, the [`Words`](i18n::Words)
//!    made from the lines of the element with the id [`WORDS_ID`], and the [`Home`] in [`HOME_ATTRIBUTE`] of the
//!    element with the id [`ROOT_ID`]. Then `hydrate_from` that element with [`App`]. Everything outside that element
//!    stays as the server rendered it.
//! 2. When the call handles intents, set [`DRIVEN_ATTRIBUTE`] of that element, and read and remove
//!    [`PRESSED_ATTRIBUTE`]. Its value [`PRESSED_START`] means that Start was pressed before. If the press came before
//!    hydration, it has not sent an `Intent`; then act as on `Intent::Start`.
//! 3. With the call, hydrate the content of the settings sheet ([`SHEET_CONTENT_ID`]) with [`SheetContent`], and the
//!    element with the id [`SAFETY_ID`] with [`SafetyContent`], in the same contexts and with a signal of
//!    [`SafetyTexts`]. [`App`] does not render their contents, so the program of the first page does not contain them.
//! 4. Set the streams of `video[data-who=stranger]` and `video[data-who=self]`.

#![expect(unreachable_pub, reason = "`#[component]` generates `pub` builders for views that are not public")]

mod context;
mod dom_names;
mod operator;
mod past_strangers;
mod view_model;
pub mod i18n;
pub mod moderation;

mod shell;
mod pages;
mod parts;

pub use context::{Home, PageContext, SafetyTexts, StaticParts};
pub use dom_names::{
    AGE_ATTRIBUTE, BUILD_ATTRIBUTE, DRIVEN_ATTRIBUTE, HOME_ATTRIBUTE, PRESSED_ATTRIBUTE, PRESSED_START,
    ROOT_ID, RULES_ATTRIBUTE, SAFETY_ID, SHEET_CONTENT_ID, SHEET_ID, SOFT_ATTRIBUTE, WORDS_ID,
};
pub use i18n::{
    PageLanguage, in_language,
    plain::{PlainPage, is_country},
    plain_texts,
};
pub use operator::{Contact, Operator};
pub use pages::{
    App, AppealProgress, CodeAnswer, DecisionFacts, MonthView, PlainContent, PlainFacts, ReportedOutcome,
    plain_page,
};
pub use parts::{SafetyContent, SheetContent, past_text};
pub use shell::{PageFiles, RelayUse, SiteTerms, shell};
