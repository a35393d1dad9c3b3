//! The devices as the page shows them: on or off, the menus to choose from, and the choices.

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
    /// Open, but muted or turned off.
    Off,
}
