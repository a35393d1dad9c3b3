//! Tests of camera, microphone, speaker and screen.

mod acquire;
mod control;
mod random;
mod tracks;
