//! What a cluster does in Redis: the lease and the streams (`streams`, with `scripts`), the copies of what the
//! moderation store knows (`mirror`), on a `connection` whose end was examined (`inspection`). `entries` are what is
//! read; `seals` keep all of it from Redis.

pub(crate) mod connection;
pub(crate) mod inspection;
pub(crate) mod entries;
pub(crate) mod streams;
pub(crate) mod mirror;
mod seals;
