//! [`SendProfile`]: how much of picture and sound is sent.

/// How much is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SendProfile {
    /// A good picture, as far as the network carries it.
    #[default]
    Full,
    /// A small picture, to save data.
    Saving,
}
