//! The English names of the plain pages in links.

/// The name of the navigation, then a link for each page.
pub(crate) static ENGLISH: [&str; 8] =
    ["About this server", "Rules", "Privacy", "Safety", "Report", "Appeal", "Transparency", "Contact"];
