//! The view model: which layout, texts and actions the page shows for a `Snapshot`, as pure functions.

use super::{
    i18n::{StateText, Words, cover_text, fill, steps_of},
    past_strangers::{block_intent, is_last_blocked, last_stranger},
};
use crate::{
    call::{
        Browser, Device, DeviceNotice, Farewell, Flow, Inquiry, Intent, PartnerPicture, Phase, Problem,
        ReportStep, Sanction, Setback, Snapshot, Switch,
    },
    protocol::Occupancy,
};

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
        Phase::Landing | Phase::Gate | Phase::Asking => Layout::Notice,
        Phase::Mirror => Layout::Mirror,
        Phase::Ready
        | Phase::Waiting { .. }
        | Phase::Connecting { .. }
        | Phase::Talking { .. }
        | Phase::Ended { .. } => Layout::Call,
    }
}

/// Whether the own picture is the large one: without a match, if there is a camera and its picture is not hidden. While
/// two connect, drawing it would delay the first picture of the other.
pub(crate) fn is_preview(snapshot: Snapshot) -> bool {
    layout(snapshot) == Layout::Call
        && !snapshot.phase.is_matched()
        && !is_absent(snapshot.camera)
        && !snapshot.preferences.has(Switch::HideOwnPicture)
}

/// The title of the document: what is happening, so that another tab shows when a stranger was found.
pub(crate) fn title(words: &'static Words, snapshot: Snapshot) -> String {
    match (snapshot.phase, panel_problem(snapshot)) {
        (Phase::Landing, None) => words.title.to_owned(),
        _ => fill(words.title_in, state_text(words, snapshot).heading),
    }
}

/// The content of the panel in a state.
pub(crate) fn panel(words: &'static Words, snapshot: Snapshot) -> PanelContent {
    let text = state_text(words, snapshot);
    let start = Some((words.start, Intent::Start));
    let (note, action, second) = match (panel_problem(snapshot), snapshot.phase) {
        (Some(problem), _) => {
            let [action, second] = remedies(words, problem);
            (None, action, second)
        }
        (None, Phase::Landing) => {
            let hides = snapshot.preferences.has(Switch::HideAddress);
            let note = if hides { words.address_hidden } else { words.address };
            (Some(note), start, Some((words.check, Intent::OpenMirror)))
        }
        (None, Phase::Gate) => {
            let under_age = (words.say_under_age, Intent::SayUnderAge);
            (None, Some((words.accept_rules, Intent::AcceptRules)), Some(under_age))
        }
        (None, Phase::Mirror) if asks_presence(snapshot) => {
            (None, Some((words.here, Intent::Start)), Some((words.stop, Intent::Stop)))
        }
        (None, Phase::Mirror) => {
            let note = notice(words, snapshot).or(missing_device_note(words, snapshot));
            (note, Some((words.go_live, Intent::Start)), Some((words.stop, Intent::Stop)))
        }
        (None, Phase::Asking) if lacks_answer(snapshot) => {
            let without = Some((words.start_without, Intent::StartWithout));
            (None, Some((words.stop, Intent::Stop)), without)
        }
        (None, Phase::Asking) => (None, Some((words.stop, Intent::Stop)), None),
        (None, Phase::Ended { why: Farewell::Blocked | Farewell::Reported }) => {
            let label = if is_last_blocked(snapshot) { words.undo } else { words.block };
            let intent = block_intent(snapshot, 0).filter(|_| last_stranger(snapshot).is_some());
            (None, Some((words.find_next, Intent::Start)), intent.map(|it| (label, it)))
        }
        (None, Phase::Ended { why: Farewell::Paused }) => {
            (None, Some((words.find_next, Intent::Start)), None)
        }
        (None, Phase::Ended { why: Farewell::Left | Farewell::Lost }) => {
            (None, Some((words.skip, Intent::Next)), None)
        }
        (None, Phase::Talking { .. }) => (None, None, None),
        (None, Phase::Ready | Phase::Waiting { .. } | Phase::Connecting { .. }) => {
            (missing_device_note(words, snapshot), None, None)
        }
    };
    PanelContent { heading: text.heading, sentence: text.sentence, note, action, second }
}

