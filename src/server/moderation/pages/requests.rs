//! The requests of moderators: whose they are, the forms that they send, and how they are refused.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{StatusCode, request::Parts},
    response::{Html, IntoResponse, Response},
};

use super::{
    access::is_same_token,
    forms::Fields,
    shown::Reader,
    site::{ModeratorSite, SignedIn},
};
use crate::{
    moderation::{ModerationError, Stamp},
    server::clock::stamp,
    ui::moderation::{ModeratorFrame, ModeratorNotice, problem_page},
};

/// A request of a moderator who is signed in.
pub(super) struct ModeratorRequest {
    /// What the handlers share.
    pub(super) site: Arc<ModeratorSite>,
    /// Whose it is.
    pub(super) moderator: SignedIn,
    /// Clock and chance for one request to the store.
    pub(super) stamp: Stamp,
}

/// A form that a page of this moderator has sent: nothing else changes anything.
pub(super) struct Form {
    /// The request.
    pub(super) request: ModeratorRequest,
    /// Its fields.
    pub(super) fields: Fields,
}

impl FromRequestParts<Arc<ModeratorSite>> for ModeratorRequest {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<ModeratorSite>) -> Result<Self, StatusCode> {
        // It is there behind the sign-in, and no other route has such a request.
        let moderator = parts.extensions.get::<SignedIn>().cloned().ok_or(StatusCode::UNAUTHORIZED)?;
        Ok(Self { site: Arc::clone(site), moderator, stamp: stamp() })
    }
}

impl FromRequest<Arc<ModeratorSite>> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, site: &Arc<ModeratorSite>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let request = ModeratorRequest::from_request_parts(&mut parts, site).await;
        let request = request.map_err(IntoResponse::into_response)?;
        let body = Bytes::from_request(Request::from_parts(parts, body), site).await;
        let fields = Fields::of_form(&body.map_err(IntoResponse::into_response)?);
        if is_same_token(&request.moderator.form_token, fields.get("token")) {
            return Ok(Self { request, fields });
        }
        let sentence = "This page is from an earlier sign-in, so nothing was done. Open it again.".to_owned();
        let reason = NotDone { status: StatusCode::FORBIDDEN, sentence };
        Err(request.refuse(reason, &fields.written()))
    }
}

impl ModeratorRequest {
    /// The moderator's name.
    pub(super) fn name(&self) -> &str {
        &self.moderator.name
    }

    /// The moderator, as the reader of a page.
    pub(super) fn reader(&self) -> Reader<'_> {
        Reader { now: self.stamp.now, name: self.name() }
    }

    /// What is around the content of a page.
    pub(super) fn frame(&self, notice: Option<ModeratorNotice>) -> ModeratorFrame {
        ModeratorFrame {
            style: self.site.style.clone(),
            moderator: self.moderator.name.clone(),
            form_token: self.moderator.form_token.clone(),
            has_session: self.moderator.session.is_some(),
            notice,
        }
    }

    /// A page that says why nothing was done, and gives back what the moderator has written.
    pub(super) fn refuse(&self, reason: NotDone, written: &str) -> Response {
        (reason.status, Html(problem_page(&self.frame(None), &reason.sentence, written))).into_response()
    }

    /// The same for an error of the store.
    pub(super) fn fail(&self, error: &ModerationError) -> Response {
        self.refuse(NotDone::of(self.reader(), error), "")
    }
}

/// Why nothing was done, as a moderator reads it.
pub(super) struct NotDone {
    /// The status of the response.
    pub(super) status: StatusCode,
    /// The sentence.
    pub(super) sentence: String,
}

impl NotDone {
    /// What an error of the store means.
    pub(super) fn of(reader: Reader<'_>, error: &ModerationError) -> Self {
        let (status, sentence) = match error {
            ModerationError::Conflict => (
                StatusCode::CONFLICT,
                "Somebody else has decided in the meantime, so nothing was done.".to_owned(),
            ),
            ModerationError::Claimed(claim) => {
                let until = reader.time(claim.until).date;
                let sentence =
                    format!("{} works on this until {until}, so nothing was done.", claim.moderator);
                (StatusCode::CONFLICT, sentence)
            }
            ModerationError::NotFound => {
                (StatusCode::NOT_FOUND, "This does not exist, or not any more.".to_owned())
            }
            ModerationError::NotAllowed(why) => {
                (StatusCode::UNPROCESSABLE_ENTITY, format!("Nothing was done: {why}."))
            }
            ModerationError::Busy
            | ModerationError::TooSlow
            | ModerationError::Closed
            | ModerationError::Failed
            | ModerationError::InUse
            | ModerationError::Newer
            | ModerationError::Damaged
            | ModerationError::Audit(_)
            | ModerationError::Database(_)
            | ModerationError::Files(_) => {
                tracing::warn!(%error, "a moderator's request has failed");
                let sentence = "The server cannot do that now. Look again in a moment whether it was done.";
                (StatusCode::SERVICE_UNAVAILABLE, sentence.to_owned())
            }
        };
        Self { status, sentence }
    }

    /// A form without all that it needs.
    pub(super) fn incomplete() -> Self {
        let sentence =
            "Nothing was done: a warning, a pause or a ban needs the rule that was broken.".to_owned();
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, sentence }
    }
}
