//! [`Problem`]: what people are told is wrong, under a stable name; it must not know in which words.

/// What is wrong. Each has a heading, one sentence and one thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Camera and microphone may not be used.
    CameraBlocked,
    /// The browser's question was closed without an answer.
    CameraDismissed,
    /// The system does not let the browser use them.
    CameraBlockedBySystem,
    /// There is neither camera nor microphone.
    NoDevice,
    /// Another program holds them.
    DeviceBusy,
    /// This browser cannot make calls.
    Unsupported,
    /// The page did not come over https, so the browser gives no camera.
    Insecure,
    /// The server cannot be reached; tried again by itself. A call goes on.
    ServerLost,
    /// The server has no room; tried again by itself.
    ServerFull,
    /// The server has no room for more from this network; tried again by itself.
    NetworkFull,
    /// This page goes from one to the next faster than the server likes; asked again by itself.
    RateLimited,
    /// The address is to be hidden, and the server has no relay.
    NoRelay,
    /// There is no network; tried again when there is.
    Offline,
    /// Another page of this browser is used.
    OtherTab,
    /// Nobody has answered whether anybody is there.
    Idle,
}

impl Problem {
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
            Self::ServerLost => "server-lost",
            Self::ServerFull => "server-full",
            Self::NetworkFull => "network-full",
            Self::RateLimited => "rate-limited",
            Self::NoRelay => "no-relay",
            Self::Offline => "offline",
            Self::OtherTab => "other-tab",
            Self::Idle => "idle",
        }
    }
}
