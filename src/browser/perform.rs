//! [`OpenResources`]: translates each [`Output`] into one command for [`web`](super::web).

use super::{
    inbox::Inbox,
    web::{
        devices::{
            LocalMedia,
            audio::{self, Meter, Tone},
            media_session::MediaSession,
            video,
        },
        page::{
            self,
            activity::ActivityReports,
            capabilities, clipboard,
            drag::{Drag, Swipe},
            keyboard::Keyboard,
            leaving::{self, BackReports, LeaveQuestion},
            lifecycle::Lifecycle,
            sheet,
            tabs::Tabs,
            wake_lock::WakeLock,
            window::{self, WindowEvents},
        },
        peer::{Peer, prewarmed::PrewarmedConnection, probe::Probe},
        socket::ServerSocket,
        storage::{self, StorageListeners},
    },
};
use crate::{
    call::{ConnectionId, Output, PeerCommand},
    protocol::{self, Frame, ToServer},
    ui::i18n::Words,
};

/// Everything that is open in the browser. Dropping a field closes it.
pub(crate) struct OpenResources {
    inbox: Inbox,
    words: &'static Words,
    media: LocalMedia,
    meter: Option<Meter>,
    media_session: MediaSession,
    socket: Option<ServerSocket>,
    peer: Option<Peer>,
    prewarmed: Option<PrewarmedConnection>,
    probe: Option<Probe>,
    path_probes: Vec<Probe>,
    tabs: Tabs,
    wake_lock: WakeLock,
    leave_question: Option<LeaveQuestion>,
    /// The device id of the speaker in use.
    speaker: String,
    _window_events: Option<WindowEvents>,
    _activity: Option<ActivityReports>,
    _lifecycle: Option<Lifecycle>,
    _back: Option<BackReports>,
    _drag: Option<Drag>,
    _swipe: Option<Swipe>,
    _keyboard: Option<Keyboard>,
    _storage: StorageListeners,
}

impl OpenResources {
    /// Opens nothing yet, but starts to report browser events to `inbox`.
    pub(crate) fn new(inbox: Inbox, words: &'static Words, speaker: String) -> Self {
        let wake_lock = WakeLock::default();
        capabilities::report(&inbox, None);
        Self {
            media: LocalMedia::new(inbox.clone()),
            media_session: MediaSession::new(&inbox),
            meter: None,
            socket: None,
            peer: None,
            prewarmed: None,
            probe: None,
            path_probes: Vec::new(),
            tabs: Tabs::watch(&inbox),
            _window_events: WindowEvents::watch(&inbox),
            _activity: ActivityReports::watch(&inbox),
            _lifecycle: Lifecycle::watch(&inbox, &wake_lock),
            _back: BackReports::watch(&inbox),
            _drag: Drag::watch(&inbox),
            _swipe: Swipe::watch(&inbox),
            _keyboard: Keyboard::watch(),
            _storage: storage::watch(&inbox),
            wake_lock,
            leave_question: None,
            words,
            inbox,
            speaker,
        }
    }

