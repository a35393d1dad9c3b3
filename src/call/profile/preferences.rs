//! [`Preferences`]: the lasting choices of a person on this device.

use crate::call::SendProfile;

/// The choices; the default is that of a first visit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    on: [bool; Switch::ALL.len()],
    corner: Corner,
    fit: Fit,
}

/// A choice that is on or off; off by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// Connect only through a relay, so that the partner does not learn the address of this person.
    HideAddress,
    /// Start calls with blurred pictures, where the server does not do so by default.
    SoftStart,
    /// Start calls with the pictures as they are, where the server blurs them by default.
    NoSoftStart,
    /// Prefer partners who share a language of this browser.
    MyLanguages,
    /// Send as little data as a usable call needs.
    SaveData,
    /// The microphone is on only while the space bar is held, or between two presses of its button.
    PushToTalk,
    /// Blur the background of the own picture, if the browser can.
    Blur,
    /// Show the own picture as others see it, not as in a mirror.
    Unmirrored,
    /// Do not show the own picture.
    HideOwnPicture,
    /// Ignore single-key shortcuts.
    NoKeys,
    /// No sound and no vibration when a stranger is found.
    NoChime,
    /// A notification of the system when a stranger is found while the page is in the background.
    Notify,
    /// The person has muted the microphone.
    MicrophoneOff,
    /// The person has turned the camera off.
    CameraOff,
}

impl Switch {
    /// All switches.
    pub const ALL: [Self; 14] = [
        Self::HideAddress,
        Self::SoftStart,
        Self::NoSoftStart,
        Self::MyLanguages,
        Self::SaveData,
        Self::PushToTalk,
        Self::Blur,
        Self::Unmirrored,
        Self::HideOwnPicture,
        Self::NoKeys,
        Self::NoChime,
        Self::Notify,
        Self::MicrophoneOff,
        Self::CameraOff,
    ];

    /// The stable name under which the device stores it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HideAddress => "hide-address",
            Self::SoftStart => "soft-start",
            Self::NoSoftStart => "no-soft-start",
            Self::MyLanguages => "my-languages",
            Self::SaveData => "save-data",
            Self::PushToTalk => "push-to-talk",
            Self::Blur => "blur",
            Self::Unmirrored => "unmirrored",
            Self::HideOwnPicture => "hide-own-picture",
            Self::NoKeys => "no-keys",
            Self::NoChime => "no-chime",
            Self::Notify => "notify",
            Self::MicrophoneOff => "microphone-off",
            Self::CameraOff => "camera-off",
        }
    }
}

/// A corner of the view, relative to the direction of writing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Corner {
    /// The default place, where nothing else is.
    #[default]
    Usual,
    /// At the top, where lines begin.
    TopStart,
    /// At the top, where lines end.
    TopEnd,
    /// At the bottom, where lines begin.
    BottomStart,
    /// At the bottom, where lines end.
    BottomEnd,
}

impl Corner {
    /// All corners, in the order in which a picture moves that is not dragged.
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

    /// The corner after this one, when the picture is moved without being dragged.
    pub(crate) const fn next(self) -> Self {
        match self {
            Self::Usual | Self::BottomStart => Self::TopStart,
            Self::TopStart => Self::TopEnd,
            Self::TopEnd => Self::BottomEnd,
            Self::BottomEnd => Self::BottomStart,
        }
    }
}

/// How much of the partner's picture is shown, if it has another shape than the view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fit {
    /// All of it in a wide view, and most of it in a tall one.
    #[default]
    Usual,
    /// All of it.
    Whole,
    /// As much as fills the view; in a tall one as usual.
    Filling,
}

impl Fit {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Usual, Self::Whole, Self::Filling];

    /// The stable name, for `data-fit`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Usual => "usual-fit",
            Self::Whole => "whole",
            Self::Filling => "filling",
        }
    }
}

impl Preferences {
    /// Whether this switch is on.
    pub const fn has(&self, switch: Switch) -> bool {
        self.on[switch as usize]
    }

    /// The same preferences with this switch toggled.
    #[must_use]
    pub const fn toggled(mut self, switch: Switch) -> Self {
        self.on[switch as usize] ^= true;
        self
    }

    /// The same preferences with this switch on or off.
    #[must_use]
    pub const fn with(mut self, switch: Switch, on: bool) -> Self {
        self.on[switch as usize] = on;
        self
    }

    /// Where the own picture is.
    pub const fn corner(&self) -> Corner {
        self.corner
    }

    /// The same preferences with the own picture in this corner.
    #[must_use]
    pub const fn with_corner(self, corner: Corner) -> Self {
        Self { corner, ..self }
    }

    /// How the partner's picture is shown.
    pub const fn fit(&self) -> Fit {
        self.fit
    }

    /// The same preferences with the partner's picture shown like this.
    #[must_use]
    pub const fn with_fit(self, fit: Fit) -> Self {
        Self { fit, ..self }
    }

    /// How much may be sent.
    pub(crate) const fn send_profile(&self) -> SendProfile {
        if self.has(Switch::SaveData) { SendProfile::Saving } else { SendProfile::Full }
    }

    /// As text: the names of everything that differs from the default, separated by spaces.
    pub fn to_text(self) -> String {
        let on = Switch::ALL.into_iter().filter(|it| self.has(*it)).map(Switch::name);
        let corner = (self.corner != Corner::default()).then(|| self.corner.name());
        let fit = (self.fit != Fit::default()).then(|| self.fit.name());
        on.chain(corner).chain(fit).collect::<Vec<_>>().join(" ")
    }

    /// Parses such a text and ignores unknown names.
    pub fn from_text(text: &str) -> Self {
        let mut it = Self::default();
        for word in text.split(' ') {
            if let Some(switch) = Switch::ALL.into_iter().find(|switch| switch.name() == word) {
                it.on[switch as usize] = true;
            }
            it.corner = Corner::ALL.into_iter().find(|corner| corner.name() == word).unwrap_or(it.corner);
            it.fit = Fit::ALL.into_iter().find(|fit| fit.name() == word).unwrap_or(it.fit);
        }
        it
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips_and_ignores_unknown_names() {
        let mut it = Preferences::default();
        assert_eq!((it.to_text().as_str(), Preferences::from_text("")), ("", it));
        for switch in Switch::ALL {
            it = it.toggled(switch);
            assert!(it.has(switch));
            it.corner = it.corner.next();
            it.fit = Fit::ALL[(it.fit as usize + 1) % Fit::ALL.len()];
            assert_eq!(Preferences::from_text(&it.to_text()), it);
        }
        assert_eq!(
            Preferences::from_text("of-a-later-page save-data"),
            Preferences::default().toggled(Switch::SaveData)
        );
    }
}
