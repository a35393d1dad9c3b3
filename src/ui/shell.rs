//! The document around the page, written by the server only; it must not know what is inside `#root`.

use leptos::{config::LeptosOptions, html, nonce::use_nonce, prelude::*};

use super::{App, Stage, i18n::Words};
use crate::call::Snapshot;

/// The id of the element that the browser half takes over; everything else in the document stays as the server wrote it.
pub const ROOT_ID: &str = "root";

/// The attribute of that element which remembers a press that came before the program did.
pub const PRESSED_ATTRIBUTE: &str = "data-pressed";

/// Its value when Start was pressed.
pub const PRESSED_START: &str = "start";

/// The id of the element that has the texts of the catalogue, one a line.
pub const WORDS_ID: &str = "words";

/// The attribute of that element which names the page.
pub const BUILD_ATTRIBUTE: &str = "data-build";

/// The id of the sheet with everything that is not needed all the time.
pub const SHEET_ID: &str = "sheet";

/// The attribute of that element which says that presses are answered by the call itself.
pub const DRIVEN_ATTRIBUTE: &str = "data-driven";

/// Remembers a press on Start until it can be answered; style answers the attribute at once.
const REMEMBER_START: &str = r#"addEventListener("click", ({ target }) => {
  const root = document.getElementById("root");
  if (root && target.closest?.("[data-intent=start]") && !("driven" in root.dataset)) {
    root.dataset.pressed = "start";
  }
});"#;

/// The picture beside a link to the page, in pixels; `npm --prefix end2end run brand` draws it.
const CARD: (&str, u32, u32) = ("/card.png", 1200, 630);

/// The whole document with the page in its first state, in one language; `home` is the origin that others are told. Must
/// be called where a response is rendered: the nonce comes from there.
pub fn shell(options: LeptosOptions, words: &'static Words, home: &str) -> impl IntoView + use<> {
    provide_context(Stage::still(Snapshot::default()));
    provide_context(words);
    let build = build(&options);
    let (card, width, height) = CARD;
    view! {
        <!DOCTYPE html>
        <html lang=words.language dir=words.direction>
            <head>
                <meta charset="utf-8"/>
                <title>{words.title}</title>
                <meta name="viewport" content=VIEWPORT/>
                <meta name="description" content=words.description/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f9fafc"/>
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0a0c11"/>
                {open_graph("og:type", "website")}
                {open_graph("og:site_name", words.name)}
                {open_graph("og:title", words.title)}
                {open_graph("og:description", words.description)}
                {open_graph("og:url", [home, "/"].concat())}
                {open_graph("og:image", [home, card].concat())}
                {open_graph("og:image:width", width.to_string())}
                {open_graph("og:image:height", height.to_string())}
                {open_graph("og:image:alt", words.name)}
                <meta name="twitter:card" content="summary_large_image"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="apple-touch-icon" href="/apple-touch-icon.png"/>
                <link rel="manifest" href="/manifest.webmanifest"/>
                <link rel="stylesheet" href=stylesheet(&options)/>
                <script nonce=use_nonce()>{REMEMBER_START}</script>
                <AutoReload options=options.clone()/>
                <HydrationScripts options/>
            </head>
            <body>
                <noscript><p class="strip">{words.no_script}</p></noscript>
                <div id=ROOT_ID data-build=build><App/></div>
                // No program, so no policy is asked about it; none of the texts has a `<`.
                <script type="text/plain" id=WORDS_ID>{words.texts().join("\n")}</script>
            </body>
        </html>
    }
}

/// One sentence of the Open Graph protocol, of which links are made that say where they lead.
fn open_graph(property: &'static str, content: impl Into<String>) -> impl IntoView {
    html::meta().attr("property", property).content(content.into())
}

/// Fits phones to their edges, and makes the on-screen keyboard shrink the page instead of covering it.
const VIEWPORT: &str =
    "width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content";

/// The address of the style sheet. The build writes its hash into a file beside the program; it is read at every
/// rendering, as Leptos does for its own two files, so that a style rebuilt under `cargo leptos watch` is found.
fn stylesheet(options: &LeptosOptions) -> String {
    let hash = hash(options, "css:");
    let dot = if hash.is_some() { "." } else { "" };
    ["/", &*options.site_pkg_dir, "/", &*options.output_name, dot, &hash.unwrap_or_default(), ".css"].concat()
}

/// Names the page that goes with this server: by both files of its program, the first of which has its hash before it
/// names the other.
pub fn build(options: &LeptosOptions) -> Option<String> {
    Some(hash(options, "wasm:")? + &hash(options, "split:").unwrap_or_default())
}

fn hash(options: &LeptosOptions, file: &str) -> Option<String> {
    if !options.hash_files {
        return None;
    }
    let program = std::env::current_exe().ok()?;
    let hashes = std::fs::read_to_string(program.parent()?.join(&*options.hash_file)).ok()?;
    hashes.lines().find_map(|line| Some(line.trim().strip_prefix(file)?.trim().to_owned()))
}
