//! The sign-in, the only page for everybody else.

use leptos::prelude::*;

use super::frame::html;

/// The page on which a moderator enters the token. `problem` is why the last attempt has failed.
pub fn sign_in_page(style: &str, problem: Option<&str>) -> String {
    let problem = problem.map(|it| {
        view! { <p class="moderation-notice" data-kind="problem" role="alert">{it.to_owned()}</p> }
    });
    let body = view! {
        <main class="sign-in">
            <h1>"Sign in"</h1>
            {problem}
            <form method="post" action="/sign-in">
                <label class="moderation-field">
                    "Your token"
                    <input
                        type="password"
                        name="token"
                        required
                        autofocus
                        autocomplete="current-password"
                        maxlength="100"
                    />
                </label>
                <button class="button" data-kind="main" type="submit">"Sign in"</button>
            </form>
        </main>
    };
    html(style, "Sign in", body, false)
}
