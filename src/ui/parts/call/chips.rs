//! The chips over the pictures: short notes about the call, and the details of the connection.

use leptos::{html::Button, prelude::*};

use crate::{
    call::{Author, ChatWish, Fit, Flow, Intent, PictureWish, Snapshot, Strength, WindowWish},
    ui::{
        PageContext,
        i18n::{Words, fill, words},
        parts::{
            derive::{derived, derived_text},
            icon::{self, Icon},
            live::{live, live_text},
            settings::topics::CommonGround,
        },
        view_model,
    },
};

/// All chips, most of them hidden most of the time.
#[component]
pub(crate) fn Chips() -> impl IntoView {
    let PageContext { send_intent, .. } = expect_context();
    let words = words();
    view! {
        <div class="chips">
            <button
                class="button allow-sound"
                type="button"
                data-kind="main"
                hidden=derived(|it| !(it.phase.is_matched() && it.surroundings.sound_blocked))
                on:click=move |_| send_intent.run(Intent::Window(WindowWish::AllowSound))
            >
                <Icon of=|_| icon::SOUND_OFF/>
                {words.allow_sound}
            </button>
            <CommonGround/>
            <Chip icon=icon::SCREEN hidden=|it| !it.sharing text=|words, _| words.sharing/>
            <Chip
                icon=icon::SCREEN
                hidden=|it| !(it.phase.is_talking() && it.stranger.screen)
                text=|words, _| words.partner_shares
            />
            <Chip
                icon=icon::AWAY
                hidden=|it| !(it.phase.is_talking() && it.stranger.away)
                text=|words, _| words.partner_away
            />
            <p class="chip" hidden=derived(|it| !has_weak_connection(it))>
                <span class="bars" aria-hidden="true"><i></i><i></i><i></i></span>
                {live_text(|words, it| words.strengths[it.details.strength as usize])}
            </p>
            <UnreadMessage/>
            <Chip
                icon=icon::WIFI_OFF
                hidden=|it| !is_interrupted(it)
                text=|words, it| if is_reconnecting(it) { words.reconnecting } else { words.interrupted }
            />
            <p class="chip" hidden=derived(|it| !is_reconnecting(it))>
                {live(derived_text(|words, it| fill(words.seconds, &reconnecting_seconds(it).to_string())))}
            </p>
            <Notices/>
            <MissingMedia/>
            <FitButtons/>
        </div>
    }
}

/// The buttons that show the stranger's picture in another way. The style sheet hides the one that changes nothing.
#[component]
fn FitButtons() -> impl IntoView {
    let [whole, filling] = [NodeRef::new(), NodeRef::new()];
    let words = words();
    view! {
        <FitButton to=Fit::Whole icon=icon::WHOLE label=words.show_whole own=whole other=filling/>
        <FitButton to=Fit::Filling icon=icon::FILLING label=words.fill_view own=filling other=whole/>
    }
}

/// One of the two. A press hides it, and the other one takes the focus.
#[component]
fn FitButton(
    to: Fit,
    icon: &'static str,
    label: &'static str,
    own: NodeRef<Button>,
    other: NodeRef<Button>,
) -> impl IntoView {
    let PageContext { send_intent, .. } = expect_context();
    let press = move |_| {
        send_intent.run(Intent::Window(WindowWish::Picture(PictureWish::Fit(to))));
        request_animation_frame(move || {
            if let Some(other) = other.get_untracked() {
                // If this fails, the focus is lost with the hidden button.
                drop(other.focus());
            }
        });
    };
    view! {
        <button
            class="chip"
            type="button"
            data-fits=to.name()
            aria-label=label
            title=label
            hidden=derived(|it| !view_model::can_fit(it))
            node_ref=own
            on:click=press
        >
            <svg class="icon" aria-hidden="true" focusable="false"><use href=icon></use></svg>
        </button>
    }
}

