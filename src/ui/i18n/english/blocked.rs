//! The English steps that bring back a camera and a microphone that the browser blocks.

use crate::call::Browser;

/// One text for each kind of browser.
pub(crate) static ENGLISH: [&str; 8] = [
    "Use the icon next to the address, or your browser\u{2019}s settings, to allow them for this page. \
     We\u{2019}ll continue automatically.",
    "Select the icon next to the address and turn on Camera and Microphone. We\u{2019}ll continue automatically.",
    "Tap the icon next to the address, then Permissions, and allow Camera and Microphone. We\u{2019}ll continue \
     automatically.",
    "Select the crossed-out camera in the address bar, remove the block, then try again.",
    "Choose Safari, Settings for This Website, and allow Camera and Microphone, then try again.",
    "Open your device\u{2019}s Settings, find this browser, and allow Camera and Microphone. Or tap the icon next \
     to the address, then Website Settings. Then try again.",
    "Tap the icon next to the address, then allow Camera and Microphone, and try again.",
    "This app\u{2019}s built-in browser may not let pages use your camera. Open this page in your usual browser: \
     copy the address, or look in the app\u{2019}s menu.",
];

/// The index of a browser's text in `Words::blocked_steps`.
pub(crate) const fn steps_of(browser: Browser) -> usize {
    match browser {
        Browser::Other => 0,
        Browser::Chromium => 1,
        Browser::ChromiumOnAndroid => 2,
        Browser::Firefox => 3,
        Browser::Safari => 4,
        Browser::OnIos => 5,
        Browser::FirefoxOnAndroid => 6,
        Browser::InApp => 7,
    }
}
