//! The server: axum, tokio, the clock and randomness; it decides nothing about people.
