//! Random histories of the relay against a slow model that knows only who may reach whom.

use core::{net::SocketAddr, time::Duration};

use proptest::prelude::*;
use turn_types::{attribute::Lifetime, message::REFRESH};

use super::{Client, World};
use crate::time::Moment;

/// One thing that happens. Clients and names are numbers.
#[derive(Clone, Debug)]
enum Step {
    Allocate(usize),
    Refresh(usize, u32),
    Permit(usize, usize),
    Bind(usize, u16, usize),
    /// To a name, over a channel if one is given.
    Send(usize, usize, Option<u16>),
    Close(usize),
    Pass(u64),
}

const CLIENTS: usize = 6;

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (client, channel) = (0..CLIENTS, 0x4000..0x4003_u16);
    let step = prop_oneof![
        3 => client.clone().prop_map(Step::Allocate),
        1 => (client.clone(), prop_oneof![Just(0), Just(600), Just(4_000)]).prop_map(|(it, time)| Step::Refresh(it, time)),
        3 => (client.clone(), client.clone()).prop_map(|(it, other)| Step::Permit(it, other)),
        3 => (client.clone(), channel.clone(), client.clone()).prop_map(|(it, number, other)| Step::Bind(it, number, other)),
        6 => (client.clone(), client.clone(), proptest::option::of(channel)).prop_map(|(it, to, on)| Step::Send(it, to, on)),
        1 => client.prop_map(Step::Close),
        2 => prop_oneof![Just(1), 100..400_u64, 500..700_u64].prop_map(Step::Pass),
    ];
    proptest::collection::vec(step, 1..120)
}

/// What the model knows of a client that has an allocation.
#[derive(Clone, Debug)]
struct Known {
    match_id: u64,
    name: SocketAddr,
    expires_at: Moment,
    permitted_until: Moment,
    channels: Vec<(u16, SocketAddr, Moment)>,
}

/// The model: a list, searched from the beginning for everything.
#[derive(Debug, Default)]
struct Model(Vec<(usize, Known)>);

impl Model {
    fn find(&mut self, client: usize) -> Option<&mut Known> {
        self.0.iter_mut().find(|(it, _)| *it == client).map(|(_, it)| it)
    }

    fn expire(&mut self, now: Moment) {
        self.0.retain(|(_, it)| it.expires_at > now);
    }

    /// The client that has this name in this match.
    fn holder(&self, match_id: u64, name: SocketAddr) -> Option<usize> {
        self.0.iter().find(|(_, it)| it.match_id == match_id && it.name == name).map(|(it, _)| *it)
    }

    /// Whether a number can stand for a name.
    fn bind(&mut self, now: Moment, client: usize, number: u16, name: SocketAddr) -> Result<(), u16> {
        let Some(match_id) = self.find(client).map(|it| it.match_id) else { return Err(437) };
        if self.holder(match_id, name).is_none() {
            return Err(403);
        }
        let Some(it) = self.find(client) else { return Err(437) };
        it.channels.retain(|(_, _, until)| *until > now);
        let conflicts = |(a, b, _): &(u16, SocketAddr, Moment)| (*a == number) != (*b == name);
        if it.channels.iter().any(conflicts) {
            return Err(400);
        }
        it.channels.retain(|(a, _, _)| *a != number);
        it.channels.push((number, name, now + Duration::from_secs(600)));
        it.permitted_until = it.permitted_until.max(now + Duration::from_secs(300));
        Ok(())
    }

    /// Whom a packet reaches, and the sender's name there.
    fn receiver(&mut self, now: Moment, from: usize, to: SocketAddr, on: Option<u16>) -> Option<usize> {
        let sender = self.find(from)?.clone();
        let bound = |number| sender.channels.iter().find(|(it, _, until)| *it == number && *until > now);
        let name = match on {
            Some(number) => bound(number)?.1,
            None => to,
        };
        let receiver = self.holder(sender.match_id, name)?;
        let permits = sender.permitted_until > now && self.find(receiver)?.permitted_until > now;
        permits.then_some(receiver)
    }
}

