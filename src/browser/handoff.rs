//! [`Handoff`]: everything that the lazily loaded part of the program needs to start the call.

use futures::channel::mpsc::UnboundedReceiver;
use leptos::{
    prelude::{Set, WriteSignal},
    task::spawn_local,
};

use super::{
    driver,
    inbox::Inbox,
    perform::OpenResources,
    web::{self, page::sheet::SheetCopy},
};
use crate::{
    call::{Call, ChatLine, DeviceKind, Input, Intent, Menus, Sample, Snapshot, TopicTexts},
    ui::{PageContext, i18n::Words},
};

/// Both ends of the inbox, and the signals that the views read.
#[derive(Debug)]
pub struct Handoff {
    pub(crate) context: PageContext,
    pub(crate) words: &'static Words,
    pub(crate) sheet: Option<SheetCopy>,
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
        if let Some(sheet) = self.sheet {
            sheet.hydrate(self.context, self.words);
        }
        web::page::set_driven();
        let profile = web::storage::load();
        let resources =
            OpenResources::new(self.inbox, self.words, profile.chosen.of(DeviceKind::Speaker).to_owned());
        let (browser, languages) = (web::page::capabilities::browser(), web::page::capabilities::languages());
        let call = Call::new(web::clock::seed(), profile, browser, languages, web::page::site_facts());
        spawn_local(driver::run(call, self.inputs, resources, move |call, before, now| {
            // The snapshot is small. Lists are copied only when they have changed.
            if now.chat.revision != before.chat.revision {
                self.set_lines.set(call.lines());
            }
            if now.devices != before.devices {
                self.set_menus.set(call.menus());
            }
            if now.topics != before.topics {
                self.set_topics.set(call.topics());
            }
            if now.details.samples != before.details.samples {
                self.set_samples.set(call.samples());
            }
            self.set_snapshot.set(now);
        }));
    }
}
