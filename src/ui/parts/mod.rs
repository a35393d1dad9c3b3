//! The parts of which pages are made; each must not know what stands beside it.

mod derive;
mod focus;
mod icon;

mod announcer;
mod brand;
mod panel;

mod call;
mod settings;

pub(crate) use announcer::Announcer;
pub(crate) use brand::Brand;
pub(crate) use call::chat::Chat;
pub(crate) use call::dock::Dock;
pub(crate) use call::pictures::Pictures;
pub(crate) use derive::see;
pub(crate) use focus::Heading;
pub(crate) use panel::Panel;
pub(crate) use settings::sheet::Sheet;
