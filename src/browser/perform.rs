//! Each [`Output`] becomes one deed in [`web`](super::web); it must not know why.

use super::{
    inbox::Inbox,
    web::{media::Media, memory, page, peer::Peer, socket::Socket, spare::Spare},
};
use crate::{
    call::{Input, Link, Output, PeerDeed},
    protocol,
};

/// Everything of the browser that is open at a time. What is dropped is closed.
pub(super) struct Body {
    inbox: Inbox,
    media: Media,
    socket: Option<Socket>,
    peer: Option<Peer>,
    spare: Option<Spare>,
    _listeners: Option<page::Listeners>,
}

impl Body {
    /// A body with nothing open, which tells `inbox` what happens.
    pub(super) fn new(inbox: Inbox) -> Self {
        let tell = |input: Input| {
            let inbox = inbox.clone();
            move || inbox.put(input.clone())
        };
        let listeners = page::listen(tell(Input::PageHidden), tell(Input::NetworkChanged));
        Self {
            media: Media::new(inbox.clone()),
            inbox,
            socket: None,
            peer: None,
            spare: None,
            _listeners: listeners,
        }
    }

    /// Does one deed.
    pub(super) fn perform(&mut self, output: Output) {
        match output {
            Output::OpenMedia(wish) => self.media.open(wish),
            Output::CloseMedia => {
                self.media.close();
                self.spare = None;
            }
            Output::EnableMedia(sending) => {
                self.media.enable(sending);
                self.send_enabled();
            }
            Output::NextCamera => self.media.next_camera(),
            Output::Remember(preferences) => memory::remember(preferences),
            Output::Mark(milestone) => page::mark(milestone.name()),
            Output::WarmUp => {
                let stream = self.media.stream();
                self.spare = self.spare.take().or_else(Spare::make);
                self.spare.iter().for_each(|it| it.attach(stream.as_ref()));
            }
            Output::OpenSocket => self.socket = Some(Socket::open(&self.inbox)),
            Output::Send(frame) => {
                if let Some(socket) = &self.socket {
                    socket.send(protocol::encode(&frame));
                }
            }
            Output::CloseSocket { goodbye } => {
                if let Some(socket) = self.socket.take() {
                    socket.close(goodbye);
                }
            }
            Output::Peer { link, deed } => self.perform_on_peer(link, deed),
        }
    }

    /// The tracks of the open connection follow those of the open devices.
    pub(super) fn send_enabled(&self) {
        if let Some(peer) = &self.peer {
            peer.send_enabled(self.media.stream().as_ref());
        }
    }

    fn perform_on_peer(&mut self, link: Link, deed: PeerDeed) {
        match deed {
            PeerDeed::Open { ice, relay_only } => {
                // The old one first: two at a time would show two strangers.
                self.peer = None;
                self.peer = Peer::open(link, ice, relay_only, &self.inbox, self.spare.take());
            }
            PeerDeed::Close => self.peer = None,
            deed @ (PeerDeed::Attach
            | PeerDeed::SetServers { .. }
            | PeerDeed::RestartIce
            | PeerDeed::Bound(_)
            | PeerDeed::SetLocal
            | PeerDeed::SetRemote(_)
            | PeerDeed::AddCandidate(_)
            | PeerDeed::EndCandidates { .. }
            | PeerDeed::Tell(_)
            | PeerDeed::Measure) => {
                if let Some(peer) = &self.peer {
                    peer.order(deed, self.media.stream());
                }
            }
        }
    }
}
