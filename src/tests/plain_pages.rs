//! The plain pages of a real server: with and without an operator, and for browsers of all kinds.

use std::{fs, path::Path};

use passerby::{
    server::Config,
    ui::{PlainPage, plain_texts},
};

use crate::support::{TestServer, operator};

async fn server_with(change: impl FnOnce(&mut Config)) -> TestServer {
    let mut config = Config::default();
    change(&mut config);
    TestServer::open_with(config).await
}

/// The HTML between two texts, the latter after the former.
fn between<'a>(html: &'a str, start: &str, end: &str) -> &'a str {
    let rest = html.split_once(start).unwrap_or_else(|| panic!("no {start} in {html}")).1;
    rest.split_once(end).unwrap_or_else(|| panic!("no {end} in {html}")).0
}

/// The text without tags, comments and references.
fn text(html: &str) -> String {
    let body = between(html, "<body", "</body>");
    let text: String = body.split('<').skip(1).filter_map(|it| it.split_once('>')).map(|it| it.1).collect();
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[tokio::test]
async fn every_plain_page_is_an_accessible_document_without_script() {
    for server in [TestServer::open().await, server_with(|it| it.operator = operator()).await] {
        for page in PlainPage::ALL {
            let response = server.get(page.path(), &[("Host", "localhost")]).await;
            let (head, html) = (&response.head, &response.body);
            assert_eq!(response.status, 200, "{page:?}");
            assert!(head.contains("content-type: text/html; charset=utf-8"), "{head}");
            assert!(html.starts_with("<!DOCTYPE html><html lang=\"en\" dir=\"ltr\">"), "{html}");
            assert!(
                !html.contains("<script") && !html.contains("style=") && !html.contains("<style"),
                "{html}"
            );
            let policy = between(head, "content-security-policy: ", "\r\n");
            assert!(policy.starts_with("default-src 'none'; style-src 'self'; "), "{policy}");
            assert!(!policy.contains("script") && policy.contains("frame-ancestors 'none'"), "{policy}");
            assert!(html.contains("<link rel=\"stylesheet\" href=\"/pkg/passerby.css\""), "{html}");

            for once in ["<h1", "<main", "<header", "<footer", "<nav", "<title"] {
                assert_eq!(html.matches(once).count(), 1, "{once} in {page:?}");
            }
            assert!(html.contains("<h2") && !html.contains("<h3"), "no level is skipped");
            assert!(between(html, "<title>", "</title>").ends_with(" \u{2013} Passerby"), "{html}");
            assert!(!between(html, "name=\"description\" content=\"", "\"").is_empty());
            assert!(
                html.contains("<a href=\"/\" title=\"Back to the first page\" class=\"brand\">"),
                "a way back: {html}"
            );
            let links = between(html, "<nav", "</nav>");
            assert!(links.starts_with(" aria-label=\"About this server\" class=\"links\">"), "{links}");
            for other in PlainPage::ALL {
                let current = if page == other { " aria-current=\"page\"" } else { "" };
                assert!(links.contains(&format!("<a href=\"{}\"{current}>", other.path())), "{links}");
            }
            assert!(!html.contains("_blank") && !html.contains(['{', '}']), "{html}");
        }
    }
}

#[tokio::test]
async fn plain_pages_name_the_operator_or_say_that_the_server_is_private() {
    let (mail, page) = ("href=\"mailto:abuse@example.org\"", "href=\"https://example.org/contact\"");
    let private = TestServer::open().await;
    for page in PlainPage::ALL {
        let html = private.get(page.path(), &[("Host", "localhost")]).await.body;
        assert!(text(&html).contains("This server is private"), "{page:?}");
        assert!(!html.contains("mailto:") && !html.contains("example.org"), "{html}");
    }
    let named = server_with(|it| {
        it.operator = operator();
        it.operator.rules_version = "2026-11".into();
    })
    .await;
    for plain in PlainPage::ALL {
        let html = named.get(plain.path(), &[("Host", "localhost")]).await.body;
        assert!(!text(&html).contains("is private"), "{plain:?}");
        let facts = [text(&html).contains("Example Ltd"), html.contains(mail), html.contains(page)];
        let expected = match plain {
            PlainPage::Rules | PlainPage::Transparency => [true, false, false],
            PlainPage::Privacy | PlainPage::Contact => [true, true, true],
            PlainPage::Safety => [true, true, false],
            PlainPage::Report => [false, true, true],
            PlainPage::Appeal => [false, false, true],
        };
        assert_eq!(facts, expected, "name, mail address and page in {plain:?}: {html}");
    }
    let rules = named.get("/rules", &[("Host", "localhost")]).await.body;
    assert!(text(&rules).contains("version 2026-11 of the rules"), "{rules}");
    let imprint = named.get("/contact", &[("Host", "localhost")]).await.body;
    assert!(text(&imprint).contains("Example Ltd, New Zealand"), "{imprint}");
}

#[tokio::test]
async fn texts_of_the_operator_are_no_markup() {
    let name = "<script>alert(1)</script> & \"Sons\" {contact}";
    let server = server_with(|it| {
        it.operator = operator();
        it.operator.name = name.into();
        it.operator.abuse_contact = "https://example.org/?a=1&b='c'&lt;".into();
    })
    .await;
    for page in PlainPage::ALL {
        let html = server.get(page.path(), &[("Host", "localhost")]).await.body;
        assert!(!html.contains("<script"), "{html}");
        assert!(
            [PlainPage::Report, PlainPage::Appeal].contains(&page) || text(&html).contains(name),
            "{page:?}: {html}"
        );
    }
    let html = server.get("/report", &[("Host", "localhost")]).await.body;
    assert!(html.contains("href=\"https://example.org/?a=1&amp;b='c'&amp;lt;\""), "{html}");
}

#[test]
fn plain_pages_speak_as_the_page_does() {
    for page in PlainPage::ALL {
        let texts = plain_texts("en").page(page);
        let all = format!("{texts:?}").to_lowercase();
        for word in all.split(|it: char| !it.is_alphabetic()) {
            assert!(
                !["user", "users", "session", "room", "oops", "whom"].contains(&word),
                "{word:?}: {page:?}"
            );
        }
        assert!(!all.contains('\''), "a typewriter apostrophe in {page:?}");
    }
}

#[tokio::test]
async fn plain_pages_are_kept_and_limited_and_have_one_address() {
    let server = server_with(|it| {
        it.server.origins = vec!["https://passerby.example".into()];
        it.server.proxies = vec!["127.0.0.1".into()];
        it.operator = operator();
        it.limits.network.pages.burst = 12;
    })
    .await;
    let get = async |path: &str, headers: &[(&str, &str)]| {
        let proxied = [("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Host", "passerby.example")];
        server.get(path, &[&proxied, headers].concat()).await
    };
    for page in PlainPage::ALL.into_iter().filter(|it| it.is_constant()) {
        let response = get(page.path(), &[]).await;
        assert!(response.head.contains("cache-control: no-cache\r\n"), "{}", response.head);
        assert!(response.head.contains("; upgrade-insecure-requests\r\n"), "{}", response.head);
        let tag = between(&response.head, "etag: ", "\r\n");
        let kept = get(page.path(), &[("If-None-Match", &tag.replace("w/", "W/"))]).await;
        assert_eq!((kept.status, kept.body.len()), (304, 0), "{page:?}");
        assert!(kept.head.contains("style-src 'self'"), "the browser keeps these headers: {}", kept.head);
    }
    let compressed = get("/rules", &[("Accept-Encoding", "gzip")]).await;
    assert!(compressed.head.contains("content-encoding: gzip"), "{}", compressed.head);
    assert!(compressed.head.contains("etag: w/\""), "{}", compressed.head);
    assert_eq!(get("/rules", &[]).await.status, 200, "the last of the burst");
    assert_eq!(get("/rules", &[]).await.status, 429);
    let other = [("X-Forwarded-For", "192.0.2.2"), ("X-Forwarded-Host", "www.passerby.example")];
    let response = server.get("/privacy?lang=en", &other).await;
    assert_eq!(response.status, 307);
    assert!(
        response.head.contains("location: https://passerby.example/privacy?lang=en\r\n"),
        "{}",
        response.head
    );
    assert!(server.get("/rules/", &[("X-Forwarded-For", "192.0.2.2")]).await.status == 404);
}

#[tokio::test]
async fn every_screen_that_is_no_call_leads_to_the_plain_pages() {
    let server = TestServer::open().await;
    let html = server.get("/", &[("Host", "localhost")]).await.body;
    let foot = between(&html, "<footer class=\"foot\">", "</footer>");
    assert!(foot.starts_with("<nav aria-label=\"About this server\" class=\"links\">"), "{foot}");
    let sheet =
        between(&html, "id=\"sheet\"", "</dialog>").rsplit_once("<div class=\"links\">").expect("links").1;
    let ended = between(between(&html, "<main", "</main>"), "<div class=\"links panel-links\">", "</div>");
    for page in PlainPage::ALL {
        let link = format!("<a href=\"{}\"", page.path());
        assert!(foot.contains(&format!("{link}>")), "{page:?} in {foot}");
        for in_call in [sheet, ended] {
            // A call goes on behind the new tab.
            let link = format!("{link} target=\"_blank\" rel=\"noopener\">");
            assert!(in_call.contains(&link), "{page:?} in {in_call}");
        }
    }
}

/// All Rust files below a folder that contain one of these texts, without the folder.
pub(crate) fn files_with(folder: &Path, texts: &[&str], found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_with(&path, texts, found);
        } else if texts.iter().any(|it| fs::read_to_string(&path).unwrap().contains(it)) {
            found.push(path.file_name().unwrap().to_str().unwrap().to_owned());
        }
    }
}

#[test]
fn no_program_for_browsers_contains_the_plain_pages() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let names = ["plain_page(", "plain_texts(", "links::", "links(", "navigation(", "languages::"];
    files_with(&source.join("browser"), &names, &mut found);
    files_with(&source.join("call"), &names, &mut found);
    assert_eq!(found, [] as [&str; 0]);
    files_with(&source.join("ui"), &names, &mut found);
    found.sort();
    // The texts, their translations and the tests of both, their views, and what only the server renders, as the pages
    // of the moderators.
    assert_eq!(
        found,
        [
            "files.rs",
            "form.rs",
            "links.rs",
            "mod.rs",
            "mod.rs",
            "mod.rs",
            "page_language.rs",
            "parts.rs",
            "plain.rs",
            "sheet.rs",
            "shell.rs"
        ]
    );
}
