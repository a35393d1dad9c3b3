//! A crowd of bots and a record of what happened to each of them.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use passerby::protocol::{Affinity, EndReason, ErrorCode, MatchId};
use tokio::{
    sync::{
        Semaphore,
        mpsc::{self, UnboundedReceiver, UnboundedSender},
    },
    time::{Instant, timeout_at},
};

use crate::bot::{Bot, BotEvent, Order};

/// Bots that connect at the same time.
const CONCURRENT_CONNECTS: usize = 128;

/// What one bot has reported so far.
#[derive(Debug, Default)]
pub(crate) struct BotRecord {
    pub(crate) is_up: bool,
    /// How often its session was resumed.
    pub(crate) resumed: usize,
    pub(crate) is_waiting: bool,
    pub(crate) seeking: Option<Affinity>,
    pub(crate) match_id: Option<MatchId>,
    pub(crate) is_talking: bool,
    pub(crate) ended: Option<EndReason>,
    pub(crate) come_back_ms: Option<u32>,
    pub(crate) errors: Vec<ErrorCode>,
    /// Numbers of the candidates it sent to its partner, and when.
    pub(crate) sent: Vec<(u16, Instant)>,
    /// Numbers of the candidates it received from its partner.
    pub(crate) received: Vec<u16>,
    /// When it last lost its connection.
    pub(crate) lost_at: Option<Instant>,
}

/// The number of bots in each state.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) up: usize,
    pub(crate) resumed: usize,
    pub(crate) waiting: usize,
    pub(crate) talking: usize,
    pub(crate) ended: usize,
    /// Bots that have lost a connection at least once.
    pub(crate) lost: usize,
}

/// All bots of a scenario; dropping it ends them.
pub(crate) struct Crowd {
    server: SocketAddr,
    orders: Vec<UnboundedSender<Order>>,
    sender: UnboundedSender<(usize, BotEvent)>,
    events: UnboundedReceiver<(usize, BotEvent)>,
    pub(crate) bots: Vec<BotRecord>,
    pub(crate) totals: Totals,
}

impl Crowd {
    /// A crowd without bots.
    pub(crate) fn new(server: SocketAddr) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        Self { server, orders: Vec::new(), sender, events, bots: Vec::new(), totals: Totals::default() }
    }

    /// Adds `count` bots and waits until all are welcomed.
    pub(crate) async fn add(&mut self, count: usize, within: Duration) {
        let connects = Arc::new(Semaphore::new(CONCURRENT_CONNECTS));
        let before = self.totals.up;
        let deadline = Instant::now() + within;
        for _ in 0..count {
            let number = self.orders.len();
            let (orders, receiver) = mpsc::unbounded_channel();
            self.orders.push(orders);
            self.bots.push(BotRecord::default());
            let bot = Bot::new(number, self.server, receiver, self.sender.clone());
            let permit = Arc::clone(&connects).acquire_owned().await.expect("the semaphore is not closed");
            tokio::spawn(bot.run(permit));
        }
        self.until("all are welcomed", deadline, |it| it.up == before + count).await;
    }

    /// Gives an order to some bots.
    pub(crate) fn order(&self, bots: impl IntoIterator<Item = usize>, order: impl Fn(usize) -> Order) {
        for bot in bots {
            self.orders[bot].send(order(bot)).expect("the bot is running");
        }
    }

    /// Waits until the totals meet a condition and returns the time.
    pub(crate) async fn until(
        &mut self,
        what: &str,
        deadline: Instant,
        condition: impl Fn(&Totals) -> bool,
    ) -> Instant {
        self.until_all(what, deadline, |it| condition(&it.totals)).await
    }

    /// Like [`until`](Self::until), but the condition sees every bot, which is slower with many.
    pub(crate) async fn until_all(
        &mut self,
        what: &str,
        deadline: Instant,
        condition: impl Fn(&Self) -> bool,
    ) -> Instant {
        while !condition(self) {
            let Ok(event) = timeout_at(deadline, self.events.recv()).await else {
                panic!("timeout while waiting until {what}: {:?}", self.totals)
            };
            let (bot, event) = event.expect("the crowd holds a sender");
            self.record(bot, event);
        }
        Instant::now()
    }

    /// Records events while a future runs.
    pub(crate) async fn during<T>(&mut self, future: impl Future<Output = T>) -> T {
        tokio::pin!(future);
        loop {
            tokio::select! {
                result = &mut future => return result,
                event = self.events.recv() => {
                    let (bot, event) = event.expect("the crowd holds a sender");
                    self.record(bot, event);
                }
            }
        }
    }

    fn record(&mut self, bot: usize, event: BotEvent) {
        let Self { bots, totals, .. } = self;
        let it = &mut bots[bot];
        match event {
            BotEvent::Welcomed { resumed } => {
                it.is_up = true;
                totals.up += 1;
                if resumed {
                    it.resumed += 1;
                    totals.resumed += 1;
                } else if std::mem::take(&mut it.is_waiting) {
                    totals.waiting -= 1;
                }
            }
            BotEvent::Waiting => {
                totals.waiting += usize::from(!std::mem::replace(&mut it.is_waiting, true));
            }
            BotEvent::Seeking(wants) => it.seeking = Some(wants),
            BotEvent::Matched(match_id) => {
                it.match_id = Some(match_id);
                totals.waiting -= usize::from(std::mem::take(&mut it.is_waiting));
            }
            BotEvent::Talking => {
                it.is_talking = true;
                totals.talking += 1;
            }
            BotEvent::Sent(number, at) => it.sent.push((number, at)),
            BotEvent::Received(number) => it.received.push(number),
            BotEvent::Ended(reason) => {
                it.ended = Some(reason);
                totals.ended += 1;
                totals.talking -= usize::from(std::mem::take(&mut it.is_talking));
            }
            BotEvent::ComeBack { after_ms } => it.come_back_ms = Some(after_ms),
            BotEvent::Error(code) => it.errors.push(code),
            BotEvent::Lost => {
                it.is_up = false;
                totals.lost += usize::from(it.lost_at.replace(Instant::now()).is_none());
                totals.up -= 1;
            }
        }
    }
}
