//! [`Sessions`]: the moderators who are signed in with a token. Time is an argument.

use std::{collections::BTreeMap, time::Duration};

use secrecy::SecretString;
use sha2::{Digest, Sha256};

use crate::time::Moment;

/// How long a session lasts without a request: a working day, and no night.
pub(crate) const IDLE_FOR: Duration = Duration::from_secs(12 * 60 * 60);

/// How long a session lasts at most, however much it is used. Until then a stolen cookie is good.
const ENDS_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// Sessions at one time; a new one takes the place of the one that is idle for longest. There are at most 100
/// moderators.
const MAX_SESSIONS: usize = 256;

/// All sessions, in memory only: a restart ends them.
#[derive(Default)]
pub(crate) struct Sessions {
    /// By the hash of what the cookie holds, so that a lookup takes no longer the more of it is right.
    all: BTreeMap<[u8; 32], Session>,
}

struct Session {
    token: SecretString,
    opened: Moment,
    last_used: Moment,
}

impl Session {
    fn is_over(&self, now: Moment) -> bool {
        now >= self.last_used + IDLE_FOR || now >= self.opened + ENDS_AFTER
    }
}

impl Sessions {
    /// Begins a session for the holder of a moderator's token. `id` is what the cookie holds; it must be random.
    pub(crate) fn open(&mut self, now: Moment, id: &str, token: SecretString) {
        self.all.retain(|_, it| !it.is_over(now));
        if self.all.len() >= MAX_SESSIONS
            && let Some(oldest) = self.all.iter().min_by_key(|it| it.1.last_used).map(|it| *it.0)
        {
            self.all.remove(&oldest);
        }
        self.all.insert(hash(id), Session { token, opened: now, last_used: now });
    }

    /// The token with which a session began, and which may have been removed since; `None` if there is no such session.
    /// The session lasts longer by this.
    pub(crate) fn token(&mut self, now: Moment, id: &str) -> Option<SecretString> {
        let session = self.all.get_mut(&hash(id)).filter(|it| !it.is_over(now))?;
        session.last_used = now;
        Some(session.token.clone())
    }

    /// Ends a session.
    pub(crate) fn close(&mut self, id: &str) {
        self.all.remove(&hash(id));
    }
}

fn hash(id: &str) -> [u8; 32] {
    Sha256::digest(id.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Open(usize),
        Use(usize),
        Close(usize),
        Wait(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        let id = 0..2 * MAX_SESSIONS;
        prop_oneof![
            6 => id.clone().prop_map(Step::Open),
            3 => id.clone().prop_map(Step::Use),
            1 => id.prop_map(Step::Close),
            1 => (1..IDLE_FOR.as_secs() / 3).prop_map(Step::Wait),
        ]
    }

    proptest! {
        /// A slow model: a list of ids with the time of their last use, the least recent first.
        #[test]
        fn sessions_are_those_of_a_slow_model(steps in proptest::collection::vec(step(), 0..1_000)) {
            let (mut sessions, mut model) = (Sessions::default(), Vec::<(usize, [Moment; 2])>::new());
            let mut now = Moment::default();
            for step in steps {
                model.retain(|(_, [opened, used])| now < *used + IDLE_FOR && now < *opened + ENDS_AFTER);
                match step {
                    Step::Open(id) => {
                        if model.len() >= MAX_SESSIONS {
                            model.remove(0);
                        }
                        model.retain(|it| it.0 != id);
                        model.push((id, [now; 2]));
                        sessions.open(now, &id.to_string(), format!("token {id}").into());
                    }
                    Step::Use(id) => {
                        let known = model.iter().position(|it| it.0 == id);
                        let token = sessions.token(now, &id.to_string());
                        let expected = known.map(|_| format!("token {id}"));
                        prop_assert_eq!(token.map(|it| it.expose_secret().to_owned()), expected);
                        if let Some(at) = known {
                            let (_, [opened, _]) = model.remove(at);
                            model.push((id, [opened, now]));
                        }
                    }
                    Step::Close(id) => {
                        model.retain(|it| it.0 != id);
                        sessions.close(&id.to_string());
                    }
                    Step::Wait(seconds) => now = now + Duration::from_secs(seconds),
                }
                // Uses at one moment have no order, so each gets its own.
                now = now + Duration::from_millis(1);
                prop_assert!(sessions.all.len() <= MAX_SESSIONS);
            }
        }
    }

    #[test]
    fn session_ends_after_twelve_idle_hours_and_not_before() {
        let (mut sessions, start) = (Sessions::default(), Moment::from_millis(7));
        sessions.open(start, "a", "token".into());
        let almost = start + IDLE_FOR - (Moment::from_millis(1) - Moment::default());
        assert!(sessions.token(almost, "a").is_some());
        assert!(sessions.token(almost, "b").is_none());
        assert!(sessions.token(almost + IDLE_FOR, "a").is_none());
    }

    #[test]
    fn session_ends_a_day_after_it_began_however_much_it_is_used() {
        let (mut sessions, mut now) = (Sessions::default(), Moment::default());
        sessions.open(now, "a", "token".into());
        for _ in 0..23 {
            now = now + Duration::from_secs(60 * 60);
            assert!(sessions.token(now, "a").is_some());
        }
        assert!(sessions.token(now + Duration::from_secs(60 * 60), "a").is_none());
    }
}
