//! Every text that people read; it must not know when which of them is shown.
//!
//! A catalogue ([`Words`]) has all texts in one language. The server chooses one, writes the page with it, and sends it
//! along as one list, from which the browser half makes the same catalogue again: no text is compiled into the wasm.

mod english;
mod pseudo;
mod crowds;

use std::array;

use leptos::prelude::expect_context;

use crate::protocol::limits::{CROWD_STEPS, WAIT_STEPS};

/// Makes the catalogue, and its way to the browser and back, out of one list of fields.
macro_rules! catalogue {
    ($($name:ident: $kind:ty,)*) => {
        /// All texts in one language. Views get theirs from [`words`].
        #[derive(Debug)]
        #[expect(missing_docs, reason = "the names say what the texts are; `english` has the texts")]
        pub struct Words {
            $(pub $name: $kind,)*
        }

        impl Words {
            /// All texts, in the order of the fields.
            pub fn texts(&self) -> Vec<&'static str> {
                let mut texts = Vec::new();
                $(self.$name.give(&mut texts);)*
                texts
            }

            /// The catalogue with these texts, in the order of the fields.
            pub fn from_texts(texts: &mut dyn FnMut() -> &'static str) -> Self {
                Self { $($name: Text::take(texts),)* }
            }
        }
    };
}

catalogue! {
    language: &'static str,
    direction: &'static str,
    name: &'static str,
    title: &'static str,
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

    landing: Said,
    address: &'static str,
    asking: Said,
    ready: Said,
    waiting: Said,
    crowds: [&'static str; CROWD_STEPS.len() + 1],
    waits: [&'static str; WAIT_STEPS.len() + 1],
    without_camera: &'static str,
    without_microphone: &'static str,
    without_both: &'static str,
    connecting: Said,
    connecting_slow: Said,
    talking: Said,
    left: Said,
    lost: Said,
    unconnected: Said,

    stranger_picture: &'static str,
    own_picture: &'static str,
    own_camera_off: &'static str,
    own_camera_absent: &'static str,
    partner_camera_off: &'static str,
    partner_muted: &'static str,
    partner_silent: &'static str,
    interrupted: &'static str,
    next_key: &'static str,
    next_hint: &'static str,
    next_asked: &'static str,

    camera_blocked: Said,
    no_device: Said,
    device_busy: Said,
    unsupported: Said,
    insecure: Said,
    server_lost: Said,
    server_full: Said,
    network_full: Said,
    tries_again: &'static str,
    rate_limited: Said,
    no_relay: Said,
    call_continues: &'static str,

    hide_address: &'static str,
    hide_address_note: &'static str,
    address_hidden: &'static str,
    topics: &'static str,
    topics_example: &'static str,
    topics_note: &'static str,
    my_languages: &'static str,
    my_languages_note: &'static str,
    sought: [&'static str; 3],
    sought_spoken: [&'static str; 3],
    widens: &'static str,
    shared_interest: &'static str,
    shared_language: &'static str,
    save_data: &'static str,
    save_data_note: &'static str,
    reconnecting: &'static str,
    details: &'static str,
    direct: &'static str,
    relayed: &'static str,
    next_camera: &'static str,
    code_note: &'static str,
    mark_match: &'static str,
    mark_offer: &'static str,
    mark_answer: &'static str,
    mark_ice: &'static str,
    mark_dtls: &'static str,
    mark_first_frame: &'static str,
    mirror: Said,
    check: &'static str,
    start_without: &'static str,
    use_here: &'static str,
    still_there: Said,
    here: &'static str,
    outdated: &'static str,
    reload: &'static str,

    settings: &'static str,
    more: &'static str,
    close: &'static str,
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
    keys: &'static str,
    key_names: [&'static str; 9],
    block: &'static str,
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
    unread: &'static str,
    reactions: [&'static str; 5],
    partner_reacts: &'static str,

    strengths: [&'static str; 3],
    bits_received: &'static str,
    bits_sent: &'static str,
    packets_lost: &'static str,
    round_trip: &'static str,
    kilobits: &'static str,
    of_thousand: &'static str,
    encoded: &'static str,
    copy_report: &'static str,

    camera_dismissed: Said,
    blocked_by_system: Said,
    blocked_steps: [&'static str; 6],
    offline: Said,
    other_tab: Said,
    idle: Said,

    seconds: &'static str,
    milliseconds: &'static str,
    symbols: [&'static str; 64],
}

/// What a state says.
#[derive(Clone, Copy, Debug)]
pub struct Said {
    /// A few words, the heading.
    pub heading: &'static str,
    /// What happens, and what can be done; never the only place of a control's name.
    pub sentence: &'static str,
    /// One short sentence to be read aloud when the state begins; empty if it needs none.
    pub spoken: &'static str,
}

/// What a catalogue is made of.
trait Text {
    /// Its texts, in order.
    fn give(&self, texts: &mut Vec<&'static str>);

    /// Made again from them.
    fn take(texts: &mut dyn FnMut() -> &'static str) -> Self;
}

impl Text for &'static str {
    fn give(&self, texts: &mut Vec<&'static str>) {
        texts.push(self);
    }

    fn take(texts: &mut dyn FnMut() -> &'static str) -> Self {
        texts()
    }
}

impl Text for Said {
    fn give(&self, texts: &mut Vec<&'static str>) {
        texts.extend([self.heading, self.sentence, self.spoken]);
    }

    fn take(texts: &mut dyn FnMut() -> &'static str) -> Self {
        Self { heading: texts(), sentence: texts(), spoken: texts() }
    }
}

impl<const N: usize> Text for [&'static str; N] {
    fn give(&self, texts: &mut Vec<&'static str>) {
        texts.extend(self);
    }

    fn take(texts: &mut dyn FnMut() -> &'static str) -> Self {
        array::from_fn(|_| texts())
    }
}

/// The catalogue of this page, from the context.
pub fn words() -> &'static Words {
    expect_context()
}

/// The catalogue in the language with this tag (BCP 47), or in English: a real language, or one of the two in which
/// tests find texts that are cut off, not mirrored, or not in the catalogue.
pub fn in_language(tag: &str) -> &'static Words {
    match tag {
        "en-XA" => &pseudo::ACCENTED,
        "ar-XB" => &pseudo::MIRRORED,
        _ => &english::ENGLISH,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalogue_survives_the_way_to_the_browser() {
        let english = in_language("en");
        let texts = english.texts();
        let mut rest = texts.iter();
        let again = Words::from_texts(&mut || rest.next().unwrap());
        assert_eq!(again.texts(), texts);
        assert_eq!((again.start, again.talking.sentence), (english.start, english.talking.sentence));
        assert_eq!(rest.next(), None);
    }

    #[test]
    fn languages_that_nobody_speaks_are_made_for_tests() {
        let (english, accented, mirrored) = (in_language("en"), in_language("en-XA"), in_language("ar-XB"));
        assert_eq!((accented.language, accented.direction), ("en-XA", "ltr"));
        assert_eq!((mirrored.language, mirrored.direction), ("ar-XB", "rtl"));
        for (text, long) in english.texts().iter().zip(accented.texts()).skip(2) {
            let (before, after) = (text.chars().count(), long.chars().count());
            assert!(10 * after >= 14 * before, "{text:?} became {long:?}");
            assert!(!long.contains(|it: char| it.is_ascii_alphabetic()), "{long:?}");
        }
        assert_eq!(in_language("tlh").language, "en", "who speaks none of ours gets English");
    }
}
