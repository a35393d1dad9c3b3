//! What the two write to each other, beside the picture; it must not know how it travels.

use leptos::{ev, html, prelude::*};

use crate::{
    call::{Author, ChatLine, ChatWish, Intent},
    protocol::{Reaction, limits::MAX_CHAT_CHARS},
    ui::{
        Stage,
        i18n::{Words, words},
        parts::derive::see,
        view_model,
    },
};

/// The lines, what can be shown without words, and the field to write in. Closed, only screen readers find the lines: what
/// comes in is read to them all the same.
#[component]
pub(crate) fn Chat() -> impl IntoView {
    let Stage { lines, .. } = expect_context();
    let words = words();
    let is_closed = see(|it| !it.chat.open);
    view! {
        <section
            class="chat"
            aria-label=words.chat
            data-open=see(|it| it.chat.open.then_some(""))
            hidden=see(|it| !view_model::is_met(it))
        >
            <p class="chat-empty" hidden=move || is_closed() || !lines.with(Vec::is_empty)>{words.chat_empty}</p>
            <div class="chat-log" role="log" aria-label=words.chat tabindex=see(|it| it.chat.open.then_some("0"))>
                <ol class="chat-lines">
                    {move || lines.get().into_iter().map(|line| view! { <Said line/> }).collect_view()}
                </ol>
            </div>
            <p class="chat-typing" hidden=see(|it| !it.chat.typing)>{words.typing}</p>
            <div class="reactions" hidden=is_closed>
                {Reaction::ALL.map(|it| view! { <React it/> }).collect_view()}
            </div>
            <Composer/>
        </section>
    }
}

#[component]
fn Said(line: ChatLine) -> impl IntoView {
    let words = words();
    let (who, whose, fate) = match line.author {
        Author::Stranger => (words.stranger, "stranger", ""),
        Author::Oneself { delivered: true } => (words.you, "self", words.delivered),
        Author::Oneself { delivered: false } => (words.you, "self", words.sending),
    };
    view! {
        <li class="line" data-whose=whose>
            <span class="visually-hidden">{who}": "</span>
            <bdi class="line-text">{line.text.to_string()}</bdi>
            <span class="line-fate">{fate}</span>
        </li>
    }
}

#[component]
fn React(it: Reaction) -> impl IntoView {
    let Stage { intend, .. } = expect_context();
    view! {
        <button
            class="button"
            type="button"
            aria-label=name(words(), it)
            title=name(words(), it)
            on:click=move |_| intend.run(Intent::Chat(ChatWish::React(it)))
        >
            {symbol(it)}
        </button>
    }
}

#[component]
fn Composer() -> impl IntoView {
    let Stage { snapshot, intend, .. } = expect_context();
    let words = words();
    let field = NodeRef::<html::Input>::new();
    let wish = move |wish| intend.run(Intent::Chat(wish));
    let looks = see(|it| (view_model::is_met(it), it.chat.open));
    Effect::new(move |before: Option<(bool, bool)>| {
        let now = looks();
        // Opened by the person; one that is open from the last call on does not take the focus.
        if let (Some((true, false)), (true, true), Some(field)) = (before, now, field.get_untracked()) {
            request_animation_frame(move || drop(field.focus()));
        }
        now
    });
    let send = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(field) = field.get_untracked() else { return };
        // What cannot be sent yet stays in the field.
        if snapshot.get_untracked().chat.ready && !field.value().trim().is_empty() {
            wish(ChatWish::Write(field.value()));
            field.set_value("");
        }
    };
    view! {
        <form class="composer" hidden=see(|it| !it.chat.open) on:submit=send>
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
                on:input=move |_| wish(ChatWish::Type)
            />
            <button class="button" data-kind="main" aria-disabled=see(|it| (!it.chat.ready).then_some("true"))>
                {words.send}
            </button>
        </form>
    }
}

/// What is seen of a reaction.
pub(crate) const fn symbol(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::Wave => "👋",
        Reaction::ThumbsUp => "👍",
        Reaction::Laugh => "😂",
        Reaction::Heart => "❤️",
        Reaction::Clap => "👏",
    }
}

/// What is read aloud of it.
pub(crate) const fn name(words: &'static Words, reaction: Reaction) -> &'static str {
    words.reactions[reaction as usize]
}
