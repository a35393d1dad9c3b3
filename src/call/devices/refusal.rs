//! [`MediaRefusal`]: what it means that the browser did not open camera and microphone.

use std::time::Duration;

use crate::{
    call::{Browser, MediaError},
    protocol::Media,
};

/// A refusal that takes less was not a person's: reading a question and pressing a button takes longer. The browser
/// remembers an earlier refusal, or may not ask.
const FASTEST_PRESS: Duration = Duration::from_millis(200);

/// A word in the message of an error that Chromium uses only where the operating system refuses.
const SYSTEM: &str = "system";

/// Whether the page may use a kind of device, as `permissions.query` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// It may.
    Granted,
    /// It may not.
    Denied,
    /// The browser would ask, or does not say.
    Unknown,
}

/// A request for camera and microphone (`getUserMedia`) that was rejected.
#[derive(Clone, Copy, Debug)]
pub struct MediaRefusal<'a> {
    /// The name of the error; empty if it is not a `DOMException`.
    pub name: &'a str,
    /// The message of the error, which browsers word as they like.
    pub message: &'a str,
    /// How long the browser took to reject the request.
    pub took: Duration,
    /// What was requested.
    pub requested: Media,
    /// The permission to use the microphone.
    pub microphone: Permission,
    /// The permission to use the camera.
    pub camera: Permission,
    /// Which browser this is.
    pub browser: Browser,
}

impl MediaRefusal<'_> {
    /// The error to report to the call.
    pub fn error(&self) -> MediaError {
        match self.name {
            "NotAllowedError" | "SecurityError" => self.explain_denial(),
            "NotReadableError" | "AbortError" => MediaError::Busy,
            "TypeError" => MediaError::Unsupported,
            _ => MediaError::Missing,
        }
    }

    /// Whether the operating system blocks the browser, the person or the browser refused, or the question was closed.
    fn explain_denial(&self) -> MediaError {
        let Self { microphone, camera, requested, .. } = *self;
        let granted =
            Media { audio: microphone == Permission::Granted, video: camera == Permission::Granted };
        let is_granted = (granted.audio || !requested.audio) && (granted.video || !requested.video);
        if is_granted || self.message.contains(SYSTEM) {
            return MediaError::BlockedBySystem;
        }
        let is_partly_known =
            granted.audio || granted.video || [microphone, camera].contains(&Permission::Denied);
        if is_partly_known || !self.browser.reveals_refusals() || self.took < FASTEST_PRESS {
            MediaError::Blocked { granted }
        } else {
            MediaError::Dismissed
        }
    }
}

/// What it means that a request for the screen (`getDisplayMedia`) was rejected with an error of this name and message.
pub fn screen_error(name: &str, message: &str) -> MediaError {
    match name {
        "NotAllowedError" if message.contains(SYSTEM) => MediaError::BlockedBySystem,
        // Every request asks the person, so this was their answer.
        "NotAllowedError" => MediaError::Dismissed,
        "TypeError" => MediaError::Unsupported,
        _ => MediaError::Busy,
    }
}

#[cfg(test)]
mod tests {
    use super::{Permission::*, *};

    const BOTH: Media = Media { audio: true, video: true };
    const AUDIO: Media = Media { audio: true, video: false };
    const NOTHING: Media = Media { audio: false, video: false };

    /// The words of Firefox and Safari for each refusal.
    const NOT_ALLOWED: &str =
        "The request is not allowed by the user agent or the platform in the current context.";

