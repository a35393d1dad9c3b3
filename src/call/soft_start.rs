//! Soft start: the pictures of a match stay blurred until both people have revealed theirs. Each page blurs the picture
//! that it sends, and covers the one that it receives.

use super::{
    Call, Output, Switch,
    partner::{CurrentMatch, context::MatchContext},
    state::CallState,
};
use crate::protocol::{Feature, PeerMessage, SoftStart};

impl Call {
    /// Whether this person wants their matches to start softly.
    pub(crate) const fn wants_soft_start(&self) -> bool {
        let preferences = self.profile.preferences;
        match self.soft_start {
            SoftStart::Off => preferences.has(Switch::SoftStart),
            SoftStart::On => !preferences.has(Switch::NoSoftStart),
            SoftStart::Forced => true,
        }
    }

    /// Whether the server has to be told so.
    pub(crate) fn announces_soft_start(&self) -> bool {
        self.wants_soft_start() && self.session.handshake.has_feature(Feature::SoftStart)
    }

    /// Shows the partner this person's picture as it is, as soon as the partner does the same.
    pub(crate) fn reveal(&mut self, out: &mut Vec<Output>) {
        if let CallState::Matched(current) = &mut self.state
            && !current.cover.is_lifted()
        {
            current.cover = current.cover.with_own();
            current.send_to_partner(Some(PeerMessage::Revealed {}), out);
        }
    }

    /// Lets the browser blur the picture that it sends from now on, or stop that. While there is no match, the next one
    /// is expected to start as this person wants it: a connection is prepared with the right picture then.
    pub(crate) fn sync_blur(&mut self, out: &mut Vec<Output>) {
        let blurs = match &self.state {
            CallState::Matched(current) => !current.cover.is_lifted(),
            CallState::Landing(_)
            | CallState::Gate { .. }
            | CallState::Asking(_)
            | CallState::Mirror
            | CallState::Paused { .. }
            | CallState::Ready { .. }
            | CallState::Waiting { .. }
            | CallState::Ended { .. } => self.wants_soft_start(),
        };
        self.send_blurred(blurs, out);
    }

    /// Tells the browser whether to blur the picture that it sends, if that is news.
    pub(crate) fn send_blurred(&mut self, blurred: bool, out: &mut Vec<Output>) {
        if self.sends_blurred != blurred {
            self.sends_blurred = blurred;
            out.push(Output::SendBlurred(blurred));
        }
    }

    /// Whether the pictures are blurred, so that nothing may show more than that.
    pub(crate) fn is_covered(&self) -> bool {
        self.state.current_match().is_some_and(|it| !it.cover.is_lifted())
    }
}

impl CurrentMatch {
    /// The partner has revealed their picture.
    pub(crate) const fn on_partner_revealed(&mut self) {
        self.cover = self.cover.with_partner();
    }

    /// A new connection has a new channel: the partner may not have learned that this person has revealed theirs.
    pub(crate) fn repeat_reveal(&self, context: &mut MatchContext) {
        if self.terms.soft && self.cover == self.cover.with_own() {
            self.send_to_partner(Some(PeerMessage::Revealed {}), context.out);
        }
    }
}
