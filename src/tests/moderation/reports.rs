//! Reports on a real server: what a ticket proves, and what follows for the reported.

use std::{net::SocketAddr, time::Duration};

use passerby::{
    moderation::{Moderation, PAUSED_FOR, SanctionKind, Status, offline},
    protocol::{EndReason, ErrorCode, NoticeKind, ReportResult, ToBrowser, ToServer},
};
use tokio::time::timeout;

use super::{address, contains, let_all_report, meet, report, server, stamp};
use crate::{
    program::Folder,
    support::{TestClient, TestServer, TestSocket},
};

/// How long a decision may take to reach a running call.
const SOON: Duration = Duration::from_secs(2);

/// Two visitors who have met.
async fn pair(server: &TestServer) -> (TestClient, TestClient) {
    let (one, other) = (address(0), address(1));
    let mut one = TestClient::open_via_proxy(server, &one).await;
    let mut other = TestClient::open_via_proxy(server, &other).await;
    meet(&mut one, &mut other).await;
    (one, other)
}

/// Waits for the notice of a sanction.
pub(crate) async fn receive_sanction(client: &mut TestClient) -> (NoticeKind, bool, Option<String>) {
    let wait = async {
        loop {
            if let ToBrowser::Sanctioned(it) = client.receive().await {
                return (it.kind, it.automatic, it.appeal);
            }
        }
    };
    timeout(SOON, wait).await.expect("a notice in time")
}

/// The answer to the hello of a device that this server knows.
pub(crate) async fn hello(
    server: impl Into<SocketAddr>,
    from: &str,
    device: &str,
) -> (ToBrowser, (Option<ErrorCode>, u16)) {
    let mut socket = TestSocket::open_via_proxy(server, Some(from)).await;
    let text =
        format!(r#"{{"seq":0,"ack":0,"msg":{{"hello":{{"device":"{device}","features":["report"]}}}}}}"#);
    socket.send(text).await;
    let answer = socket.receive().await.expect("an answer").msg;
    (answer, socket.close_reason().await)
}

#[tokio::test]
async fn only_the_holder_of_a_ticket_reports_and_only_once() {
    let (folder, elsewhere) = (Folder::new("tickets"), Folder::new("tickets-elsewhere"));
    let (server, foreign) = (server(&folder).await, server(&elsewhere).await);
    let (mut ann, mut bob) = pair(&server).await;
    let own = ann.ticket.clone().unwrap();
    let (abroad, _) = pair(&foreign).await;

    let middle = own.len() / 2;
    let other = if own.as_bytes()[middle] == b'A' { "B" } else { "A" };
    let altered = [&own[..middle], other, &own[middle + 1..]].concat();
    let (of_partner, of_foreign) = (bob.ticket.clone().unwrap(), abroad.ticket.clone().unwrap());
    for (what, ticket) in [
        ("forged", "t.1.AAAA"),
        ("altered", &*altered),
        ("of the partner", &*of_partner),
        ("of another server", &*of_foreign),
    ] {
        assert_eq!(report(&mut ann, ticket).await, (ReportResult::InvalidTicket, None), "{what}");
    }
    let refused = "passerby_reports_refused_total{code=\"invalid-ticket\"}";
    assert_eq!(server.metric(refused).await, 4);
    let (result, code) = report(&mut ann, &own).await;
    assert_eq!((result, code.is_some()), (ReportResult::Accepted, true));
    assert_eq!(report(&mut ann, &own).await, (ReportResult::AlreadyReported, code));
    assert_eq!(report(&mut bob, &of_partner).await.0, ReportResult::Accepted, "each end may");
    assert_eq!(server.metric("passerby_reports_total{reason=\"spam\"}").await, 2, "each is counted once");
    assert_eq!(server.metric(refused).await, 4);

    server.stop().await.unwrap().unwrap();
    let moderation = Moderation::open(&folder.0.join("state"), stamp(1)).unwrap();
    let rows = moderation.queue(stamp(2), "anna", Status::Open, None, 10).await.unwrap();
    assert_eq!(rows.iter().map(|it| it.row.reports).collect::<Vec<_>>(), [1, 1]);
}

#[tokio::test]
async fn false_reports_by_ten_bots_pause_a_running_call_once_and_leave_no_address() {
    let folder = Folder::new("bots");
    let server = server(&folder).await;
    // The good peer alone, and ten bots on three networks.
    let mut good = TestClient::open_via_proxy(&server, &address(9)).await;
    let mut bots = Vec::new();
    for number in 0..10 {
        let mut bot = TestClient::open_via_proxy(&server, &address(number % 3)).await;
        meet(&mut good, &mut bot).await;
        bot.send(ToServer::Leave {}).await;
        assert_eq!(good.receive_end().await, EndReason::PartnerLeft);
        bots.push(bot);
    }
    let mut friend = TestClient::open_via_proxy(&server, &address(8)).await;
    meet(&mut good, &mut friend).await;
    let_all_report(&mut bots).await;
    assert_eq!(server.metric("passerby_reports_total{reason=\"spam\"}").await, 10);
    assert_eq!(server.metric("passerby_automatic_pauses_total").await, 1);
    let (kind, automatic, appeal) = receive_sanction(&mut good).await;
    assert_eq!((kind, automatic, appeal.is_some()), (NoticeKind::Paused, true, true));
    assert_eq!(friend.receive_end().await, EndReason::PartnerLeft, "which does not say why");

    // Neither a new socket nor a new process lets the peer in.
    let device = good.device.clone().unwrap();
    let refused = (Some(ErrorCode::Sanctioned), 4403);
    let (answer, closed) = hello(&server, &address(9), &device).await;
    assert!(matches!(answer, ToBrowser::Sanctioned(_)) && closed == refused, "{answer:?} {closed:?}");
    server.stop().await.unwrap().unwrap();
    let server = super::server(&folder).await;
    let (answer, closed) = hello(&server, &address(9), &device).await;
    assert!(matches!(answer, ToBrowser::Sanctioned(_)) && closed == refused, "{answer:?} {closed:?}");
    server.stop().await.unwrap().unwrap();

    let state = folder.0.join("state");
    let moderation = Moderation::open(&state, stamp(1)).unwrap();
    let sanctions = moderation.sanctions().await.unwrap();
    let all: Vec<_> =
        sanctions.devices().into_iter().filter_map(|it| sanctions.of_device(stamp(2).now, it)).collect();
    let [pause] = all[..] else { panic!("{all:?}") };
    assert_eq!((pause.kind, pause.until), (SanctionKind::Pause, pause.started + PAUSED_FOR));
    moderation.close().await;
    offline::backup(&state, stamp(3), &folder.0.join("copy.db")).unwrap();
    for number in 0..10 {
        let text = address(number);
        let octets = text.parse::<std::net::Ipv4Addr>().unwrap().octets();
        assert!(!contains(&folder.0, text.as_bytes()) && !contains(&folder.0, &octets), "{text}");
    }
    assert!(contains(&folder.0, b"He shows a recording."), "the search finds what is there");
}