    /// A refusal of both devices in a browser, after so many milliseconds.
    const fn refusal(
        browser: Browser,
        message: &'static str,
        milliseconds: u64,
        [microphone, camera]: [Permission; 2],
    ) -> MediaRefusal<'static> {
        let took = Duration::from_millis(milliseconds);
        MediaRefusal { name: "NotAllowedError", message, took, requested: BOTH, microphone, camera, browser }
    }

    const fn blocked(granted: Media) -> MediaError {
        MediaError::Blocked { granted }
    }

    #[track_caller]
    fn check(browser: Browser, table: &[(&'static str, u64, [Permission; 2], MediaError)]) {
        for (message, milliseconds, permissions, expected) in table {
            let refusal = refusal(browser, message, *milliseconds, *permissions);
            assert_eq!(refusal.error(), *expected, "{refusal:?}");
        }
    }

    #[test]
    fn chromium_tells_a_closed_question_from_a_refusal() {
        for browser in [Browser::Chromium, Browser::ChromiumOnAndroid] {
            check(
                browser,
                &[
                    ("Permission denied", 2_000, [Denied; 2], blocked(NOTHING)),
                    ("Permission denied", 5, [Denied; 2], blocked(NOTHING)),
                    ("Permission denied", 5, [Granted, Denied], blocked(AUDIO)),
                    ("Permission denied", 2_000, [Granted, Unknown], blocked(AUDIO)),
                    ("Permission dismissed", 2_000, [Unknown; 2], MediaError::Dismissed),
                    ("Permission dismissed", 200, [Unknown; 2], MediaError::Dismissed),
                    // A policy forbids the question.
                    ("Permission denied", 199, [Unknown; 2], blocked(NOTHING)),
                    ("Permission denied by system", 5, [Unknown; 2], MediaError::BlockedBySystem),
                    ("Could not start", 5, [Granted; 2], MediaError::BlockedBySystem),
                ],
            );
        }
    }

    #[test]
    fn refusal_in_firefox_is_a_block() {
        for browser in [Browser::Firefox, Browser::FirefoxOnAndroid] {
            check(
                browser,
                &[
                    // The query was rejected, or does not know of a refusal that lasts as long as the tab.
                    (NOT_ALLOWED, 2_000, [Unknown; 2], blocked(NOTHING)),
                    (NOT_ALLOWED, 5, [Unknown; 2], blocked(NOTHING)),
                    (NOT_ALLOWED, 5, [Denied; 2], blocked(NOTHING)),
                    (NOT_ALLOWED, 2_000, [Granted, Unknown], blocked(AUDIO)),
                    (NOT_ALLOWED, 5, [Granted; 2], MediaError::BlockedBySystem),
                ],
            );
        }
    }

    #[test]
    fn refusal_in_safari_is_a_block() {
        for browser in [Browser::Safari, Browser::OnIos] {
            check(
                browser,
                &[
                    // The query answers `prompt`, before and after a refusal.
                    (NOT_ALLOWED, 2_000, [Unknown; 2], blocked(NOTHING)),
                    (NOT_ALLOWED, 1, [Unknown; 2], blocked(NOTHING)),
                    (NOT_ALLOWED, 1, [Denied; 2], blocked(NOTHING)),
                ],
            );
        }
    }

    #[test]
    fn refusal_inside_another_app_or_in_an_unknown_browser_is_a_block() {
        for browser in [Browser::InApp, Browser::Other] {
            check(
                browser,
                &[
                    ("Permission denied", 1, [Unknown; 2], blocked(NOTHING)),
                    ("Permission denied", 2_000, [Unknown; 2], blocked(NOTHING)),
                ],
            );
        }
    }

    #[test]
    fn permission_for_what_was_requested_is_enough_to_suspect_the_system() {
        let mut one = refusal(Browser::Chromium, "Could not start", 5, [Granted, Denied]);
        one.requested = AUDIO;
        assert_eq!(one.error(), MediaError::BlockedBySystem);
    }

    #[test]
    fn other_errors_do_not_depend_on_permissions() {
        for (name, expected) in [
            ("NotReadableError", MediaError::Busy),
            ("AbortError", MediaError::Busy),
            ("TypeError", MediaError::Unsupported),
            ("NotFoundError", MediaError::Missing),
            ("OverconstrainedError", MediaError::Missing),
            ("", MediaError::Missing),
        ] {
            let one = MediaRefusal { name, ..refusal(Browser::Firefox, "", 5, [Denied; 2]) };
            assert_eq!(one.error(), expected, "{name}");
        }
    }

    #[test]
    fn a_screen_is_refused_by_its_person_or_by_the_system() {
        for (name, message, expected) in [
            ("NotAllowedError", "Permission denied", MediaError::Dismissed),
            ("NotAllowedError", NOT_ALLOWED, MediaError::Dismissed),
            ("NotAllowedError", "Permission denied by system", MediaError::BlockedBySystem),
            ("NotReadableError", "Could not start video source", MediaError::Busy),
            ("TypeError", "not a function", MediaError::Unsupported),
        ] {
            assert_eq!(screen_error(name, message), expected, "{name}: {message}");
        }
    }
}
