//! The English catalogue.

use super::{
    catalogue::{StateText, Words},
    crowds, symbols,
};

/// All texts in English.
pub(crate) static ENGLISH: Words = Words {
    language: "en",
    direction: "ltr",
    name: "Passerby",
    title: "Passerby: video calls with strangers",
    description: "Meet a stranger in a video call. No account, nothing to install, and the call goes straight \
                  from your browser to theirs.",
    no_script: "Passerby needs JavaScript to make calls. Please turn it on for this page.",

    start: "Start",
    try_again: "Try again",
    next: "Next",
    stop: "Stop",
    mute: "Mute microphone",
    unmute: "Unmute microphone",
    camera_off: "Turn camera off",
    camera_on: "Turn camera on",

    landing: StateText {
        heading: "Meet someone you would have walked past",
        sentence: "Passerby puts you face to face with a stranger in a video call, with no account and nothing to \
                   install. Stay as long as you both like, or press Next to meet somebody else.",
        spoken: "",
    },
    address: "The call goes straight from your browser to theirs, so the other person can find out your network \
              address and, from it, roughly where you are. Passerby records nothing; the other person could.",
    asking: StateText {
        heading: "Allow your camera and microphone",
        sentence: "Your browser is asking now: choose Allow, so that the other person can see and hear you. Nobody \
                   does before you are connected, and Stop turns both off.",
        spoken: "Your browser is asking for your camera and microphone. Choose Allow.",
    },
    asking_slow: StateText {
        heading: "Your browser has not answered",
        sentence: "If it asks a question, choose Allow. If there is none, this browser may be part of another app that \
                   does not give away the camera: open this page in Chrome, Firefox, Edge or Safari, or go on without.",
        spoken: "Your browser has not answered. Look for its question, or open this page in another browser.",
    },
    ready: StateText {
        heading: "Reaching the server\u{2026}",
        sentence: "Your picture and your voice stay with you until somebody is found.",
        spoken: "Reaching the server.",
    },
    waiting: StateText {
        heading: "Looking for someone\u{2026}",
        sentence: "You will see each other as soon as somebody else is looking too.",
        spoken: "Looking for someone.",
    },
    crowds: crowds::ENGLISH,
    waits: [
        "Most wait less than 10 seconds.",
        "It usually takes about half a minute.",
        "It usually takes a minute or longer.",
    ],
    without_camera: "You are here without a camera. The other person can hear you, and you can see and hear them.",
    without_microphone: "You are here without a microphone. The other person can see you, and you can see and hear \
                         them.",
    without_both: "You are here without camera and microphone. You can still see and hear the other person.",
    connecting: StateText {
        heading: "Found someone",
        sentence: "Connecting the two of you.",
        spoken: "Found someone. Connecting.",
    },
    connecting_slow: StateText {
        heading: "Still connecting\u{2026}",
        sentence: "It takes longer than usual. Give it a moment, or press Next to meet somebody else.",
        spoken: "Still connecting. It takes longer than usual.",
    },
    talking: StateText {
        heading: "Talking with a stranger",
        sentence: "Say hello.",
        spoken: "You are connected. Say hello.",
    },
    left: StateText {
        heading: "They left",
        sentence: "Looking for someone else in a moment.",
        spoken: "They left. Looking for someone else in a moment.",
    },
    lost: StateText {
        heading: "Their connection was lost",
        sentence: "Looking for someone else in a moment.",
        spoken: "Their connection was lost. Looking for someone else in a moment.",
    },
    unconnected: StateText {
        heading: "You two could not be connected",
        sentence: "Looking for someone else.",
        spoken: "You two could not be connected. Looking for someone else.",
    },
    call_lost: StateText {
        heading: "The call was lost",
        sentence: "Looking for someone else.",
        spoken: "The call was lost. Looking for someone else.",
    },

    stranger_picture: "The stranger",
    own_picture: "You",
    own_camera_off: "Camera off",
    own_camera_absent: "No camera",
    own_camera_interrupted: "No picture",
    notices: [
        "Your browser does not answer. Look for its question, or open this page in another browser.",
        "That device cannot be used now, so the one before is on again.",
        "Your camera gives no picture. Another program may be using it, or a switch on it may be off.",
        "Your microphone gives no sound. Another program may be using it, or your system has muted it.",
        "Your camera is not on. Turn it on again, or choose another one under More.",
        "Your microphone is not on. Turn it on again, or choose another one under More.",
    ],
    partner_camera_off: "Their camera is off",
    partner_muted: "Their microphone is off",
    partner_silent: "Their camera and microphone are off",
    no_picture: "No picture from them",
    picture_stopped: "Their picture has stopped",
    unseen: "They cannot see you",
    unheard: "They cannot hear you",
    partner_interrupted: "Their camera or microphone is interrupted",
    partner_saves: "They save data, so they see you smaller",
    interrupted: "The connection is interrupted. It may come back.",
    next_key: "Esc",
    next_hint: "Really? Esc again",
    next_asked: "Really? Press Escape again for the next stranger.",

    camera_blocked: StateText {
        heading: "Your camera and microphone are blocked",
        sentence: "Allow them for this page, by the icon beside the address or in your browser\u{2019}s settings, then \
                   try again.",
        spoken: "Your camera and microphone are blocked.",
    },
    no_device: StateText {
        heading: "No camera or microphone found",
        sentence: "Connect at least one of them, or turn it on, then try again.",
        spoken: "No camera or microphone was found.",
    },
    device_busy: StateText {
        heading: "Your camera is in use",
        sentence: "Close the other program that uses your camera or microphone, then try again.",
        spoken: "Another program is using your camera or microphone.",
    },
    unsupported: StateText {
        heading: "This browser can\u{2019}t make video calls",
        sentence: "Open this page in a current Chrome, Edge, Firefox or Safari.",
        spoken: "This browser can\u{2019}t make video calls.",
    },
    cannot_connect: StateText {
        heading: "Something blocks your calls",
        sentence: "Your browser finds no way to another person. A policy or a privacy setting of the browser may block \
                   calls, or an extension, a VPN or a firewall. Turn it off for this page, or use another browser or \
                   another network. Then try again.",
        spoken: "Something blocks your calls: a setting, an extension or the network.",
    },
    insecure: StateText {
        heading: "Video calls need a secure page",
        sentence: "Open this page again with https:// at the beginning of its address.",
        spoken: "Video calls need a secure page.",
    },
    server_lost: StateText {
        heading: "Lost contact with the server",
        sentence: "Passerby keeps trying by itself. If it does not come back, check your own connection.",
        spoken: "Lost contact with the server. Trying again.",
    },
    server_full: StateText {
        heading: "Passerby is full right now",
        sentence: "Too many people are here at this moment. Passerby tries again by itself.",
        spoken: "Passerby is full right now. Trying again.",
    },
    wrong_address: StateText {
        heading: "This is not the address of Passerby",
        sentence: "Calls do not work at the address that you have opened. Open Passerby at its own address instead.",
        spoken: "Calls do not work at this address. Open Passerby at its own address.",
    },
    tries_again: "Trying again in",
    network_full: StateText {
        heading: "Many people are here from your network",
        sentence: "Passerby lets in so many from one network at a time, and tries again by itself. Another network may \
                   be faster.",
        spoken: "Too many people are here from your network. Trying again.",
    },
    rate_limited: StateText {
        heading: "One moment",
        sentence: "You went on faster than the server finds people. It goes on by itself.",
        spoken: "One moment. It goes on by itself.",
    },
    no_relay: StateText {
        heading: "Your address can\u{2019}t be hidden here",
        sentence: "This server has no relay to hide it behind, so Passerby does not connect you. Turn \u{201c}Hide my \
                   address\u{201d} off to meet people all the same.",
        spoken: "This server has no relay, so your address can\u{2019}t be hidden.",
    },
    call_continues: "Lost contact with the server. Your call continues.",

    hide_address: "Hide my address",
    hide_address_note: "Calls go through a relay, from the next stranger on. It can take a little longer.",
    address_hidden: "Your calls go through a relay, so the other person sees the relay\u{2019}s network address and not \
                     yours. The server and its relay still see yours. Passerby records nothing; the other person could.",
    topics: "What you like to talk about",
    topics_example: "jazz, cooking, climbing",
    topics_note: "Passerby looks for somebody who likes the same, for 10 seconds; then for anybody.",
    my_languages: "My languages first",
    my_languages_note: "Looks for somebody who speaks a language of this browser, for 10 seconds; then for anybody.",
    sought: [
        "Nobody yet who also likes",
        "Nobody yet who speaks your language.",
        "Nobody yet with whom you have something in common, so anybody will do.",
    ],
    sought_spoken: [
        "Looking for someone who likes what you like.",
        "Looking for someone who speaks your language.",
        "Looking for anybody now.",
    ],
    widens: "Looking wider in",
    shared_interest: "You both like",
    shared_language: "You speak the same language.",
    save_data: "Use less data",
    save_data_note: "Sends a smaller picture.",
    reconnecting: "Reconnecting\u{2026}",
    details: "Connection details",
    direct: "Straight from browser to browser.",
    relayed: "Through a relay, which cannot see or hear you.",
    next_camera: "Switch camera",
    code_note: "Read this aloud. If the other person sees the same, nobody sits between you.",
    mark_match: "Found",
    mark_offer: "Offer",
    mark_answer: "Answer",
    mark_ice: "Path",
    mark_dtls: "Encrypted",
    mark_first_frame: "First picture",
    mirror: StateText {
        heading: "How you look and sound",
        sentence: "Nobody else sees or hears this. Say something: the bar below moves with your voice.",
        spoken: "Your camera and microphone are on. Nobody else sees or hears you.",
    },
    check: "Check camera and sound",
    start_without: "Continue without",
    use_here: "Use here",
    still_there: StateText {
        heading: "Still there?",
        sentence: "Nobody sees or hears you now. Press the button to go on, or Passerby turns your camera and \
                   microphone off.",
        spoken: "Still there? Nobody sees or hears you until you go on.",
    },
    here: "I\u{2019}m here",
    outdated: "A newer version of this page is here.",
    reload: "Reload",

    settings: "Settings",
    more: "More",
    close: "Close",
    the_camera: "Camera",
    the_microphone: "Microphone",
    the_speaker: "Speaker",
    level: "How loud you are",
    test_speaker: "Play a tone",
    share_screen: "Share screen",
    stop_sharing: "Stop sharing",
    sharing: "You are sharing your screen",
    picture_in_picture: "Picture in picture",
    picture_back: "Picture back here",
    full_screen: "Full screen",
    full_screen_end: "Leave full screen",
    volume: "Their volume",
    mute_stranger: "Mute them",
    unmute_stranger: "Unmute them",
    move_picture: "Move my picture",
    allow_sound: "Turn on sound",
    partner_shares: "They are sharing their screen",
    partner_away: "They are looking at something else",

    push_to_talk: "Push to talk",
    push_to_talk_note: "Your microphone is on only while you hold the space bar.",
    blur: "Blur my background",
    blur_note: "Your browser does it before anything is sent.",
    unmirrored: "Show me as others see me",
    unmirrored_note: "Not as in a mirror.",
    hide_picture: "Hide my picture",
    hide_picture_note: "From yourself only.",
    no_keys: "No single keys",
    no_keys_note: "Letters do nothing; Escape still does.",
    microphone_off: "Microphone off",
    microphone_off_note: "Nobody hears you until you turn it on.",
    camera_is_off: "Camera off",
    camera_is_off_note: "Nobody sees you until you turn it on.",
    keys: "Keys",
    key_names: [
        "Esc Esc: next stranger",
        "M: microphone",
        "C: camera",
        "T: chat",
        "S: share screen",
        "F: full screen",
        "P: picture in picture",
        "H: hide my picture",
        "?: this list",
    ],
    block: "Block",
    block_this: "Block this stranger",
    block_previous: "Block the previous stranger",
    previous_blocked: "Previous stranger blocked",
    blocked_note: "You do not meet those again whom you have blocked, for 30 days.",
    unblock: "Unblock everybody",
    forget: "Forget everything",
    forget_note: "What you chose, and whom you blocked, is kept on this device only. This removes it.",

    chat: "Chat",
    chat_close: "Close chat",
    chat_empty: "What you write goes straight to the other person, and is gone when the call ends.",
    message: "Message",
    send: "Send",
    you: "You",
    stranger: "Stranger",
    sending: "Sending\u{2026}",
    delivered: "Delivered",
    typing: "They are writing\u{2026}",
    unread: "New in the chat",
    reactions: ["Wave", "Thumbs up", "Laugh", "Heart", "Clap"],
    partner_reacts: "They show:",

    strengths: ["Good connection", "Weak connection", "Bad connection"],
    bits_received: "Received",
    bits_sent: "Sent",
    packets_lost: "Lost",
    round_trip: "There and back",
    kilobits: "kbit/s",
    of_thousand: "\u{2030}",
    encoded: "Encoded as",
    copy_report: "Copy report",

    camera_dismissed: StateText {
        heading: "Your browser\u{2019}s question was closed",
        sentence: "Passerby needs your camera and microphone to show you to the other person. Try again, and choose \
                   Allow.",
        spoken: "The question for your camera and microphone was closed.",
    },
    blocked_by_system: StateText {
        heading: "Your system blocks the camera",
        sentence: "This page may use it, but the browser may not. Allow your browser to use camera and microphone in \
                   the privacy settings of your system, then try again.",
        spoken: "Your system does not let the browser use the camera and the microphone.",
    },
    blocked_steps: [
        "Allow them for this page, by the icon beside the address or in your browser\u{2019}s settings. Passerby goes \
         on by itself.",
        "Select the icon at the beginning of the address bar, then turn on Camera and Microphone. Passerby goes on by \
         itself.",
        "Tap the icon at the beginning of the address, then Permissions, and allow Camera and Microphone. Passerby goes \
         on by itself.",
        "Select the crossed-out camera in the address bar, remove the block, then try again.",
        "Choose Safari, Settings for This Website, and allow Camera and Microphone, then try again.",
        "Open the Settings of your device, find this browser, and allow Camera and Microphone. Or tap the icon beside \
         the address, then Website Settings. Then try again.",
        "Tap the icon at the beginning of the address, then allow Camera and Microphone, and try again.",
        "This app\u{2019}s own browser may not give pages your camera. Open this page in your usual browser: copy the \
         address, or look in the app\u{2019}s menu.",
    ],
    offline: StateText {
        heading: "You\u{2019}re offline",
        sentence: "Your device has no network. Passerby goes on by itself when it is back.",
        spoken: "You are offline.",
    },
    other_tab: StateText {
        heading: "Open in another tab",
        sentence: "Passerby is used in another tab or window of this browser, so it has stopped here.",
        spoken: "Passerby is used in another tab and has stopped here.",
    },
    idle: StateText {
        heading: "Stopped looking",
        sentence: "Nobody seemed to be there, so Passerby turned your camera and microphone off. Start again whenever \
                   you like.",
        spoken: "Nobody seemed to be there. Passerby has stopped looking.",
    },

    seconds: "s",
    milliseconds: "ms",
    symbols: symbols::ENGLISH,
};
