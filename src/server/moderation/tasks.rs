//! The tasks between the moderation store and the driver: reports, sanctions and what is removed every hour.

use std::time::Duration;

use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

use super::{followed::Followed, metrics::ModerationMetrics};
use crate::{
    matchmaker::{GenuineReport, Input, Participant, ReportRequest, StoreAnswer},
    moderation::{Moderation, Party, Report, SanctionFeed, UnixTime},
    protocol::NetworkTag,
    server::{
        bus::inbox::{Event, Inbox},
        clock::stamp,
    },
};

/// Reports that the store has at once: it commits up to 64 together.
const MAX_AT_ONCE: usize = 64;

/// How often the store removes what is kept no longer.
const MAINTAINED_EVERY: Duration = Duration::from_secs(60 * 60);

/// A report, and the number under which the matchmaker waits for the answer.
pub(crate) type ReportToStore = (ReportRequest, Box<GenuineReport>);

/// Stores reports until the driver has ended, several at once, and tells the driver the answers.
pub(crate) async fn store_reports(
    moderation: Moderation,
    mut reports: mpsc::Receiver<ReportToStore>,
    inbox: Inbox,
    metrics: ModerationMetrics,
) {
    let mut answers = JoinSet::new();
    loop {
        tokio::select! {
            Some((request, report)) = reports.recv(), if answers.len() < MAX_AT_ONCE => {
                let (moderation, metrics) = (moderation.clone(), metrics.clone());
                answers.spawn(async move {
                    Input::ReportStored { request, answer: store(&moderation, *report, &metrics).await }
                });
            }
            // A task that has panicked leaves no answer; the matchmaker does not wait for ever.
            Some(answer) = answers.join_next() => {
                if let Ok(input) = answer && inbox.send(Event::Moderation(input)).await.is_err() {
                    return;
                }
            }
            else => return,
        }
    }
}

async fn store(moderation: &Moderation, report: GenuineReport, metrics: &ModerationMetrics) -> StoreAnswer {
    let GenuineReport { match_id, started, reporter, subject, reason, words } = report;
    let report = Report {
        match_id,
        reporter: party(reporter),
        subject: party(subject),
        reason,
        words: words.as_ref().to_owned(),
        started: UnixTime(started),
    };
    match moderation.report(stamp(), report).await {
        Ok(it) if it.is_new => {
            metrics.stored(reason, it.has_paused);
            StoreAnswer::Stored { outcome: it.code.to_string() }
        }
        Ok(it) => StoreAnswer::StoredBefore { outcome: Some(it.code.to_string()) },
        Err(error) => {
            tracing::error!(%error, "cannot store a report");
            StoreAnswer::Failed
        }
    }
}

fn party(Participant { device, network }: Participant) -> Party {
    Party { device, network: network.unwrap_or(NetworkTag::UNKNOWN) }
}

/// Tells the driver of every change of the sanctions, until the driver or the store has ended.
pub(crate) async fn follow_sanctions(mut feed: SanctionFeed, mut followed: Followed, inbox: Inbox) {
    while let Some(event) = feed.next().await {
        for update in followed.follow(stamp().now, event) {
            if inbox.send(Event::Moderation(Input::Sanction(update))).await.is_err() {
                return;
            }
        }
    }
}

/// Lets the store remove what is kept no longer, at once and then every hour.
pub(crate) async fn maintain(moderation: Moderation) {
    let mut hours = interval(MAINTAINED_EVERY);
    hours.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        hours.tick().await;
        if let Err(error) = moderation.maintain(stamp()).await {
            tracing::error!(%error, "some of what the moderation store must not keep could not be removed");
        }
    }
}
