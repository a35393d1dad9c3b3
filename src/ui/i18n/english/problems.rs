//! The English texts about problems.

use crate::ui::i18n::entry::StateText;

pub(crate) static CAMERA_BLOCKED: StateText = StateText {
    heading: "Your camera and microphone are blocked",
    sentence: "Allow them for this page with the icon next to the address or in your browser\u{2019}s settings, \
               then try again.",
    spoken: "Your camera and microphone are blocked.",
};

pub(crate) static NO_DEVICE: StateText = StateText {
    heading: "No camera or microphone found",
    sentence: "Plug in or switch on a camera or microphone, then try again.",
    spoken: "No camera or microphone found.",
};

pub(crate) static DEVICE_BUSY: StateText = StateText {
    heading: "Another app is using your camera",
    sentence: "Close it, then try again.",
    spoken: "Another app is using your camera.",
};

pub(crate) static UNSUPPORTED: StateText = StateText {
    heading: "This browser can\u{2019}t make video calls",
    sentence: "Try the latest Chrome, Edge, Firefox or Safari.",
    spoken: "This browser can\u{2019}t make video calls.",
};

pub(crate) static CANNOT_CONNECT: StateText = StateText {
    heading: "Something is blocking your calls",
    sentence: "Your browser can\u{2019}t reach other people. A privacy setting, an extension, a VPN or a firewall \
               may be in the way. Turn it off for this page, or use another browser or network. Then try again.",
    spoken: "Something is blocking your calls: a setting, an extension or the network.",
};

pub(crate) static INSECURE: StateText = StateText {
    heading: "This page isn\u{2019}t secure",
    sentence: "Browsers only allow video on https:// pages.",
    spoken: "This page isn\u{2019}t secure. Browsers only allow video on https pages.",
};

pub(crate) static SERVER_LOST: StateText = StateText {
    heading: "Can\u{2019}t reach Passerby",
    sentence: "We\u{2019}re trying again. If it lasts, check your internet connection.",
    spoken: "Can\u{2019}t reach Passerby. Trying again.",
};

pub(crate) static SERVER_FULL: StateText = StateText {
    heading: "Passerby is full right now",
    sentence: "Too many people are online. You\u{2019}ll get in as soon as there\u{2019}s space.",
    spoken: "Passerby is full right now. Trying again.",
};

pub(crate) static WRONG_ADDRESS: StateText = StateText {
    heading: "This isn\u{2019}t Passerby\u{2019}s address",
    sentence: "Calls don\u{2019}t work at this address. Open Passerby at its own address instead.",
    spoken: "Calls don\u{2019}t work at this address. Open Passerby at its own address.",
};

pub(crate) static NETWORK_FULL: StateText = StateText {
    heading: "Too many people on your network",
    sentence: "There\u{2019}s a limit per network. We\u{2019}ll keep trying. Mobile data may work.",
    spoken: "Too many people on your network. We\u{2019}ll keep trying.",
};

pub(crate) static RATE_LIMITED: StateText = StateText {
    heading: "Slow down a little",
    sentence: "You\u{2019}re skipping faster than we can find people.",
    spoken: "Slow down a little. You\u{2019}re skipping faster than we can find people.",
};

pub(crate) static NO_RELAY: StateText = StateText {
    heading: "Your IP can\u{2019}t be hidden here",
    sentence: "So we haven\u{2019}t connected you. If you meet people anyway, they could see it.",
    spoken: "Your IP address can\u{2019}t be hidden here, so we haven\u{2019}t connected you.",
};

pub(crate) static CAMERA_DISMISSED: StateText = StateText {
    heading: "You closed the pop-up",
    sentence: "To be seen and heard, try again and choose Allow.",
    spoken: "You closed the pop-up for your camera and microphone.",
};

pub(crate) static BLOCKED_BY_SYSTEM: StateText = StateText {
    heading: "Your device is blocking the camera",
    sentence: "In your device\u{2019}s privacy settings, allow camera and microphone for your browser.",
    spoken: "Your device is blocking the camera and the microphone.",
};

pub(crate) static OFFLINE: StateText = StateText {
    heading: "You\u{2019}re offline",
    sentence: "We\u{2019}ll reconnect as soon as your internet is back.",
    spoken: "You\u{2019}re offline.",
};

pub(crate) static OTHER_TAB: StateText = StateText {
    heading: "Open in another tab",
    sentence: "Passerby is open in another tab, so it\u{2019}s paused here.",
    spoken: "Passerby is open in another tab, so it\u{2019}s paused here.",
};

pub(crate) static IDLE: StateText = StateText {
    heading: "Stopped looking",
    sentence: "You seemed to be away, so we turned your camera off.",
    spoken: "You seemed to be away, so we stopped looking.",
};
