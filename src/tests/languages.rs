//! The pages of a real server in several languages: how one is chosen, what says so, and where links lead.

use passerby::ui::{PageLanguage, PlainPage, in_language, plain_texts};

use crate::support::{HttpResponse, TestServer};

/// What a browser in Austria sends.
const GERMAN: (&str, &str) = ("Accept-Language", "de-AT,de;q=0.9,en;q=0.8");

async fn get(server: &TestServer, path: &str, headers: &[(&str, &str)]) -> HttpResponse {
    server.get(path, &[&[("Host", "localhost")], headers].concat()).await
}

/// The language and the direction of a page, in its headers and in the document.
fn language(response: &HttpResponse) -> (String, String) {
    let after = |text: &str, start: &str, end: char| {
        let rest = text.split_once(start).unwrap_or_else(|| panic!("no {start} in {text}")).1;
        rest.split(end).next().unwrap().to_owned()
    };
    let language = after(&response.body, "<html lang=\"", '"');
    assert_eq!(after(&response.head, "content-language: ", '\r'), language.to_lowercase());
    assert!(response.head.contains("vary: accept-language\r\n"), "{}", response.head);
    (language, after(&response.body, "\" dir=\"", '"'))
}

#[tokio::test]
async fn every_page_is_in_the_language_of_the_address_or_of_the_browser() {
    let server = TestServer::open().await;
    for path in ["/", "/rules", "/safety", "/appeal"] {
        let of = async |query: &str, headers: &[(&str, &str)]| {
            language(&get(&server, &[path, query].concat(), headers).await).0
        };
        assert_eq!(of("", &[]).await, "en", "{path}");
        assert_eq!(of("", &[GERMAN]).await, "de", "{path}");
        assert_eq!(of("?lang=ja", &[GERMAN]).await, "ja", "{path}");
        assert_eq!(of("?lang=tlh", &[GERMAN]).await, "de", "{path}");
        assert_eq!(of("?lang=en", &[GERMAN]).await, "en", "{path}");
    }
    for path in ["/privacy", "/report", "/transparency", "/contact"] {
        let response = get(&server, path, &[GERMAN]).await;
        assert_eq!(language(&response).0, "en", "what the operator fills in is in English only");
        assert!(
            response.body.contains("href=\"/rules?lang=de\""),
            "links keep the language: {}",
            response.body
        );
    }
}

#[tokio::test]
async fn every_language_has_its_texts_and_its_direction() {
    let server = TestServer::open().await;
    for (tag, name) in PageLanguage::all() {
        let query = format!("?lang={tag}");
        let page = get(&server, &format!("/{query}"), &[]).await;
        let direction = if tag == "ar" { "rtl" } else { "ltr" };
        assert_eq!(language(&page), (tag.to_owned(), direction.to_owned()));
        let words = in_language(tag);
        assert!(page.body.contains(words.landing.heading) && page.body.contains(words.title), "{tag}");
        let of_menu = format!(
            "<a href=\"/?lang={tag}\" lang=\"{tag}\" hreflang=\"{tag}\" dir=\"auto\" aria-current=\"true\">{name}</a>"
        );
        assert_eq!(page.body.matches(&of_menu).count(), 2, "on the first page and in the sheet of {tag}");
        let rules = get(&server, &format!("/rules{query}"), &[]).await;
        assert_eq!(language(&rules).1, direction);
        assert!(rules.body.contains(plain_texts(tag).rules.title), "{tag}");
    }
}

#[tokio::test]
async fn search_engines_and_previews_find_every_language() {
    let server = TestServer::open().await;
    let page = get(&server, "/?lang=pt-BR", &[]).await.body;
    let home = page.split_once("data-home=\"").unwrap().1.split('"').next().unwrap();
    assert!(page.contains(&format!("property=\"og:url\" content=\"{home}/?lang=pt-BR\"")), "{page}");
    assert!(page.contains("href=\"/manifest.webmanifest?lang=pt-BR\""), "{page}");
    for path in ["/", "/rules", "/safety", "/appeal"] {
        let page = get(&server, path, &[]).await.body;
        assert_eq!(page.matches("rel=\"alternate\"").count(), 13, "{path}: {page}");
        for (tag, query) in [("de", "?lang=de"), ("en", "?lang=en"), ("x-default", "")] {
            let link = format!("<link rel=\"alternate\" hreflang=\"{tag}\" href=\"{home}{path}{query}\">");
            assert!(page.contains(&link), "{link} in {page}");
        }
    }
    assert!(!get(&server, "/privacy", &[]).await.body.contains("rel=\"alternate\""));
    let manifest = get(&server, "/manifest.webmanifest?lang=ar", &[GERMAN]).await;
    assert!(manifest.body.contains("\"start_url\":\"/?lang=ar\""), "{}", manifest.body);
    assert!(manifest.head.contains("content-type: application/manifest+json\r\n"), "{}", manifest.head);
}

#[tokio::test]
async fn a_page_that_the_browser_keeps_is_kept_in_its_language() {
    let server = TestServer::open().await;
    let german = get(&server, "/rules", &[GERMAN]).await;
    let tag = german.head.split_once("etag: ").unwrap().1.split('\r').next().unwrap().replace("w/", "W/");
    let kept = [("If-None-Match", tag.as_str())];
    assert_eq!(get(&server, "/rules", &[kept[0], GERMAN]).await.status, 304);
    let english = get(&server, "/rules", &kept).await;
    assert_eq!(
        (english.status, language(&english).0.as_str()),
        (200, "en"),
        "another language is another page"
    );
}

#[tokio::test]
async fn a_form_keeps_the_language_of_its_page() {
    let server = TestServer::open().await;
    let page = get(&server, "/appeal?lang=tr", &[GERMAN]).await.body;
    assert!(page.contains(plain_texts("tr").decisions.off), "there is no store: {page}");
    assert!(
        PlainPage::ALL.iter().all(|it| page.contains(&format!("href=\"{}?lang=tr\"", it.path()))),
        "{page}"
    );
}
