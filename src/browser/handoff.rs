//! [`Handoff`]: everything that the lazily loaded part of the program needs to start the call.

use futures::channel::mpsc::UnboundedReceiver;
use leptos::{
    prelude::{Set, WriteSignal, signal},
    task::spawn_local,
};

use super::{
    driver,
    inbox::Inbox,
    perform::OpenResources,
    web::{self, intl, page::sheet::LateParts},
};
use crate::{
    call::{Call, ChatLine, DeviceKind, Input, Intent, Menus, PastCall, Sample, Snapshot, TopicTexts},
    ui::{PageContext, SafetyTexts, i18n::Words, past_text},
};

/// Both ends of the inbox, and the signals that the views read.
#[derive(Debug)]
pub struct Handoff {
    pub(crate) context: PageContext,
    pub(crate) words: &'static Words,
    pub(crate) late_parts: Option<LateParts>,
    pub(crate) inbox: Inbox,
    pub(crate) inputs: UnboundedReceiver<Input>,
    pub(crate) set_snapshot: WriteSignal<Snapshot>,
    pub(crate) set_lines: WriteSignal<Vec<ChatLine>>,
    pub(crate) set_menus: WriteSignal<Menus>,
    pub(crate) set_topics: WriteSignal<TopicTexts>,
    pub(crate) set_samples: WriteSignal<Vec<Sample>>,
}

impl Handoff {
    /// Starts the call and returns at once. The call runs until the page is closed.
    pub fn start(self) {
        // Start was pressed before the views were hydrated, so no intent was sent.
        if web::page::is_start_pressed() && self.inbox.is_empty() {
            self.inbox.put(Input::Intent(Intent::Start));
        }
        let (texts, set_texts) = signal(SafetyTexts::default());
        if let Some(parts) = self.late_parts {
            parts.hydrate(self.context, self.words, texts);
        }
        web::page::set_driven();
        let mut profile = web::storage::load();
        if profile.take_age_statement(web::page::leaving::take_age_statement()) {
            web::storage::save(&profile);
        }
        let resources =
            OpenResources::new(self.inbox, self.words, profile.chosen.of(DeviceKind::Speaker).to_owned());
        let browser = web::page::capabilities::browser();
        let call = Call::new(web::clock::seed(), profile, browser, web::page::site_facts());
        spawn_local(driver::run(call, self.inputs, resources, move |call, before, now| {
            // The snapshot is small. Lists are copied only when they have changed.
            if now.chat.revision != before.chat.revision {
                self.set_lines.set(call.lines());
            }
            if now.devices != before.devices {
                self.set_menus.set(call.menus());
            }
            if now.topics != before.topics {
                let mut topics = call.topics();
                topics.shared = intl::list(&topics.shared);
                self.set_topics.set(topics);
            }
            if now.details.samples != before.details.samples {
                self.set_samples.set(call.samples());
            }
            let of = |it: Snapshot| (it.report, it.closed_reports, it.past_calls, it.sanction);
            if of(now) != of(before) {
                set_texts.set(safety_texts(call, now, self.words));
            }
            self.set_snapshot.set(now);
        }));
    }
}

/// The codes and times of a state, in the language of the page.
fn safety_texts(call: &Call, snapshot: Snapshot, words: &'static Words) -> SafetyTexts {
    let until = snapshot.sanction.and_then(|it| it.terms).map(|(_, until)| until);
    SafetyTexts {
        outcome: call.outcome().to_owned(),
        appeal: call.appeal().to_owned(),
        until: until.map(|it| intl::date_and_time(it as f64)).unwrap_or_default(),
        past: snapshot.past_calls.map(|it| it.map(|it| past_call(it, words)).unwrap_or_default()),
    }
}

fn past_call(PastCall { started, seconds, .. }: PastCall, words: &'static Words) -> String {
    past_text(words, &intl::time_of_day(started as f64), seconds, &intl::minutes((seconds / 60) as f64))
}
