//! The parts that pages are made of.

mod derive;
mod focus;
mod icon;
pub(crate) mod languages;
pub(crate) mod links;
mod live;

mod announcer;
mod brand;
mod panel;

mod call;
mod safety;
mod settings;

pub(crate) use announcer::Announcer;
pub(crate) use brand::Brand;
pub(crate) use call::chat::ChatPanel;
pub(crate) use call::dock::Dock;
pub(crate) use call::pictures::Pictures;
pub(crate) use derive::derived;
pub(crate) use focus::PageHeading;
pub(crate) use panel::Panel;
pub use safety::SafetyContent;
pub use safety::dialog::past_text;
pub(crate) use safety::dialog::reasons;
pub use settings::content::SheetContent;
pub(crate) use settings::sheet::Sheet;
pub(crate) use settings::spoken::spoken;
