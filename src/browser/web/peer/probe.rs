//! [`Probe`]: a connection that finds out whether the browser can connect to anybody, without anybody.
//!
//! Alone it only gathers candidates. With the server's relays, or to test a path, there are two of them in this page,
//! which send each other bytes: a relay that hands out addresses may still pass nothing on.

use futures::{
    StreamExt,
    channel::mpsc::{self, UnboundedReceiver},
    future::{AbortHandle, abortable},
};
use gloo_events::EventListener;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    RtcDataChannel, RtcIceCandidate, RtcPeerConnectionIceEvent, RtcSessionDescriptionInit, window,
};

use super::{channel, configuration::configuration};
use crate::{
    browser::{
        inbox::Inbox,
        web::js::{bindings::PeerConnection, reflect},
    },
    call::{CheckFinding, Input, TestedPath},
    protocol::IceServer,
};

/// A check in progress. Dropping it closes its connections.
pub(crate) struct Probe {
    connections: Vec<PeerConnection>,
    exchange: AbortHandle,
    _listeners: Vec<EventListener>,
}

/// Candidates, each with the index of the connection that has found it.
type Found = UnboundedReceiver<(usize, RtcIceCandidate)>;

impl Drop for Probe {
    fn drop(&mut self) {
        self.exchange.abort();
        self.connections.iter().for_each(|it| it.close());
    }
}

impl Probe {
    /// Starts to gather with these servers, and reports what is found. Reports a refusal, and returns `None`, if the
    /// browser makes no connection. Of a tested path, reports only that it works.
    pub(crate) fn start(ice: &[IceServer], test: Option<TestedPath>, inbox: &Inbox) -> Option<Self> {
        // A browser without the interface is reported when the devices are opened.
        if !window().is_some_and(|it| reflect::has(&it, "RTCPeerConnection")) {
            return None;
        }
        let count = if ice.is_empty() && test.is_none() { 1 } else { 2 };
        let relay_only = test.is_some_and(|it| it != TestedPath::Direct);
        let connections: Result<Vec<_>, _> =
            (0..count).map(|_| PeerConnection::new(&configuration(ice, relay_only))).collect();
        let report = move |inbox: &Inbox, finding| match (test, finding) {
            (None, _) => inbox.put(Input::ConnectionChecked(finding)),
            (Some(path), CheckFinding::Echo) => inbox.put(Input::PathWorks(path)),
            (Some(_), CheckFinding::Refused | CheckFinding::Candidate { .. }) => {}
        };
        let Ok(connections) = connections else {
            report(inbox, CheckFinding::Refused);
            return None;
        };
        // Without something to send, nothing is gathered.
        let channels: Vec<_> = connections.iter().map(channel::create).collect();
        let (candidates, found) = mpsc::unbounded();
        let mut listeners: Vec<_> = connections
            .iter()
            .enumerate()
            .map(|(index, connection)| {
                let (inbox, candidates) = (inbox.clone(), candidates.clone());
                EventListener::new(connection, "icecandidate", move |event| {
                    let candidate = event.unchecked_ref::<RtcPeerConnectionIceEvent>().candidate();
                    if let Some(candidate) = candidate.filter(|it| !it.candidate().is_empty()) {
                        let is_relayed = candidate.candidate().contains(" typ relay");
                        report(&inbox, CheckFinding::Candidate { is_relayed });
                        // The exchange may have failed.
                        let _ = candidates.unbounded_send((index, candidate));
                    }
                })
            })
            .collect();
        if let [one, other] = channels.as_slice() {
            let inbox = inbox.clone();
            listeners.extend(echo(one, other, move |_| report(&inbox, CheckFinding::Echo)));
        }
        let handles = connections.iter().map(PeerConnection::handle).collect();
        let (work, exchange) = abortable(connect(handles, found));
        spawn_local(async move {
            // If it fails, no candidate is found, or no byte comes back.
            let _ = work.await;
        });
        Some(Self { connections, exchange, _listeners: listeners })
    }
}

/// Sends a message from one channel to the other and back, and calls `on_back` when it is back.
fn echo(
    one: &RtcDataChannel,
    other: &RtcDataChannel,
    on_back: impl FnMut(&web_sys::Event) + 'static,
) -> [EventListener; 3] {
    let send = |channel: &RtcDataChannel| {
        let channel = channel.clone();
        // A channel that fails now brings nothing back.
        move |_: &web_sys::Event| _ = channel.send_with_str("0")
    };
    [
        EventListener::new(one, "open", send(one)),
        EventListener::new(other, "message", send(other)),
        EventListener::new(one, "message", on_back),
    ]
}

/// Starts to gather with the first connection, and connects it with the second one if there are two.
async fn connect(connections: Vec<PeerConnection>, mut found: Found) -> Option<()> {
    set_local(connections.first()?).await?;
    if let [one, other] = connections.as_slice() {
        set_remote(other, one).await?;
        set_local(other).await?;
        set_remote(one, other).await?;
        while let Some((index, candidate)) = found.next().await {
            let to = if index == 0 { other } else { one };
            let added = to.add_ice_candidate_with_opt_rtc_ice_candidate(Some(&candidate));
            // Without this candidate, another one may do.
            let _ = JsFuture::from(added).await;
        }
    }
    Some(())
}

async fn set_local(connection: &PeerConnection) -> Option<()> {
    JsFuture::from(connection.set_local_description_implicitly()).await.ok().map(drop)
}

/// Gives a connection the description of the other one.
async fn set_remote(to: &PeerConnection, from: &PeerConnection) -> Option<()> {
    let description = from.local_description()?;
    let init = RtcSessionDescriptionInit::new(description.type_());
    init.set_sdp(&description.sdp());
    JsFuture::from(to.set_remote_description(&init)).await.ok().map(drop)
}
