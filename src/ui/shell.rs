//! The document around the page (a placeholder until the views are there); it must not know the server.

use leptos::{config::LeptosOptions, prelude::*};

/// The document.
pub fn shell(_options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <title>"Passerby"</title>
            </head>
            <body>
                <main id="app"></main>
            </body>
        </html>
    }
}
