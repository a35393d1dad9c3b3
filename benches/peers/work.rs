//! The work that each server does, and what it costs.

use std::{
    cell::Cell,
    rc::Rc,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use tokio::{
    task::{JoinHandle, spawn_local, yield_now},
    time::{sleep, sleep_until},
};

use crate::{
    clients::Client,
    desk::{Command, Desk, Record, Then, Times},
    person::{Person, until},
    script::Script,
    servers::Server,
    socket::bytes,
};

/// How long before it asks for a partner a person connects: enough for a connection on a busy machine, since that is
/// not part of a match.
pub(crate) const LEAD: Duration = Duration::from_millis(20);

/// How long work goes on before it is measured.
pub(crate) const WARM_UP: Duration = Duration::from_secs(1);

/// How long a step may take.
const TIMEOUT: Duration = Duration::from_secs(180);

/// Whether any task has panicked.
static HAS_FAILED: AtomicBool = AtomicBool::new(false);

/// Lets [`wait_for`] fail when a task panics.
pub(crate) fn watch_for_panics() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        HAS_FAILED.store(true, Ordering::Relaxed);
        print(info);
    }));
}

/// Waits for a condition.
pub(crate) async fn wait_for(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !condition() {
        assert!(!HAS_FAILED.load(Ordering::Relaxed), "a task has panicked");
        assert!(Instant::now() < deadline, "timeout: {what}");
        sleep(Duration::from_millis(1)).await;
    }
}

/// Keeps this program awake while it lives, so that the time to wake it up is not part of what is measured.
pub(crate) struct Awake(JoinHandle<()>);

impl Awake {
    pub(crate) fn new() -> Self {
        Self(spawn_local(async {
            loop {
                yield_now().await;
            }
        }))
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What a server did in a period.
pub(crate) struct Turn {
    pub(crate) matches: f64,
    pub(crate) seconds: f64,
    /// Processor time of the server in seconds.
    pub(crate) processor: f64,
    /// Bytes through the sockets, if those of matches alone are known.
    pub(crate) bytes: Option<f64>,
    pub(crate) matching: Times,
    pub(crate) answering: Times,
}

/// What a server had done when a period began.
pub(crate) struct Start {
    at: Instant,
    processor: Duration,
    bytes: u64,
}

impl Start {
    pub(crate) fn new(server: &Server, desk: &Desk) -> Self {
        desk.start();
        Self { at: Instant::now(), processor: server.processor_time(), bytes: bytes() }
    }

    pub(crate) fn end(self, server: &Server, desk: &Desk) -> Turn {
        let processor = server.processor_time().saturating_sub(self.processor).as_secs_f64();
        let Record { matches, matching, answering } = desk.start();
        assert!(matches > 0, "{} has matched nobody", server.kind.name());
        Turn {
            matches: matches as f64,
            seconds: self.at.elapsed().as_secs_f64(),
            processor,
            bytes: Some((bytes() - self.bytes) as f64),
            matching,
            answering,
        }
    }
}

/// Measures work that has just begun, once it has warmed up.
pub(crate) async fn measure(server: &Server, desk: &Desk, seconds: u64) -> Turn {
    sleep(WARM_UP).await;
    let start = Start::new(server, desk);
    sleep(Duration::from_secs(seconds)).await;
    start.end(server, desk)
}

/// How far apart the people of a schedule come.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Spacing {
    Even,
    /// By chance, as people who do not know of each other come (a Poisson process).
    Random,
}

impl Spacing {
    /// Seconds to the next of `rate` a second.
    pub(crate) fn gap(self, rate: f64) -> Duration {
        let mean = match self {
            Self::Even => 1.0,
            Self::Random => -(1.0 - fastrand::f64()).ln(),
        };
        Duration::from_secs_f64(mean / rate)
    }
}

/// New people come at a rate of matches a second, two for each match. Each connects, is matched, exchanges everything,
/// and leaves.
pub(crate) async fn fresh<C: Client>(
    server: &Server,
    script: &Script,
    rate: f64,
    spacing: Spacing,
    seconds: u64,
) -> Turn {
    let desk = Rc::new(Desk::new(Then::Leave, script.clone()));
    let awake = Awake::new();
    let (arrivals, addresses) = (Rc::clone(&desk), server.addresses);
    let arrive = spawn_local(async move {
        let mut join_at = Instant::now() + 2 * LEAD;
        loop {
            let connect_at = join_at - LEAD;
            sleep_until((connect_at - LEAD / 2).into()).await;
            let desk = Rc::clone(&arrivals);
            spawn_local(async move {
                until(connect_at).await;
                let mut person = Person::<C>::connect(&desk, addresses, false).await;
                until(join_at).await;
                person.join(join_at).await;
                person.run(true).await;
            });
            join_at += spacing.gap(2.0 * rate);
        }
    });
    let turn = measure(server, &desk, seconds).await;
    arrive.abort();
    drop(awake);
    close_all(&desk).await;
    turn
}

/// Closes all connections.
pub(crate) async fn close_all(desk: &Desk) {
    // Those that are still connecting or in a match finish first.
    let mut before = (0, 0);
    while before != (desk.people(), desk.gone()) {
        before = (desk.people(), desk.gone());
        sleep(Duration::from_millis(300)).await;
    }
    for person in 0..desk.people() {
        desk.order(person, Command::Close);
    }
    wait_for("all have left", || desk.gone() == desk.people()).await;
}

/// As many matches of new people as the server can make, with that many people at a time.
pub(crate) async fn saturate<C: Client>(
    server: &Server,
    script: &Script,
    people: usize,
    seconds: u64,
) -> Turn {
    let desk = Rc::new(Desk::new(Then::Leave, script.clone()));
    let (awake, is_over) = (Awake::new(), Rc::new(Cell::new(false)));
    for _ in 0..people {
        let (desk, is_over, addresses) = (Rc::clone(&desk), Rc::clone(&is_over), server.addresses);
        spawn_local(async move {
            while !is_over.get() {
                let mut person = Person::<C>::connect(&desk, addresses, false).await;
                person.join(Instant::now()).await;
                person.run(true).await;
            }
        });
    }
    let turn = measure(server, &desk, seconds).await;
    is_over.set(true);
    drop(awake);
    close_all(&desk).await;
    turn
}
