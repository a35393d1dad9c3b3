//! The language of a page: what its address asks for, or else what the browser prefers.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header, request::Parts};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use super::list_header;
use crate::ui::i18n::PageLanguage;

/// The items of `Accept-Language` that are read. Browsers send ten at most.
const MAX_ITEMS: usize = 32;

/// The characters of an item that is read: 35 of a language tag (RFC 5646, 4.4.1), and its quality.
const MAX_ITEM_CHARS: usize = 64;

/// The quality of an item without one, and the highest, in thousandths (RFC 9110, 12.4.2).
const FULL_QUALITY: u16 = 1_000;

/// A range of languages that a browser accepts, with its quality in thousandths. 0 means that it is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Accepted<'a> {
    range: &'a str,
    quality: u16,
}

/// The headers of a page in this language. A cache keeps one page for each value of `Accept-Language`.
pub(crate) fn headers(language: &'static str) -> [(HeaderName, HeaderValue); 2] {
    [
        (header::CONTENT_LANGUAGE, HeaderValue::from_static(language)),
        (header::VARY, HeaderValue::from_static("accept-language")),
    ]
}

/// The language of the page that is being rendered.
pub(crate) fn of_page() -> PageLanguage {
    let Some(Parts { uri, headers, .. }) = use_context() else { return PageLanguage::ENGLISH };
    choose(&uri, &headers)
}

/// Sets the headers about the language of the page that is being rendered.
pub(crate) fn announce() {
    let Some(response) = use_context::<ResponseOptions>() else { return };
    for (name, value) in headers(of_page().tag()) {
        response.append_header(name, value);
    }
}

/// The language of a page: the one that the address names with `?lang=`, then the browser's, then English.
pub(crate) fn choose(uri: &Uri, headers: &HeaderMap) -> PageLanguage {
    let query = uri.query().unwrap_or_default();
    let asked = query.split('&').find_map(|it| it.strip_prefix("lang="));
    choose_from(asked, list_header::items(headers, &header::ACCEPT_LANGUAGE))
}

/// The language for a wish, as in an address or a form, and for the items of `Accept-Language`.
pub(crate) fn choose_from<'a>(wish: Option<&str>, items: impl Iterator<Item = &'a str>) -> PageLanguage {
    if let Some(tag) = wish.filter(|it| it.len() <= MAX_ITEM_CHARS).and_then(|it| look_up(it, &[])) {
        return PageLanguage::asked_for(tag);
    }
    let read = items.take(MAX_ITEMS).filter(|it| it.len() <= MAX_ITEM_CHARS).filter_map(accepted);
    let (mut wanted, unwanted): (Vec<_>, Vec<_>) = read.partition(|it| it.quality > 0);
    // Equal ones stay in the order of the browser.
    wanted.sort_by_key(|it| FULL_QUALITY - it.quality);
    let unwanted: Vec<_> = unwanted.into_iter().map(|it| it.range).collect();
    let found = wanted.into_iter().find_map(|it| look_up(it.range, &unwanted));
    found.map_or(PageLanguage::ENGLISH, PageLanguage::of_browser)
}

/// Reads an item such as `de-AT;q=0.8`; `None` if it is malformed.
fn accepted(item: &str) -> Option<Accepted<'_>> {
    let mut parts = item.split(';').map(|it| it.trim_matches([' ', '\t']));
    let range = parts.next()?;
    let quality = match parts.next() {
        None => FULL_QUALITY,
        Some(weight) => {
            let (name, value) = weight.split_once('=')?;
            name.eq_ignore_ascii_case("q").then(|| quality(value))??
        }
    };
    (parts.next().is_none() && is_range(range)).then_some(Accepted { range, quality })
}

/// Reads a quality value in thousandths: 0 or 1, with up to three digits after a point (RFC 9110, 12.4.2).
fn quality(text: &str) -> Option<u16> {
    let (whole, digits) = text.split_once('.').unwrap_or((text, ""));
    let is_fine =
        matches!(whole, "0" | "1") && digits.len() <= 3 && digits.bytes().all(|it| it.is_ascii_digit());
    let thousandths = [whole, digits, "000"].concat().get(..4).filter(|_| is_fine)?.parse().ok()?;
    (thousandths <= FULL_QUALITY).then_some(thousandths)
}

/// Whether a text is a basic language range: `*`, or parts of up to eight letters and digits, the first without digits
/// (RFC 4647, 2.1).
fn is_range(text: &str) -> bool {
    let is_part = |it: &str| (1..=8).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_alphanumeric());
    let first = text.split('-').next().unwrap_or_default();
    text == "*" || text.split('-').all(is_part) && first.bytes().all(|it| it.is_ascii_alphabetic())
}

/// Looks a range up (RFC 4647, 3.4): the language with this tag, or else with the rest after the last part is taken
/// away, again and again. `*` finds nothing, so that the search goes on. Nor does what the browser does not accept: the
/// longest range that covers a tag counts.
fn look_up(range: &str, unwanted: &[&str]) -> Option<&'static str> {
    let mut rest = range;
    loop {
        let is_unwanted = |tag: &&str| unwanted.iter().any(|it| covers(it, tag) && it.len() >= rest.len());
        let found = PageLanguage::tag_of(rest).filter(|it| !is_unwanted(it));
        if found.is_some() {
            return found;
        }
        (rest, _) = rest.rsplit_once('-')?;
        // A single letter or digit belongs to the part after it.
        while let Some((before, [_])) = rest.rsplit_once('-').map(|(before, it)| (before, it.as_bytes())) {
            rest = before;
        }
    }
}

