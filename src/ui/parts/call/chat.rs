//! The chat beside the picture: lines, reactions, and the field to write in.

use leptos::{ev, html, prelude::*};

use crate::{
    call::{Author, ChatLine, ChatWish, Intent},
    protocol::{Reaction, limits::MAX_CHAT_CHARS},
    ui::{
        PageContext,
        i18n::{Words, fill, words},
        parts::{derive::derived, live::live},
    },
};

/// From how many characters before the limit on the page says how many are left.
const SAY_CHARS_LEFT: usize = 100;

/// The lines, the reactions and the field to write in.
///
/// While the chat is closed, the lines stay in the document, so that screen readers still announce new ones.
#[component]
pub(crate) fn ChatPanel() -> impl IntoView {
    let PageContext { lines, .. } = expect_context();
    let words = words();
    let is_closed = derived(|it| !it.chat.open);
    let written = RwSignal::new(0);
    view! {
        <section
            class="chat"
            aria-label=words.chat
            data-open=derived(|it| it.chat.open.then_some(""))
            hidden=derived(|it| !it.phase.is_matched())
        >
            <p class="chat-empty" hidden=move || is_closed() || !lines.with(Vec::is_empty)>{words.chat_empty}</p>
            <div class="chat-log" role="log" aria-label=words.chat tabindex=derived(|it| it.chat.open.then_some("0"))>
                <ol class="chat-lines">
                    {move || lines.get().into_iter().map(|line| view! { <ChatMessage line/> }).collect_view()}
                </ol>
            </div>
            <ChatNote written/>
            <div class="reactions" hidden=is_closed>
                {Reaction::ALL.map(|reaction| view! { <ReactionButton reaction/> }).collect_view()}
            </div>
            <Composer written/>
        </section>
    }
}

/// What there is to know before the next message is sent: the room for it, a pause, or that the stranger is typing.
#[component]
fn ChatNote(written: RwSignal<usize>) -> impl IntoView {
    let PageContext { snapshot, .. } = expect_context();
    let words = words();
    let note = move || {
        let left = MAX_CHAT_CHARS.saturating_sub(written.get());
        match snapshot.get().chat {
            it if !it.open => None,
            _ if left <= SAY_CHARS_LEFT => Some(fill(words.chars_left, &left.to_string())),
            it if !it.ready => Some(words.chat_pause.to_owned()),
            it => it.typing.then(|| words.typing.to_owned()),
        }
    };
    view! { <p class="chat-note" aria-live="polite">{live(move || note().unwrap_or_default())}</p> }
}

#[component]
fn ChatMessage(line: ChatLine) -> impl IntoView {
    let words = words();
    let (author, whose, status) = match line.author {
        Author::Stranger => (words.stranger, "stranger", ""),
        Author::Oneself { delivered: true } => (words.you, "self", words.delivered),
        Author::Oneself { delivered: false } => (words.you, "self", words.sending),
    };
    view! {
        <li class="line" data-whose=whose>
            <span class="visually-hidden">{author}": "</span>
            <bdi class="line-text">{line.text.to_string()}</bdi>
            <span class="line-fate" translate="no">{status}</span>
        </li>
    }
}

/// A button that shows a reaction to both.
#[component]
pub(crate) fn ReactionButton(
    reaction: Reaction,
    /// The id of the sheet that a press closes.
    #[prop(optional)]
    closes: Option<&'static str>,
) -> impl IntoView {
    let PageContext { send_intent, .. } = expect_context();
    view! {
        <button
            class="button"
            type="button"
            popovertarget=closes
            popovertargetaction="hide"
            aria-label=reaction_name(words(), reaction)
            title=reaction_name(words(), reaction)
            on:click=move |_| send_intent.run(Intent::Chat(ChatWish::React(reaction)))
        >
            {reaction_symbol(reaction)}
        </button>
    }
}

#[component]
fn Composer(
    /// The length of the text in the field, in UTF-16 code units, as `maxlength` counts.
    written: RwSignal<usize>,
) -> impl IntoView {
    let PageContext { snapshot, send_intent, .. } = expect_context();
    let words = words();
    let field = NodeRef::<html::Input>::new();
    let send_wish = move |wish| send_intent.run(Intent::Chat(wish));
    let is_open = derived(|it| it.chat.open);
    Effect::new(move |was_open: Option<bool>| {
        let is_open = is_open();
        if let (Some(false), true, Some(field)) = (was_open, is_open, field.get_untracked()) {
            request_animation_frame(move || drop(field.focus()));
        }
        is_open
    });
    let send = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(field) = field.get_untracked() else { return };
        // A text that cannot be sent yet stays in the field.
        if snapshot.get_untracked().chat.ready && !field.value().trim().is_empty() {
            send_wish(ChatWish::Write(field.value()));
            field.set_value("");
            written.set(0);
        }
    };
    view! {
        <form class="composer" hidden=derived(|it| !it.chat.open) on:submit=send>
            <input
                class="composer-field"
                type="text"
                dir="auto"
                autocomplete="off"
                enterkeyhint="send"
                aria-label=words.message
                placeholder=words.message
                maxlength=MAX_CHAT_CHARS.to_string()
                node_ref=field
                on:input:target=move |event| {
                    written.set(event.target().value().encode_utf16().count());
                    send_wish(ChatWish::Type);
                }
            />
            <button
                class="button"
                data-kind="main"
                aria-disabled=derived(|it| (!it.chat.ready).then_some("true"))
            >
                {words.send}
            </button>
        </form>
    }
}

/// The emoji of a reaction.
pub(crate) const fn reaction_symbol(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::Wave => "👋",
        Reaction::ThumbsUp => "👍",
        Reaction::Laugh => "😂",
        Reaction::Heart => "❤️",
        Reaction::Clap => "👏",
    }
}

/// The name of a reaction, for screen readers.
pub(crate) const fn reaction_name(words: &'static Words, reaction: Reaction) -> &'static str {
    words.reactions[reaction as usize]
}
