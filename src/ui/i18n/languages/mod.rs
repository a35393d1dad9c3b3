//! The languages: English, and others with two files of texts each, whose keys are the names of the fields.
//!
//! `<tag>.json` is the catalogue, and `plain/<tag>.json` has the plain pages. The first key of a file says who has read
//! it.

mod files;
mod page_language;
#[cfg(test)]
mod tests;

pub use files::{in_language, plain_texts};
pub use page_language::PageLanguage;