/// Whether a range covers a tag: it is the same, or it is the beginning of it (RFC 4647, 3.3.1).
fn covers(range: &str, tag: &str) -> bool {
    tag.get(..range.len()).is_some_and(|it| it.eq_ignore_ascii_case(range))
        && matches!(tag.as_bytes().get(range.len()), None | Some(b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `Accept-Language` headers, with the language of the page.
    const HEADERS: [(&str, &str); 46] = [
        // Chrome, Edge and Chrome on Android.
        ("en-US,en;q=0.9", "en"),
        ("de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("pt-BR,pt;q=0.9,en-US;q=0.8,en;q=0.7", "pt-BR"),
        ("pt-PT,pt;q=0.9,en;q=0.8", "pt-BR"),
        ("es-419,es;q=0.9", "es"),
        ("id-ID,id;q=0.9,en-US;q=0.8,en;q=0.7", "id"),
        ("hi-IN,hi;q=0.9,en-US;q=0.8,en;q=0.7", "hi"),
        ("nl-NL,nl;q=0.9,de;q=0.8,en;q=0.7", "de"),
        ("zh-CN,zh;q=0.9,ja;q=0.8,en;q=0.7", "ja"),
        ("zh-Hant-TW", "en"),
        // Firefox.
        ("tr-TR,tr;q=0.8,en-US;q=0.5,en;q=0.3", "tr"),
        ("fr,fr-FR;q=0.8,en-US;q=0.5,en;q=0.3", "fr"),
        ("pl,en-US;q=0.7,en;q=0.3", "pl"),
        ("ru-RU,ru;q=0.8,en-US;q=0.5,en;q=0.3", "ru"),
        ("ar,en-US;q=0.7,en;q=0.3", "ar"),
        ("gl-GL,gl;q=0.9,es;q=0.8,en;q=0.7", "es"),
        // Safari on macOS and iOS, which name one or few.
        ("ja-JP,ja;q=0.9", "ja"),
        ("ar-SA,ar;q=0.9", "ar"),
        ("fr-CA", "fr"),
        ("en-GB,en;q=0.9", "en"),
        // Old phones, and programs.
        ("in-ID", "id"),
        ("de_DE", "en"),
        ("DE-ch-1996", "de"),
        ("sr-Latn-RS, pl;q=0.5", "pl"),
        // Truncation: a single letter goes with the part after it.
        ("de-u-co-phonebk", "de"),
        ("ja-x-private-use", "ja"),
        ("x-klingon, ru", "ru"),
        // The order is that of the qualities, then of the browser.
        ("en;q=0.5, fr;q=0.9, de;q=0.9", "fr"),
        ("en;q=0.001, pl;q=0.002", "pl"),
        ("tr;q=1.000 , hi;q=1.0", "tr"),
        ("de ; q=0.4, ja ;\tQ=0.6", "ja"),
        // What is not accepted.
        ("de;q=0, fr;q=0.1", "fr"),
        ("de-AT, de;q=0, es;q=0.5", "es"),
        ("pt;q=0, pt-BR, ru;q=0.1", "pt-BR"),
        ("en;q=0", "en"),
        // Wildcards say nothing.
        ("*", "en"),
        ("*, tr;q=0.5", "tr"),
        ("*;q=0.5, fi;q=0.9", "en"),
        // Malformed items are as if they were not there.
        ("", "en"),
        (",,;q=1,", "en"),
        ("de;q=2, fr;q=0.5", "fr"),
        ("de;q=0.1234, fr;q=0.5", "fr"),
        ("de;level=1, tr;q=0.5", "tr"),
        ("de;q=0.9;x=1, 1a, d\u{e9}, toolonglanguage, pl;q=0.1", "pl"),
        ("../../etc/passwd, <script>, ja;q=.5, ar;q=0.5", "ar"),
    ];

    fn of(header: &str) -> &'static str {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_bytes(header.as_bytes()).unwrap());
        choose(&"/".parse().unwrap(), &headers).tag()
    }

    #[test]
    fn the_browser_gets_the_language_that_it_prefers() {
        for (header, language) in HEADERS {
            // `HeaderMap` refuses to read a line that is not ASCII, so that these are tried without it, too.
            assert_eq!(choose_from(None, header.split(',').map(str::trim)).tag(), language, "{header}");
            assert!(!header.is_ascii() || of(header) == language, "{header}");
        }
    }

    #[test]
    fn huge_headers_cost_little() {
        let many = ["x,"; 10_000].concat() + "de";
        assert_eq!(of(&many), "en", "only the first items are read");
        assert_eq!(of(&("de-".to_owned() + &"a-".repeat(10_000) + "a, fr")), "fr", "a long item is not read");
        assert_eq!(of(&("zz,".repeat(MAX_ITEMS - 1) + "de")), "de");
        assert_eq!(of(&("zz,".repeat(MAX_ITEMS) + "de")), "en");
    }

    #[test]
    fn the_address_comes_first_and_its_links_keep_it() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("de,en;q=0.5"));
        let of = |uri: &str| choose(&uri.parse().unwrap(), &headers);
        assert_eq!(of("/"), PageLanguage::of_browser("de"));
        for (uri, tag) in [
            ("/?lang=ja", "ja"),
            ("/?a=b&lang=PT-br", "pt-BR"),
            ("/?lang=fr-CA", "fr"),
            ("/?lang=en-XA", "en-XA"),
        ] {
            assert_eq!(of(uri), PageLanguage::asked_for(tag), "{uri}");
        }
        for uri in
            ["/?lang=", "/?lang=tlh", "/?lang=*", "/?language=ja", "/?lang=%6aa", "/?lang=-", "/?lang=ja%00"]
        {
            assert_eq!(of(uri), PageLanguage::of_browser("de"), "{uri}");
        }
    }
}
