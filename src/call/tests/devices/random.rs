//! Random histories of camera and microphone, against a model of the browser and of what the person wants.
//!
//! The model knows which tracks are open and which requests are not answered. It decides nothing: it checks that
//! nothing is open that must not be, and that the partner is told the truth.

use std::{collections::VecDeque, time::Duration};

use crate::{
    call::{
        ChosenDevices, Device, DeviceInfo, DeviceKind, Facing, MediaError, OpenRequest, OpenedDevice,
        OpenedMedia, Output, Preferences, Switch,
        devices::{Devices, acquire::Acquisition},
    },
    protocol::{Media, Presence},
    time::Moment,
};

const CAMERA: usize = DeviceKind::Camera as usize;
const MICROPHONE: usize = DeviceKind::Microphone as usize;
const KINDS: [DeviceKind; 2] = [DeviceKind::Camera, DeviceKind::Microphone];

#[derive(Clone, Debug)]
enum Step {
    Start(bool),
    Stop,
    StartWithout,
    Toggle(DeviceKind),
    Choose(DeviceKind, u8),
    Flip,
    PushToTalk(bool),
    Hold(bool),
    /// A match begins or ends.
    Match(bool),
    Visible(bool),
    /// The browser answers the request at this place among those that are not answered.
    Answer(usize, Answer),
    Ended(DeviceKind),
    Muted(DeviceKind, bool),
    Frame,
    /// The sound of the microphone is measured: whether there has been any.
    Sound(bool),
    /// The person is back, or a device was connected.
    Recover,
    Plug(u8),
    /// Another page of this browser stores what is off, and push to talk.
    Stored(Media, bool),
    /// The browser asks the person, or does not.
    WouldAsk(bool),
    Wait(u64),
}

#[derive(Clone, Copy, Debug)]
enum Answer {
    Opened { muted: bool, facing: Option<Facing> },
    Failed(MediaError),
}

#[derive(Clone, Copy, Debug)]
struct Track {
    request: u32,
    muted: bool,
}

/// The browser, the person, and the machine under test.
#[derive(Default)]
struct World {
    now: Moment,
    devices: Devices,
    acquisition: Option<Acquisition>,
    // The browser.
    tracks: [Option<Track>; 2],
    awaited: [u32; 2],
    pending: VecDeque<OpenRequest>,
    watched: u32,
    asks: bool,
    last_request: u32,
    // The person.
    off: [bool; 2],
    push_to_talk: bool,
    held: bool,
    active: bool,
    in_call: bool,
    visible: bool,
}

fn kinds(request: &OpenRequest) -> Vec<usize> {
    let asked = [(CAMERA, &request.camera), (MICROPHONE, &request.microphone)];
    asked.into_iter().filter(|(_, pick)| pick.is_some()).map(|(kind, _)| kind).collect()
}

fn camera(id: u8) -> DeviceInfo {
    DeviceInfo { kind: DeviceKind::Camera, id: id.to_string(), label: String::new() }
}

impl World {
    fn run(&mut self, step: Step) {
        // Only a press may make the browser ask, or an answer to what a press has asked for.
        let may_ask = match &step {
            Step::Start(_)
            | Step::Toggle(_)
            | Step::Choose(..)
            | Step::Flip
            | Step::PushToTalk(_)
            | Step::Answer(..) => true,
            Step::Stop
            | Step::StartWithout
            | Step::Hold(_)
            | Step::Match(_)
            | Step::Visible(_)
            | Step::Ended(_)
            | Step::Muted(..)
            | Step::Frame
            | Step::Sound(_)
            | Step::Recover
            | Step::Plug(_)
            | Step::Stored(..)
            | Step::WouldAsk(_)
            | Step::Wait(_) => false,
        };
        let mut out = Vec::new();
        self.step(step, &mut out);
        self.perform(&out, may_ask);
        let mut out = Vec::new();
        self.devices.settle(self.now, self.in_call, self.visible, &mut out);
        self.perform(&out, false);
        if let Some(acquisition) = self.acquisition.take_if(|it| !self.devices.awaits(it.request)) {
            self.devices.on_ready(acquisition.for_mirror, self.now, &mut out);
        }
        self.devices.take_changed();
        self.check();
    }

