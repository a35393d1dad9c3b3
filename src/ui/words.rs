//! Every text that people read, in English; it must not know when which of them is shown.

use leptos::prelude::use_context;

/// A catalogue: all texts in one language. Views get theirs from [`words`], so another one can be put into the context.
#[derive(Debug)]
#[expect(missing_docs, reason = "the names say what the texts are; the texts stand below")]
pub struct Words {
    pub language: &'static str,
    pub name: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    pub no_script: &'static str,

    pub start: &'static str,
    pub try_again: &'static str,
    pub next: &'static str,
    pub stop: &'static str,
    pub mute: &'static str,
    pub unmute: &'static str,
    pub camera_off: &'static str,
    pub camera_on: &'static str,

    pub landing: Said,
    pub address: &'static str,
    pub asking: Said,
    pub ready: Said,
    pub waiting: Said,
    pub without_camera: &'static str,
    pub without_microphone: &'static str,
    pub without_both: &'static str,
    pub connecting: Said,
    pub connecting_slow: Said,
    pub talking: Said,
    pub left: Said,
    pub lost: Said,
    pub unconnected: Said,

    pub stranger_picture: &'static str,
    pub own_picture: &'static str,
    pub own_camera_off: &'static str,
    pub own_camera_absent: &'static str,
    pub partner_camera_off: &'static str,
    pub partner_muted: &'static str,
    pub partner_silent: &'static str,
    pub interrupted: &'static str,
    pub next_key: &'static str,
    pub next_hint: &'static str,
    pub next_asked: &'static str,

    pub camera_blocked: Said,
    pub no_device: Said,
    pub device_busy: Said,
    pub unsupported: Said,
    pub insecure: Said,
    pub server_lost: Said,
    pub server_full: Said,
    pub no_relay: Said,
    pub call_continues: &'static str,

    pub hide_address: &'static str,
    pub hide_address_note: &'static str,
    pub address_hidden: &'static str,
    pub save_data: &'static str,
    pub save_data_note: &'static str,
    pub reconnecting: &'static str,
    pub details: &'static str,
    pub direct: &'static str,
    pub relayed: &'static str,
    pub next_camera: &'static str,
    pub code_note: &'static str,
    pub mark_match: &'static str,
    pub mark_offer: &'static str,
    pub mark_answer: &'static str,
    pub mark_ice: &'static str,
    pub mark_dtls: &'static str,
    pub mark_first_frame: &'static str,
    /// One for each number of six bits: clearly different, easily named.
    pub symbols: [&'static str; 64],
}

/// What a state says.
#[derive(Debug)]
pub struct Said {
    /// A few words, the heading.
    pub heading: &'static str,
    /// What happens, and what can be done; never the only place of a control's name.
    pub sentence: &'static str,
    /// One short sentence to be read aloud when the state begins; empty if it needs none.
    pub spoken: &'static str,
}

/// The catalogue of this page: the one in the context, else English.
pub fn words() -> &'static Words {
    use_context::<&'static Words>().unwrap_or(&ENGLISH)
}

