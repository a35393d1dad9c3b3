//! [`Meetings`]: pairs of bots, one at each edge, that meet, exchange everything and part again.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use passerby::protocol::MatchId;
use tokio::time::{Instant, sleep_until};

use super::Cluster;
use crate::{
    bot::{BotMatched, Order},
    crowd::Crowd,
    support::tastes::own_tastes,
};

/// Bots at each edge. So many that a bot rests longer than its rate limits ask for.
const AT_EACH_EDGE: usize = 2_500;

/// How much earlier the first one of a pair joins: enough to have prepared an offer, as most people who wait have.
const HEAD_START: Duration = Duration::from_millis(100);

/// How long the bots may take to connect.
const TIMEOUT: Duration = Duration::from_secs(60);

/// When new pairs begin.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pace {
    /// One begins whenever another one has parted, so that this many are always under way.
    UnderWay(usize),
    /// At random, this many a second on average, whether or not the others keep up.
    Rate(f64),
}

/// Where a pair is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Apart,
    /// They join, are matched and exchange their signals.
    Meeting,
    /// One has been told to leave; so many have heard that the match has ended.
    Parting(u8),
}

/// All bots. The first half is at the first edge.
pub(super) struct Meetings {
    pub(super) crowd: Crowd,
    /// Of each bot of the first edge.
    stages: Vec<Stage>,
    /// The partner of each bot, in its last pair.
    partners: Vec<usize>,
    /// The number of the next pair. Its tastes are its own.
    next_pair: usize,
    /// Bots that join later than their partners.
    to_join: VecDeque<(Instant, usize, usize)>,
    under_way: usize,
    /// Pairs that have parted.
    pub(super) parted: usize,
}

impl Meetings {
    /// Connects the bots.
    pub(super) async fn start(cluster: &Cluster) -> Self {
        let mut crowd = cluster.crowd();
        for edge in 0..2 {
            crowd.add_at(edge, AT_EACH_EDGE, TIMEOUT).await;
        }
        Self {
            crowd,
            stages: vec![Stage::Apart; AT_EACH_EDGE],
            partners: (0..2 * AT_EACH_EDGE).map(|it| (it + AT_EACH_EDGE) % (2 * AT_EACH_EDGE)).collect(),
            next_pair: 0,
            to_join: VecDeque::new(),
            under_way: 0,
            parted: 0,
        }
    }

    /// Lets pairs meet for a while. Returns how many have begun.
    pub(super) async fn run(&mut self, pace: Pace, during: Duration) -> usize {
        let begun_before = self.next_pair;
        let end = Instant::now() + during;
        let mut next_at = Instant::now();
        loop {
            let now = Instant::now();
            if now >= end {
                return self.next_pair - begun_before;
            }
            match pace {
                Pace::UnderWay(count) => (self.under_way..count).for_each(|_| self.begin(now)),
                Pace::Rate(rate) => {
                    while next_at <= now {
                        self.begin(now);
                        next_at += Duration::from_secs_f64(-(1.0 - fastrand::f64()).ln() / rate);
                    }
                }
            }
            let due = self.let_others_join(now).into_iter().chain([end]);
            let due = due.chain(matches!(pace, Pace::Rate(_)).then_some(next_at)).min();
            tokio::select! {
                bot = self.crowd.next() => self.on_event(bot),
                () = sleep_until(due.unwrap_or(end)) => {}
            }
        }
    }

    /// Waits until all pairs have parted.
    pub(super) async fn finish(&mut self, within: Duration) {
        let end = Instant::now() + within;
        while self.under_way > 0 && Instant::now() < end {
            let due = self.let_others_join(Instant::now()).unwrap_or(end).min(end);
            tokio::select! {
                bot = self.crowd.next() => self.on_event(bot),
                () = sleep_until(due) => {}
            }
        }
    }

    /// How many pairs have begun.
    pub(super) const fn pairs(&self) -> usize {
        self.next_pair
    }

    fn begin(&mut self, now: Instant) {
        let pair = self.next_pair;
        // Each bot has another partner in each round.
        let (one, other) = (pair % AT_EACH_EDGE, AT_EACH_EDGE + (pair + pair / AT_EACH_EDGE) % AT_EACH_EDGE);
        assert!(
            self.stages[one] == Stage::Apart && self.stages[self.partners[other]] == Stage::Apart,
            "too slow"
        );
        self.next_pair += 1;
        self.under_way += 1;
        self.stages[one] = Stage::Meeting;
        (self.partners[one], self.partners[other]) = (other, one);
        self.crowd.order([one], |_| Order::Join(own_tastes(pair as u64)));
        self.to_join.push_back((now + HEAD_START, other, pair));
    }

    /// Lets those join whose time has come. Returns when the next one is due.
    fn let_others_join(&mut self, now: Instant) -> Option<Instant> {
        while let Some((at, bot, pair)) = self.to_join.front().copied() {
            if now < at {
                return Some(at);
            }
            self.to_join.pop_front();
            self.crowd.order([bot], |_| Order::Join(own_tastes(pair as u64)));
        }
        None
    }

    fn on_event(&mut self, bot: usize) {
        let one = if bot < AT_EACH_EDGE { bot } else { self.partners[bot] };
        let bots = &mut self.crowd.bots;
        match &mut self.stages[one] {
            Stage::Meeting if bots[one].is_talking && bots[self.partners[one]].is_talking => {
                self.stages[one] = Stage::Parting(0);
                self.crowd.order([one], |_| Order::Leave);
            }
            Stage::Parting(ended) if bots[bot].ended.take().is_some() => {
                *ended += 1;
                if *ended == 2 {
                    self.stages[one] = Stage::Apart;
                    self.under_way -= 1;
                    self.parted += 1;
                }
            }
            Stage::Apart | Stage::Meeting | Stage::Parting(_) => {}
        }
    }
}

/// Of each match across the edges, how long it took from the join that completed the pair until both ends knew, in
/// milliseconds, sorted.
pub(super) fn times_to_match(matched: &[(usize, BotMatched)]) -> Vec<f64> {
    let mut first = HashMap::<MatchId, (usize, BotMatched)>::new();
    let mut times = Vec::new();
    for (bot, it) in matched.iter().copied() {
        match first.remove(&it.match_id) {
            Some((other, its)) if (bot < AT_EACH_EDGE) != (other < AT_EACH_EDGE) => {
                let time = it.at.max(its.at) - it.joined_at.max(its.joined_at);
                times.push(time.as_secs_f64() * 1e3);
            }
            Some(_) => {}
            None => drop(first.insert(it.match_id, (bot, it))),
        }
    }
    times.sort_by(f64::total_cmp);
    times
}
