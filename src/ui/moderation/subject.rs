//! One subject: what is known of it, and the form for a decision.

use leptos::prelude::*;

use super::{
    facts::{DecisionDraft, DecisionLine, ModeratorFrame, ReportLine, ShownLength, SubjectPage},
    frame::document,
    parts::{claim, date, hidden, reasons, statement, text_area, time},
    words,
};
use crate::protocol::ReportReason;

/// The page of a subject. A note may have `max_note` characters.
pub fn subject_page(frame: &ModeratorFrame, page: &SubjectPage, max_note: usize) -> String {
    let title = format!("Subject {}", page.line.subject);
    let statement = page.statement.as_ref().map(|it| {
        view! {
            <section>
                <h2>"What its person reads now"</h2>
                {statement(it)}
            </section>
        }
    });
    let content = view! {
        <h1>{title.clone()}</h1>
        {summary(page)}
        {claiming(frame, page)}
        <section>
            <h2>"Reports about it"</h2>
            {reports(&page.reports)}
        </section>
        <section>
            <h2>"Former decisions and notes"</h2>
            {decisions(&page.decisions)}
        </section>
        <section>
            <h2>"Its own reports about others"</h2>
            {reports(&page.own_reports)}
        </section>
        {statement}
        {decision(frame, page, max_note)}
    };
    document(frame, &title, content)
}

fn summary(page: &SubjectPage) -> impl IntoView + use<> {
    let line = &page.line;
    let undecided = line.newest.as_ref().map(|newest| {
        view! {
            <dt>"Reasons"</dt>
            <dd>{reasons(&line.reasons)}</dd>
            <dt>"First and last report"</dt>
            <dd>{time(&page.oldest)} ", " {time(newest)}</dd>
        }
    });
    view! {
        <dl>
            <dt>"Status"</dt>
            <dd>{page.status} {line.is_paused.then_some(", was paused automatically")}</dd>
            <dt>"Device name"</dt>
            <dd>
                <code class="device-name">{page.device.clone()}</code>
            </dd>
            <dt>"Undecided reports"</dt>
            <dd>{line.reports} ", score " {line.score}</dd>
            {undecided}
        </dl>
    }
}

/// The moderator who works on it, and the button to do so.
fn claiming(frame: &ModeratorFrame, page: &SubjectPage) -> impl IntoView + use<> {
    let by_another = page.line.claim.as_ref().is_some_and(|it| !it.is_own);
    let claimed = page.line.claim.as_ref().map(|it| view! { <p>"Claimed by " {claim(it)}</p> });
    let action = match &page.line.claim {
        Some(_) => "Renew my claim",
        None => "Claim for 10 minutes",
    };
    let form = (!by_another).then(|| {
        view! {
            <form method="post" action=format!("/subjects/{}/claim", page.line.subject)>
                {hidden("token", &frame.form_token)}
                <button class="button" type="submit">{action}</button>
            </form>
        }
    });
    view! { <div class="claim">{claimed} {form} <a href="#decide">"Decide"</a></div> }
}

/// The form for a decision. One form has all actions, so that the note stays whichever is pressed.
fn decision(frame: &ModeratorFrame, page: &SubjectPage, max_note: usize) -> impl IntoView + use<> {
    let DecisionDraft { note, reason, days } = &page.draft;
    let chosen = reason.or(page.line.reasons.first().map(|it| it.0));
    let reason_option = |reason: ReportReason| {
        view! {
            <option value=reason.name() selected=chosen == Some(reason)>
                {words::reason(reason)}
            </option>
        }
    };
    let length_option = |it: &ShownLength| {
        view! {
            <option value=it.days.to_string() selected=*days == Some(it.days)>
                {words::length(*it)}
            </option>
        }
    };
    let action = |value: &'static str, title: &'static str| {
        view! { <button class="button" type="submit" name="action" value=value>{title}</button> }
    };
    let escalate = (page.line.reports > 0).then(|| action("escalate", "Escalate"));
    let lift = page.statement.is_some().then(|| action("lift", "Lift the sanction"));
    view! {
        <form class="decision" method="post" action=format!("/subjects/{}", page.line.subject)>
            <h2 id="decide">"Decide"</h2>
            {hidden("token", &frame.form_token)}
            {hidden("seen", &page.seen)}
            <label class="moderation-field">
                "Note for other moderators" {text_area("note", note, max_note)}
            </label>
            <div class="actions">
                {action("dismiss", "Dismiss")} {escalate} {action("note", "Only note")} {lift}
            </div>
            <fieldset>
                <legend>"The reports are right"</legend>
                <label class="moderation-field">
                    "Which rule was broken"
                    <select class="select" name="reason" id="broken-rule">
                        <option value="">"Choose one"</option>
                        {ReportReason::ALL.map(reason_option).collect_view()}
                    </select>
                </label>
                <label class="moderation-field">
                    "Length of a ban"
                    <select class="select" name="days">{page.lengths.iter().map(length_option).collect_view()}</select>
                </label>
                <div class="actions">
                    {action("warn", "Warn")} {action("pause", "Pause for 15 minutes")} {action("ban", "Ban")}
                </div>
            </fieldset>
        </form>
    }
}

fn reports(lines: &[ReportLine]) -> AnyView {
    if lines.is_empty() {
        return view! { <p>"None."</p> }.into_any();
    }
    let line = |it: &ReportLine| {
        let words =
            (!it.words.is_empty()).then(|| view! { <p class="words" dir="auto">{it.words.clone()}</p> });
        view! {
            <li>
                <p>
                    <strong>{words::reason(it.reason)}</strong> ", " {it.outcome} ", came " {time(&it.received)}
                    ", they met " {date(&it.met)}
                </p>
                {words}
            </li>
        }
    };
    view! { <ul class="rows">{lines.iter().map(line).collect_view()}</ul> }.into_any()
}

fn decisions(lines: &[DecisionLine]) -> AnyView {
    if lines.is_empty() {
        return view! { <p>"None."</p> }.into_any();
    }
    let line = |it: &DecisionLine| {
        let by = it.moderator.clone().unwrap_or_else(|| "nobody (automatic)".to_owned());
        let reason = it.reason.map(|it| format!(" for {}", words::reason(it)));
        let until = it.until.as_ref().map(|it| view! { ", until " {date(it)} });
        let note = (!it.note.is_empty()).then(|| view! { <p class="words" dir="auto">{it.note.clone()}</p> });
        view! {
            <li>
                <p>
                    <strong>{it.action.clone()}</strong> {reason} {until} ", by " <bdi>{by}</bdi> ", "
                    {time(&it.decided)}
                </p>
                {note}
            </li>
        }
    };
    view! { <ul class="rows">{lines.iter().map(line).collect_view()}</ul> }.into_any()
}
