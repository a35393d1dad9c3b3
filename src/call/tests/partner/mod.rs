//! Tests of one match.

mod connecting;
mod glare;
mod recovery;
mod lost_sockets;
mod ending;
mod verification;
mod chat;
