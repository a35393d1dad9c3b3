//! What a person has chosen once and for all on this device; it must not know where it is kept, nor what follows from it.

/// Everything that is chosen; the default is what nobody has touched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    on: [bool; Switch::ALL.len()],
    corner: Corner,
}

/// What is on or off; everything is off at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// Meet only through a relay, so that the other person does not learn this one's address.
    HideAddress,
    /// Meet first of all who speaks a language of this browser.
    MyLanguages,
    /// Send as little as is bearable.
    SaveData,
    /// The microphone is on only while the space bar is held, or from one press of its button to the next.
    PushToTalk,
    /// The background of one's own picture is blurred, where the browser can.
    Blur,
    /// One's own picture is shown as others see it, not as in a mirror.
    Unmirrored,
    /// One's own picture is not shown.
    HideOwnPicture,
    /// Single keys do nothing.
    NoKeys,
}

impl Switch {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::HideAddress,
        Self::MyLanguages,
        Self::SaveData,
        Self::PushToTalk,
        Self::Blur,
        Self::Unmirrored,
        Self::HideOwnPicture,
        Self::NoKeys,
    ];

    /// The stable name, under which the device keeps it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HideAddress => "hide-address",
            Self::MyLanguages => "my-languages",
            Self::SaveData => "save-data",
            Self::PushToTalk => "push-to-talk",
            Self::Blur => "blur",
            Self::Unmirrored => "unmirrored",
            Self::HideOwnPicture => "hide-own-picture",
            Self::NoKeys => "no-keys",
        }
    }
}

/// A corner of the view, in the direction of writing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Corner {
    /// Where nothing else is.
    #[default]
    Usual,
    /// Above, where lines begin.
    TopStart,
    /// Above, where lines end.
    TopEnd,
    /// Below, where lines begin.
    BottomStart,
    /// Below, where lines end.
    BottomEnd,
}

impl Corner {
    /// All of them; one after the other when the picture is moved without being dragged.
    pub const ALL: [Self; 5] =
        [Self::Usual, Self::TopStart, Self::TopEnd, Self::BottomEnd, Self::BottomStart];

    /// The stable name, for `data-corner`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::TopStart => "top-start",
            Self::TopEnd => "top-end",
            Self::BottomStart => "bottom-start",
            Self::BottomEnd => "bottom-end",
        }
    }

    pub(crate) const fn next(self) -> Self {
        match self {
            Self::Usual | Self::BottomStart => Self::TopStart,
            Self::TopStart => Self::TopEnd,
            Self::TopEnd => Self::BottomEnd,
            Self::BottomEnd => Self::BottomStart,
        }
    }
}

impl Preferences {
    /// Whether it is on.
    pub const fn has(&self, switch: Switch) -> bool {
        self.on[switch as usize]
    }

    /// The same, but for this one.
    #[must_use]
    pub const fn toggled(mut self, switch: Switch) -> Self {
        self.on[switch as usize] ^= true;
        self
    }

    /// Where one's own picture stands.
    pub const fn corner(&self) -> Corner {
        self.corner
    }

    /// The same, but for this.
    #[must_use]
    pub const fn with_corner(self, corner: Corner) -> Self {
        Self { corner, ..self }
    }

    /// As a text: the names of what is not as at first, with blanks between them.
    pub fn to_text(self) -> String {
        let on = Switch::ALL.into_iter().filter(|it| self.has(*it)).map(Switch::name);
        let corner = (self.corner != Corner::default()).then(|| self.corner.name());
        on.chain(corner).collect::<Vec<_>>().join(" ")
    }

    /// From such a text; what is not known is passed over.
    pub fn from_text(text: &str) -> Self {
        let mut it = Self::default();
        for word in text.split(' ') {
            if let Some(switch) = Switch::ALL.into_iter().find(|switch| switch.name() == word) {
                it.on[switch as usize] = true;
            }
            it.corner = Corner::ALL.into_iter().find(|corner| corner.name() == word).unwrap_or(it.corner);
        }
        it
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_found_again() {
        let mut it = Preferences::default();
        assert_eq!((it.to_text().as_str(), Preferences::from_text("")), ("", it));
        for switch in Switch::ALL {
            it = it.toggled(switch);
            assert!(it.has(switch));
            it.corner = it.corner.next();
            assert_eq!(Preferences::from_text(&it.to_text()), it);
        }
        assert_eq!(
            Preferences::from_text("of-a-later-page save-data"),
            Preferences::default().toggled(Switch::SaveData)
        );
    }
}
