//! Tests of what the browser stores between visits.

mod topics;
mod past_partners;
