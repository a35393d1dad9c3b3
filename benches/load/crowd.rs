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

use crate::bot::{Bot, BotEvent, BotMatched, Order};

/// Bots that connect at the same time.
const CONCURRENT_CONNECTS: usize = 128;

/// What one bot has reported so far.
#[derive(Debug, Default)]
pub(crate) struct BotRecord {
    pub(crate) is_up: bool,
    /// How often it was welcomed.
    pub(crate) welcomes: usize,
    /// How often its session was resumed.
    pub(crate) resumed: usize,
    /// How often its match was restored by a server that had not known it.
    pub(crate) restored: usize,
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
    /// How often bots were welcomed.
    pub(crate) welcomes: usize,
    pub(crate) resumed: usize,
    pub(crate) restored: usize,
    pub(crate) waiting: usize,
    pub(crate) talking: usize,
    pub(crate) ended: usize,
    /// How often bots were asked for another `hello` on the same socket.
    pub(crate) again: usize,
    /// Bots that have lost a connection at least once.
    pub(crate) lost: usize,
}

/// All bots of a scenario; dropping it ends them.
pub(crate) struct Crowd {
    servers: Arc<[SocketAddr]>,
    orders: Vec<UnboundedSender<Order>>,
    sender: UnboundedSender<(usize, BotEvent)>,
    events: UnboundedReceiver<(usize, BotEvent)>,
    pub(crate) bots: Vec<BotRecord>,
    pub(crate) totals: Totals,
    /// The bots that were matched, in the order in which they reported it.
    pub(crate) matched: Vec<(usize, BotMatched)>,
}

impl Crowd {
    /// A crowd without bots.
    pub(crate) fn new(server: SocketAddr) -> Self {
        Self::of_servers([server])
    }

    /// A crowd without bots, for several servers: a bot that loses its connection goes on with the next one.
    pub(crate) fn of_servers(servers: impl Into<Arc<[SocketAddr]>>) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        Self {
            servers: servers.into(),
            orders: Vec::new(),
            sender,
            events,
            bots: Vec::new(),
            totals: Totals::default(),
            matched: Vec::new(),
        }
    }

    /// Adds `count` bots and waits until all are welcomed.
    pub(crate) async fn add(&mut self, count: usize, within: Duration) {
        self.add_at(0, count, within).await;
    }

    /// Adds `count` bots of the server of this number, and waits until all are welcomed.
    pub(crate) async fn add_at(&mut self, server: usize, count: usize, within: Duration) {
        let connects = Arc::new(Semaphore::new(CONCURRENT_CONNECTS));
        let before = self.totals.up;
        let deadline = Instant::now() + within;
        for _ in 0..count {
            let number = self.orders.len();
            let (orders, receiver) = mpsc::unbounded_channel();
            self.orders.push(orders);
            self.bots.push(BotRecord::default());
            let bot = Bot::new(number, Arc::clone(&self.servers), server, receiver, self.sender.clone());
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
            assert!(
                timeout_at(deadline, self.next()).await.is_ok(),
                "timeout while waiting until {what}: {:?}",
                self.totals
            );
        }
        Instant::now()
    }

    /// Waits for the next event, records it, and returns the number of the bot.
    pub(crate) async fn next(&mut self) -> usize {
        let (bot, event) = self.events.recv().await.expect("the crowd holds a sender");
        self.record(bot, event);
        bot
    }

    /// Records events while a future runs.
    pub(crate) async fn during<T>(&mut self, future: impl Future<Output = T>) -> T {
        tokio::pin!(future);
        loop {
            tokio::select! {
                result = &mut future => return result,
                _ = self.next() => {}
            }
        }
    }

    fn record(&mut self, bot: usize, event: BotEvent) {
        let Self { bots, totals, matched: log, .. } = self;
        let it = &mut bots[bot];
        match event {
            BotEvent::Welcomed { resumed, restored } => {
                totals.up += usize::from(!std::mem::replace(&mut it.is_up, true));
                it.welcomes += 1;
                totals.welcomes += 1;
                it.restored += usize::from(restored);
                totals.restored += usize::from(restored);
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
            BotEvent::Matched(matched) => {
                it.match_id = Some(matched.match_id);
                log.push((bot, matched));
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
            BotEvent::Again => totals.again += 1,
            BotEvent::ComeBack { after_ms } => it.come_back_ms = Some(after_ms),
            BotEvent::Error(code) => it.errors.push(code),
            BotEvent::Lost => {
                totals.up -= usize::from(std::mem::take(&mut it.is_up));
                totals.lost += usize::from(it.lost_at.replace(Instant::now()).is_none());
            }
        }
    }
}
