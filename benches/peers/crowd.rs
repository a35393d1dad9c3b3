//! The work of people who stay connected: Next, idleness, all at once, and a crowd that waits.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{
    sync::Semaphore,
    task::{JoinHandle, spawn_local},
    time::{sleep, timeout_at},
};

use crate::{
    clients::{Client, Meaning},
    desk::{Command, Desk, Then},
    person::{Person, until},
    script::{Script, tag},
    servers::Server,
    work::{Awake, LEAD, Spacing, Start, Turn, WARM_UP, measure, wait_for},
};

/// People that connect at the same time.
const CONCURRENT_CONNECTS: usize = 64;

/// How long the memory of a server takes until it stays as it is: allocators give back what is free after ten seconds.
const SETTLE: Duration = Duration::from_secs(12);

/// How often one of the others leaves the queue and joins it again, or gives a sign of life where there is no such
/// queue. After 10 s Passerby would match it with people who name no language.
const ASK_AGAIN: Duration = Duration::from_secs(8);

/// The number of the first of the others, above those of all people of a turn.
const OTHERS_FROM: usize = 1 << 20;

/// People who stay connected.
pub(crate) struct Crowd {
    pub(crate) desk: Rc<Desk>,
    people: usize,
    /// Those without a partner, between two turns.
    apart: RefCell<Vec<usize>>,
}

impl Crowd {
    /// Connects people, who then do nothing. `rejoins`: whether those whose match was ended ask for another partner.
    pub(crate) async fn connect<C: Client>(
        server: &Server,
        script: &Script,
        people: usize,
        rejoins: bool,
    ) -> Self {
        let desk = Rc::new(Desk::new(Then::Stay, script.clone()));
        let connects = Rc::new(Semaphore::new(CONCURRENT_CONNECTS));
        for _ in 0..people {
            let permit = Rc::clone(&connects);
            let (desk, addresses) = (Rc::clone(&desk), server.addresses);
            spawn_local(async move {
                let permit = permit.acquire().await;
                let mut person = Person::<C>::connect(&desk, addresses, rejoins).await;
                person.idle().await;
                drop(permit);
                person.run(false).await;
            });
        }
        let it = Self { desk, people, apart: RefCell::default() };
        wait_for("all are connected", || it.desk.connected() == people).await;
        it
    }

    fn order_all(&self, command: Command) {
        for person in 0..self.people {
            self.desk.order(person, command);
        }
    }

    /// All ask for a partner now. Returns when all are in calls.
    pub(crate) async fn join(&self) {
        self.order_all(Command::Join(Instant::now()));
        wait_for("all are in calls", || self.desk.calls() == self.people / 2).await;
        if self.people % 2 == 1 {
            self.stop_waiting();
        }
    }

    /// Those without a partner stop waiting: one, or three if Passerby keeps some apart that have just met.
    fn stop_waiting(&self) {
        for person in self.desk.waiting() {
            self.desk.order(person, Command::Leave);
            self.apart.borrow_mut().push(person);
        }
    }

    /// All calls are ended, one end of each after the other.
    pub(crate) async fn leave(&self) {
        while let Some((person, _)) = self.desk.take_call() {
            self.desk.order(person, Command::Leave);
        }
        sleep(WARM_UP).await;
    }

    /// Presses Next at random ends at a rate of matches a second.
    ///
    /// The number of people is odd. So one waits, and is matched with the one that presses, whose partner then waits
    /// instead. Between two turns nobody waits.
    pub(crate) async fn press_next(&self, server: &Server, rate: f64, seconds: u64) -> Turn {
        let awake = Awake::new();
        for person in self.apart.take() {
            self.desk.order(person, Command::Join(Instant::now()));
        }
        let desk = Rc::clone(&self.desk);
        let presses = spawn_local(async move {
            let mut at = Instant::now() + LEAD;
            loop {
                until(at).await;
                if let Some((one, other)) = desk.take_call() {
                    desk.order(if fastrand::bool() { one } else { other }, Command::Next(at));
                }
                at += Spacing::Even.gap(rate);
            }
        });
        let turn = measure(server, &self.desk, seconds).await;
        presses.abort();
        drop(awake);
        sleep(WARM_UP).await;
        self.stop_waiting();
        turn
    }

