//! The HTTP rules of the site: the client's address, the allowed origins and hosts, security headers, languages, plain
//! pages, `/healthz` and `/readyz`, and the tags of networks.

pub(crate) mod list_header;
pub mod client_ip;
pub mod origin;
pub(crate) mod wrong_host;
pub(crate) mod headers;
pub(crate) mod language;
pub(crate) mod manifest;
pub(crate) mod plain_pages;
pub(crate) mod decision_pages;
pub(crate) mod health;
pub(crate) mod network_tags;