/// The last message that has arrived in a closed chat; a press opens the chat.
#[component]
fn UnreadMessage() -> impl IntoView {
    let PageContext { lines, send_intent, .. } = expect_context();
    let last = move || {
        lines.with(|it| {
            let last = it.iter().rfind(|line| line.author == Author::Stranger);
            last.map(|line| line.text.to_string()).unwrap_or_default()
        })
    };
    view! {
        <button
            class="chip unread"
            type="button"
            hidden=derived(|it| it.chat.unread == 0)
            on:click=move |_| send_intent.run(Intent::Chat(ChatWish::Toggle))
        >
            <Icon of=|_| icon::CHAT/>
            <span class="visually-hidden">{words().unread}</span>
            <bdi class="unread-text">{live(last)}</bdi>
        </button>
    }
}

/// What has happened to the own devices, and what the stranger says about theirs.
#[component]
fn Notices() -> impl IntoView {
    view! {
        <Chip
            icon=icon::CAMERA_OFF
            hidden=|it| it.notice.is_none()
            text=|words, it| view_model::notice(words, it).unwrap_or_default()
        />
        <Chip
            icon=icon::CAMERA_OFF
            hidden=|it| !(it.phase.is_talking() && it.stranger.interrupted)
            text=|words, _| words.partner_interrupted
        />
        <Chip
            icon=icon::INFO
            hidden=|it| !(it.phase.is_talking() && it.stranger.less_data)
            text=|words, _| words.partner_saves
        />
    }
}

/// What does not arrive from the stranger, and what of this person does not reach the stranger.
#[component]
fn MissingMedia() -> impl IntoView {
    view! {
        <Chip icon=icon::CAMERA_OFF hidden=|it| !lacks_picture(it) text=|words, _| words.partner_camera_off/>
        <Chip
            icon=icon::CAMERA_OFF
            hidden=|it| !covers_picture(it)
            text=|words, it| if view_model::is_frozen(it) { words.picture_stopped } else { words.no_picture }
        />
        <Chip icon=icon::MIC_OFF hidden=|it| !lacks_sound(it) text=|words, _| words.partner_muted/>
        <Chip icon=icon::CAMERA_OFF hidden=|it| !it.unreached.video text=|words, _| words.unseen/>
        <Chip icon=icon::MIC_OFF hidden=|it| !it.unreached.audio text=|words, _| words.unheard/>
    }
}

/// A short note, with an icon of the same meaning.
#[component]
fn Chip(
    icon: &'static str,
    hidden: fn(Snapshot) -> bool,
    text: fn(&'static Words, Snapshot) -> &'static str,
) -> impl IntoView {
    view! {
        <p class="chip" hidden=derived(hidden)>
            <svg class="icon" aria-hidden="true" focusable="false"><use href=icon></use></svg>
            {live_text(text)}
        </p>
    }
}

fn has_weak_connection(snapshot: Snapshot) -> bool {
    snapshot.phase.is_talking() && !is_interrupted(snapshot) && snapshot.details.strength != Strength::Good
}

/// Whether words are shown in place of a picture that is missing or frozen.
pub(crate) const fn covers_picture(snapshot: Snapshot) -> bool {
    view_model::is_missing(snapshot) || view_model::is_frozen(snapshot)
}

pub(crate) fn lacks_picture(snapshot: Snapshot) -> bool {
    snapshot.phase.partner().is_some_and(|it| !it.video)
}

fn lacks_sound(snapshot: Snapshot) -> bool {
    snapshot.phase.partner().is_some_and(|it| !it.audio)
}

pub(crate) const fn is_interrupted(snapshot: Snapshot) -> bool {
    matches!(snapshot.phase.flow(), Some(Flow::Interrupted | Flow::Reconnecting { .. }))
}

const fn is_reconnecting(snapshot: Snapshot) -> bool {
    matches!(snapshot.phase.flow(), Some(Flow::Reconnecting { .. }))
}

/// How long the call has been looking for a new path, in whole seconds.
const fn reconnecting_seconds(snapshot: Snapshot) -> u32 {
    match snapshot.phase.flow() {
        Some(Flow::Reconnecting { seconds }) => seconds,
        Some(Flow::Steady | Flow::Interrupted) | None => 0,
    }
}
