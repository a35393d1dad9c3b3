//! [`Words`]: the type of a catalogue, with its conversion to and from a list of texts, and from a file.

use serde_json::Value;

use super::entry::{CatalogueEntry, StateText, know_keys};
use crate::protocol::limits::{CROWD_STEPS, WAIT_STEPS};

/// The key of a file that says who has read it.
const HEAD: &str = "_head";

/// Generates the catalogue and its conversions.
macro_rules! catalogue {
    ($($name:ident: $kind:ty,)*) => {
        /// All texts in one language. Views get theirs from [`words`](super::words).
        #[derive(Debug)]
        #[expect(missing_docs, reason = "the names describe the texts, which are in `english`")]
        pub struct Words {
            $(pub $name: $kind,)*
        }

        impl Words {
            /// All texts, in the order of the fields.
            pub fn texts(&self) -> Vec<&'static str> {
                let mut texts = Vec::new();
                $(self.$name.push_to(&mut texts);)*
                texts
            }

            /// The catalogue with these texts, in the order of the fields.
            pub fn from_texts(texts: &mut dyn FnMut() -> &'static str) -> Self {
                Self { $($name: CatalogueEntry::read_from(texts),)* }
            }

            /// The catalogue in a JSON object, whose keys are the names of the fields.
            ///
            /// # Errors
            ///
            /// Says which key is missing, unknown or of another kind.
            pub(super) fn from_json(file: &Value) -> Result<Self, String> {
                know_keys(file, "", &[HEAD, $(stringify!($name)),*])?;
                Ok(Self { $($name: CatalogueEntry::from_json(&file[stringify!($name)], stringify!($name))?,)* })
            }

            /// What a file with these texts would contain.
            #[cfg(test)]
            pub(super) fn to_json(&self) -> Value {
                let mut file = serde_json::Map::from_iter([(HEAD.to_owned(), Value::from("source"))]);
                $(file.insert(stringify!($name).to_owned(), self.$name.to_json());)*
                Value::Object(file)
            }
        }
    };
}

