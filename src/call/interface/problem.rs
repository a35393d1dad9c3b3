//! [`Problem`]: what is wrong, under a stable code. The texts for it are in `ui`.

/// A problem that the page shows, with a heading, a sentence and one thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The person has blocked camera and microphone.
    CameraBlocked,
    /// The browser's permission prompt was closed without an answer.
    CameraDismissed,
    /// The operating system does not let the browser use them.
    CameraBlockedBySystem,
    /// There is neither camera nor microphone.
    NoDevice,
    /// Another program uses them.
    DeviceBusy,
    /// This browser cannot make calls.
    Unsupported,
    /// The page was not loaded over HTTPS, so the browser gives no access to the camera.
    Insecure,
    /// Something blocks calls: a setting or an extension of the browser, or the network. The person may try anyway.
    CannotConnect,
    /// The server cannot be reached. The page retries by itself, and a call continues.
    ServerLost,
    /// The server is full. The page retries by itself.
    ServerFull,
    /// The server accepts no more visitors from this network. The page retries by itself.
    NetworkFull,
    /// The page was loaded from an address that the server does not serve. Nothing works until it is opened at the
    /// right one, but a call continues.
    WrongAddress,
    /// The page asks for new partners faster than the server allows. It asks again by itself.
    RateLimited,
    /// The person wants to hide the address, but the server has no relay.
    NoRelay,
    /// The browser is offline. The page retries once it is online.
    Offline,
    /// Another tab of this browser has taken over.
    OtherTab,
    /// The person did not answer the idle prompt.
    Idle,
    /// The person is under 18. Nothing can be started.
    UnderAge,
    /// A provider has to state that the person is 18 or older; the page leads there.
    AgeCheck,
    /// The device is banned. Nothing can be started until that ends; its person may ask the server again.
    Banned,
    /// The same for some minutes.
    Paused,
}

impl Problem {
    /// Whether presses do nothing while the page shows it.
    pub const fn is_lock(self) -> bool {
        matches!(self, Self::UnderAge | Self::Banned | Self::Paused)
    }

    /// The stable code, for `data-problem`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::CameraBlocked => "camera-blocked",
            Self::CameraDismissed => "camera-dismissed",
            Self::CameraBlockedBySystem => "camera-blocked-by-system",
            Self::NoDevice => "no-device",
            Self::DeviceBusy => "device-busy",
            Self::Unsupported => "unsupported",
            Self::Insecure => "insecure",
            Self::CannotConnect => "cannot-connect",
            Self::ServerLost => "server-lost",
            Self::ServerFull => "server-full",
            Self::NetworkFull => "network-full",
            Self::WrongAddress => "wrong-address",
            Self::RateLimited => "rate-limited",
            Self::NoRelay => "no-relay",
            Self::Offline => "offline",
            Self::OtherTab => "other-tab",
            Self::Idle => "idle",
            Self::UnderAge => "under-age",
            Self::AgeCheck => "age-check",
            Self::Banned => "banned",
            Self::Paused => "paused",
        }
    }
}
