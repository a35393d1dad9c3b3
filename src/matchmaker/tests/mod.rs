//! What the matchmaker promises, told as scenes and as random histories; it must not know how it keeps its promises.

pub(crate) mod vocabulary;
mod scene;

mod pairing;
mod prepared_offers;
mod occupancy;
mod ending;
mod resume;
mod rebuild;
mod hidden_addresses;
mod past_partners;
mod rules;

mod history;