catalogue! {
    language: &'static str,
    direction: &'static str,
    name: &'static str,
    title: &'static str,
    title_in: &'static str,
    description: &'static str,
    no_script: &'static str,

    start: &'static str,
    try_again: &'static str,
    next: &'static str,
    stop: &'static str,
    mute: &'static str,
    unmute: &'static str,
    camera_off: &'static str,
    camera_on: &'static str,

    landing: StateText,
    address: &'static str,
    gate: StateText,
    rules: [&'static str; 3],
    accept_rules: &'static str,
    say_under_age: &'static str,
    under_age: StateText,
    age_check: StateText,
    prove_age: &'static str,
    help: &'static str,
    go_live: &'static str,
    report: &'static str,
    reported: StateText,
    search_paused: StateText,
    report_someone: &'static str,
    report_steps: [StateText; 7],
    report_reasons: [&'static str; 7],
    report_words: &'static str,
    report_child: &'static str,
    report_send: &'static str,
    report_kept: &'static str,
    report_code: &'static str,
    report_page: &'static str,
    lengths: [&'static str; 2],
    cancel: &'static str,
    done: &'static str,
    banned: StateText,
    paused: StateText,
    warned: StateText,
    warning_read: &'static str,
    because: &'static str,
    until: &'static str,
    deciders: [&'static str; 2],
    appeal: &'static str,
    appeal_code: &'static str,
    no_appeal: &'static str,
    inquiries: [&'static str; 3],
    asking: StateText,
    asking_slow: StateText,
    ready: StateText,
    waiting: StateText,
    alone: &'static str,
    all_met: &'static str,
    crowds: [&'static str; CROWD_STEPS.len()],
    waits: [&'static str; WAIT_STEPS.len() + 1],
    without_camera: &'static str,
    without_microphone: &'static str,
    without_both: &'static str,
    connecting: StateText,
    connecting_slow: StateText,
    talking: StateText,
    left: StateText,
    lost: StateText,
    unconnected: StateText,
    call_lost: StateText,

    stranger_picture: &'static str,
    own_picture: &'static str,
    own_camera_off: &'static str,
    own_camera_absent: &'static str,
    own_camera_interrupted: &'static str,
    notices: [&'static str; 9],
    reveal: &'static str,
    covers: [&'static str; 3],
    partner_camera_off: &'static str,
    partner_muted: &'static str,
    partner_silent: &'static str,
    no_picture: &'static str,
    picture_stopped: &'static str,
    unseen: &'static str,
    unheard: &'static str,
    partner_interrupted: &'static str,
    partner_saves: &'static str,
    interrupted: &'static str,
    next_key: &'static str,
    gesture_hints: [&'static str; 3],
    gestures_asked: [&'static str; 3],

    camera_blocked: StateText,
    no_device: StateText,
    device_busy: StateText,
    unsupported: StateText,
    cannot_connect: StateText,
    insecure: StateText,
    server_lost: StateText,
    server_full: StateText,
    network_full: StateText,
    wrong_address: StateText,
    tries_again: &'static str,
    rate_limited: StateText,
    no_relay: StateText,
    call_continues: &'static str,

    hide_address: &'static str,
    hide_address_note: &'static str,
    address_hidden: &'static str,
    firefox_relay: &'static str,
    soft_start: &'static str,
    soft_start_note: &'static str,
    no_soft_start: &'static str,
    no_soft_start_note: &'static str,
    section_connection: &'static str,
    check_paths: &'static str,
    paths: [&'static str; 4],
    path_results: [&'static str; 4],
    path_summaries: [&'static str; 5],
    topics: &'static str,
    topics_example: &'static str,
    topics_note: &'static str,
    my_languages: &'static str,
    my_languages_note: &'static str,
    spoken_languages: &'static str,
    sought: [&'static str; 3],
    sought_spoken: [&'static str; 3],
    widens: &'static str,
    shared_interest: &'static str,
    shared_language: &'static str,
    save_data: &'static str,
    save_data_note: &'static str,
    reconnecting: &'static str,
    direct: &'static str,
    relayed: &'static str,
    next_camera: &'static str,
    code_note: &'static str,
    numbers: &'static str,
    mirror: StateText,
    check: &'static str,
    start_without: &'static str,
    use_here: &'static str,
    meet_anyway: &'static str,
    still_there: StateText,
    here: &'static str,
    outdated: &'static str,
    reload: &'static str,

    settings: &'static str,
    section_call: &'static str,
    section_you: &'static str,
    section_interests: &'static str,
    section_privacy: &'static str,
    more: &'static str,
    close: &'static str,
    language_menu: &'static str,
    language_later: &'static str,
    the_camera: &'static str,
    the_microphone: &'static str,
    the_speaker: &'static str,
    level: &'static str,
    test_speaker: &'static str,
    share_screen: &'static str,
    stop_sharing: &'static str,
    sharing: &'static str,
    picture_in_picture: &'static str,
    picture_back: &'static str,
    full_screen: &'static str,
    full_screen_end: &'static str,
    volume: &'static str,
    mute_stranger: &'static str,
    unmute_stranger: &'static str,
    show_whole: &'static str,
    fill_view: &'static str,
    move_picture: &'static str,
    allow_sound: &'static str,
    partner_shares: &'static str,
    partner_away: &'static str,

    push_to_talk: &'static str,
    push_to_talk_note: &'static str,
    blur: &'static str,
    blur_note: &'static str,
    unmirrored: &'static str,
    unmirrored_note: &'static str,
    hide_picture: &'static str,
    hide_picture_note: &'static str,
    no_keys: &'static str,
    no_keys_note: &'static str,
    no_chime: &'static str,
    no_chime_note: &'static str,
    notify: &'static str,
    notify_note: &'static str,
    microphone_off: &'static str,
    microphone_off_note: &'static str,
    camera_is_off: &'static str,
    camera_is_off_note: &'static str,
    keys: &'static str,
    key_names: [&'static str; 10],
    block: &'static str,
    block_this: &'static str,
    block_past: [&'static str; 3],
    unblock_past: [&'static str; 3],
    blocked: StateText,
    unblocked: StateText,
    find_next: &'static str,
    undo: &'static str,
    skip: &'static str,
    blocked_note: &'static str,
    unblock: &'static str,
    forget: &'static str,
    forget_note: &'static str,

    chat: &'static str,
    chat_close: &'static str,
    chat_empty: &'static str,
    message: &'static str,
    send: &'static str,
    you: &'static str,
    stranger: &'static str,
    sending: &'static str,
    delivered: &'static str,
    typing: &'static str,
    chars_left: &'static str,
    chat_pause: &'static str,
    unread: &'static str,
    reactions: [&'static str; 5],
    partner_reacts: &'static str,

    strengths: [&'static str; 3],
    bits_received: &'static str,
    bits_sent: &'static str,
    packets_lost: &'static str,
    round_trip: &'static str,
    encoded: &'static str,
    copy_report: &'static str,

    camera_dismissed: StateText,
    blocked_by_system: StateText,
    blocked_steps: [&'static str; 8],
    offline: StateText,
    other_tab: StateText,
    idle: StateText,

    links: [&'static str; 8],
    seconds: &'static str,
    symbols: [&'static str; 64],
}
