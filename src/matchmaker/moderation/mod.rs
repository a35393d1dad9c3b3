//! What keeps people safe from each other: reports that tickets prove, and decisions about devices and networks.
//!
//! The store of both is the driver's; `types` is what it is told and tells.
//!
//! - `reports` asks the store to keep a report and passes the answer on; `pending` are those on their way, and
//!   `allowance` counts them by device;
//! - `sanctions` applies decisions; `table` remembers them;
//! - `age` reads the statements of an age check provider.

pub(crate) mod types;
pub(crate) mod age;
pub(crate) mod allowance;
pub(crate) mod pending;
pub(crate) mod table;

pub(crate) mod reports;
pub(crate) mod sanctions;
