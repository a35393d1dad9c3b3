//! The English list of keyboard shortcuts.

/// One text for each.
pub(crate) static ENGLISH: [&str; 10] = [
    "Esc twice: next stranger",
    "M: microphone",
    "C: camera",
    "T: chat",
    "S: share screen",
    "F: full screen",
    "P: picture-in-picture",
    "H: hide my own video",
    "1 to 5: send a reaction",
    "?: this list",
];
