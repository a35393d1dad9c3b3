//! The environment of the page as the browser reports it: the network, the window, and what the browser can do.

use crate::protocol::Occupancy;

/// The environment of the page, as far as people see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The browser reports that there is no network.
    pub offline: bool,
    /// The picture of the stranger is in a window of its own (picture-in-picture).
    pub in_picture: bool,
    /// The call fills the screen.
    pub fills_screen: bool,
    /// The browser plays no sound until the person asks for it.
    pub sound_blocked: bool,
    /// The server has a newer build of this page.
    pub outdated: bool,
    /// The page asks whether anybody is there.
    pub asks_presence: bool,
    /// How busy the server is; only while this page waits, and once the server has said so.
    pub here: Option<Occupancy>,
    /// What the browser can do.
    pub abilities: Abilities,
    /// Which browser this is.
    pub browser: Browser,
}

/// What some browsers cannot do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// Share the screen.
    pub screen: bool,
    /// Show a picture in a window of its own.
    pub picture_in_picture: bool,
    /// Fill the screen.
    pub full_screen: bool,
    /// Choose a speaker.
    pub speakers: bool,
    /// Blur the background of the camera's picture.
    pub blur: bool,
    /// Set the volume of a sound. On iPhones and iPads only keys do that.
    pub volume: bool,
}

/// The browsers for which the page explains how to allow the camera.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Browser {
    /// A browser that the page has no explanation for.
    #[default]
    Other,
    /// Chrome, Edge or another Chromium browser on a computer.
    Chromium,
    /// The same on Android.
    ChromiumOnAndroid,
    /// Firefox on a computer.
    Firefox,
    /// Safari on a Mac.
    Safari,
    /// Any browser on an iPhone or an iPad.
    OnIos,
}