    fn step(&mut self, step: Step, out: &mut Vec<Output>) {
        let now = self.now;
        match step {
            Step::Start(for_mirror) if !self.active => {
                self.active = true;
                self.acquisition = self.devices.acquire(for_mirror, now, out);
                if self.acquisition.is_none() {
                    self.devices.on_ready(for_mirror, now, out);
                }
            }
            Step::StartWithout if !self.active => {
                self.active = true;
                self.devices.start_without();
            }
            Step::Start(_) | Step::StartWithout => {}
            Step::Stop => self.stop(),
            Step::Toggle(kind) => self.toggle(kind, out),
            Step::Choose(kind, id) => {
                self.devices.choose(kind, id.to_string(), now, out);
            }
            Step::Flip => {
                self.devices.flip_camera(now, out);
            }
            Step::PushToTalk(on) => {
                (self.push_to_talk, self.held) = (on, false);
                self.devices.set_push_to_talk(on, now, out);
            }
            Step::Hold(hold) => {
                self.held = hold && self.push_to_talk;
                self.devices.hold(hold);
            }
            Step::Match(begins) => self.in_call = begins && self.active && self.acquisition.is_none(),
            Step::Visible(visible) => self.visible = visible,
            Step::Answer(at, answer) => self.answer(at, answer, out),
            Step::Ended(kind) => {
                if let Some(track) = self.tracks[kind as usize].take() {
                    self.devices.on_ended(kind, track.request, now, out);
                }
            }
            Step::Muted(kind, muted) => {
                if let Some(track) = &mut self.tracks[kind as usize] {
                    track.muted = muted;
                    self.devices.on_muted(kind, track.request, muted, now, out);
                }
            }
            Step::Frame => self.devices.on_frame(self.watched, now),
            Step::Sound(sound) => self.devices.on_own_sound(sound, now),
            Step::Recover => self.devices.recover(now, out),
            Step::Plug(cameras) => _ = self.devices.on_listed((0..cameras).map(camera).collect(), now, out),
            Step::Stored(off, push_to_talk) => self.on_stored(off, push_to_talk),
            Step::WouldAsk(asks) => self.asks = asks,
            Step::Wait(millis) => {
                self.now = self.now + Duration::from_millis(millis);
                self.devices.handle_timeout(self.now, out);
            }
        }
    }

    fn stop(&mut self) {
        self.devices.close();
        (self.active, self.in_call, self.held, self.acquisition) = (false, false, false, None);
        (self.tracks, self.awaited) = Default::default();
    }

    /// What the person sees decides what a press means.
    fn toggle(&mut self, kind: DeviceKind, out: &mut Vec<Output>) {
        let is_microphone = kind == DeviceKind::Microphone;
        let is_in_use = self.tracks[kind as usize].is_some() || self.awaited[kind as usize] != 0;
        if is_microphone && self.push_to_talk && is_in_use {
            self.held ^= true;
        } else {
            let off = &mut self.off[kind as usize];
            *off = !*off && (is_in_use || !self.active);
        }
        self.devices.toggle(kind, self.now, out);
    }

    fn on_stored(&mut self, off: Media, push_to_talk: bool) {
        let is_muted = if self.push_to_talk { !self.held } else { self.off[MICROPHONE] };
        let ends = self.push_to_talk && !push_to_talk;
        let keeps = |before: bool| self.active && before;
        let microphone = off.audio || keeps(self.off[MICROPHONE]) || self.active && ends && is_muted;
        self.off = [off.video || keeps(self.off[CAMERA]), microphone];
        self.held &= self.push_to_talk == push_to_talk;
        self.push_to_talk = push_to_talk;
        let preferences = Preferences::default()
            .with(Switch::CameraOff, off.video)
            .with(Switch::MicrophoneOff, off.audio)
            .with(Switch::PushToTalk, push_to_talk);
        self.devices.apply_stored(ChosenDevices::default(), preferences);
    }

