//! Audio of the page itself: a level meter for the microphone, and tones for the speaker.

use std::{cell::Cell, rc::Rc, time::Duration};

use gloo_timers::future::sleep;
use js_sys::{Array, Float32Array};
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MediaStream, window};

use crate::browser::web::js::reflect::{self, call, call_async, construct, get, set};

/// The time between two updates of the meter, short enough to look continuous.
const LEVEL_INTERVAL: Duration = Duration::from_millis(60);

/// Samples that are averaged for one update: 43 ms at 48 kHz.
const SAMPLES: u32 = 2048;

/// The level that fills the meter. Speech close to a microphone has about 0.1 (root mean square).
const FULL_LEVEL: f64 = 0.25;

/// The volume of a tone, from 0 to 1: clearly audible, but not startling.
const TONE_GAIN: f64 = 0.15;

/// What the page plays.
#[derive(Clone, Copy)]
pub(crate) enum Tone {
    /// For a person who tests the speaker: the note A4, which small speakers can play too.
    Test,
    /// A stranger was found: the notes E5 and A5, each fading away.
    Chime,
}

impl Tone {
    /// The pitches, one after another.
    const fn hertz(self) -> &'static [f64] {
        match self {
            Self::Test => &[440.0],
            Self::Chime => &[659.26, 880.0],
        }
    }

    /// How long each pitch is played.
    const fn duration(self) -> Duration {
        match self {
            Self::Test => Duration::from_millis(800),
            Self::Chime => Duration::from_millis(250),
        }
    }
}

/// Shows the level of a microphone until it is dropped.
pub(crate) struct Meter(Rc<Cell<bool>>);

impl Drop for Meter {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl Meter {
    /// Shows the level of a stream in the element `meter[data-level]`. `None` if the stream has no sound.
    pub(crate) fn start(stream: &MediaStream) -> Option<Self> {
        if stream.get_audio_tracks().length() == 0 {
            return None;
        }
        let context = construct("AudioContext", [])?;
        let analyser =
            construct("AnalyserNode", [context.clone(), reflect::object([("fftSize", SAMPLES.into())])])?;
        let source = call(&context, "createMediaStreamSource", [stream.into()])?;
        call(&source, "connect", [analyser.clone()])?;
        let is_running = Rc::new(Cell::new(true));
        let keeps_running = Rc::clone(&is_running);
        spawn_local(async move {
            let samples = Float32Array::new_with_length(SAMPLES);
            while keeps_running.get() {
                call(&analyser, "getFloatTimeDomainData", [samples.clone().into()]);
                let sum: f64 = samples.to_vec().into_iter().map(|it| f64::from(it * it)).sum();
                draw_level((sum / f64::from(SAMPLES)).sqrt() / FULL_LEVEL);
                sleep(LEVEL_INTERVAL).await;
            }
            let _ = call_async(&context, "close", []).await;
        });
        Some(Self(is_running))
    }
}

fn draw_level(level: f64) {
    let meter =
        window().and_then(|it| it.document()).and_then(|it| it.query_selector("meter[data-level]").ok()?);
    if let Some(meter) = meter {
        set(&meter, "value", &level.min(1.0).into());
    }
}

/// Plays a tone on the speaker with this device id, or on the default one if the id is empty.
pub(crate) fn play(tone: Tone, speaker: &str) {
    let speaker: JsValue = speaker.into();
    spawn_local(async move {
        let _ = perform(tone, speaker).await;
    });
}

/// Plays the tone through an `<audio>` element: not every browser can choose the speaker of an `AudioContext`.
async fn perform(tone: Tone, speaker: JsValue) -> Option<()> {
    let context = construct("AudioContext", [])?;
    let [oscillator, gain, out] =
        ["createOscillator", "createGain", "createMediaStreamDestination"].map(|it| call(&context, it, []));
    let (oscillator, gain, out) = (oscillator?, gain?, out?);
    let volume = get(&gain, "gain");
    set(&volume, "value", &0.into());
    call(&oscillator, "connect", [gain.clone()])?;
    call(&gain, "connect", [out.clone()])?;
    let audio = construct("Audio", [])?;
    set(&audio, "srcObject", &get(&out, "stream"));
    let _ = call_async(&audio, "setSinkId", [speaker]).await;
    call(&oscillator, "start", [])?;
    let _ = call_async(&audio, "play", []).await;
    for hertz in tone.hertz() {
        set(&get(&oscillator, "frequency"), "value", &(*hertz).into());
        set(&volume, "value", &TONE_GAIN.into());
        if let Tone::Chime = tone {
            let fading =
                [0.into(), get(&context, "currentTime"), (tone.duration().as_secs_f64() / 3.0).into()];
            call(&volume, "setTargetAtTime", fading);
        }
        sleep(tone.duration()).await;
    }
    let tracks: Array = call(&get(&out, "stream"), "getTracks", [])?.unchecked_into();
    tracks.iter().for_each(|it| drop(call(&it, "stop", [])));
    call_async(&context, "close", []).await.map(drop)
}
