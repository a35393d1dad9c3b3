//! What the matchmaker promises, told as scenes and as random histories; it must not know how it keeps its promises.

mod ahead;
mod here;
mod hiding;
mod history;
mod meeting;
mod memory;
mod parting;
mod returning;
mod rules;
mod scene;
mod taking_up;
pub(super) mod words;
