//! What a page's part in the conversation promises, told as scenes and as random histories; it must not know how the
//! promises are kept.

pub(crate) mod test_page;

pub(crate) mod signalling;
pub(crate) mod partner;
pub(crate) mod devices;
pub(crate) mod profile;
pub(crate) mod page;

pub(crate) mod history;
