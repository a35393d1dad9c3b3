//! The environment of the page as the browser reports it: the network, the window, and what the browser can do.

use crate::protocol::Occupancy;

/// The environment of the page, as far as people see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The browser reports that there is no network.
    pub offline: bool,
    /// The picture of the stranger is in a window of its own (picture-in-picture).
    pub in_picture: bool,
    /// The call fills the screen.
    pub fills_screen: bool,
    /// The browser plays no sound until the person asks for it.
    pub sound_blocked: bool,
    /// The server has a newer build of this page.
    pub outdated: bool,
    /// The page asks whether anybody is there.
    pub asks_presence: bool,
    /// How busy the server is; only while this page waits, and once the server has said so.
    pub here: Option<Occupancy>,
    /// What the browser can do.
    pub abilities: Abilities,
    /// Which browser this is.
    pub browser: Browser,
}

/// What some browsers cannot do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// Share the screen.
    pub screen: bool,
    /// Show a picture in a window of its own.
    pub picture_in_picture: bool,
    /// Fill the screen.
    pub full_screen: bool,
    /// Choose a speaker.
    pub speakers: bool,
    /// Blur the background of the camera's picture.
    pub blur: bool,
    /// Show notifications of the system, if the person allows it.
    pub notifications: bool,
    /// Set the volume of a sound. On iPhones and iPads only keys do that.
    pub volume: bool,
}

/// The browsers for which the page explains how to allow the camera.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Browser {
    /// A browser that the page has no explanation for.
    #[default]
    Other,
    /// Chrome, Edge or another Chromium browser on a computer.
    Chromium,
    /// The same on Android.
    ChromiumOnAndroid,
    /// Firefox on a computer.
    Firefox,
    /// Safari on a Mac.
    Safari,
    /// Any browser on an iPhone or an iPad.
    OnIos,
    /// Firefox on Android.
    FirefoxOnAndroid,
    /// The browser inside another app (a web view). It often gives pages neither camera nor microphone.
    InApp,
}

impl Browser {
    /// The browser with this user agent string and this many touch points at once (`maxTouchPoints`). `installed` means
    /// that iOS shows the page as an app of its own (`navigator.standalone`).
    ///
    /// Nothing but the user agent string says how a browser's settings look. iPads name themselves Macintosh there;
    /// only the touch points tell them from a Mac. Web views add `; wv)` on Android and leave out `Safari/` on iOS,
    /// where installed pages do so, too.
    pub fn of(agent: &str, touch_points: u32, installed: bool) -> Self {
        let is = |name| agent.contains(name);
        let on_ios = is("iPhone") || is("iPad") || is("Macintosh") && touch_points > 1;
        if is("; wv)") || on_ios && !is("Safari/") && !installed {
            Self::InApp
        } else if on_ios {
            Self::OnIos
        } else if is("Firefox") && is("Android") {
            Self::FirefoxOnAndroid
        } else if is("Firefox") {
            Self::Firefox
        } else if is("Chrome") && is("Android") {
            Self::ChromiumOnAndroid
        } else if is("Chrome") {
            Self::Chromium
        } else if is("Safari") {
            Self::Safari
        } else {
            Self::Other
        }
    }

    /// Whether `permissions.query` tells a refusal from a question that was closed.
    ///
    /// Only Chromium's does. Firefox rejects the query or does not count refusals that it forgets with the tab, Safari
    /// answers `prompt` after a refusal, and web views answer for the app around them.
    pub(crate) const fn reveals_refusals(self) -> bool {
        match self {
            Self::Chromium | Self::ChromiumOnAndroid => true,
            Self::Other
            | Self::Firefox
            | Self::FirefoxOnAndroid
            | Self::Safari
            | Self::OnIos
            | Self::InApp => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// User agent strings of browsers, with their touch points.
    const AGENTS: [(&str, u32, Browser); 16] = [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 \
             Safari/537.36",
            10,
            Browser::Chromium,
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 \
             Safari/537.36 Edg/131.0.0.0",
            0,
            Browser::Chromium,
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile \
             Safari/537.36",
            5,
            Browser::ChromiumOnAndroid,
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 \
             Chrome/131.0.0.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/490.0.0.0;]",
            5,
            Browser::InApp,
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", 0, Browser::Firefox),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0",
            10,
            Browser::Firefox,
        ),
        (
            "Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0",
            5,
            Browser::FirefoxOnAndroid,
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 \
             Safari/605.1.15",
            0,
            Browser::Safari,
        ),
        // An iPad that asks for desktop pages, which is the default.
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 \
             Safari/605.1.15",
            5,
            Browser::OnIos,
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 \
             Mobile/15E148 Safari/604.1",
            5,
            Browser::OnIos,
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
             CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1",
            5,
            Browser::OnIos,
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
             FxiOS/133.0 Mobile/15E148 Safari/605.1.15",
            5,
            Browser::OnIos,
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
             Mobile/15E148 Instagram 330.0.0.0",
            5,
            Browser::InApp,
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
             Mobile/15E148 Safari Line/14.0.0",
            5,
            Browser::InApp,
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 \
             [FBAN/FBIOS;FBAV/490.0.0.0]",
            5,
            Browser::InApp,
        ),
        ("curl/8.5.0", 0, Browser::Other),
    ];

    #[test]
    fn user_agent_and_touch_points_name_the_browser() {
        for (agent, touch_points, browser) in AGENTS {
            assert_eq!(
                Browser::of(agent, touch_points, false),
                browser,
                "{agent}, {touch_points} touch points"
            );
        }
    }

    #[test]
    fn page_installed_on_ios_is_not_in_another_app() {
        let agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                     Mobile/15E148";
        assert_eq!(Browser::of(agent, 5, true), Browser::OnIos);
        assert_eq!(Browser::of(agent, 5, false), Browser::InApp);
    }
}
