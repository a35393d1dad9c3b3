//! The messages of a match over the data channel, in both directions.

use std::time::Duration;

use super::{CurrentMatch, MatchEvent, context::MatchContext};
use crate::{
    call::{Output, PeerCommand},
    protocol::{PeerMessage, Presence},
    time::Moment,
};

/// The shortest time between two restarts of the encoder, so that no partner can keep it from encoding. Our own page
/// asks every five seconds.
const REFRESH_EVERY: Duration = Duration::from_secs(2);

impl CurrentMatch {
    /// Tells the partner what is sent from now on, and whether this page is in the background.
    ///
    /// What the browser refuses to send is not announced.
    pub(crate) fn send_presence(&self, presence: Presence, out: &mut Vec<Output>) {
        let unsent = self.sender_faults.unsent();
        let (audio, video) = (presence.audio && !unsent.audio, presence.video && !unsent.video);
        self.send_to_partner(Some(PeerMessage::Sending(Presence { audio, video, ..presence })), out);
    }

    /// Sends a message over the data channel, if there is one and the channel is open.
    pub(crate) fn send_to_partner(&self, message: Option<PeerMessage>, out: &mut Vec<Output>) {
        if let Some(message) = message.filter(|_| self.liveness.channel_open) {
            self.connection.perform(PeerCommand::Send(message), out);
        }
    }

    /// Says goodbye to the partner and closes the connection.
    pub(crate) fn leave(self, out: &mut Vec<Output>) {
        self.send_to_partner(Some(PeerMessage::Bye {}), out);
        self.close(out);
    }

    /// Handles a message from the partner over the data channel.
    pub(crate) fn on_peer_message(&mut self, message: PeerMessage, context: &mut MatchContext) -> MatchEvent {
        self.liveness.on_received(context.now);
        self.recovery.on_received();
        match message {
            PeerMessage::Sending(presence) => self.on_partner_presence(context.now, presence, context.out),
            PeerMessage::Bye {} => return MatchEvent::PartnerLeft,
            PeerMessage::Commit { hash } => {
                let reply = self.verification.on_commit(hash);
                self.send_to_partner(reply, context.out);
            }
            PeerMessage::Nonce { nonce } => {
                let reply = self.verification.on_nonce(nonce, self.connection.certificates());
                self.send_to_partner(reply, context.out);
            }
            PeerMessage::Reveal { nonce } => {
                self.verification.on_reveal(nonce, self.connection.certificates());
            }
            PeerMessage::Chat { number, text } => {
                let reply = self.chat.on_text(context.now, number, &text, context.chat_open);
                self.send_to_partner(reply, context.out);
            }
            PeerMessage::Got { number } => self.chat.on_acknowledged(number),
            PeerMessage::Typing {} => self.chat.on_typing(context.now),
            PeerMessage::React { reaction } => self.chat.on_reaction(context.now, reaction),
            PeerMessage::Revealed {} => self.on_partner_revealed(),
            PeerMessage::Sees { picture } => self.on_partner_sees(picture, context),
        }
        MatchEvent::None
    }

    /// The partner sees our picture or does not; then a key frame may help.
    fn on_partner_sees(&mut self, picture: bool, context: &mut MatchContext) {
        self.is_unseen = !picture;
        let is_recent = |at: Moment| context.now - at < REFRESH_EVERY;
        if !picture && context.presence.video && !self.refreshed_at.is_some_and(is_recent) {
            self.refreshed_at = Some(context.now);
            self.connection.perform(PeerCommand::RefreshPicture, context.out);
        }
    }
}
