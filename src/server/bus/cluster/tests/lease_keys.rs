//! [`LeaseKeys`]: what Redis remembers of the lease, and what its script does with a question.

use crate::{
    server::bus::cluster::lease::{Ask, Holder, KEPT_FOR},
    time::Moment,
};

/// The holder, until when Redis keeps it, and the last term.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LeaseKeys {
    holder: Option<(Holder, Moment)>,
    last_term: u64,
}

impl LeaseKeys {
    /// The holder, if it is still kept.
    pub(crate) fn holder(&self, now: Moment) -> Option<Holder> {
        self.holder.filter(|(_, until)| now < *until).map(|(it, _)| it)
    }

    /// An edge has spoken of this term.
    pub(crate) fn hear_of(&mut self, now: Moment, term: u64) {
        if term > self.last_term {
            self.last_term = term + u64::from(self.holder(now).is_some());
        }
    }

    /// The holder is kept no longer.
    pub(crate) fn expire(&mut self) {
        self.holder = None;
    }

    /// Answers who the holder is. If there is none, it is the process that asks.
    pub(crate) fn ask(&mut self, now: Moment, ask: Ask) -> Holder {
        let mut last = self.last_term.max(ask.known_term);
        if let Some((holder, until)) = self.holder.as_mut().filter(|(_, until)| now < *until) {
            if holder.term < last {
                last += 1;
            } else if holder.process != ask.process {
                *until = (now + KEPT_FOR).min(*until);
                return *holder;
            }
        }
        let goes_on = ask.own_term.filter(|it| *it >= last);
        let term = goes_on.unwrap_or(now.as_millis().max(last) + 1);
        let holder = Holder { term, process: ask.process };
        (self.holder, self.last_term) = (Some((holder, now + KEPT_FOR)), term);
        holder
    }
}
