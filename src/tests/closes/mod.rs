//! Sockets that are closed at every point of the handshake, in a match and in an ICE restart.
//!
//! Each story has a real server, real calls and real sockets. Its closes depend on its seed, and on the machine only as
//! far as it decides which frame comes first. The numbers of closes and of the first seed can be set with `CLOSES` and
//! `CLOSES_SEED`.

mod browser;
mod ledger;
pub(crate) mod world;

use std::time::Duration;

use futures::{StreamExt, stream};
use passerby::{call::Intent, protocol::limits::GRACE_UNMATCHED};

use world::{Cut, End, Point, World};

/// Closes in one run of `make test`.
const CLOSES: u64 = 200;

/// Stories at a time: they mostly wait.
const AT_ONCE: usize = 12;

/// How long anything may take: an ICE restart is repeated after 5 s, and a new connection is tried after 15 s.
const WITHIN: Duration = Duration::from_secs(30);

/// What the pages do when their sockets are closed.
#[derive(Clone, Copy, Debug)]
enum Story {
    /// One connects for the first time.
    Connecting,
    /// One waits.
    Waiting,
    /// Two are being matched, or connect to each other.
    Matching,
    /// Two talk.
    Talking,
    /// Two talk, and one restarts ICE.
    Restarting,
}

const STORIES: [Story; 5] =
    [Story::Connecting, Story::Waiting, Story::Matching, Story::Talking, Story::Restarting];

/// Codes that a proxy, a balancer or a library may close with. A page that announces its goodbye uses 4000 only.
const CODES: [u16; 14] = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 4001, 4999];

fn any_end(rng: &mut fastrand::Rng) -> End {
    match rng.u32(0..10) {
        0 | 1 => End::Drop,
        2 | 3 => End::HalfOpen,
        4 => End::Close(None),
        _ => End::Close(Some(CODES[rng.usize(0..CODES.len())])),
    }
}

fn any_cut(rng: &mut fastrand::Rng) -> Cut {
    let point = match rng.u32(0..5) {
        0 => Point::BeforeHello,
        1 => Point::AfterHello,
        2 => Point::BeforeWelcome,
        _ => Point::Frames(rng.u32(0..4)),
    };
    Cut { point, end: any_end(rng) }
}

/// Closes the current socket of a page within the next frames, and up to two of those that follow.
fn close_sockets(world: &mut World, page: usize, frames: u32, rng: &mut fastrand::Rng) {
    world.pages[page].cuts = (0..rng.u32(0..3)).map(|_| any_cut(rng)).collect();
    world.plan_cut(page, Cut { point: Point::Frames(rng.u32(0..=frames)), end: any_end(rng) });
}

/// Closes the sockets of one of the two pages, or of both.
fn close_some(world: &mut World, frames: u32, rng: &mut fastrand::Rng) {
    let first = rng.usize(0..2);
    close_sockets(world, first, frames, rng);
    if rng.u32(0..3) == 0 {
        close_sockets(world, 1 - first, frames, rng);
    }
}

/// Tells one story.
async fn tell(story: Story, world: &mut World, rng: &mut fastrand::Rng) -> Result<(), String> {
    match story {
        Story::Connecting => {
            world.add_page(rng.u64(..), "", &[]);
            world.pages[0].cuts = (0..rng.u32(1..4)).map(|_| any_cut(rng)).collect();
            world.press(0, Intent::Start);
            world.wait_for("the first page waits", WITHIN, |it| it.is_waiting(0)).await?;
            world.add_page(rng.u64(..), "", &[]);
            world.press(1, Intent::Start);
            world.wait_for("the two talk", WITHIN, |it| it.talk(0, 1)).await?;
        }
        Story::Waiting => return keep_the_place(world, rng).await,
        Story::Matching => {
            start_two(world, rng).await?;
            close_some(world, 12, rng);
            world.press(1, Intent::Start);
            world.wait_for("the two talk", WITHIN, |it| it.talk(0, 1)).await?;
        }
        Story::Talking => {
            start_two(world, rng).await?;
            world.press(1, Intent::Start);
            world.wait_for("the two talk", WITHIN, |it| it.talk(0, 1)).await?;
            close_some(world, 0, rng);
            world.wait_for("both are back", WITHIN, |it| it.is_settled(0) && it.is_settled(1)).await?;
            world.wait_for("the two still talk", WITHIN, |it| it.talk(0, 1)).await?;
        }
        Story::Restarting => {
            start_two(world, rng).await?;
            world.press(1, Intent::Start);
            world.wait_for("the two talk", WITHIN, |it| it.talk(0, 1)).await?;
            world.lose_path([0, 1]);
            close_some(world, 10, rng);
            world.wait_for("the two talk on another path", WITHIN, |it| it.talk(0, 1)).await?;
        }
    }
    if world.told.len() != 1 {
        return Err(format!("not in the former match, but in one of {:?}", world.told));
    }
    world.lose_path([0, 1]);
    world.wait_for("signals still reach both", WITHIN, |it| it.talk(0, 1)).await
}

