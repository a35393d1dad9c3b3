//! What moderators see and do.

use axum::{
    extract::Path,
    http::{StatusCode, Uri},
    response::{Html, IntoResponse, Redirect, Response},
};

use super::{
    forms::Fields,
    requests::{Form, ModeratorRequest, NotDone},
    shown::PAGE_LINES,
};
use crate::{
    moderation::{Action, AppealEffect, AppealId, MAX_NOTE_CHARS, ModerationError, SubjectId},
    ui::moderation::{DecisionDraft, ModeratorNotice, appeal_page, appeals_page, queue_page, subject_page},
};

/// The queue.
pub(super) async fn queue(request: ModeratorRequest, uri: Uri) -> Response {
    let fields = Fields::of_query(&uri);
    let notice = fields.done().map(ModeratorNotice::Done);
    show_queue(&request, &fields, (StatusCode::OK, notice)).await
}

async fn show_queue(
    request: &ModeratorRequest,
    fields: &Fields,
    (code, notice): (StatusCode, Option<ModeratorNotice>),
) -> Response {
    let (status, after) = (fields.status(), fields.queue_position());
    let moderation = &request.site.moderation;
    match moderation.queue(request.stamp, request.name(), status, after, PAGE_LINES).await {
        Ok(entries) => {
            let page = request.reader().queue(status, &entries);
            (code, Html(queue_page(&request.frame(notice), &page))).into_response()
        }
        Err(error) => request.fail(&error),
    }
}

/// Dismisses the reports of the chosen subjects, and says which it could not.
pub(super) async fn dismiss(Form { request, fields }: Form) -> Response {
    let Some(choices) = fields.choices() else { return request.refuse(NotDone::incomplete(), "") };
    let subjects: Vec<_> = choices.iter().map(|it| it.0).collect();
    let moderation = &request.site.moderation;
    let results = match moderation.dismiss_all(request.stamp, request.name(), choices).await {
        Ok(results) => results,
        Err(error) => return request.fail(&error),
    };
    let failed: Vec<_> = subjects
        .iter()
        .zip(&results)
        .filter_map(|(subject, it)| Some(format!("subject {} ({})", subject.0, it.as_ref().err()?)))
        .collect();
    let done = results.len() - failed.len();
    (0..done).for_each(|_| request.site.metrics.decided(Action::Dismiss));
    if failed.is_empty() {
        return Redirect::to(&format!("/?status={}&dismissed={done}", fields.status().name()))
            .into_response();
    }
    let text = format!("{done} dismissed. Nothing was done about {}.", failed.join(", "));
    show_queue(&request, &fields, (StatusCode::CONFLICT, Some(ModeratorNotice::Problem(text)))).await
}

/// One subject.
pub(super) async fn subject(request: ModeratorRequest, Path(subject): Path<i64>, uri: Uri) -> Response {
    let notice = Fields::of_query(&uri).done().map(ModeratorNotice::Done);
    let shown =
        show_subject(&request, SubjectId(subject), (StatusCode::OK, notice), DecisionDraft::default());
    shown.await.unwrap_or_else(|error| request.fail(&error))
}

async fn show_subject(
    request: &ModeratorRequest,
    subject: SubjectId,
    (code, notice): (StatusCode, Option<ModeratorNotice>),
    draft: DecisionDraft,
) -> Result<Response, ModerationError> {
    let moderation = &request.site.moderation;
    let view = moderation.view(request.stamp, request.name(), subject).await?;
    let statement = match &view.sanction {
        Some(sanction) => Some(moderation.statement(sanction.appeal).await?),
        None => None,
    };
    let page = request.reader().subject(view, statement, draft);
    let html = subject_page(&request.frame(notice), &page, MAX_NOTE_CHARS);
    Ok((code, Html(html)).into_response())
}

/// Claims a subject for this moderator.
pub(super) async fn claim(Path(subject): Path<i64>, Form { request, .. }: Form) -> Response {
    let moderation = &request.site.moderation;
    match moderation.claim(request.stamp, request.name(), SubjectId(subject)).await {
        Ok(_) => Redirect::to(&format!("/subjects/{subject}")).into_response(),
        Err(error) => {
            let reason = NotDone::of(request.reader(), &error);
            undecided(&request, SubjectId(subject), reason, DecisionDraft::default()).await
        }
    }
}

