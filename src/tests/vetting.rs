//! What reaches a partner of what a page writes: descriptions without foreign lines, and interests in one's own words.

use passerby::protocol::{Candidate, ErrorCode, Interest, Media, Sdp, Signal, Tastes, ToBrowser, ToServer};

use crate::support::{OFFER, TestClient, TestServer, match_pair};

#[tokio::test]
async fn a_partner_gets_no_lines_and_candidates_that_no_browser_needs() {
    let server = TestServer::open().await;
    let (mut one, mut other) = match_pair(&server).await;
    let sdp = OFFER.to_owned() + "a=remote-candidates:1 192.168.1.7 9\r\na=hologram:1\r\n";
    one.send_signal(Signal::Offer { sdp: Sdp(sdp) }).await;
    assert_eq!(other.receive_signal().await, Signal::Offer { sdp: Sdp(OFFER.into()) });
    // The two are on one machine, so private candidates pass.
    for number in 1..=41 {
        let candidate = Sdp(format!("candidate:1 1 udp 1 192.168.0.1 {number} typ host"));
        let (sdp_mid, sdp_m_line_index) = (Some("0".into()), Some(0));
        let candidate = Candidate { candidate, sdp_mid, sdp_m_line_index, username_fragment: None };
        one.send_signal(Signal::Candidate(candidate)).await;
    }
    for _ in 0..40 {
        assert!(matches!(other.receive_signal().await, Signal::Candidate(_)));
    }
    one.send_signal(Signal::Offer { sdp: Sdp(OFFER.replace("a=setup:", "a=x:")) }).await;
    assert_eq!(one.receive_error().await, ErrorCode::BadSdp);
    for (name, count) in [
        ("passerby_sdp_lines_dropped_total{kind=\"candidate\"}", 1),
        ("passerby_sdp_lines_dropped_total{kind=\"attribute\"}", 1),
        ("passerby_sdp_lines_dropped_total{kind=\"value\"}", 0),
        ("passerby_candidates_dropped_total{kind=\"surplus\"}", 1),
        ("passerby_candidates_dropped_total{kind=\"private\"}", 0),
        ("passerby_sdp_refused_total{reason=\"setup\"}", 1),
        ("passerby_sdp_refused_total{reason=\"size\"}", 0),
    ] {
        assert_eq!(server.metric(name).await, count, "{name}");
    }
}

#[tokio::test]
async fn people_see_their_shared_interests_as_they_wrote_them() {
    let server = TestServer::open().await;
    let (mut one, mut other) = (TestClient::open(&server).await, TestClient::open(&server).await);
    let (mine, theirs) = ("#Jazz,Straße,tea", "STRASSE,rock’n’roll,jazz\u{200b}");
    for (client, written) in [(&mut one, mine), (&mut other, theirs)] {
        let tastes = Tastes { interests: Interest::all_in(written), languages: Vec::new() };
        client
            .send(ToServer::Join {
                media: Media { audio: true, video: true },
                hide: false,
                soft: false,
                tastes,
            })
            .await;
    }
    for (client, expected) in [(&mut one, "#Jazz,Straße"), (&mut other, "STRASSE,jazz\u{200b}")] {
        let shared = loop {
            if let ToBrowser::Matched { shared, .. } = client.receive().await {
                break shared;
            }
        };
        assert_eq!(shared.interests, Interest::all_in(expected));
    }
}
