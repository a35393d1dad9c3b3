//! Safety: reports of partners, which reach the server whatever happens to the page, and what was decided about this
//! device.

pub(crate) mod reporting;
pub(crate) mod reports;
pub(crate) mod standing;
pub(crate) mod sanctions;
