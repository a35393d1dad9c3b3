//! The languages that the person speaks, for the search for a partner who shares one.

use leptos::prelude::*;

use crate::ui::i18n::Words;

/// The languages to choose from: those with the most speakers online, by their primary subtags (BCP 47), in the order
/// of their own names.
const OFFERED: &str = "id ms ca cs da de et en es eu fil fr gl hr it lv lt hu nl nb uz pl pt ro sq sk sl fi sv sw tr vi \
                       el bg kk mk ru sr uk ka hy he ur ar fa ne mr hi bn pa gu ta te kn ml si th my km ko zh ja";

/// A box for each language. Only the server calls this; the script of the document writes the names
/// (`Intl.DisplayNames`) and stores what is chosen, so that no program contains either. The style sheet hides it while
/// languages do not matter.
pub(crate) fn spoken(words: &'static Words) -> impl IntoView + use<> {
    let field = |tag: &'static str| {
        view! {
            <label class="question-choice">
                <input type="checkbox" value=tag autocomplete="off"/>
                <bdi lang=tag></bdi>
            </label>
        }
    };
    view! {
        <details class="spoken">
            <summary>{words.spoken_languages}</summary>
            <div>{OFFERED.split(' ').map(field).collect_view()}</div>
        </details>
    }
}
