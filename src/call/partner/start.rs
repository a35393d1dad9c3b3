//! The three ways in which a match begins; it must not know what happens then.

use super::{
    MEASURE_EVERY, Meeting,
    chat::Chat,
    connection::{Beginning, Connection, Way},
    context::{Around, Terms},
    liveness::Evidence,
    quality::Record,
    recovery::Recovery,
    verification::Verification,
};
use crate::{
    call::{Marks, Milestone, signalling::prepared_offer::PreparedConnection},
    protocol::{Epoch, Role, Signal, Signalling},
};

impl Meeting {
    /// Begins a match with its first own connection.
    pub(crate) fn first(terms: Terms, way: Way, around: &mut Around) -> Self {
        let beginning = match terms.role {
            Role::Impolite => Beginning::Offer,
            Role::Polite => Beginning::Answer,
        };
        let connection = Connection::open(around.links.next(), terms.role, beginning, &way, around.out);
        Self::new(terms, Epoch::FIRST, connection, way, around)
    }

    /// Begins a match with the connection that this end has made ahead.
    pub(crate) fn from_ahead(terms: Terms, way: Way, ahead: PreparedConnection, around: &mut Around) -> Self {
        ahead.connection.set_servers(&way, around.out);
        let mut it = Self::new(terms, Epoch::PREPARED, ahead.connection, way, around);
        it.mark(Milestone::Offer, around);
        it
    }

    /// Begins a match with the answer to an offer that the partner has made ahead.
    pub(crate) fn answering(
        terms: Terms,
        way: Way,
        signals: impl IntoIterator<Item = Signal>,
        around: &mut Around,
    ) -> Self {
        let link = around.links.next();
        let connection = Connection::open(link, terms.role, Beginning::Answer, &way, around.out);
        let mut it = Self::new(terms, Epoch::PREPARED, connection, way, around);
        for signal in signals {
            it.connection.signalled(signal, around.out);
        }
        it
    }

    fn new(terms: Terms, epoch: Epoch, connection: Connection, way: Way, around: &mut Around) -> Self {
        let now = around.now;
        let mut it = Self {
            evidence: Evidence::new(terms.partner),
            stranger: terms.partner.into(),
            chat: Chat::default(),
            record: Record::default(),
            terms,
            known: true,
            epoch,
            connection,
            way,
            partner_signalling: Signalling::Back,
            since: now,
            measure_at: now + MEASURE_EVERY,
            recovery: Recovery::Steady,
            verification: Verification::Idle,
            marks: Marks::default(),
        };
        it.mark(Milestone::Match, around);
        it
    }
}
