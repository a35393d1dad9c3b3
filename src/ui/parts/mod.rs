//! The parts of which pages are made; each must not know what stands beside it.

mod announcer;
mod brand;
mod chat;
mod chips;
mod choices;
mod crowd;
mod details;
mod devices;
mod dock;
mod heading;
mod icon;
mod panel;
mod pictures;
mod see;
mod sheet;
mod topics;

pub(super) use announcer::Announcer;
pub(super) use brand::Brand;
pub(super) use chat::Chat;
pub(super) use dock::Dock;
pub(super) use heading::Heading;
pub(super) use panel::Panel;
pub(super) use pictures::Pictures;
pub(super) use see::see;
pub(super) use sheet::Sheet;
