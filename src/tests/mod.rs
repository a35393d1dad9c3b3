//! Tests that need more than one room.

mod duet;
mod pages;
