//! The three ways to start a match: with a new connection, with our prepared offer, or with the partner's.

use super::{
    CurrentMatch, MEASURE_EVERY,
    chat::Chat,
    connection::{Connection, ConnectionConfig},
    context::{MatchContext, Terms},
    media::{liveness::Liveness, sender_faults::SenderFaults},
    negotiation::FirstOffer,
    quality::QualityHistory,
    recovery::Recovery,
    verification::Verification,
};
use crate::{
    call::{
        Cover, Marks, Milestone, Output,
        signalling::{prepared_offer::PreparedConnection, sent_signals::SentSignals},
    },
    protocol::{Epoch, Signal, Signalling},
};

impl CurrentMatch {
    /// Starts a match with a new connection. The impolite end makes the offer.
    pub(crate) fn with_new_connection(
        terms: Terms,
        config: ConnectionConfig,
        context: &mut MatchContext,
    ) -> Self {
        let first_offer = FirstOffer::of(terms.role);
        let connection =
            Connection::open(context.links.next(), terms.role, first_offer, &config, context.out);
        Self::new(terms, Epoch::FIRST, connection, config, context)
    }

    /// Starts a match with the connection that this page prepared while it waited.
    pub(crate) fn with_prepared_connection(
        terms: Terms,
        config: ConnectionConfig,
        prepared: PreparedConnection,
        context: &mut MatchContext,
    ) -> Self {
        prepared.connection.set_servers(&config, context.out);
        let mut it = Self::new(terms, Epoch::PREPARED, prepared.connection, config, context);
        it.mark(Milestone::Offer, context);
        // What its senders refused while it waited is asked for again.
        context.out.push(Output::SendTracks);
        it.connection.repeat_limits(context.out);
        it
    }

    /// Starts a match by answering the offer that the partner prepared; `signals` are the offer and its candidates.
    pub(crate) fn with_prepared_offer(
        terms: Terms,
        config: ConnectionConfig,
        signals: impl IntoIterator<Item = Signal>,
        context: &mut MatchContext,
    ) -> Self {
        let id = context.links.next();
        let connection = Connection::open(id, terms.role, FirstOffer::Theirs, &config, context.out);
        let mut it = Self::new(terms, Epoch::PREPARED, connection, config, context);
        for signal in signals {
            it.connection.on_signal(signal, context.out);
        }
        it
    }

    fn new(
        terms: Terms,
        epoch: Epoch,
        connection: Connection,
        config: ConnectionConfig,
        context: &mut MatchContext,
    ) -> Self {
        let now = context.now;
        let mut it = Self {
            liveness: Liveness::new(now, terms.partner),
            partner_presence: terms.partner.into(),
            cover: if terms.soft { Cover::Blurred } else { Cover::Lifted },
            chat: Chat::default(),
            quality: QualityHistory::default(),
            sender_faults: SenderFaults::default(),
            is_unseen: false,
            refreshed_at: None,
            sent_signals: SentSignals::default(),
            terms,
            known_to_server: true,
            epoch,
            connection,
            config,
            partner_signalling: Signalling::Back,
            since: now,
            measure_at: now + MEASURE_EVERY,
            recovery: Recovery::Healthy,
            verification: Verification::Idle,
            marks: Marks::default(),
        };
        it.mark(Milestone::Match, context);
        it
    }
}
