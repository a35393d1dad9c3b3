//! JavaScript: bindings that `web_sys` lacks, access to objects by the names of their fields, and JSON.

pub(crate) mod bindings;
pub(crate) mod reflect;
pub(crate) mod json;