    /// Closes all connections.
    pub(crate) async fn close(self) {
        self.order_all(Command::Close);
        wait_for("all have left", || self.desk.gone() == self.people).await;
    }
}

/// Everybody asks at once. Returns what it cost and how long it took until all were in calls.
pub(crate) async fn crowd<C: Client>(server: &Server, script: &Script, people: usize) -> Turn {
    let crowd = Crowd::connect::<C>(server, script, people, false).await;
    sleep(WARM_UP).await;
    let awake = Awake::new();
    let start = Start::new(server, &crowd.desk);
    crowd.join().await;
    let turn = start.end(server, &crowd.desk);
    drop(awake);
    crowd.close().await;
    turn
}

/// What idle people cost a server that has just started.
pub(crate) struct Idle {
    /// Bytes of memory for each of them.
    pub(crate) idle: f64,
    /// The same after a call.
    pub(crate) after_call: f64,
    /// Seconds of processor time for each of them in a second.
    pub(crate) processor: f64,
}

/// Many people connect and are idle, then all have a call.
pub(crate) async fn idle<C: Client>(
    server: &Server,
    script: &Script,
    people: usize,
    during: Duration,
) -> Idle {
    sleep(SETTLE).await;
    let empty = server.resident();
    let each = |bytes: u64| bytes.saturating_sub(empty) as f64 / people as f64;
    let crowd = Crowd::connect::<C>(server, script, people, false).await;
    sleep(SETTLE).await;
    let idle = each(server.resident());
    let processor = server.processor_load(during).await / people as f64;
    crowd.join().await;
    // Where leaving a call is leaving the server, nothing would remain to be measured.
    if C::KEEPS_SOCKETS {
        crowd.leave().await;
    }
    sleep(SETTLE).await;
    let after_call = each(server.resident());
    crowd.close().await;
    Idle { idle, after_call, processor }
}

/// People who wait for a partner that does not come, while others are matched.
pub(crate) struct Others {
    tasks: Vec<JoinHandle<()>>,
    /// Seconds of processor time in a second that they alone cost.
    pub(crate) processor: f64,
}

impl Others {
    /// Connects them, and measures what they cost. Each of them asks again every [`ASK_AGAIN`].
    pub(crate) async fn connect<C: Client>(server: &Server, count: usize, seconds: u64) -> Self {
        let connects = Rc::new(Semaphore::new(CONCURRENT_CONNECTS));
        let connected = Rc::new(Cell::new(0));
        let addresses = server.addresses;
        let other = |number: usize| {
            let (connects, connected) = (Rc::clone(&connects), Rc::clone(&connected));
            spawn_local(async move {
                let permit = connects.acquire().await;
                // Other ids than those of the people who are matched.
                let tag = tag(OTHERS_FROM + number);
                let mut client = C::connect(addresses, &tag).await.expect("the server accepts");
                client.wait_alone(number).await;
                connected.set(connected.get() + 1);
                drop(permit);
                let mut pause = ASK_AGAIN.mul_f64(fastrand::f64());
                loop {
                    let asks_at = tokio::time::Instant::now() + pause;
                    while let Ok(message) = timeout_at(asks_at, client.receive()).await {
                        let meaning = message.expect("the others stay connected").0;
                        assert_eq!(meaning, Meaning::Other, "nobody is matched with one of the others");
                    }
                    client.wait_again(number).await;
                    pause = ASK_AGAIN;
                }
            })
        };
        let tasks = (0..count).map(other).collect();
        wait_for("the others are connected", || connected.get() == count).await;
        sleep(WARM_UP).await;
        let processor = server.processor_load(Duration::from_secs(seconds)).await;
        Self { tasks, processor }
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}
