//! Tests of the matchmaker: scripted scenes, and random histories that are compared with a reference model.

pub(crate) mod vocabulary;
mod scene;

mod pairing;
mod silence;
mod standing;
mod prepared_offers;
mod occupancy;
mod place_proofs;
mod ending;
mod resume;
mod acknowledgements;
mod rebuild;
mod hidden_addresses;
mod edge_relays;
mod wall_clock;
mod past_partners;
mod reports;
mod age;
mod sanctions;
mod rules;

mod history;
