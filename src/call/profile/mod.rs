//! What this device remembers of its person: preferences, topics, and past partners.

pub(crate) mod preferences;
pub(crate) mod topics;
pub(crate) mod past_partners;
pub(crate) mod storage;
