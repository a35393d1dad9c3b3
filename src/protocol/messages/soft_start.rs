//! [`SoftStart`]: whether calls start with blurred pictures on a server.

/// What a server wants of its visitors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SoftStart {
    /// Calls start with the pictures as they are, unless one of the two wants otherwise.
    #[default]
    Off,
    /// Calls start softly, unless both want otherwise.
    On,
    /// All calls start softly.
    Forced,
}

impl SoftStart {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Off, Self::On, Self::Forced];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Forced => "forced",
        }
    }

    /// The one with this name; the default for any other text.
    pub fn from_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|it| it.name() == name).unwrap_or_default()
    }
}
