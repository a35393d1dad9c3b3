//! The devices: as the page shows them, the menus to choose from, the choices, and requests to open them.

use crate::protocol::Media;

/// The kind of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    /// A source of pictures.
    Camera,
    /// A source of sound.
    Microphone,
    /// Plays the partner's sound.
    Speaker,
}

impl DeviceKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Camera, Self::Microphone, Self::Speaker];
}

/// A device that the browser has listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// The kind.
    pub kind: DeviceKind,
    /// The browser's id for it (`deviceId`).
    pub id: String,
    /// The name to show; empty where the browser does not reveal it.
    pub label: String,
}

/// The devices to choose from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Menus {
    /// All devices.
    pub devices: Vec<DeviceInfo>,
    /// The device of each kind that is in use.
    pub used: ChosenDevices,
}

impl Menus {
    /// The devices of one kind.
    pub fn of(&self, kind: DeviceKind) -> impl Iterator<Item = &DeviceInfo> {
        self.devices.iter().filter(move |it| it.kind == kind)
    }
}

/// One device id of each kind; empty where none was chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChosenDevices(pub [String; DeviceKind::ALL.len()]);

impl ChosenDevices {
    /// The id of this kind.
    pub fn of(&self, kind: DeviceKind) -> &str {
        &self.0[kind as usize]
    }
}

/// The state of this person's camera or microphone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// Not there, or not permitted.
    #[default]
    Absent,
    /// Open, and sent.
    On,
    /// Muted or turned off by the person.
    Off,
    /// Turned on, but it gives nothing: the system has muted it, or its picture does not come.
    Interrupted,
}

/// What to open. The number identifies the answer; the numbers of a page grow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenRequest {
    /// The number of the request, from 1.
    pub number: u32,
    /// Which microphone to open, if one is wanted.
    pub microphone: Option<Pick>,
    /// Which camera to open, if one is wanted.
    pub camera: Option<Pick>,
    /// Open it only if the browser does not ask the person. Otherwise the answer is `MediaError::WouldAsk`, and what
    /// was open stays open.
    pub quietly: bool,
}

/// Which device of a kind to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// This device if it is there, any other if not or if the id is empty.
    Prefer(String),
    /// This device and no other.
    Exactly(String),
    /// The camera that faces this way.
    Facing(Facing),
}

/// Where a camera looks (`facingMode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facing {
    /// At the person.
    User,
    /// Away from the person, as the back camera of a phone.
    Environment,
}

/// What a request has opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenedMedia {
    /// The microphone.
    pub microphone: Option<OpenedDevice>,
    /// The camera.
    pub camera: Option<OpenedDevice>,
}

/// A device that is open now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenedDevice {
    /// The browser's id for it.
    pub id: String,
    /// Where a camera looks, if the browser says so.
    pub facing: Option<Facing>,
    /// Whether the system has muted it.
    pub muted: bool,
}

impl OpenRequest {
    /// The kinds that are asked for.
    pub const fn media(&self) -> Media {
        Media { audio: self.microphone.is_some(), video: self.camera.is_some() }
    }

    /// The same request for the preferred devices and no others; `None` if it prefers none.
    pub fn strictly(&self) -> Option<Self> {
        let pick = |it: &Option<Pick>| match it {
            Some(Pick::Prefer(id)) if !id.is_empty() => Some(Pick::Exactly(id.clone())),
            _ => it.clone(),
        };
        let strict = Self { microphone: pick(&self.microphone), camera: pick(&self.camera), ..self.clone() };
        (strict != *self).then_some(strict)
    }
}

impl From<Media> for OpenedMedia {
    /// Devices without a name, as a test or a simulation opens them.
    fn from(Media { audio, video }: Media) -> Self {
        let device = |is_open: bool| is_open.then(OpenedDevice::default);
        Self { microphone: device(audio), camera: device(video) }
    }
}

/// What the page tells its person about a device that gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceNotice {
    /// The browser has not answered a request for a device for long.
    NoAnswer,
    /// A device could not be changed, and the one before is in use again.
    NotChanged,
    /// The camera was interrupted.
    CameraInterrupted,
    /// The microphone was interrupted.
    MicrophoneInterrupted,
    /// The camera was lost, or could not be turned on.
    CameraFailed,
    /// The microphone was lost, or could not be turned on.
    MicrophoneFailed,
    /// The shared screen gives no picture.
    ScreenInterrupted,
    /// The operating system does not allow the browser to share the screen.
    ScreenBlocked,
    /// The screen could not be shared.
    ScreenFailed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_strict_about_what_it_prefers() {
        let request = |microphone: Option<Pick>, camera: Option<Pick>| OpenRequest {
            number: 1,
            microphone,
            camera,
            quietly: true,
        };
        let any = || Some(Pick::prefer(""));
        let exactly = |id: &str| Some(Pick::Exactly(id.to_owned()));
        assert_eq!(
            request(any(), Some(Pick::prefer("1"))).strictly(),
            Some(request(any(), exactly("1"))),
            "any microphone will do"
        );
        assert_eq!(request(Some(Pick::prefer("2")), None).strictly(), Some(request(exactly("2"), None)));
        assert_eq!(request(any(), exactly("1")).strictly(), None);
        assert_eq!(request(None, Some(Pick::Facing(Facing::User))).strictly(), None);
    }
}
