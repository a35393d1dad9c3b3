//! Matches across two edges: how long they take, and what they cost the core, the edges and Redis.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    Cluster,
    meetings::{Meetings, Pace, times_to_match},
    redis_server::RedisWork,
};
use crate::{Row, scenarios::failed};

/// Pairs that are under way at a time when the machine does as much as it can.
const BUSY: usize = 256;

/// How long each pace is kept before it is measured.
const WARM_UP: Duration = Duration::from_secs(4);

/// How long it is measured.
const MEASURED_FOR: Duration = Duration::from_secs(20);

/// How long the last pairs may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// What a line of 1 Gbit/s carries each way, in bytes per second.
const LINE: f64 = 125e6;

/// What all processes have done so far.
struct Work {
    at: Instant,
    core: Duration,
    edges: Duration,
    redis: RedisWork,
    /// Messages that the core has handled and sent.
    messages: usize,
    parted: usize,
}

impl Work {
    async fn of(cluster: &Cluster, parted: usize) -> Self {
        let [core, ..] = &cluster.cores[..] else { panic!("there is a core") };
        let mut messages = 0;
        for direction in ["in", "out"] {
            messages += core.count(&format!("passerby_messages_total{{direction=\"{direction}\"}}")).await;
        }
        Self {
            at: Instant::now(),
            core: core.cpu(),
            edges: cluster.edges.iter().map(|it| it.cpu()).sum(),
            redis: cluster.redis.work().await,
            messages,
            parted,
        }
    }
}

/// What one match costs.
struct Costs {
    /// Matches per second.
    rate: f64,
    /// Milliseconds of the core.
    core: f64,
}

/// Prints what has happened between two moments.
fn costs(name: &str, before: &Work, after: &Work) -> Costs {
    let matches = (after.parted - before.parted) as f64;
    let ms = |time: Duration| time.as_secs_f64() * 1e3 / matches;
    let redis = after.redis - before.redis;
    let (core, edges, of_redis) =
        (ms(after.core - before.core), ms(after.edges - before.edges), ms(redis.cpu));
    let rate = matches / (after.at - before.at).as_secs_f64();
    let messages = (after.messages - before.messages) as f64 / matches;
    let requests = redis.requests as f64 / matches;
    let (bytes_in, bytes_out) = (redis.bytes_in as f64 / matches, redis.bytes_out as f64 / matches);
    println!("{name}: {rate:.0} matches/s; per match: {messages:.1} messages in and out of the core,");
    println!("  processor time in ms: core {core:.3}, both edges {edges:.3}, Redis {of_redis:.3};");
    println!(
        "  of Redis: {requests:.2} requests, {:.1} KiB in, {:.1} KiB out",
        bytes_in / 1024.0,
        bytes_out / 1024.0
    );
    println!(
        "  so at most: core {:.0}, Redis {:.0}, its line of 1 Gbit/s {:.0} matches/s",
        1e3 / core,
        1e3 / of_redis,
        LINE / bytes_in.max(bytes_out)
    );
    Costs { rate, core }
}

/// Lets pairs meet at a pace, and prints what that cost. Returns the costs, the pairs that have begun meanwhile, and
/// the times that it took to match them.
async fn measure(
    cluster: &Cluster,
    meetings: &mut Meetings,
    (name, pace): (&str, Pace),
) -> (Costs, usize, Vec<f64>) {
    meetings.run(pace, WARM_UP).await;
    let before = Work::of(cluster, meetings.parted).await;
    let logged = meetings.crowd.matched.len();
    let begun = meetings.run(pace, MEASURED_FOR).await;
    let after = Work::of(cluster, meetings.parted).await;
    let times = times_to_match(&meetings.crowd.matched[logged..]);
    meetings.finish(TIMEOUT).await;
    (costs(name, &before, &after), begun, times)
}

/// The time at this part of all times, which are sorted.
fn percentile(times: &[f64], part: f64) -> f64 {
    let at = (times.len() as f64 * part).ceil() as usize;
    times.get(at.saturating_sub(1)).copied().unwrap_or(f64::INFINITY)
}

/// Matches across two edges at half of what this machine can do, with everything on it: the bots, both edges, the core
/// and Redis. A match is two joins, an offer and an answer with ten candidates each, `connected` twice and a `leave`.
pub(crate) async fn matches() -> Vec<Row> {
    let cluster = Cluster::start(1, 2).await;
    let mut meetings = Meetings::start(&cluster).await;
    let (all, ..) = measure(&cluster, &mut meetings, ("as much as it can", Pace::UnderWay(BUSY))).await;
    let pace = Pace::Rate(all.rate / 2.0);
    let (half, begun, times) = measure(&cluster, &mut meetings, ("half of that", pace)).await;
    let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|it| percentile(&times, it));
    println!("time to match in ms: p50 {p50:.2}, p99 {p99:.2}, p99.9 {p999:.2} of {} matches", times.len());
    let fewer = begun as f64 - half.rate * MEASURED_FOR.as_secs_f64();
    vec![
        Row::new("of 5,000 bots, disconnected or given an error", failed(&meetings.crowd), 0.0, "bots"),
        Row::new("pairs that did not part", (meetings.pairs() - meetings.parted) as f64, 0.0, "pairs"),
        Row::new("matches per second fewer than were due", fewer / begun as f64 * 100.0, 2.0, "%"),
        Row::new("time to be matched at both ends, p50, half load", p50, 2.0, "ms"),
        Row::new("time to be matched at both ends, p99, half load", p99, 10.0, "ms"),
        // At half load of this machine, entries are far smaller than at half of what the core can do.
        Row::new("processor time of the core per match, full load", all.core, 0.15, "ms"),
    ]
}
