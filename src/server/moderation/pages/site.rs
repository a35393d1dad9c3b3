//! [`ModeratorSite`]: what the handlers share.

use std::{
    io,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};

use super::{
    access::{AllowedHost, FormOwner, form_token, named_by_proxy},
    attempts::{FailureLog, SignInAttempts},
    sessions::Sessions,
};
use crate::{
    moderation::{Moderation, ModerationError, SignInEvent},
    server::{
        clock::{Clock, random_key, stamp},
        http::client_ip::Proxies,
        moderation::{metrics::ModerationMetrics, settings::ModeratorAccess},
    },
};

/// What the handlers need.
pub(super) struct ModeratorSite {
    /// The store.
    pub(super) moderation: Moderation,
    /// Counts decisions.
    pub(super) metrics: ModerationMetrics,
    /// Which hosts and proxies are known.
    pub(super) access: ModeratorAccess,
    /// The proxies that name the client of a request.
    pub(super) proxies: Arc<Proxies>,
    /// The path of the site's style sheet.
    pub(super) style: String,
    /// Counts for sessions and attempts.
    pub(super) clock: Clock,
    /// The key of the tokens in forms; a restart changes it, and ends all sessions.
    form_key: [u8; 32],
    sessions: Mutex<Sessions>,
    attempts: Mutex<SignInAttempts>,
    failures: Mutex<FailureLog>,
}

/// The moderator of a request.
#[derive(Clone, Debug)]
pub(super) struct SignedIn {
    /// The name.
    pub(super) name: String,
    /// What its forms must send back.
    pub(super) form_token: String,
    /// What the cookie of the session holds; `None` if a proxy has signed the moderator in.
    pub(super) session: Option<String>,
}

impl ModeratorSite {
    /// Nobody is signed in.
    ///
    /// # Errors
    ///
    /// If the system has no randomness.
    pub(super) fn new(
        (moderation, metrics): (Moderation, ModerationMetrics),
        access: ModeratorAccess,
        proxies: Arc<Proxies>,
        style: String,
        clock: Clock,
    ) -> io::Result<Self> {
        let form_key = random_key()?;
        let (sessions, attempts, failures) = (Mutex::default(), Mutex::default(), Mutex::default());
        Ok(Self {
            moderation,
            metrics,
            access,
            proxies,
            style,
            clock,
            form_key,
            sessions,
            attempts,
            failures,
        })
    }

    /// Runs with the sessions.
    pub(super) fn sessions<T>(&self, run: impl FnOnce(&mut Sessions) -> T) -> T {
        run(&mut self.sessions.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs with the attempts to sign in.
    pub(super) fn attempts<T>(&self, run: impl FnOnce(&mut SignInAttempts) -> T) -> T {
        run(&mut self.attempts.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Records in the audit log that somebody has tried a wrong token, unless it has enough of these rows.
    ///
    /// # Errors
    ///
    /// If the store does not answer.
    pub(super) async fn record_failure(&self) -> Result<(), ModerationError> {
        let now = self.clock.now();
        let row = self.failures.lock().unwrap_or_else(PoisonError::into_inner).on_failure(now);
        match row {
            Some(left_out) => self.moderation.record_sign_in(stamp(), SignInEvent::Failed { left_out }).await,
            None => Ok(()),
        }
    }

    /// The moderator whose request this is. The store is asked each time, so that a removed moderator is out at once.
    ///
    /// # Errors
    ///
    /// If the store does not answer.
    pub(super) async fn moderator(
        &self,
        host: &AllowedHost,
        peer: IpAddr,
        headers: &HeaderMap,
    ) -> Result<Option<SignedIn>, ModerationError> {
        if let Some(name) = named_by_proxy(self.access.proxy.as_ref(), peer, headers) {
            let name = name.to_owned();
            let is_known = self.moderation.is_moderator(name.clone()).await?;
            let form_token = form_token(&self.form_key, FormOwner::Proxied(&name));
            return Ok(is_known.then_some(SignedIn { name, form_token, session: None }));
        }
        let Some(id) = host.cookie(headers) else { return Ok(None) };
        let now = self.clock.now();
        let Some(token) = self.sessions(|it| it.token(now, id)) else { return Ok(None) };
        let Some(name) = self.name(&token).await? else {
            self.sessions(|it| it.close(id));
            return Ok(None);
        };
        let form_token = form_token(&self.form_key, FormOwner::Session(id));
        Ok(Some(SignedIn { name, form_token, session: Some(id.to_owned()) }))
    }

    /// The name of the moderator with this token.
    ///
    /// # Errors
    ///
    /// If the store does not answer.
    pub(super) async fn name(&self, token: &SecretString) -> Result<Option<String>, ModerationError> {
        let moderator = self.moderation.moderator(token.expose_secret().to_owned()).await?;
        Ok(moderator.map(|it| it.name))
    }
}
