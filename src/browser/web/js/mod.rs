//! What `web_sys` lacks, and values in and out of JavaScript.

pub(crate) mod bindings;
pub(crate) mod reflect;
pub(crate) mod json;
