//! Tests of one match, from the first offer to its end.

mod connecting;
mod picture;
mod glare;
mod recovery;
mod lost_sockets;
mod ending;
mod verification;
mod chat;
