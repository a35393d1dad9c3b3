//! How loud one's own microphone is, and a tone to try a speaker with; it must not know who wants that.

use std::{cell::Cell, rc::Rc, time::Duration};

use gloo_timers::future::sleep;
use js_sys::{Array, Float32Array};
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MediaStream, window};

use crate::browser::web::js::reflect::{self, call, construct, get, set};

/// Between two looks at the level: as often as an eye follows.
const LEVEL_EVERY: Duration = Duration::from_millis(60);

/// Samples of one look: 43 ms at 48 kHz.
const SAMPLES: u32 = 2048;

/// The level at which the meter is full. Speech near a microphone has about 0.1 (root of the mean square).
const FULL: f64 = 0.25;

/// How long the tone sounds, and how high it is: an A, which small speakers carry too.
const TONE_FOR: Duration = Duration::from_millis(800);
const TONE_HERTZ: f64 = 440.0;

/// How loud the tone is: to be heard, and to frighten nobody.
const TONE_GAIN: f64 = 0.15;

/// Shows a level for as long as it lives.
pub(crate) struct Meter(Rc<Cell<bool>>);

impl Drop for Meter {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl Meter {
    /// Shows how loud this stream is, in the element `meter[data-level]`.
    pub(crate) fn show(stream: &MediaStream) -> Option<Self> {
        if stream.get_audio_tracks().length() == 0 {
            return None;
        }
        let context = construct("AudioContext", [])?;
        let analyser =
            construct("AnalyserNode", [context.clone(), reflect::object([("fftSize", SAMPLES.into())])])?;
        let source = call(&context, "createMediaStreamSource", [stream.into()])?;
        call(&source, "connect", [analyser.clone()])?;
        let running = Rc::new(Cell::new(true));
        let until = Rc::clone(&running);
        spawn_local(async move {
            let samples = Float32Array::new_with_length(SAMPLES);
            while until.get() {
                call(&analyser, "getFloatTimeDomainData", [samples.clone().into()]);
                let sum: f64 = samples.to_vec().into_iter().map(|it| f64::from(it * it)).sum();
                draw((sum / f64::from(SAMPLES)).sqrt() / FULL);
                sleep(LEVEL_EVERY).await;
            }
            let _ = reflect::ask(&context, "close", []).await;
        });
        Some(Self(running))
    }
}

fn draw(level: f64) {
    let meter =
        window().and_then(|it| it.document()).and_then(|it| it.query_selector("meter[data-level]").ok()?);
    if let Some(meter) = meter {
        set(&meter, "value", &level.min(1.0).into());
    }
}

/// Plays a tone on the speaker with this name, or on the usual one.
pub(crate) fn play_tone(speaker: &str) {
    let speaker: JsValue = speaker.into();
    spawn_local(async move {
        let _ = tone(speaker).await;
    });
}

/// By an element, since only an element can be given a speaker in every browser that can do that at all.
async fn tone(speaker: JsValue) -> Option<()> {
    let context = construct("AudioContext", [])?;
    let [oscillator, gain, out] =
        ["createOscillator", "createGain", "createMediaStreamDestination"].map(|it| call(&context, it, []));
    let (oscillator, gain, out) = (oscillator?, gain?, out?);
    set(&get(&oscillator, "frequency"), "value", &TONE_HERTZ.into());
    set(&get(&gain, "gain"), "value", &TONE_GAIN.into());
    call(&oscillator, "connect", [gain.clone()])?;
    call(&gain, "connect", [out.clone()])?;
    let audio = construct("Audio", [])?;
    set(&audio, "srcObject", &get(&out, "stream"));
    let _ = reflect::ask(&audio, "setSinkId", [speaker]).await;
    call(&oscillator, "start", [])?;
    let _ = reflect::ask(&audio, "play", []).await;
    sleep(TONE_FOR).await;
    let tracks: Array = call(&get(&out, "stream"), "getTracks", [])?.unchecked_into();
    tracks.iter().for_each(|it| drop(call(&it, "stop", [])));
    reflect::ask(&context, "close", []).await.map(drop)
}
