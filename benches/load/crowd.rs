//! Many bots, and what has become of each; it must not know what is measured.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use passerby::protocol::{Affinity, EndReason, ErrorCode, MatchId};
use tokio::{
    sync::{
        Semaphore,
        mpsc::{self, UnboundedReceiver, UnboundedSender},
    },
    time::{Instant, timeout_at},
};

use crate::bot::{Bot, News, Order};

/// Bots that come at the same time, where it is not a storm.
const AT_ONCE: usize = 128;

/// What is known of one bot.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) is_up: bool,
    /// How often it was taken back.
    pub(crate) resumed: usize,
    pub(crate) is_waiting: bool,
    pub(crate) seeks: Option<Affinity>,
    pub(crate) match_id: Option<MatchId>,
    pub(crate) is_talking: bool,
    pub(crate) ended: Option<EndReason>,
    pub(crate) come_back_ms: Option<u32>,
    pub(crate) errors: Vec<ErrorCode>,
    pub(crate) said: Vec<(u16, Instant)>,
    pub(crate) heard: Vec<u16>,
    /// When its line was lost last.
    pub(crate) lost_at: Option<Instant>,
}

/// How many bots are what.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) up: usize,
    pub(crate) resumed: usize,
    pub(crate) waiting: usize,
    pub(crate) talking: usize,
    pub(crate) ended: usize,
    /// Those who have lost a line.
    pub(crate) lost: usize,
}

/// All bots of a scene; with it they end.
pub(crate) struct Crowd {
    server: SocketAddr,
    orders: Vec<UnboundedSender<Order>>,
    sender: UnboundedSender<(usize, News)>,
    news: UnboundedReceiver<(usize, News)>,
    pub(crate) seen: Vec<Seen>,
    pub(crate) totals: Totals,
}

impl Crowd {
    /// Nobody yet.
    pub(crate) fn new(server: SocketAddr) -> Self {
        let (sender, news) = mpsc::unbounded_channel();
        Self { server, orders: Vec::new(), sender, news, seen: Vec::new(), totals: Totals::default() }
    }

    /// So many come, and are welcomed.
    pub(crate) async fn come(&mut self, count: usize, within: Duration) {
        let gate = Arc::new(Semaphore::new(AT_ONCE));
        let before = self.totals.up;
        let deadline = Instant::now() + within;
        for _ in 0..count {
            let number = self.orders.len();
            let (orders, receiver) = mpsc::unbounded_channel();
            self.orders.push(orders);
            self.seen.push(Seen::default());
            let bot = Bot::new(number, self.server, receiver, self.sender.clone());
            let entry = Arc::clone(&gate).acquire_owned().await.expect("an open gate");
            tokio::spawn(bot.live(entry));
        }
        self.until("all are welcomed", deadline, |it| it.up == before + count).await;
    }

    /// Tells some bots to do something.
    pub(crate) fn order(&self, bots: impl IntoIterator<Item = usize>, order: impl Fn(usize) -> Order) {
        for bot in bots {
            self.orders[bot].send(order(bot)).expect("a living bot");
        }
    }

    /// Waits until something holds; says when that was.
    pub(crate) async fn until(
        &mut self,
        what: &str,
        deadline: Instant,
        holds: impl Fn(&Totals) -> bool,
    ) -> Instant {
        self.until_seen(what, deadline, |it| holds(&it.totals)).await
    }

    /// The same with a look at everything, which takes longer with many.
    pub(crate) async fn until_seen(
        &mut self,
        what: &str,
        deadline: Instant,
        holds: impl Fn(&Self) -> bool,
    ) -> Instant {
        while !holds(self) {
            let Ok(news) = timeout_at(deadline, self.news.recv()).await else {
                panic!("not in time: {what}; {:?}", self.totals)
            };
            let (bot, news) = news.expect("an own sender");
            self.note(bot, news);
        }
        Instant::now()
    }

    /// Listens while something else is done.
    pub(crate) async fn during<T>(&mut self, deed: impl Future<Output = T>) -> T {
        tokio::pin!(deed);
        loop {
            tokio::select! {
                result = &mut deed => return result,
                news = self.news.recv() => {
                    let (bot, news) = news.expect("an own sender");
                    self.note(bot, news);
                }
            }
        }
    }

    fn note(&mut self, bot: usize, news: News) {
        let Self { seen, totals, .. } = self;
        let it = &mut seen[bot];
        match news {
            News::Welcomed { resumed } => {
                it.is_up = true;
                totals.up += 1;
                if resumed {
                    it.resumed += 1;
                    totals.resumed += 1;
                } else if std::mem::take(&mut it.is_waiting) {
                    totals.waiting -= 1;
                }
            }
            News::Waiting => {
                totals.waiting += usize::from(!std::mem::replace(&mut it.is_waiting, true));
            }
            News::Seeking(wants) => it.seeks = Some(wants),
            News::Matched(match_id) => {
                it.match_id = Some(match_id);
                totals.waiting -= usize::from(std::mem::take(&mut it.is_waiting));
            }
            News::Talking => {
                it.is_talking = true;
                totals.talking += 1;
            }
            News::Said(number, at) => it.said.push((number, at)),
            News::Heard(number) => it.heard.push(number),
            News::Ended(reason) => {
                it.ended = Some(reason);
                totals.ended += 1;
                totals.talking -= usize::from(std::mem::take(&mut it.is_talking));
            }
            News::ComeBack { after_ms } => it.come_back_ms = Some(after_ms),
            News::Error(code) => it.errors.push(code),
            News::Lost => {
                it.is_up = false;
                totals.lost += usize::from(it.lost_at.replace(Instant::now()).is_none());
                totals.up -= 1;
            }
        }
    }
}
