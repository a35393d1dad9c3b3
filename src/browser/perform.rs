//! Each [`Output`] becomes one command in [`web`](super::web); it must not know why.

use super::{
    inbox::Inbox,
    web::{
        devices::{
            Media,
            audio::{self, Meter},
            video,
        },
        page::{
            self,
            drag::Drag,
            window::{self, Window},
        },
        peer::{Peer, prewarmed::Spare},
        socket::Socket,
        storage,
    },
};
use crate::{
    call::{ConnectionId, DeviceKind, Input, Output, PeerCommand},
    protocol,
};

/// Everything of the browser that is open at a time. What is dropped is closed.
pub(crate) struct Body {
    inbox: Inbox,
    media: Media,
    meter: Option<Meter>,
    socket: Option<Socket>,
    peer: Option<Peer>,
    spare: Option<Spare>,
    window: Option<Window>,
    /// The speaker in use.
    speaker: String,
    _listeners: Option<page::Listeners>,
    _drag: Option<Drag>,
    _memory: storage::Listeners,
}

impl Body {
    /// A body with nothing open, which tells `inbox` what happens.
    pub(crate) fn new(inbox: Inbox, speaker: String) -> Self {
        let tell = |input: Input| {
            let inbox = inbox.clone();
            move || inbox.put(input.clone())
        };
        Self {
            media: Media::new(inbox.clone()),
            meter: None,
            socket: None,
            peer: None,
            spare: None,
            window: Window::watch(&inbox),
            _listeners: page::listen(tell(Input::PageHidden), tell(Input::NetworkChanged)),
            _drag: Drag::watch(&inbox),
            _memory: storage::watch(&inbox),
            inbox,
            speaker,
        }
    }

    /// Does one command.
    pub(crate) fn perform(&mut self, output: Output) {
        match output {
            Output::OpenMedia(wish, chosen) => self.media.open(wish, &chosen),
            Output::CloseMedia => {
                self.media.close();
                self.spare = None;
            }
            Output::EnableMedia(sending) => self.media.enable(sending),
            Output::SendTracks => {
                if let Some(peer) = &self.peer {
                    peer.send(self.media.sent().as_ref());
                }
            }
            Output::ListDevices => self.media.list(),
            Output::SwitchDevice(DeviceKind::Speaker, id) => {
                self.speaker.clone_from(&id);
                video::choose_speaker(&self.inbox, id);
            }
            Output::SwitchDevice(kind, id) => self.media.exchange(kind, &id),
            Output::Blur(blur) => self.media.blur(blur),
            Output::ShowLevel(true) => self.meter = self.media.microphone().and_then(|it| Meter::show(&it)),
            Output::ShowLevel(false) => self.meter = None,
            Output::PlayTone => audio::play_tone(&self.speaker),
            Output::ShareScreen => self.media.share_screen(),
            Output::UnshareScreen => self.media.unshare_screen(),
            Output::PictureInPicture(wanted) => window::picture_in_picture(wanted),
            Output::FullScreen(wanted) => window::full_screen(wanted),
            Output::SetVolume(volume) => video::set_volume(volume),
            Output::PlaySound => video::play(&self.inbox),
            Output::KeepAwake(wanted) => self.window.iter().for_each(|it| it.keep_awake(wanted)),
            Output::TakeOver => self.window.iter().for_each(Window::take_over),
            Output::Copy(text) => window::copy(text),
            Output::OpenSheet => window::open_sheet(),
            Output::Reload => window::reload(),
            Output::SaveProfile(kept) => storage::remember(&kept),
            Output::EraseProfile => storage::forget(),
            Output::Mark(milestone) => page::mark(milestone.name()),
            Output::WarmUp(quality) => {
                let sent = self.media.sent();
                self.spare = self.spare.take().or_else(Spare::make);
                self.spare.iter_mut().for_each(|it| it.attach(sent.as_ref(), quality));
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
            Output::Peer { link, command } => self.perform_on_peer(link, command),
        }
    }

    fn perform_on_peer(&mut self, link: ConnectionId, command: PeerCommand) {
        match command {
            PeerCommand::Open { ice, relay_only } => {
                // The old one first: two at a time would show two strangers.
                self.peer = None;
                self.peer = Peer::open(link, ice, relay_only, &self.inbox, self.spare.take());
            }
            PeerCommand::Close => self.peer = None,
            command @ (PeerCommand::Attach
            | PeerCommand::SetServers { .. }
            | PeerCommand::RestartIce
            | PeerCommand::LimitBitrate(_)
            | PeerCommand::SetLocal
            | PeerCommand::SetRemote(_)
            | PeerCommand::AddCandidate(_)
            | PeerCommand::EndCandidates { .. }
            | PeerCommand::Send(_)
            | PeerCommand::Measure) => {
                if let Some(peer) = &self.peer {
                    peer.order(command, self.media.sent());
                }
            }
        }
    }
}
