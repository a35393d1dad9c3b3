//! The parts of which pages are made; each must not know what stands beside it.

mod announcer;
mod brand;
mod choices;
mod details;
mod dock;
mod heading;
mod icon;
mod panel;
mod pictures;

pub(super) use announcer::Announcer;
pub(super) use brand::Brand;
pub(super) use dock::Dock;
pub(super) use heading::Heading;
pub(super) use panel::Panel;
pub(super) use pictures::Pictures;
