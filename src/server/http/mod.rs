//! The HTTP rules of the site: the client's address, the allowed origins, the security headers, and `/healthz`.

pub mod client_ip;
pub mod origin;
pub(crate) mod headers;
pub(crate) mod health;