    /// Performs one output.
    pub(crate) fn perform(&mut self, output: Output) {
        match output {
            Output::OpenMedia(request) => self.media.open(request),
            Output::CloseDevice(kind) => self.media.close_device(kind),
            Output::WatchFrames(request) => self.media.watch_frames(request),
            Output::CloseMedia => {
                self.media.close();
                (self.prewarmed, self.probe) = (None, None);
            }
            Output::EnableMedia(sending) => self.enable_media(sending),
            Output::SendTracks => {
                self.peer.iter().for_each(|it| it.send_tracks(self.media.outgoing_tracks().as_ref()));
            }
            Output::ListDevices => self.media.list_devices(),
            Output::UseSpeaker(id) => {
                self.speaker.clone_from(&id);
                video::set_speaker(&self.inbox, id);
            }
            Output::SendBlurred(blurred) => self.send_blurred(blurred),
            Output::Blur(blur) => self.media.set_background_blur(blur),
            Output::ShowLevel(true) => self.meter = self.media.microphone().and_then(|it| Meter::start(&it)),
            Output::ShowLevel(false) => self.meter = None,
            Output::PlayTone => audio::play(Tone::Test, &self.speaker),
            Output::Chime => self.chime(),
            Output::AskToNotify => window::ask_to_notify(&self.inbox),
            Output::Notify => window::notify(self.words.connecting.heading),
            Output::ShareScreen(request) => self.media.share_screen(request),
            Output::UnshareScreen => self.media.unshare_screen(),
            Output::PictureInPicture(enter) => window::set_picture_in_picture(enter),
            Output::FullScreen(enter) => window::set_full_screen(enter),
            Output::SetVolume(volume) => video::set_volume(volume),
            Output::PlaySound => video::play(&self.inbox),
            Output::KeepAwake(awake) => self.wake_lock.set(awake),
            Output::AskBeforeLeaving(ask) => self.leave_question = ask.then(LeaveQuestion::ask),
            Output::CatchBack => leaving::catch_back(),
            Output::GoBack => leaving::go_back(),
            Output::TakeOver => self.tabs.take_over(),
            Output::Copy(text) => clipboard::copy(text),
            Output::OpenSheet => sheet::open(),
            Output::Reload => window::reload(),
            Output::ProveAge => leaving::prove_age(),
            Output::SaveProfile(profile) => storage::save(&profile),
            Output::EraseProfile => storage::erase(&self.inbox),
            Output::Mark(milestone) => page::mark(milestone.name()),
            Output::WarmUp(profile) => {
                let tracks = self.media.outgoing_tracks();
                self.prewarmed = self.prewarmed.take().or_else(PrewarmedConnection::new);
                self.prewarmed.iter().for_each(|it| it.attach(tracks.as_ref(), profile));
            }
            Output::CheckConnection(ice) => self.probe = Probe::start(&ice, None, &self.inbox),
            Output::EndCheck => self.probe = None,
            Output::TestPath(path, ice) => {
                self.path_probes.extend(Probe::start(&ice, Some(path), &self.inbox));
            }
            Output::EndPathTests => self.path_probes.clear(),
            Output::OpenSocket => self.socket = Some(ServerSocket::open(&self.inbox)),
            Output::Send(frame) => self.send(&frame),
            Output::CloseSocket { code } => self.socket.take().into_iter().for_each(|it| it.close(code)),
            Output::Peer { link, command } => self.perform_on_peer(link, command),
        }
    }

    fn enable_media(&self, sending: protocol::Media) {
        self.media.set_enabled(sending);
        self.media_session.show(sending);
    }

    fn send_blurred(&mut self, blurred: bool) {
        let before = self.media.set_blurred(blurred);
        self.peer.iter().for_each(|it| it.send_tracks(self.media.outgoing_tracks().as_ref()));
        // Only now: until here it was sent.
        drop(before);
    }

    fn send(&self, frame: &Frame<ToServer>) {
        if let Some(socket) = &self.socket {
            socket.send(protocol::encode(frame));
        }
    }

    fn chime(&self) {
        audio::play(Tone::Chime, &self.speaker);
        window::vibrate();
    }

    fn perform_on_peer(&mut self, link: ConnectionId, command: PeerCommand) {
        match command {
            PeerCommand::Open { ice, relay_only } => {
                // Close the previous connection first: two open ones would both show a stranger.
                self.peer = None;
                self.peer = Peer::open(link, ice, relay_only, &self.inbox, self.prewarmed.take());
            }
            PeerCommand::Close => self.peer = None,
            command @ (PeerCommand::Attach
            | PeerCommand::SetServers { .. }
            | PeerCommand::RestartIce
            | PeerCommand::LimitBitrate(_)
            | PeerCommand::RefreshPicture
            | PeerCommand::SetLocal
            | PeerCommand::SetRemote(_)
            | PeerCommand::AddCandidate(_)
            | PeerCommand::EndCandidates { .. }
            | PeerCommand::Send(_)
            | PeerCommand::Measure) => {
                if let Some(peer) = &self.peer {
                    peer.perform(command, self.media.outgoing_tracks());
                }
            }
        }
    }
}