    fn answer(&mut self, at: usize, answer: Answer, out: &mut Vec<Output>) {
        if self.pending.is_empty() {
            return;
        }
        let Some(request) = self.pending.remove(at % self.pending.len()) else { return };
        let number = request.number;
        let awaited: Vec<_> = kinds(&request).into_iter().filter(|it| self.awaited[*it] == number).collect();
        awaited.iter().for_each(|it| self.awaited[*it] = 0);
        let result = match answer {
            _ if request.quietly && self.asks => Err(MediaError::WouldAsk),
            Answer::Failed(error) => {
                awaited.iter().for_each(|it| self.tracks[*it] = None);
                Err(error)
            }
            Answer::Opened { muted, facing } => {
                let mut opened = OpenedMedia::default();
                for kind in &awaited {
                    self.tracks[*kind] = Some(Track { request: number, muted });
                    let device = Some(OpenedDevice { id: number.to_string(), facing, muted });
                    *if *kind == CAMERA { &mut opened.camera } else { &mut opened.microphone } = device;
                }
                Ok(opened)
            }
        };
        let before = awaited.is_empty().then(|| format!("{:?}", self.devices));
        self.report(number, result, out);
        if let Some(before) = before {
            assert!(format!("{:?}", self.devices) == before, "a late answer changes nothing");
        }
    }