/// Decides about a subject.
pub(super) async fn decide(Path(subject): Path<i64>, Form { request, fields }: Form) -> Response {
    let Some(decision) = fields.decision(SubjectId(subject)) else {
        return undecided(&request, SubjectId(subject), NotDone::incomplete(), fields.draft()).await;
    };
    let action = decision.action;
    match request.site.moderation.decide(request.stamp, request.name(), decision).await {
        Ok(sanction) => {
            request.site.metrics.decided(action);
            let is_kept = action.reason().is_some() && sanction.is_none();
            let done = if is_kept { "kept" } else { action.name() };
            let page = match action {
                // The next one waits.
                Action::Dismiss | Action::Warn(_) | Action::Pause(_) | Action::Ban(..) | Action::Escalate => {
                    "/".to_owned()
                }
                Action::Note | Action::Lift => format!("/subjects/{subject}"),
            };
            Redirect::to(&format!("{page}?done={done}&subject={subject}")).into_response()
        }
        Err(error) => {
            let reason = NotDone::of(request.reader(), &error);
            undecided(&request, SubjectId(subject), reason, fields.draft()).await
        }
    }
}

/// The subject as it is now, why nothing was done, and what the moderator has entered.
async fn undecided(
    request: &ModeratorRequest,
    subject: SubjectId,
    reason: NotDone,
    draft: DecisionDraft,
) -> Response {
    let note = draft.note.clone();
    let kept = if note.is_empty() { "" } else { " Your note is still in the form." };
    let notice = ModeratorNotice::Problem([&*reason.sentence, " Below is how it is now.", kept].concat());
    let shown = show_subject(request, subject, (reason.status, Some(notice)), draft);
    shown.await.unwrap_or_else(|_| request.refuse(reason, &note))
}

/// The appeals that wait.
pub(super) async fn appeals(request: ModeratorRequest, uri: Uri) -> Response {
    let fields = Fields::of_query(&uri);
    let after = fields.get("after").and_then(|it| it.parse().ok()).map(AppealId);
    let notice = fields.done().map(ModeratorNotice::Done);
    match request.site.moderation.appeals(request.stamp, request.name(), after).await {
        Ok(views) => {
            Html(appeals_page(&request.frame(notice), &request.reader().appeals(&views))).into_response()
        }
        Err(error) => request.fail(&error),
    }
}

/// One appeal.
pub(super) async fn appeal(request: ModeratorRequest, Path(appeal): Path<i64>) -> Response {
    let shown = show_appeal(&request, AppealId(appeal), (StatusCode::OK, None), String::new()).await;
    shown.unwrap_or_else(|error| request.fail(&error))
}

async fn show_appeal(
    request: &ModeratorRequest,
    appeal: AppealId,
    (code, notice): (StatusCode, Option<ModeratorNotice>),
    answer: String,
) -> Result<Response, ModerationError> {
    let view = request.site.moderation.waiting_appeal(request.stamp, request.name(), appeal).await?;
    let page = request.reader().appeal(&view, answer);
    Ok((code, Html(appeal_page(&request.frame(notice), &page, MAX_NOTE_CHARS))).into_response())
}

/// Decides about an appeal.
pub(super) async fn decide_appeal(Path(appeal): Path<i64>, Form { request, fields }: Form) -> Response {
    let is_granted = match fields.get("action") {
        Some("grant") => true,
        Some("reject") => false,
        Some(_) | None => return request.refuse(NotDone::incomplete(), &fields.written()),
    };
    let (answer, moderation) = (fields.text("answer"), &request.site.moderation);
    let decided =
        moderation.decide_appeal(request.stamp, request.name(), AppealId(appeal), is_granted, answer.clone());
    let error = match decided.await {
        Ok(effect) => {
            request.site.metrics.answered(effect);
            let done = match effect {
                AppealEffect::Rejected => "reject",
                AppealEffect::Lifted => "grant",
                AppealEffect::WasOver => "grant-over",
                AppealEffect::AnotherStays => "grant-another",
            };
            return Redirect::to(&format!("/appeals?done={done}")).into_response();
        }
        Err(error) => error,
    };
    let reason = NotDone::of(request.reader(), &error);
    let notice = ModeratorNotice::Problem(reason.sentence.clone());
    // An appeal that somebody else has decided is not shown any more.
    let shown = show_appeal(&request, AppealId(appeal), (reason.status, Some(notice)), answer.clone());
    shown.await.unwrap_or_else(|_| request.refuse(reason, &answer))
}

/// There is no such page, which only moderators learn.
pub(super) async fn not_found(request: ModeratorRequest) -> Response {
    request.fail(&ModerationError::NotFound)
}
