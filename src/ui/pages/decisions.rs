//! What the plain pages show of the moderation store: a decision and its appeal, the outcome of a report, and counts.

use leptos::prelude::*;

use super::text_area::text_area_html;
use crate::{
    protocol::{NoticeKind, ReportReason},
    ui::{
        PageLanguage,
        i18n::plain::{DecisionTexts, PlainPage, PlainTexts},
    },
};

/// Characters of a code with its hyphens, and some for spaces that people type.
const MAX_CODE_CHARS: u32 = 40;

/// What a plain page shows besides its texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PlainContent {
    /// Nothing.
    #[default]
    None,
    /// What a code leads to.
    Code(CodeAnswer),
    /// The counts of months, the newest first.
    Counts(Vec<MonthView>),
    /// The store does not answer.
    Busy,
}

/// What a code leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeAnswer {
    /// Nobody has entered one.
    Ask,
    /// Nothing has this code.
    Unknown,
    /// The store does not answer.
    Busy,
    /// There is no store.
    Off,
    /// A decision.
    Decision(Box<DecisionFacts>),
    /// What came of a report.
    Outcome(ReportedOutcome),
}

/// A decision about a device. Times are texts, in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionFacts {
    /// Its code.
    pub code: String,
    /// What was decided.
    pub kind: NoticeKind,
    /// Which rule was broken.
    pub reason: ReportReason,
    /// How many reports it is about, and on which days they came; `None` without one. Minutes would tell who has
    /// reported.
    pub reports: Option<String>,
    /// Whether no person decided.
    pub is_automatic: bool,
    /// When it was decided.
    pub decided: String,
    /// Until when it has effect.
    pub until: String,
    /// When it was lifted or replaced.
    pub ended: Option<String>,
    /// What has become of the appeal.
    pub appeal: AppealProgress,
}

/// What has become of an appeal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppealProgress {
    /// Nobody has appealed.
    Possible {
        /// The most characters that an appeal may have.
        max_chars: usize,
        /// The words of an appeal that were refused just now, so that nobody has to write them again.
        refused: Option<String>,
    },
    /// It waits for a person.
    Waiting,
    /// It was granted, with these words.
    Granted(String),
    /// It was rejected, with these words.
    Rejected(String),
}

/// What came of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportedOutcome {
    /// Nobody has decided yet.
    Undecided,
    /// It was right.
    Upheld,
    /// No rule was broken.
    Dismissed,
}

/// What was counted in one month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthView {
    /// The month, such as 2026-11.
    pub month: String,
    /// The names in the store, and how often.
    pub counts: Vec<(String, u64)>,
}

/// The part of a page that its content makes.
pub(crate) fn content(texts: &'static PlainTexts, language: PageLanguage, content: &PlainContent) -> AnyView {
    match content {
        PlainContent::None => ().into_any(),
        PlainContent::Busy => view! { <p role="status">{texts.decisions.busy}</p> }.into_any(),
        PlainContent::Code(answer) => code_answer(&texts.decisions, language, answer),
        PlainContent::Counts(months) if months.is_empty() => {
            view! { <p>{texts.nothing_counted}</p> }.into_any()
        }
        PlainContent::Counts(months) => {
            months.iter().map(|it| month(texts.counts, it)).collect_view().into_any()
        }
    }
}

fn code_answer(texts: &'static DecisionTexts, language: PageLanguage, answer: &CodeAnswer) -> AnyView {
    let result = match answer {
        CodeAnswer::Off => return view! { <p>{texts.off}</p> }.into_any(),
        CodeAnswer::Decision(facts) => return decision(texts, language, facts).into_any(),
        CodeAnswer::Outcome(outcome) => {
            let [undecided, upheld, dismissed] = texts.outcomes;
            let text = match outcome {
                ReportedOutcome::Undecided => undecided,
                ReportedOutcome::Upheld => upheld,
                ReportedOutcome::Dismissed => dismissed,
            };
            return view! { <p role="status">{text}</p> }.into_any();
        }
        CodeAnswer::Ask => None,
        CodeAnswer::Unknown => Some(texts.unknown),
        CodeAnswer::Busy => Some(texts.busy),
    };
    view! {
        <form class="plain-form" method="post" action=PlainPage::Appeal.path()>
            {result.map(|it| view! { <p role="alert">{it}</p> })}
            {language_field(language)}
            <label class="field">
                <span class="field-label">{texts.code}</span>
                <input
                    class="text-field"
                    name="code"
                    required
                    maxlength=MAX_CODE_CHARS
                    autocomplete="off"
                    autocapitalize="characters"
                    spellcheck="false"
                />
            </label>
            <button class="button" data-kind="main">
                {texts.look_up}
            </button>
        </form>
    }
    .into_any()
}

