//! [`ResumeSecrets`]: the secrets with which a page may resume its session.

use crate::protocol::Secret;

/// How many former secrets are remembered. A `hello` that is late was mostly sent with one of the last two.
const MAX_FORMER: usize = 4;

/// The secrets of one session: at most two are valid at a time.
///
/// Each `welcome` carries a secret that replaces the one before. A socket can be lost before its `welcome` arrives, so
/// the former secret stays valid until a message shows that the page has the new one. Until then, every further
/// `welcome` carries the same new secret, however many sockets are lost.
#[derive(Debug, Default)]
pub(crate) struct ResumeSecrets {
    /// The newest secret that the page is known to have.
    held: Option<Secret>,
    /// The secret in the last `welcome`, until it is known to have arrived.
    sent: Option<Secret>,
    /// What the page has shown or had before, here or at another server, the last one first.
    former: [Option<Secret>; MAX_FORMER],
}

impl ResumeSecrets {
    /// Whether a page with this secret may resume the session.
    pub(crate) fn accepts(&self, secret: Secret) -> bool {
        [self.held, self.sent].contains(&Some(secret))
    }

    /// The secret for the next `welcome`. `create` makes a new one, if the last one has arrived.
    pub(crate) fn next(&mut self, create: impl FnOnce() -> Secret) -> Secret {
        *self.sent.get_or_insert_with(create)
    }

    /// A page has resumed with this secret, so it has it.
    pub(crate) fn on_shown(&mut self, secret: Secret) {
        if self.sent == Some(secret) {
            self.on_welcome_received();
        }
    }

    /// A message has arrived on the socket of the last `welcome`: the former secret is no longer valid.
    pub(crate) fn on_welcome_received(&mut self) {
        if let Some(sent) = self.sent.take()
            && let Some(former) = self.held.replace(sent)
        {
            self.add_former(former);
        }
    }

    /// The page has resumed its match without a valid secret, and shown this one: it has it from another server.
    pub(crate) fn add_former(&mut self, secret: Secret) {
        if !self.former.contains(&Some(secret)) {
            self.former.rotate_right(1);
            self.former[0] = Some(secret);
        }
    }

    /// Whether a `hello` with this secret is late: the page has sent it before it had the secret that it has now.
    pub(crate) fn is_outdated(&self, secret: Secret) -> bool {
        self.held.is_some() && self.former.contains(&Some(secret))
    }

    /// The page begins a new session: it has none of its secrets any more.
    pub(crate) fn forget(&mut self) {
        for secret in [self.held.take(), self.sent.take()].into_iter().flatten() {
            self.add_former(secret);
        }
    }

    /// Whether the peer was ever sent a secret. Otherwise only its partner's ticket has named it so far.
    pub(crate) const fn has_begun(&self) -> bool {
        self.held.is_some() || self.sent.is_some()
    }

    /// Whether a page is known to have received a `welcome` of this session, and so perhaps other messages.
    pub(crate) const fn is_known_to_page(&self) -> bool {
        self.held.is_some()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn secret(number: u128) -> Secret {
        Secret(Uuid::from_u128(number))
    }

    /// A page, and the session that it resumes again and again.
    struct Scene {
        secrets: ResumeSecrets,
        /// The secret that the page has.
        page: Option<Secret>,
        created: u128,
        valid: Vec<Secret>,
    }

    impl Scene {
        /// The page opens a socket and says hello; the `welcome` and then a first message may arrive.
        fn connect(&mut self, welcome_arrives: bool, message_arrives: bool) {
            if let Some(shown) = self.page {
                assert!(self.secrets.accepts(shown), "a page can always resume with the secret that it has");
                self.secrets.on_shown(shown);
            }
            let next = self.secrets.next(|| {
                self.created += 1;
                secret(self.created)
            });
            if welcome_arrives {
                self.page = Some(next);
                if message_arrives {
                    self.secrets.on_welcome_received();
                }
            }
            self.valid = (0..=self.created).map(secret).filter(|it| self.secrets.accepts(*it)).collect();
        }
    }

    proptest! {
        #[test]
        fn a_page_resumes_whatever_was_lost(sockets in prop::collection::vec(any::<(bool, bool)>(), 1..20)) {
            let secrets = ResumeSecrets::default();
            let mut scene = Scene { secrets, page: None, created: 0, valid: Vec::new() };
            for (welcome_arrives, message_arrives) in sockets {
                scene.connect(welcome_arrives, message_arrives);
                prop_assert!(scene.valid.len() <= 2, "{:?}", scene.valid.len());
                if welcome_arrives && message_arrives {
                    prop_assert_eq!(&scene.valid, &Vec::from_iter(scene.page), "no other secret is valid");
                }
            }
        }
    }

    #[test]
    fn a_secret_is_invalid_once_its_successor_has_arrived() {
        let mut secrets = ResumeSecrets::default();
        assert!(!secrets.has_begun());
        assert_eq!(secrets.next(|| secret(1)), secret(1));
        assert!(secrets.has_begun() && !secrets.is_known_to_page());
        secrets.on_welcome_received();
        assert!(secrets.is_known_to_page());
        assert_eq!(secrets.next(|| secret(2)), secret(2));
        assert_eq!(secrets.next(|| secret(3)), secret(2), "the last one may not have arrived");
        assert!(secrets.accepts(secret(1)) && secrets.accepts(secret(2)) && !secrets.accepts(secret(3)));
        secrets.on_shown(secret(1));
        assert!(secrets.accepts(secret(1)));
        secrets.on_shown(secret(2));
        assert!(!secrets.accepts(secret(1)) && secrets.accepts(secret(2)));
    }

    #[test]
    fn a_former_secret_is_outdated_once_the_page_is_known_to_have_another() {
        let mut secrets = ResumeSecrets::default();
        secrets.add_former(secret(7));
        secrets.next(|| secret(1));
        assert!(!secrets.is_outdated(secret(7)), "the welcome may have been lost");
        secrets.on_welcome_received();
        assert!(secrets.is_outdated(secret(7)) && !secrets.is_outdated(secret(1)));
        secrets.next(|| secret(2));
        assert!(!secrets.is_outdated(secret(1)) && !secrets.is_outdated(secret(2)));
        secrets.on_welcome_received();
        assert!(secrets.is_outdated(secret(1)) && !secrets.is_outdated(secret(2)));
        secrets.forget();
        assert!(!secrets.has_begun() && !secrets.is_outdated(secret(2)));
        secrets.next(|| secret(3));
        secrets.on_welcome_received();
        let outdated = [1, 2, 7].map(|it| secrets.is_outdated(secret(it)));
        assert_eq!((outdated, secrets.is_outdated(secret(3))), ([true; 3], false));
    }
}
