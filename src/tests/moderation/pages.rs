//! The pages about decisions on a real server: codes, appeals and counts.

use std::net::SocketAddr;

use passerby::{
    moderation::{Moderation, ReportOutcome, SanctionKind},
    protocol::{ReportResult, ToServer},
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

#[tokio::test]
async fn a_paused_person_reads_the_reasons_and_appeals_once() {
    let folder = Folder::new("appeal");
    let server = server(&folder).await;
    let mut subject = TestClient::open_via_proxy(&server, &address(9)).await;
    let mut codes = Vec::new();
    for number in 0..3 {
        let mut reporter = TestClient::open_via_proxy(&server, &address(number)).await;
        meet(&mut subject, &mut reporter).await;
        let ticket = reporter.ticket.clone().unwrap();
        reporter.send(ToServer::Leave {}).await;
        subject.receive_end().await;
        let (result, code) = report(&mut reporter, &ticket).await;
        assert_eq!(result, ReportResult::Accepted);
        codes.extend(code);
    }
    let at = server.address;
    let page = post(at, &format!("code={}", codes[0].to_lowercase().replace('-', "+"))).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Your report is here"), "{}", page.body);

    // The code of the pause is what the page of the paused has shown.
    let pause = loop {
        if let passerby::protocol::ToBrowser::Sanctioned(it) = subject.receive().await {
            break it.appeal.unwrap();
        }
    };
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

#[tokio::test]
async fn a_server_without_a_store_says_so() {
    let server = TestServer::open().await;
    assert!(server.get("/appeal", &[]).await.body.contains("keeps no reports"));
    assert_eq!(post(server.address, "code=0000-0000-0000-0000").await.status, 404);
    assert!(server.get("/transparency", &[]).await.body.contains("Nothing was reported yet"));
}