fn decision(
    texts: &'static DecisionTexts,
    language: PageLanguage,
    it: &DecisionFacts,
) -> impl IntoView + use<> {
    view! {
        <section>
            {statement(texts, it)}
            <h2>{texts.appeal}</h2>
            {appeal(texts, language, it)}
        </section>
    }
}

/// The language of the page that answers a form.
fn language_field(language: PageLanguage) -> impl IntoView + use<> {
    view! { <input type="hidden" name="lang" value=language.tag()/> }
}

/// The reasons of a decision, as its person reads them.
pub(crate) fn statement(texts: &'static DecisionTexts, it: &DecisionFacts) -> impl IntoView + use<> {
    let [warned, paused, banned] = texts.kinds;
    let kind = match it.kind {
        NoticeKind::Warned => warned,
        NoticeKind::Paused => paused,
        NoticeKind::Banned => banned,
    };
    let reason = ReportReason::ALL.iter().position(|reason| *reason == it.reason);
    let reason = reason.and_then(|at| texts.reasons.get(at)).copied().unwrap_or_default();
    let labels = &texts.facts;
    let facts = [
        (labels.reason, Some(reason.to_owned())),
        (labels.reports, it.reports.clone()),
        (labels.decided, Some(it.decided.clone())),
        (labels.until, it.ended.is_none().then(|| it.until.clone())),
        (labels.ended, it.ended.clone()),
    ];
    let rows = facts.into_iter().filter_map(|(label, value)| Some((label, value?)));
    view! {
        <h2>{kind}</h2>
        <p>{if it.is_automatic { texts.automatic } else { texts.by_person }}</p>
        <dl class="plain-facts">
            {rows
                .map(|(label, value)| {
                    view! {
                        <div>
                            <dt>{label}</dt>
                            <dd>{value}</dd>
                        </div>
                    }
                })
                .collect_view()}
        </dl>
    }
}

fn appeal(texts: &'static DecisionTexts, language: PageLanguage, it: &DecisionFacts) -> AnyView {
    let answered = |text: &'static str, words: &str| {
        let answer = (!words.is_empty()).then(|| [texts.facts.answer, ": ", words].concat());
        view! {
            <p role="status">{text}</p>
            {answer.map(|it| view! { <p>{it}</p> })}
        }
        .into_any()
    };
    match &it.appeal {
        AppealProgress::Waiting => answered(texts.waiting, ""),
        AppealProgress::Granted(words) => answered(texts.granted, words),
        AppealProgress::Rejected(words) => answered(texts.rejected, words),
        AppealProgress::Possible { max_chars, refused } => view! {
            <form class="plain-form" method="post" action=PlainPage::Appeal.path()>
                <p>{texts.appeal_hint}</p>
                {refused.is_some().then(|| view! { <p role="alert">{texts.bad_words}</p> })}
                <input type="hidden" name="code" value=it.code.clone()/>
                {language_field(language)}
                <label class="field">
                    <span class="field-label">{texts.words}</span>
                    <textarea
                        class="text-field"
                        name="words"
                        rows="6"
                        required
                        maxlength=*max_chars
                        inner_html=text_area_html(refused.as_deref().unwrap_or_default())
                    ></textarea>
                </label>
                <button class="button" data-kind="main">
                    {texts.send}
                </button>
            </form>
        }
        .into_any(),
    }
}

fn month(names: &'static [(&'static str, &'static str)], month: &MonthView) -> impl IntoView + use<> {
    let count_of = |name: &str| month.counts.iter().find(|it| it.0 == name).map(|it| it.1);
    let rows = names.iter().filter_map(|(name, text)| Some((*text, count_of(name)?)));
    view! {
        <section>
            <h2>{month.month.clone()}</h2>
            <dl class="plain-facts">
                {rows
                    .map(|(text, count)| {
                        view! {
                            <div>
                                <dt>{text}</dt>
                                <dd>{count}</dd>
                            </div>
                        }
                    })
                    .collect_view()}
            </dl>
        </section>
    }
}
