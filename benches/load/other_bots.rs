//! [`OtherBots`]: a crowd in a process of its own, because a process may not open files for all bots.
//!
//! This program runs itself: the first argument is [`NAME`]. The processes exchange lines of text.

use std::{
    env,
    io::{self, BufRead, BufReader, Write},
    net::SocketAddr,
    process::{ChildStdin, Command, Stdio},
    time::Duration,
};

use tokio::{
    sync::mpsc::{self, UnboundedReceiver},
    time::{Instant, timeout},
};

use crate::{
    bot::Order,
    crowd::Crowd,
    scenarios::failed,
    support::{Process, tastes::own_tastes},
};

/// The first argument of a process that is a crowd. The others are the address of its server and the number of bots.
pub(crate) const NAME: &str = "other-bots";

/// How long anything may take.
const TIMEOUT: Duration = Duration::from_secs(180);

/// A crowd in another process.
pub(crate) struct OtherBots {
    /// Kept because it is killed when it is dropped.
    _process: Process,
    orders: ChildStdin,
    lines: UnboundedReceiver<String>,
}

impl OtherBots {
    /// Starts to connect bots. They are all welcomed when it says "up".
    pub(crate) fn start(server: SocketAddr, bots: usize) -> Self {
        let mut process = Command::new(env::current_exe().expect("this program"))
            .args([NAME, &server.to_string(), &bots.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program starts");
        let orders = process.stdin.take().expect("a pipe");
        let output = BufReader::new(process.stdout.take().expect("a pipe"));
        Self { _process: Process(process), orders, lines: lines_of(output) }
    }

    /// Waits until it says this.
    pub(crate) async fn wait_for(&mut self, line: &str) {
        let said = timeout(TIMEOUT, self.lines.recv()).await.expect(line);
        assert_eq!(said.as_deref(), Some(line), "the process with the other bots");
    }

    /// Lets the first bots join, each with its own tastes, as many as this. They have partners in calls when it says
    /// "talking".
    pub(crate) fn join(&mut self, bots: usize) {
        writeln!(self.orders, "{bots}").expect("the process with the other bots reads");
    }

    /// How many bots were disconnected or given an error.
    pub(crate) async fn failed(&mut self) -> f64 {
        writeln!(self.orders, "end").expect("the process with the other bots reads");
        loop {
            let line = timeout(TIMEOUT, self.lines.recv()).await.expect("an answer").expect("an answer");
            match line.parse() {
                Ok(bots) => return bots,
                // An example of a failed bot.
                Err(_) => println!("{line}"),
            }
        }
    }
}

/// The lines of a pipe, read by a thread.
fn lines_of(pipe: impl BufRead + Send + 'static) -> UnboundedReceiver<String> {
    let (sender, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in pipe.lines().map_while(Result::ok) {
            // An error means that nobody reads them any more.
            let _ = sender.send(line);
        }
    });
    lines
}

/// The other process. It ends when its input does.
pub(crate) async fn run(server: SocketAddr, bots: usize) {
    let mut orders = lines_of(BufReader::new(io::stdin()));
    let mut crowd = Crowd::new(server);
    crowd.add(bots, TIMEOUT).await;
    println!("up");
    let Some(order) = crowd.during(orders.recv()).await else { return };
    let joining: usize = order.parse().expect("a number");
    crowd.order(0..joining, |bot| Order::Join(own_tastes(bot as u64)));
    crowd.until("the bots are in calls", Instant::now() + TIMEOUT, |it| it.talking == joining).await;
    println!("talking");
    if crowd.during(orders.recv()).await.is_some() {
        println!("{}", failed(&crowd));
    }
}