/// The buttons for a problem: mostly a main one, and perhaps a second one.
const fn remedies(words: &'static Words, problem: Problem) -> [Option<(&'static str, Intent)>; 2] {
    let again = Some((words.try_again, Intent::Start));
    match problem {
        Problem::CameraBlocked
        | Problem::CameraDismissed
        | Problem::CameraBlockedBySystem
        | Problem::NoDevice
        | Problem::DeviceBusy => [again, Some((words.start_without, Intent::StartWithout))],
        Problem::OtherTab => [Some((words.use_here, Intent::Start)), None],
        Problem::Idle => [Some((words.start, Intent::Start)), None],
        Problem::AgeCheck => [Some((words.prove_age, Intent::ProveAge)), None],
        Problem::RateLimited => [Some((words.stop, Intent::Stop)), None],
        Problem::NoRelay => [Some((words.meet_anyway, Intent::StartUnhidden)), again],
        Problem::Unsupported
        | Problem::CannotConnect
        | Problem::Insecure
        | Problem::ServerLost
        | Problem::ServerFull
        | Problem::NetworkFull
        | Problem::WrongAddress
        | Problem::Offline => [again, None],
        Problem::UnderAge | Problem::Banned | Problem::Paused => [None, None],
    }
}

/// Whether the page offers to load a newer build: not during a match, which that would end.
pub(crate) fn offers_reload(snapshot: Snapshot) -> bool {
    snapshot.surroundings.outdated && !snapshot.phase.is_matched() && !is_locked(snapshot)
}

/// Whether the pictures of a match are blurred.
pub(crate) const fn is_covered(snapshot: Snapshot) -> bool {
    snapshot.phase.is_matched() && !snapshot.cover.is_lifted()
}

/// Whether the partner's picture can be shown in another way: only that of a camera, since a screen is shown whole.
pub(crate) const fn can_fit(snapshot: Snapshot) -> bool {
    match snapshot.phase.partner() {
        Some(partner) => partner.video && !snapshot.stranger.screen && snapshot.cover.is_lifted(),
        None => false,
    }
}

/// Whether the partner's picture does not arrive.
pub(crate) const fn is_missing(snapshot: Snapshot) -> bool {
    matches!(snapshot.picture, PartnerPicture::Missing)
}