/// The clients: four in one match, two at each end, and two in another.
fn clients() -> Vec<Client> {
    let ends = [(9, 0), (9, 0), (9, 1), (9, 1), (8, 0), (8, 1)];
    let mut clients: Vec<_> =
        (0..).zip(ends).map(|(number, (id, end))| Client::new(number, id, end)).collect();
    for it in &mut clients {
        let rest = it.user_name.split_once(':').unwrap().1.to_owned();
        it.user_name = format!("{}:{rest}", u64::MAX);
        it.password = super::password(&it.user_name);
    }
    clients
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_relay_does_what_the_model_says(steps in steps()) {
        let (mut world, mut clients, mut model) = (World::new(), clients(), Model::default());
        // The last name that each client has had, so that names that are gone are tried, too.
        let mut names = ["192.0.0.8:49152".parse::<SocketAddr>().unwrap(); CLIENTS];
        for step in steps {
            world.pass(Duration::from_millis(200));
            let now = world.now;
            world.relay.handle_timeout(now);
            model.expire(now);
            let mut proven = |it: usize, world: &mut World| {
                clients[it].prove(world);
                clients[it].clone()
            };
            match step {
                Step::Allocate(it) => {
                    let result = clients[it].allocate(&mut world);
                    if model.find(it).is_some() {
                        prop_assert_eq!(result, Err(437));
                    } else {
                        names[it] = result.unwrap();
                        let match_id = if it < 4 { 9 } else { 8 };
                        prop_assert_eq!(model.holder(match_id, names[it]), None, "a name twice in a match");
                        let (expires_at, permitted_until) = (now + Duration::from_secs(600), Moment::from_millis(0));
                        let known = Known { match_id, name: names[it], expires_at, permitted_until, channels: Vec::new() };
                        model.0.push((it, known));
                    }
                }
                Step::Refresh(it, seconds) => {
                    let result = proven(it, &mut world).request(&mut world, REFRESH, &[&Lifetime::new(seconds)]);
                    match model.find(it) {
                        None => prop_assert_eq!(result, Err(437)),
                        Some(known) => {
                            prop_assert!(result.is_ok());
                            known.expires_at = now + Duration::from_secs(u64::from(seconds.min(3_600)));
                        }
                    }
                    model.expire(now);
                }
                Step::Permit(it, other) => {
                    let result = proven(it, &mut world).permit(&mut world, names[other]);
                    match model.find(it) {
                        None => prop_assert_eq!(result, Err(437)),
                        Some(known) => {
                            prop_assert!(result.is_ok());
                            known.permitted_until = now + Duration::from_secs(300);
                        }
                    }
                }
                Step::Bind(it, number, other) => {
                    let result = proven(it, &mut world).bind(&mut world, number, names[other]);
                    prop_assert_eq!(result.map(drop), model.bind(now, it, number, names[other]));
                }
                Step::Send(it, to, on) => {
                    let sent = match on {
                        Some(number) => world.send(clients[it].path, &[&number.to_be_bytes()[..], &[0, 2, 7, 7]].concat()),
                        None => clients[it].indicate(&mut world, names[to], &[7, 7]),
                    };
                    let expected = model.receiver(now, it, names[to], on);
                    let reached = sent.map(|(path, _)| clients.iter().position(|it| it.path == path).unwrap());
                    prop_assert_eq!(reached, expected);
                }
                Step::Close(it) => {
                    world.relay.on_closed(clients[it].path);
                    model.0.retain(|(other, _)| *other != it);
                }
                Step::Pass(seconds) => {
                    world.pass(Duration::from_secs(seconds));
                    world.relay.handle_timeout(world.now);
                    model.expire(world.now);
                }
            }
            prop_assert_eq!(world.relay.allocations(), model.0.len());
            prop_assert_eq!(world.relay.deadline(), model.0.iter().map(|(_, it)| it.expires_at).min());
        }
    }
}
