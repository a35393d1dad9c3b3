//! The view model: which layout, texts and actions the page shows for a `Snapshot`, as pure functions.

use super::i18n::{StateText, Words};
use crate::call::{Browser, Device, DeviceNotice, Farewell, Flow, Intent, Phase, Problem, Snapshot, Switch};

/// How the page is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// The start page.
    Landing,
    /// A question or a problem that has to be resolved before the call can start.
    Notice,
    /// The check of camera and microphone before the call.
    Mirror,
    /// The dark surface of a call, from the queue on; called `stage` in the document.
    Call,
}

impl Layout {
    /// The stable name, for `data-screen`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Landing => "landing",
            Self::Notice => "notice",
            Self::Mirror => "mirror",
            Self::Call => "stage",
        }
    }
}

/// The texts and actions of the panel.
#[derive(Clone, Debug)]
pub(crate) struct PanelContent {
    pub(crate) heading: &'static str,
    pub(crate) sentence: &'static str,
    pub(crate) note: Option<&'static str>,
    /// The main button: its text and its intent.
    pub(crate) action: Option<(&'static str, Intent)>,
    /// The second button.
    pub(crate) second: Option<(&'static str, Intent)>,
}

/// The layout of a state.
pub(crate) const fn layout(snapshot: Snapshot) -> Layout {
    match snapshot.phase {
        Phase::Landing if snapshot.problem.is_none() => Layout::Landing,
        Phase::Landing | Phase::Asking => Layout::Notice,
        Phase::Mirror => Layout::Mirror,
        Phase::Ready
        | Phase::Waiting { .. }
        | Phase::Connecting { .. }
        | Phase::Talking { .. }
        | Phase::Ended { .. } => Layout::Call,
    }
}

/// The content of the panel in a state.
pub(crate) fn panel(words: &'static Words, snapshot: Snapshot) -> PanelContent {
    let text = state_text(words, snapshot);
    let start = Some((words.start, Intent::Start));
    let (note, action, second) = match (panel_problem(snapshot), snapshot.phase) {
        (Some(problem), _) => {
            let (action, second) = remedies(words, problem);
            (None, Some(action), second)
        }
        (None, Phase::Landing) => {
            let hides = snapshot.preferences.has(Switch::HideAddress);
            let note = if hides { words.address_hidden } else { words.address };
            (Some(note), start, Some((words.check, Intent::OpenMirror)))
        }
        (None, Phase::Mirror) => {
            let note = notice(words, snapshot).or(missing_device_note(words, snapshot));
            (note, start, Some((words.stop, Intent::Stop)))
        }
        (None, Phase::Asking) if lacks_answer(snapshot) => {
            let without = Some((words.start_without, Intent::StartWithout));
            (None, Some((words.stop, Intent::Stop)), without)
        }
        (None, Phase::Asking) => (None, Some((words.stop, Intent::Stop)), None),
        (None, Phase::Waiting { .. }) if asks_presence(snapshot) => {
            (None, Some((words.here, Intent::Start)), None)
        }
        (None, Phase::Talking { .. } | Phase::Ended { .. }) => (None, None, None),
        (None, Phase::Ready | Phase::Waiting { .. } | Phase::Connecting { .. }) => {
            (missing_device_note(words, snapshot), None, None)
        }
    };
    PanelContent { heading: text.heading, sentence: text.sentence, note, action, second }
}

/// The buttons for a problem: the main one, and perhaps a second one.
const fn remedies(
    words: &'static Words,
    problem: Problem,
) -> ((&'static str, Intent), Option<(&'static str, Intent)>) {
    let again = (words.try_again, Intent::Start);
    match problem {
        Problem::CameraBlocked
        | Problem::CameraDismissed
        | Problem::CameraBlockedBySystem
        | Problem::NoDevice
        | Problem::DeviceBusy => (again, Some((words.start_without, Intent::StartWithout))),
        Problem::OtherTab => ((words.use_here, Intent::Start), None),
        Problem::Idle => ((words.start, Intent::Start), None),
        Problem::RateLimited => ((words.stop, Intent::Stop), None),
        Problem::Unsupported
        | Problem::Insecure
        | Problem::ServerLost
        | Problem::ServerFull
        | Problem::NetworkFull
        | Problem::WrongAddress
        | Problem::Offline
        | Problem::NoRelay => (again, None),
    }
}

/// What the page tells about the devices of its person, if there is anything.
pub(crate) const fn notice(words: &'static Words, snapshot: Snapshot) -> Option<&'static str> {
    match snapshot.notice {
        Some(notice) => Some(words.notices[notice as usize]),
        None => None,
    }
}

/// Whether the browser has not answered for long when it was asked for devices.
const fn lacks_answer(snapshot: Snapshot) -> bool {
    matches!(snapshot.notice, Some(DeviceNotice::NoAnswer))
}

/// Whether the page asks if somebody is still there.
const fn asks_presence(snapshot: Snapshot) -> bool {
    snapshot.surroundings.asks_presence
}

/// One short sentence for the polite live region. Empty if there is no news, or if [`alert`] reports it.
pub(crate) const fn status(words: &'static Words, snapshot: Snapshot) -> &'static str {
    match panel_problem(snapshot) {
        // Not an error: the search continues by itself.
        Some(Problem::RateLimited) => return words.rate_limited.spoken,
        Some(_) => return "",
        None => {}
    }
    match snapshot.phase {
        Phase::Connecting { .. } | Phase::Talking { .. } if snapshot.asks_next => words.next_asked,
        Phase::Talking { flow: Flow::Interrupted, .. } => words.interrupted,
        Phase::Talking { flow: Flow::Reconnecting { .. }, .. } => words.reconnecting,
        Phase::Talking { .. } if snapshot.notice.is_some() => match notice(words, snapshot) {
            Some(text) => text,
            None => "",
        },
        Phase::Talking { .. } if snapshot.stranger.interrupted => words.partner_interrupted,
        Phase::Talking { .. } if snapshot.stranger.away => words.partner_away,
        Phase::Talking { .. } if snapshot.stranger.screen => words.partner_shares,
        Phase::Talking { partner, .. } => match (partner.video, partner.audio) {
            (true, true) => words.talking.spoken,
            (false, true) => words.partner_camera_off,
            (true, false) => words.partner_muted,
            (false, false) => words.partner_silent,
        },
        Phase::Landing
        | Phase::Asking
        | Phase::Mirror
        | Phase::Ready
        | Phase::Waiting { .. }
        | Phase::Connecting { .. }
        | Phase::Ended { .. } => match snapshot.seeking {
            Some(seeking) if !asks_presence(snapshot) => words.sought_spoken[seeking.wants as usize],
            Some(_) | None => state_text(words, snapshot).spoken,
        },
    }
}

/// One short sentence for the urgent live region. Empty if there is no problem.
pub(crate) const fn alert(words: &'static Words, snapshot: Snapshot) -> &'static str {
    match (snapshot.problem, snapshot.phase) {
        (None | Some(Problem::RateLimited), _) => "",
        (
            Some(
                Problem::ServerLost
                | Problem::ServerFull
                | Problem::NetworkFull
                | Problem::WrongAddress
                | Problem::Offline,
            ),
            Phase::Talking { .. },
        ) => words.call_continues,
        (Some(problem), _) => problem_text(words, problem).spoken,
    }
}

/// Whether the panel shows the address at which the page works.
pub(crate) const fn shows_home(snapshot: Snapshot) -> bool {
    matches!(panel_problem(snapshot), Some(Problem::WrongAddress))
}

/// The problem that the panel shows. While talking there is none, because the call continues.
const fn panel_problem(snapshot: Snapshot) -> Option<Problem> {
    if snapshot.phase.is_talking() { None } else { snapshot.problem }
}

const fn state_text(words: &'static Words, snapshot: Snapshot) -> StateText {
    match panel_problem(snapshot) {
        Some(Problem::CameraBlocked) => {
            let sentence = words.blocked_steps[blocked_steps(snapshot.surroundings.browser)];
            return StateText { sentence, ..words.camera_blocked };
        }
        Some(problem) => return problem_text(words, problem),
        None => {}
    }
    match snapshot.phase {
        Phase::Landing => words.landing,
        Phase::Asking if lacks_answer(snapshot) => words.asking_slow,
        Phase::Asking => words.asking,
        Phase::Mirror => words.mirror,
        Phase::Ready => words.ready,
        Phase::Waiting { .. } if asks_presence(snapshot) => words.still_there,
        Phase::Waiting { unconnected: false } => words.waiting,
        Phase::Waiting { unconnected: true } => words.unconnected,
        Phase::Connecting { slow: false } => words.connecting,
        Phase::Connecting { slow: true } => words.connecting_slow,
        Phase::Talking { .. } => words.talking,
        Phase::Ended { why: Farewell::Left } => words.left,
        Phase::Ended { why: Farewell::Lost } => words.lost,
    }
}

const fn problem_text(words: &'static Words, problem: Problem) -> StateText {
    match problem {
        Problem::CameraBlocked => words.camera_blocked,
        Problem::CameraDismissed => words.camera_dismissed,
        Problem::CameraBlockedBySystem => words.blocked_by_system,
        Problem::NoDevice => words.no_device,
        Problem::DeviceBusy => words.device_busy,
        Problem::Unsupported => words.unsupported,
        Problem::Insecure => words.insecure,
        Problem::ServerLost => words.server_lost,
        Problem::ServerFull => words.server_full,
        Problem::NetworkFull => words.network_full,
        Problem::WrongAddress => words.wrong_address,
        Problem::RateLimited => words.rate_limited,
        Problem::NoRelay => words.no_relay,
        Problem::Offline => words.offline,
        Problem::OtherTab => words.other_tab,
        Problem::Idle => words.idle,
    }
}

/// The index of this browser's instructions in `Words::blocked_steps`.
const fn blocked_steps(browser: Browser) -> usize {
    match browser {
        Browser::Other => 0,
        Browser::Chromium => 1,
        Browser::ChromiumOnAndroid => 2,
        Browser::Firefox => 3,
        Browser::Safari => 4,
        Browser::OnIos => 5,
    }
}

/// The note for a person without a camera, a microphone or both.
const fn missing_device_note(words: &'static Words, snapshot: Snapshot) -> Option<&'static str> {
    match (is_absent(snapshot.camera), is_absent(snapshot.microphone)) {
        (true, true) => Some(words.without_both),
        (true, false) => Some(words.without_camera),
        (false, true) => Some(words.without_microphone),
        (false, false) => None,
    }
}

const fn is_absent(device: Device) -> bool {
    match device {
        Device::Absent => true,
        Device::On | Device::Off | Device::Interrupted => false,
    }
}
