//! The HTTP rules of the site: the client's address, the allowed origins, and the security headers.

pub mod client_ip;
pub mod origin;
pub(crate) mod headers;
