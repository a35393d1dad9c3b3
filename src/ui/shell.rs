//! The HTML document around the page, which only the server renders.

use leptos::{config::LeptosOptions, html, nonce::use_nonce, prelude::*};

use super::{
    App, Home, PageContext, PageLanguage, ROOT_ID, SafetyContent, SafetyTexts, StaticParts, WORDS_ID,
    parts::{
        Sheet, languages,
        links::{NEW_TAB, links, navigation},
        reasons, spoken,
    },
};
use crate::{call::Snapshot, protocol::SoftStart};

/// Records a press on Start until the program can handle it. The style sheet reacts to the attribute at once.
const REMEMBER_START: &str = r#"addEventListener("click", ({ target }) => {
  const root = document.getElementById("root");
  if (root && target.closest?.("[data-intent=start]") && !("driven" in root.dataset)) {
    root.dataset.pressed = "start";
  }
});"#;

/// Remembers the language that the person chooses, and asks for it when they come back.
const REMEMBER_LANGUAGE: &str = include_str!("language.js");

/// The preview picture for links to the page, with its size in pixels. `npm --prefix end2end run brand` draws it.
const CARD: (&str, u32, u32) = ("/card.png", 1200, 630);

/// Whether a visitor of the page can use a relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayUse {
    /// There is none.
    None,
    /// The browser can use it.
    Possible,
    /// The browser is Firefox and the relay is at a loopback address, which Firefox pairs with no relay.
    NotInFirefox,
}

/// What visitors have to accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteTerms {
    /// The version of the rules.
    pub rules: String,
    /// Whether calls start with blurred pictures.
    pub soft_start: SoftStart,
    /// Where a provider checks the age of each person, if one must.
    pub age_check: Option<String>,
}

/// The files that every page loads, as paths from the root of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageFiles {
    /// The script, which starts the program.
    pub script: String,
    /// The program (wasm).
    pub program: String,
    /// The style sheet.
    pub style: String,
    /// The name of the build, made of the hashes in the names of the files. `None` in a build without hashes.
    pub build: Option<String>,
}

/// The whole document in one language, with the page in its first state.
///
/// `home` is the public origin of the site. Must be called while a response is rendered, because the nonce of the
/// content security policy comes from the context.
pub fn shell(
    options: LeptosOptions,
    files: &PageFiles,
    language: PageLanguage,
    home: &str,
    relay: RelayUse,
    terms: SiteTerms,
) -> impl IntoView + use<> {
    let words = language.words();
    provide_context(PageContext::fixed(Snapshot::default()));
    provide_context(language);
    provide_context(words);
    provide_context(Home(home.to_owned()));
    provide_context(signal(SafetyTexts::default()).0);
    provide_context(StaticParts { reasons: reasons(words).to_html(), ..StaticParts::default() });
    let links = links(language, words, None, NEW_TAB).to_html();
    let (safety, spoken) = (SafetyContent().to_html(), spoken(words).to_html());
    provide_context(StaticParts { links, safety, spoken, ..StaticParts::default() });
    let build = files.build.clone();
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
                {preview(language, home)}
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="apple-touch-icon" href="/apple-touch-icon.png"/>
                <link rel="manifest" href=language.address("/manifest.webmanifest")/>
                {languages::alternates(home, "/")}
                <link rel="stylesheet" href=files.style.clone()/>
                <script nonce=use_nonce()>{REMEMBER_LANGUAGE}</script>
                <script nonce=use_nonce()>{REMEMBER_START}</script>
                <AutoReload options/>
                {program(files)}
            </head>
            <body>
                <noscript><p class="strip">{words.no_script}</p></noscript>
                {(relay == RelayUse::NotInFirefox).then(|| view! { <p class="strip firefox-note">{words.firefox_relay}</p> })}
                <div
                    id=ROOT_ID
                    data-build=build
                    data-home=home.to_owned()
                    data-rules=terms.rules
                    data-soft=terms.soft_start.name()
                    data-age=terms.age_check
                    data-relay=(relay != RelayUse::None).then_some("")
                >
                    <App/>
                </div>
                // Of the first page; the style sheet hides it on all others. The program has nothing to do with it.
                <footer class="foot">
                    {navigation(language, words, None)} {languages::menu(language, words, "/")}
                </footer>
                <Sheet/>
                // Not a program, so the content security policy does not apply. The texts contain no `<`.
                <script type="text/plain" id=WORDS_ID>{words.texts().join("\n")}</script>
            </body>
        </html>
    }
}

/// What other sites show of a link to the page, in its language.
fn preview(language: PageLanguage, home: &str) -> impl IntoView + use<> {
    let words = language.words();
    let (card, width, height) = CARD;
    view! {
        {open_graph("og:type", "website")}
        {open_graph("og:site_name", words.name)}
        {open_graph("og:title", words.title)}
        {open_graph("og:description", words.description)}
        {open_graph("og:url", [home, &language.address("/")].concat())}
        {open_graph("og:image", [home, card].concat())}
        {open_graph("og:image:width", width.to_string())}
        {open_graph("og:image:height", height.to_string())}
        {open_graph("og:image:alt", words.name)}
        <meta name="twitter:card" content="summary_large_image"/>
    }
}

/// One property of the Open Graph protocol, from which other sites make previews of links.
fn open_graph(property: &'static str, content: impl Into<String>) -> impl IntoView {
    html::meta().attr("property", property).content(content.into())
}

/// Uses the whole screen of a phone, and lets the on-screen keyboard shrink the page instead of covering it.
const VIEWPORT: &str =
    "width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content";

/// The elements that load and start the program.
fn program(files: &PageFiles) -> impl IntoView + use<> {
    let (script, program) = (files.script.clone(), files.program.clone());
    let start = format!(
        "import init, {{ hydrate }} from {script:?};\nawait init({{ module_or_path: {program:?} }});\nhydrate();"
    );
    view! {
        <link rel="modulepreload" href=script/>
        // In the mode in which the script fetches it; otherwise it would be fetched twice.
        <link rel="preload" href=program r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
        <script type="module" nonce=use_nonce()>{start}</script>
    }
}