/// English.
pub static ENGLISH: Words = Words {
    language: "en",
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

    landing: Said {
        heading: "Meet someone you would have walked past",
        sentence: "Passerby puts you face to face with a stranger in a video call, with no account and nothing to \
                   install. Stay as long as you both like, or press Next to meet somebody else.",
        spoken: "",
    },
    address: "The call goes straight from your browser to theirs, so the other person can find out your network \
              address and, from it, roughly where you are. Passerby records nothing; the other person could.",
    asking: Said {
        heading: "Allow your camera and microphone",
        sentence: "Your browser is asking now: choose Allow, so that the other person can see and hear you. Nobody \
                   does before you are connected, and Stop turns both off.",
        spoken: "Your browser is asking for your camera and microphone. Choose Allow.",
    },
    ready: Said {
        heading: "Reaching the server\u{2026}",
        sentence: "Your picture and your voice stay with you until somebody is found.",
        spoken: "Reaching the server.",
    },
    waiting: Said {
        heading: "Looking for someone\u{2026}",
        sentence: "You will see each other as soon as somebody else is looking too. It takes longer when few \
                   people are here.",
        spoken: "Looking for someone.",
    },
    without_camera: "You are here without a camera. The other person can hear you, and you can see and hear them.",
    without_microphone: "You are here without a microphone. The other person can see you, and you can see and hear \
                         them.",
    without_both: "You are here without camera and microphone. You can still see and hear the other person.",
    connecting: Said {
        heading: "Found someone",
        sentence: "Connecting the two of you.",
        spoken: "Found someone. Connecting.",
    },
    connecting_slow: Said {
        heading: "Still connecting\u{2026}",
        sentence: "It takes longer than usual. Give it a moment, or press Next to meet somebody else.",
        spoken: "Still connecting. It takes longer than usual.",
    },
    talking: Said {
        heading: "Talking with a stranger",
        sentence: "Say hello.",
        spoken: "You are connected. Say hello.",
    },
    left: Said {
        heading: "They left",
        sentence: "Looking for someone else in a moment.",
        spoken: "They left. Looking for someone else in a moment.",
    },
    lost: Said {
        heading: "Their connection was lost",
        sentence: "Looking for someone else in a moment.",
        spoken: "Their connection was lost. Looking for someone else in a moment.",
    },
    unconnected: Said {
        heading: "You two could not be connected",
        sentence: "Looking for someone else.",
        spoken: "You two could not be connected. Looking for someone else.",
    },

    stranger_picture: "The stranger",
    own_picture: "You",
    own_camera_off: "Camera off",
    own_camera_absent: "No camera",
    partner_camera_off: "Their camera is off",
    partner_muted: "Their microphone is off",
    partner_silent: "Their camera and microphone are off",
    interrupted: "The connection is interrupted. It may come back.",
    next_key: "Esc",
    next_hint: "Really? Esc again",
    next_asked: "Really? Press Escape again for the next stranger.",

    camera_blocked: Said {
        heading: "Your camera and microphone are blocked",
        sentence: "Allow them for this page, by the icon beside the address or in your browser\u{2019}s settings, then \
                   try again.",
        spoken: "Your camera and microphone are blocked.",
    },
    no_device: Said {
        heading: "No camera or microphone found",
        sentence: "Connect at least one of them, or turn it on, then try again.",
        spoken: "No camera or microphone was found.",
    },
    device_busy: Said {
        heading: "Your camera is in use",
        sentence: "Close the other program that uses your camera or microphone, then try again.",
        spoken: "Another program is using your camera or microphone.",
    },
    unsupported: Said {
        heading: "This browser can\u{2019}t make video calls",
        sentence: "Open this page in a current Chrome, Edge, Firefox or Safari.",
        spoken: "This browser can\u{2019}t make video calls.",
    },
    insecure: Said {
        heading: "Video calls need a secure page",
        sentence: "Open this page again with https:// at the beginning of its address.",
        spoken: "Video calls need a secure page.",
    },
    server_lost: Said {
        heading: "Lost contact with the server",
        sentence: "Passerby keeps trying by itself. If it does not come back, check your own connection.",
        spoken: "Lost contact with the server. Trying again.",
    },
    server_full: Said {
        heading: "Passerby is full right now",
        sentence: "Too many people are here at this moment. Passerby keeps trying by itself.",
        spoken: "Passerby is full right now. Trying again.",
    },
    no_relay: Said {
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
    symbols: [
        "🐶 dog",
        "🐱 cat",
        "🦊 fox",
        "🐻 bear",
        "🐼 panda",
        "🦁 lion",
        "🐮 cow",
        "🐷 pig",
        "🐸 frog",
        "🐵 monkey",
        "🐔 chicken",
        "🐧 penguin",
        "🦆 duck",
        "🦉 owl",
        "🐴 horse",
        "🐝 bee",
        "🐌 snail",
        "🐞 ladybird",
        "🐢 turtle",
        "🐍 snake",
        "🐙 octopus",
        "🦀 crab",
        "🐠 fish",
        "🐳 whale",
        "🐘 elephant",
        "🐑 sheep",
        "🦔 hedgehog",
        "🌵 cactus",
        "🌲 tree",
        "🍀 clover",
        "🍁 leaf",
        "🌻 sunflower",
        "🌙 moon",
        "⭐ star",
        "🔥 fire",
        "🌈 rainbow",
        "❄️ snowflake",
        "☂️ umbrella",
        "🍏 apple",
        "🍌 banana",
        "🍒 cherry",
        "🍓 strawberry",
        "🍋 lemon",
        "🍉 melon",
        "🥕 carrot",
        "🌽 corn",
        "🍄 mushroom",
        "🍞 bread",
        "🧀 cheese",
        "🍕 pizza",
        "🎂 cake",
        "☕ coffee",
        "⚽ ball",
        "🎈 balloon",
        "🎁 present",
        "🎩 hat",
        "👓 glasses",
        "🔑 key",
        "🔔 bell",
        "🚲 bicycle",
        "🚂 train",
        "✈️ plane",
        "🚀 rocket",
        "⚓ anchor",
    ],
};
