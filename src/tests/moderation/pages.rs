//! The pages about decisions on a real server: codes, appeals and counts.

use std::net::SocketAddr;

use passerby::{
    moderation::{Moderation, ReportOutcome, SanctionKind},
    protocol::{ReportResult, ToBrowser, ToServer},
    ui::plain_texts,
};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{address, meet, report, server, stamp};
use crate::{
    program::Folder,
    support::{HttpResponse, TestClient, TestServer, read_response},
};

/// Sends a form to `/appeal`.
async fn post(server: SocketAddr, form: &str) -> HttpResponse {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let head = format!(
        "POST /appeal HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n",
        server.port(),
        form.len()
    );
    stream.write_all((head + form).as_bytes()).await.unwrap();
    read_response(&mut stream).await
}

/// Three people report a fourth, who is paused. The codes of the reports, and of the pause, as the four are told.
async fn pause_somebody(server: &TestServer) -> (Vec<String>, String) {
    let mut subject = TestClient::open_via_proxy(server, &address(9)).await;
    let mut codes = Vec::new();
    for number in 0..3 {
        let mut reporter = TestClient::open_via_proxy(server, &address(number)).await;
        meet(&mut subject, &mut reporter).await;
        let ticket = reporter.ticket.clone().unwrap();
        reporter.send(ToServer::Leave {}).await;
        subject.receive_end().await;
        let (result, code) = report(&mut reporter, &ticket).await;
        assert_eq!(result, ReportResult::Accepted);
        codes.extend(code);
    }
    loop {
        if let ToBrowser::Sanctioned(it) = subject.receive().await {
            return (codes, it.appeal.unwrap());
        }
    }
}

#[tokio::test]
async fn a_paused_person_reads_the_reasons_and_appeals_once() {
    let folder = Folder::new("appeal");
    let server = server(&folder).await;
    let (codes, pause) = pause_somebody(&server).await;
    let at = server.address;
    let page = post(at, &format!("code={}", codes[0].to_lowercase().replace('-', "+"))).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Your report is here"), "{}", page.body);

    let page = post(at, &format!("code={pause}")).await;
    let day = page.body.split("<dd>").find_map(|it| it.strip_prefix("3 (")?.split_once(')')).unwrap().0;
    assert!(day.starts_with("20") && !day.contains(':'), "three reports, without minutes: {day}");
    assert!(page.body.contains("You were paused") && page.body.contains("name=\"words\""), "{}", page.body);
    assert!(page.head.contains("cache-control: no-store") && page.head.contains("form-action 'self'"));
    let page = post(at, &format!("code={pause}&words=+")).await;
    assert!(page.body.contains("Please write something"), "{}", page.body);
    let page = post(at, &format!("code={pause}&words=%3C/textarea%3E{}", "a".repeat(1_000))).await;
    assert!(page.body.contains("&lt;/textarea>aaa"), "words that are too long are given back: {}", page.body);
    // As many characters as the field takes: for the browser a line break is one.
    let long = format!("It+was+a+mask+%3Cb%3E%0D%0A{}", "a".repeat(1_000 - 18));
    for words in [&*long, "And+again"] {
        let page = post(at, &format!("code={pause}&words={words}")).await;
        assert!(page.status == 200 && page.body.contains("Your appeal is here"), "{}", page.body);
    }
    let long = format!("code={pause}&words={}", "a".repeat(20_000));
    assert_eq!(post(at, &long).await.status, 413);
    for unknown in ["code=", "code=0000-0000-0000-0000", "code=%00", "", "words=a"] {
        assert_eq!(post(at, unknown).await.status, 404, "{unknown}");
    }

    let counts = server.get("/transparency", &[]).await;
    assert!(counts.body.contains("Reports of spam"), "{}", counts.body);
    let numbers: Vec<_> = counts.body.split("<dd>").skip(1).filter_map(|it| it.split('<').next()).collect();
    assert_eq!(numbers, ["3", "1", "1"], "reports, one pause, one appeal");

    server.stop().await.unwrap().unwrap();
    let moderation = Moderation::open(&folder.0.join("state"), stamp(1)).unwrap();
    let [appeal] = &moderation.appeals(stamp(2), "anna", None).await.unwrap()[..] else {
        panic!("one appeal")
    };
    assert_eq!(appeal.statement.kind, SanctionKind::Pause);
    assert!(appeal.words.starts_with("It was a mask <b>\naaa"), "{}", appeal.words);
    let outcome = moderation.outcome(codes[0].parse().unwrap()).await.unwrap();
    assert_eq!(outcome, ReportOutcome::Undecided);
}

/// The answer to a form of a page in this language, which must be in the same language.
async fn post_in(tag: &str, server: SocketAddr, form: &str) -> String {
    let HttpResponse { head, body, .. } = post(server, &format!("lang={tag}&{form}")).await;
    assert!(body.contains(&format!("<html lang=\"{tag}\"")), "{form}: {body}");
    assert!(head.contains(&format!("content-language: {tag}\r\n").to_lowercase()), "{head}");
    body
}

#[tokio::test]
async fn a_decision_and_its_appeal_are_in_the_language_of_the_page_with_the_form() {
    const TAGS: [&str; 2] = ["ar", "pt-BR"];
    let folder = Folder::new("appeal-language");
    let server = server(&folder).await;
    let (codes, pause) = pause_somebody(&server).await;
    let at = server.address;
    for tag in TAGS {
        let texts = &plain_texts(tag).decisions;
        let asked = server.get(&format!("/appeal?lang={tag}"), &[]).await.body;
        let field = format!("name=\"lang\" value=\"{tag}\"");
        assert!(asked.contains(texts.look_up) && asked.contains(&field), "{asked}");
        assert!(post_in(tag, at, "code=0000-0000-0000-0000").await.contains(texts.unknown));
        assert!(post_in(tag, at, &format!("code={}", codes[0])).await.contains(texts.outcomes[0]));
        let decision = post_in(tag, at, &format!("code={pause}")).await;
        for text in [texts.kinds[1], texts.automatic, texts.reasons[3], texts.facts.until, &*field] {
            assert!(decision.contains(text), "{text} in {decision}");
        }
        let refused = post_in(tag, at, &format!("code={pause}&words=+")).await;
        assert!(refused.contains(texts.bad_words) && refused.contains(&field), "{refused}");
    }
    for tag in TAGS {
        let appealed = post_in(tag, at, &format!("code={pause}&words=It+was+a+mask")).await;
        assert!(appealed.contains(plain_texts(tag).decisions.waiting), "{appealed}");
        assert!(!appealed.contains("<textarea"), "one appeal is enough: {appealed}");
    }
}

#[tokio::test]
async fn a_server_without_a_store_says_so() {
    let server = TestServer::open().await;
    assert!(server.get("/appeal", &[]).await.body.contains("keeps no reports"));
    assert_eq!(post(server.address, "code=0000-0000-0000-0000").await.status, 404);
    assert!(server.get("/transparency", &[]).await.body.contains("Nothing was reported yet"));
}
