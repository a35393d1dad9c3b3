//! [`Seat`]: what whoever drives the call has in hand, and taking it; it must not know how the page came to be.

use futures::channel::mpsc::UnboundedReceiver;
use leptos::{
    prelude::{Set, WriteSignal},
    task::spawn_local,
};

use super::{driver, inbox::Inbox, perform::Body, web};
use crate::call::{Call, ChatLine, DeviceKind, Input, Intent, Menus, Sample, Snapshot, TopicTexts};

/// The driver's seat: where everything that happens arrives, and where the views look.
#[derive(Debug)]
pub struct Seat {
    pub(crate) inbox: Inbox,
    pub(crate) inputs: UnboundedReceiver<Input>,
    pub(crate) show: WriteSignal<Snapshot>,
    pub(crate) show_lines: WriteSignal<Vec<ChatLine>>,
    pub(crate) show_menus: WriteSignal<Menus>,
    pub(crate) show_topics: WriteSignal<TopicTexts>,
    pub(crate) show_samples: WriteSignal<Vec<Sample>>,
}

impl Seat {
    /// Drives the call for as long as the page lives.
    pub fn take(self) {
        let Self { inbox, inputs, show, show_lines, show_menus, show_topics, show_samples } = self;
        // A press before the views were there, of which they do not know.
        if web::page::start_is_pressed() && inbox.is_empty() {
            inbox.put(Input::Intent(Intent::Start));
        }
        web::page::answers_presses();
        let kept = web::storage::recall();
        let body = Body::new(inbox, kept.chosen.of(DeviceKind::Speaker).to_owned());
        let (browser, languages) = (web::page::window::browser(), web::page::window::languages());
        let call = Call::new(web::clock::seed(), kept, browser, languages, web::page::build())
            .with_unix_origin(web::clock::unix_origin_ms());
        spawn_local(driver::run(call, inputs, body, move |call, before, now| {
            // What is long is handed over only when it has changed.
            if now.chat.revision != before.chat.revision {
                show_lines.set(call.lines());
            }
            if now.devices != before.devices {
                show_menus.set(call.menus());
            }
            if now.topics != before.topics {
                show_topics.set(call.topics());
            }
            if now.details.samples != before.details.samples {
                show_samples.set(call.samples());
            }
            show.set(now);
        }));
    }
}