/// Adds two pages, of which the first one waits.
async fn start_two(world: &mut World, rng: &mut fastrand::Rng) -> Result<(), String> {
    for _ in 0..2 {
        world.add_page(rng.u64(..), "", &[]);
    }
    world.press(0, Intent::Start);
    world.wait_for("the first page waits", WITHIN, |it| it.is_waiting(0)).await
}

/// Two pages wait that do not accept each other. The first one loses its sockets, then a page comes that accepts both.
async fn keep_the_place(world: &mut World, rng: &mut fastrand::Rng) -> Result<(), String> {
    world.add_page(rng.u64(..), "jazz", &["de"]);
    world.add_page(rng.u64(..), "chess", &["fr"]);
    world.add_page(rng.u64(..), "jazz, chess", &["de", "fr"]);
    for page in 0..2 {
        world.press(page, Intent::Start);
        world.wait_for("it waits", WITHIN, |it| it.is_waiting(page)).await?;
    }
    close_sockets(world, 0, 0, rng);
    world.wait_for("it waits again", WITHIN, |it| it.is_waiting(0)).await?;
    world.press(2, Intent::Start);
    world.wait_for("the third page talks", WITHIN, |it| it.talk(0, 2) || it.talk(1, 2)).await?;
    // On a machine this slow the grace period may have passed, and the place with it.
    let is_in_time = world.pages[0].longest_away + Duration::from_secs(1) < GRACE_UNMATCHED;
    if is_in_time && !world.talk(0, 2) {
        return Err(format!("it has lost its place, away for {:?}", world.pages[0].longest_away));
    }
    Ok(())
}

/// Runs a story and returns how many sockets it closed; the error is its log.
async fn run(seed: u64) -> Result<u32, String> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let story = STORIES[(seed % STORIES.len() as u64) as usize];
    let mut world = World::new().await;
    let mut result = tell(story, &mut world, &mut rng).await;
    if let Some(farewell) = world.pages.iter().find_map(|it| it.farewell) {
        result = result.and(Err(format!("somebody read a farewell: {farewell:?}")));
    }
    if let Some((id, pages)) = world.told.iter().find(|(_, pages)| pages.len() != 2) {
        result = result.and(Err(format!("match {id:?} was not between two pages, but {pages:?}")));
    }
    let closes = world.closes;
    if let Err(error) = result {
        return Err(format!("{}\nseed {seed}, {story:?}: {error}", world.log.join("\n")));
    }
    world.finish().await;
    Ok(closes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closed_sockets_cost_nobody_a_match_or_a_place() {
    let number = |name| std::env::var(name).ok().and_then(|it| it.parse::<u64>().ok());
    let (wanted, first) = (number("CLOSES").unwrap_or(CLOSES), number("CLOSES_SEED").unwrap_or(0));
    let mut stories = stream::iter(first..).map(run).buffer_unordered(AT_ONCE);
    let (mut closes, mut told) = (0, 0);
    while closes < wanted {
        match stories.next().await {
            Some(Ok(count)) => (closes, told) = (closes + u64::from(count), told + 1),
            Some(Err(log)) => panic!("after {closes} closes in {told} stories:\n{log}"),
            None => break,
        }
    }
    assert!(closes >= wanted, "{closes} closes in {told} stories");
}