/// Whether the partner's picture has stopped.
pub(crate) const fn is_frozen(snapshot: Snapshot) -> bool {
    matches!(snapshot.picture, PartnerPicture::Frozen)
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
pub(crate) const fn asks_presence(snapshot: Snapshot) -> bool {
    snapshot.surroundings.asks_presence
}

/// One short sentence for the polite live region. Empty if there is no news, or if [`alert`] reports it.
pub(crate) const fn status(words: &'static Words, snapshot: Snapshot) -> &'static str {
    match panel_problem(snapshot) {
        // Not an error: the search continues by itself.
        Some(Problem::RateLimited) => return words.rate_limited.spoken,
        Some(Problem::Banned | Problem::Paused) => return inquiry_text(words, snapshot),
        Some(_) => return "",
        None => {}
    }
    match snapshot.phase {
        Phase::Connecting { .. } | Phase::Talking { .. } if snapshot.asks.is_some() => {
            question(&words.gestures_asked, snapshot)
        }
        Phase::Talking { flow: Flow::Interrupted, .. } => words.interrupted,
        Phase::Talking { flow: Flow::Reconnecting { .. }, .. } => words.reconnecting,
        Phase::Talking { .. } if snapshot.notice.is_some() => match notice(words, snapshot) {
            Some(text) => text,
            None => "",
        },
        Phase::Talking { .. } if snapshot.stranger.interrupted => words.partner_interrupted,
        Phase::Talking { .. } if snapshot.stranger.away => words.partner_away,
        Phase::Talking { .. } if is_missing(snapshot) => words.no_picture,
        Phase::Talking { .. } if is_frozen(snapshot) => words.picture_stopped,
        Phase::Talking { .. } if snapshot.unreached.audio => words.unheard,
        Phase::Talking { .. } if snapshot.unreached.video => words.unseen,
        Phase::Talking { .. } if snapshot.stranger.screen => words.partner_shares,
        Phase::Talking { .. } if !snapshot.cover.is_lifted() => cover_text(words, snapshot.cover),
        Phase::Talking { partner, .. } => match (partner.video, partner.audio) {
            (true, true) => words.talking.spoken,
            (false, true) => words.partner_camera_off,
            (true, false) => words.partner_muted,
            (false, false) => words.partner_silent,
        },
        Phase::Landing
        | Phase::Gate
        | Phase::Asking
        | Phase::Mirror
        | Phase::Ready
        | Phase::Waiting { .. }
        | Phase::Connecting { .. }
        | Phase::Ended { .. } => match snapshot.seeking {
            Some(seeking) => words.sought_spoken[seeking.wants as usize],
            None => state_text(words, snapshot).spoken,
        },
    }
}

/// What came of asking whether a ban or a pause still stands; empty if the person has not asked.
pub(crate) const fn inquiry_text(words: &'static Words, snapshot: Snapshot) -> &'static str {
    match snapshot.sanction {
        None | Some(Sanction { inquiry: Inquiry::None, .. }) => "",
        Some(Sanction { inquiry: Inquiry::Asking { .. }, .. }) => words.inquiries[0],
        Some(Sanction { inquiry: Inquiry::Unanswered, .. }) => words.inquiries[1],
        Some(Sanction { inquiry: Inquiry::Confirmed, .. }) => words.inquiries[2],
    }
}

/// The text about the gesture that the page asks about, out of one for each; empty without a question.
pub(crate) const fn question(texts: &[&'static str; 3], snapshot: Snapshot) -> &'static str {
    match snapshot.asks {
        Some(gesture) => texts[gesture as usize],
        None => "",
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

/// Whether the person is under 18: then the page shows help and nothing else.
pub(crate) const fn is_under_age(snapshot: Snapshot) -> bool {
    matches!(snapshot.problem, Some(Problem::UnderAge))
}

/// Whether the person has a warning to read.
pub(crate) fn is_warned(snapshot: Snapshot) -> bool {
    snapshot.sanction.is_some_and(|it| !it.kind.is_refusal())
}

/// Whether a dialog is over the page: a report, or a warning.
pub(crate) fn has_dialog(snapshot: Snapshot) -> bool {
    snapshot.report != ReportStep::None || is_warned(snapshot)
}

/// Whether presses do nothing.
pub(crate) fn is_locked(snapshot: Snapshot) -> bool {
    snapshot.problem.is_some_and(Problem::is_lock)
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
            let sentence = words.blocked_steps[steps_of(snapshot.surroundings.browser)];
            return StateText { sentence, ..words.camera_blocked };
        }
        Some(problem) => return problem_text(words, problem),
        None => {}
    }
    match snapshot.phase {
        Phase::Landing => words.landing,
        Phase::Gate => words.gate,
        Phase::Asking if lacks_answer(snapshot) => {
            // A browser inside of an app has no question that could be answered.
            let is_in_app = matches!(snapshot.surroundings.browser, Browser::InApp);
            let step = words.blocked_steps[steps_of(snapshot.surroundings.browser)];
            let sentence = if is_in_app { step } else { words.asking_slow.sentence };
            StateText { sentence, ..words.asking_slow }
        }
        Phase::Asking => words.asking,
        Phase::Mirror if asks_presence(snapshot) => words.still_there,
        Phase::Mirror => words.mirror,
        Phase::Ready => words.ready,
        Phase::Waiting { setback: None } => match snapshot.surroundings.here {
            Some(Occupancy { all_met: true, .. }) => StateText { sentence: words.all_met, ..words.waiting },
            Some(Occupancy { around: 0, .. }) => StateText { sentence: words.alone, ..words.waiting },
            Some(_) | None => words.waiting,
        },
        Phase::Waiting { setback: Some(Setback::Unconnected) } => words.unconnected,
        Phase::Waiting { setback: Some(Setback::Lost) } => words.call_lost,
        Phase::Connecting { slow: false } => words.connecting,
        Phase::Connecting { slow: true } => words.connecting_slow,
        Phase::Talking { .. } => words.talking,
        Phase::Ended { why: Farewell::Left } => words.left,
        Phase::Ended { why: Farewell::Lost } => words.lost,
        Phase::Ended { why: Farewell::Blocked } if is_last_blocked(snapshot) => words.blocked,
        Phase::Ended { why: Farewell::Blocked } => words.unblocked,
        Phase::Ended { why: Farewell::Reported } => words.reported,
        Phase::Ended { why: Farewell::Paused } => words.search_paused,
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
        Problem::CannotConnect => words.cannot_connect,
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
        Problem::UnderAge => words.under_age,
        Problem::AgeCheck => words.age_check,
        Problem::Banned => words.banned,
        Problem::Paused => words.paused,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        call::PastStranger,
        ui::{i18n::in_language, past_strangers},
    };

    #[test]
    fn each_browser_has_its_own_steps_after_a_refusal() {
        let words = in_language("en");
        let steps = [
            (Browser::Other, "the icon next to the address, or your browser"),
            (Browser::Chromium, "Select the icon next to the address and turn on Camera"),
            (Browser::ChromiumOnAndroid, "then Permissions"),
            (Browser::Firefox, "crossed-out camera"),
            (Browser::Safari, "Settings for This Website"),
            (Browser::OnIos, "Open your device’s Settings"),
            (Browser::FirefoxOnAndroid, "Tap the icon next to the address, then allow"),
            (Browser::InApp, "Open this page in your usual browser"),
        ];
        let mut shown = Vec::new();
        for (browser, phrase) in steps {
            let mut snapshot = Snapshot { problem: Some(Problem::CameraBlocked), ..Snapshot::default() };
            snapshot.surroundings.browser = browser;
            let sentence = panel(words, snapshot).sentence;
            assert!(sentence.contains(phrase), "{browser:?}: {sentence}");
            shown.push(sentence);
        }
        assert!(words.blocked_steps.iter().all(|it| shown.contains(it)), "every text is shown somewhere");
    }

    #[test]
    fn a_browser_that_does_not_answer_inside_of_an_app_has_steps_of_its_own() {
        let words = in_language("en");
        let mut snapshot =
            Snapshot { phase: Phase::Asking, notice: Some(DeviceNotice::NoAnswer), ..Snapshot::default() };
        assert_eq!(panel(words, snapshot).sentence, words.asking_slow.sentence);
        snapshot.surroundings.browser = Browser::InApp;
        assert!(panel(words, snapshot).sentence.contains("Open this page in your usual browser"));
    }

    #[test]
    fn the_title_says_what_is_happening() {
        let title =
            |phase, problem| title(in_language("en"), Snapshot { phase, problem, ..Snapshot::default() });
        assert_eq!(title(Phase::Landing, None), "Passerby: video calls with strangers");
        assert_eq!(title(Phase::Waiting { setback: None }, None), "Looking for someone… – Passerby");
        assert_eq!(title(Phase::Connecting { slow: false }, None), "Found someone – Passerby");
        assert_eq!(title(Phase::Landing, Some(Problem::Offline)), "You’re offline – Passerby");
    }

    #[test]
    fn whoever_was_left_can_skip_the_farewell() {
        let button = |why| {
            let snapshot = Snapshot { phase: Phase::Ended { why }, ..Snapshot::default() };
            panel(in_language("en"), snapshot).action
        };
        assert_eq!(button(Farewell::Left), Some(("Skip", Intent::Next)));
        assert_eq!(button(Farewell::Lost), Some(("Skip", Intent::Next)));
    }

    #[test]
    fn a_block_waits_for_a_press_and_can_be_undone() {
        let words = in_language("en");
        let mut snapshot = Snapshot { phase: Phase::Ended { why: Farewell::Blocked }, ..Snapshot::default() };
        let mut shown = |is_blocked| {
            snapshot.past_strangers[0] = Some(PastStranger { number: 7, is_last: true, is_blocked });
            let content = panel(words, snapshot);
            (content.heading, content.action.unwrap(), content.second.unwrap())
        };
        let next = ("Find someone new", Intent::Start);
        assert_eq!(shown(true), ("Blocked", next.clone(), ("Undo", Intent::SetPastBlocked(7, false))));
        assert_eq!(shown(false), ("Not blocked", next, ("Block", Intent::SetPastBlocked(7, true))));
    }
    #[test]
    fn a_stranger_before_the_last_one_is_not_taken_for_the_last_one() {
        let words = in_language("en");
        let mut snapshot =
            Snapshot { phase: Phase::Ended { why: Farewell::Reported }, ..Snapshot::default() };
        snapshot.past_strangers[0] = Some(PastStranger { number: 7, is_last: false, is_blocked: false });
        assert_eq!(panel(words, snapshot).second, None);
        snapshot.phase = Phase::Ended { why: Farewell::Paused };
        assert_eq!(past_strangers::block_label(words, snapshot, 0), Some("Block the previous stranger"));
    }
}
