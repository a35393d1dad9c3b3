//! The manifest of the page as an app, in the language that the page names.

use axum::{
    http::{HeaderMap, HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::language;
use crate::ui::PageLanguage;

/// Its path.
pub(crate) const PATH: &str = "/manifest.webmanifest";

/// The manifest in English, without the language.
const SOURCE: &str = include_str!("../../../public/manifest.webmanifest");

/// The manifest for a page.
pub(crate) async fn manifest(uri: Uri, headers: HeaderMap) -> Response {
    let language = language::choose(&uri, &headers);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/manifest+json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
    ];
    (headers, language::headers(language.tag()), text(language)).into_response()
}

fn text(language: PageLanguage) -> String {
    let words = language.words();
    // A test reads the file, so that it is not faulty here.
    let mut manifest: Value = serde_json::from_str(SOURCE).unwrap_or_default();
    for (key, value) in [
        ("description", words.description),
        ("dir", words.direction),
        ("lang", words.language),
        ("start_url", &language.address("/")),
    ] {
        manifest[key] = value.into();
    }
    manifest.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_app_opens_in_the_language_of_the_page() {
        let manifest: Value = serde_json::from_str(&text(PageLanguage::asked_for("ar"))).unwrap();
        assert_eq!((&manifest["lang"], &manifest["dir"]), (&"ar".into(), &"rtl".into()));
        assert_eq!((&manifest["start_url"], &manifest["id"]), (&"/?lang=ar".into(), &"/".into()));
        assert!(manifest["icons"].as_array().unwrap().len() >= 3);
        let english: Value = serde_json::from_str(&text(PageLanguage::ENGLISH)).unwrap();
        let source: Value = serde_json::from_str(SOURCE).unwrap();
        assert_eq!((&english["start_url"], &english["icons"]), (&source["start_url"], &source["icons"]));
    }
}