    /// Gives an answer to the part that has asked, as the call does.
    fn report(&mut self, number: u32, result: Result<OpenedMedia, MediaError>, out: &mut Vec<Output>) {
        let asking = self.acquisition.filter(|it| it.request == number);
        match (asking, result) {
            (Some(acquisition), Ok(opened)) => {
                self.acquisition = None;
                self.devices.on_acquired(acquisition, &opened, self.now, out);
            }
            (Some(mut acquisition), Err(error)) => {
                match self.devices.on_open_failed(&mut acquisition, error, self.now, out) {
                    Some(_) => self.stop(),
                    None => self.acquisition = Some(acquisition),
                }
            }
            (None, Ok(opened)) => drop(self.devices.on_opened(number, &opened, self.now)),
            (None, Err(error)) => drop(self.devices.on_failed(number, error, self.now, out)),
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest opens and closes nothing")]
    fn perform(&mut self, out: &[Output], may_ask: bool) {
        for output in out {
            match output {
                Output::OpenMedia(request) => {
                    assert!(request.number > self.last_request, "requests are numbered");
                    assert!(may_ask || request.quietly, "the browser asks only after a press");
                    self.last_request = request.number;
                    for kind in kinds(request) {
                        self.awaited[kind] = request.number;
                        if !request.quietly {
                            self.tracks[kind] = None;
                        }
                    }
                    self.pending.push_back(request.clone());
                }
                Output::CloseDevice(kind) => {
                    (self.tracks[*kind as usize], self.awaited[*kind as usize]) = (None, 0);
                }
                Output::WatchFrames(request) => self.watched = *request,
                _ => {}
            }
        }
    }

    fn wants(&self, kind: usize) -> bool {
        self.active && (!self.off[kind] || kind == MICROPHONE && self.push_to_talk)
    }

    fn presence(&self) -> Presence {
        self.devices.presence(false, Preferences::default())
    }

    fn check(&self) {
        let is_open = |kind: usize| self.tracks[kind].is_some();
        let is_used = |kind: usize| is_open(kind) || self.awaited[kind] != 0;
        assert!(self.wants(CAMERA) || !is_used(CAMERA), "a camera that is off is closed");
        let may_hear = self.wants(MICROPHONE) || self.in_call;
        assert!(may_hear || !is_used(MICROPHONE), "a muted microphone is closed outside of a call");

        let is_muted = if self.push_to_talk { !self.held } else { self.off[MICROPHONE] };
        let sent = Media { audio: is_open(MICROPHONE) && !is_muted, video: is_open(CAMERA) };
        assert_eq!(self.devices.sending(), sent);
        let Presence { audio, video, interrupted, .. } = self.presence();
        let gives = |kind: usize| self.tracks[kind].map_or(self.awaited[kind] != 0, |it| !it.muted);
        assert!(!audio || gives(MICROPHONE) && !is_muted, "the partner is not told of sound without any");
        assert!(!video || gives(CAMERA), "the partner is not told of a picture without any");
        let is_stopped = |kind: usize| self.tracks[kind].is_some_and(|it| it.muted) && self.wants(kind);
        let stopped = is_stopped(CAMERA) || is_stopped(MICROPHONE);
        assert!(interrupted || !stopped, "the partner is told of an interruption");
        assert!(self.devices.deadline(self.visible).is_none_or(|at| at > self.now), "a deadline is due");
        assert_eq!(self.devices.off(), Media { audio: self.off[MICROPHONE], video: self.off[CAMERA] });
    }

    /// From now on everything works. What the person wants must then be on, after a press where it has failed.
    fn calm_down(&mut self) {
        let opens = Answer::Opened { muted: false, facing: None };
        self.run(Step::WouldAsk(false));
        self.run(Step::Visible(true));
        self.run(Step::Hold(false));
        if !self.active {
            self.run(Step::Start(false));
        }
        for _ in 0..4 {
            while !self.pending.is_empty() {
                self.run(Step::Answer(0, opens));
            }
            for kind in KINDS {
                self.run(Step::Muted(kind, false));
                if self.wants(kind as usize) && self.shown(kind) == Device::Absent {
                    self.run(Step::Toggle(kind));
                }
            }
            self.run(Step::Frame);
            self.run(Step::Sound(true));
        }
        for kind in KINDS {
            let is_on = self.tracks[kind as usize].is_some_and(|it| !it.muted);
            assert_eq!(is_on, self.wants(kind as usize) || is_on && self.in_call, "{kind:?} is back");
        }
        assert_eq!(self.presence().video, self.wants(CAMERA));
        assert_eq!(self.presence().audio, self.devices.sending().audio);
        assert!(!self.presence().interrupted);
        self.run(Step::Stop);
        assert_eq!(self.devices.deadline(true), None);
    }

    fn shown(&self, kind: DeviceKind) -> Device {
        if kind == DeviceKind::Camera { self.devices.camera() } else { self.devices.microphone() }
    }
}

/// A random step. The numbers are how often each comes, of 40.
fn random_step(rng: &mut fastrand::Rng) -> Step {
    let kind = KINDS[rng.usize(..2)];
    let on = rng.bool();
    match rng.u8(..40) {
        0..3 => Step::Start(on),
        3 => Step::Stop,
        4 => Step::StartWithout,
        5..9 => Step::Toggle(kind),
        9..11 => Step::Choose(kind, rng.u8(..3)),
        11 => Step::Flip,
        12 => Step::PushToTalk(on),
        13 => Step::Hold(on),
        14..17 => Step::Match(on),
        17 => Step::Visible(on),
        18..26 => Step::Answer(rng.usize(..3), random_answer(rng)),
        26..28 => Step::Ended(kind),
        28..30 => Step::Muted(kind, on),
        30..32 => Step::Frame,
        32 => Step::Sound(on),
        33..35 => Step::Recover,
        35 => Step::Plug(rng.u8(..4)),
        36 => Step::Stored(Media { audio: on, video: rng.bool() }, rng.bool()),
        37 => Step::WouldAsk(on),
        _ => Step::Wait(rng.u64(..20_000)),
    }
}

/// A random answer of the browser; four of five open what was asked for.
fn random_answer(rng: &mut fastrand::Rng) -> Answer {
    let facings = [None, Some(Facing::User), Some(Facing::Environment)];
    let only_sound = Media { audio: true, video: false };
    let errors = [MediaError::Busy, MediaError::Missing, MediaError::Blocked { granted: only_sound }];
    if rng.u8(..5) > 0 {
        Answer::Opened { muted: rng.u8(..10) == 0, facing: facings[rng.usize(..3)] }
    } else {
        Answer::Failed(errors[rng.usize(..3)])
    }
}

#[test]
fn nothing_is_open_that_is_off_and_everything_comes_back() {
    for seed in 0..10_000 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut world = World { visible: true, ..World::default() };
        let steps: Vec<_> = (0..rng.usize(1..60)).map(|_| random_step(&mut rng)).collect();
        let history = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            steps.iter().cloned().for_each(|step| world.run(step));
            world.calm_down();
        }));
        assert!(history.is_ok(), "the history of seed {seed} failed: {steps:#?}");
    }
}
