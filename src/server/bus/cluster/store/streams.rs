//! [`Streams`]: the lease and the streams of one cluster in Redis.
//!
//! A name in braces is part of each key, so that all keys are in one slot of a Redis Cluster. Entries are sealed for
//! their place, so that Redis can neither read them nor put them elsewhere.

use std::{collections::HashMap, time::Duration};

use redis::{
    ErrorKind, RedisError, RedisResult, Script, Value,
    aio::MultiplexedConnection,
    cmd,
    streams::{StreamId, StreamRangeReply},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    connection::{Redis, RedisAddress},
    entries::{EntryPlace, READ_COUNT, Reading, edge_of, read_all},
    inspection::Inspection,
    seals::{EntrySeals, SEAL_BYTES},
};
use crate::{
    matchmaker::{EdgeId, Keys, SanctionUpdate},
    moderation::NetworkTags,
    server::bus::cluster::{
        core_link::EdgeBatch,
        edge_link::{Appended, Entry, FromCore},
        items::{BUS_VERSION, EntryItem, ToCore, ToEdge},
        lease::{Ask, Holder, KEPT_FOR},
        metrics::ClusterMetrics,
    },
};

/// How long Redis waits for an entry before it answers that there is none.
const READ_WAITS: Duration = Duration::from_millis(100);

/// The id before all entries.
pub(crate) const FIRST_ID: &str = "0";

/// How long an entry is kept: several times as long as any reader may be silent before it is taken for lost.
const ENTRY_KEPT_FOR: Duration = Duration::from_secs(15);

/// How long a stream is kept to which nothing is written.
const STREAM_KEPT_FOR: Duration = Duration::from_secs(30);

/// How long the last term is kept. After that the clock of Redis is ahead of it.
const TERM_KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// How many entries a stream keeps. A reader that is further behind misses some, and notices that.
const MAX_ENTRIES: usize = 4096;

/// The key of what was decided.
const DECISIONS: &str = "decisions";

/// The key of what tags networks.
const TAGS: &str = "tags";

/// How long both are kept after the process with the store has written them last, which it does every minute.
const MIRROR_KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// What the streams of a read hold: the ids of entries, and their fields. `StreamReadReply` would copy all of it.
type StreamReply = Option<HashMap<String, Vec<(String, HashMap<String, Value>)>>>;

/// The lease and the streams. Reading waits, so the core and the edge of a process each have a connection for it.
#[derive(Debug)]
pub(crate) struct Streams {
    commands: Redis,
    reads_of_core: Redis,
    reads_of_edge: Redis,
    /// The beginning of each key.
    prefix: String,
    seals: EntrySeals,
    scripts: Scripts,
    metrics: ClusterMetrics,
}

#[derive(Debug)]
struct Scripts {
    ask: Script,
    append: Script,
    write: Script,
    resign: Script,
}

impl Streams {
    /// The streams of the cluster of this name. All its processes have the same keys.
    pub(crate) fn new(address: RedisAddress, name: &str, keys: &Keys, metrics: ClusterMetrics) -> Self {
        let scripts = Scripts {
            ask: Script::new(include_str!("scripts/ask.lua")),
            append: Script::new(include_str!("scripts/append.lua")),
            write: Script::new(include_str!("scripts/write.lua")),
            resign: Script::new(include_str!("scripts/resign.lua")),
        };
        Self {
            commands: Redis::new(address.clone()),
            reads_of_core: Redis::new(address.clone()),
            reads_of_edge: Redis::new(address),
            prefix: format!("{{passerby:{name}}}:"),
            seals: EntrySeals::new(keys),
            scripts,
            metrics,
        }
    }

    /// What the Redis is like.
    ///
    /// # Errors
    ///
    /// If it does not answer.
    pub(crate) async fn inspect(&self) -> RedisResult<Inspection> {
        let info: String = self.run("inspect", async |it| cmd("INFO").query_async(it).await).await?;
        Ok(Inspection::of(&info))
    }

    /// The process that holds the lease now. If none does, it is the one that asks.
    ///
    /// # Errors
    ///
    /// If Redis does not answer, or not as it should.
    pub(crate) async fn ask(&self, Ask { process, own_term, known_term }: Ask) -> RedisResult<Holder> {
        let mut call = self.scripts.ask.key(self.key("holder"));
        call.key(self.key("term")).arg(format!("{process:016x}"));
        call.arg(own_term.map_or_else(String::new, |it| it.to_string())).arg(known_term);
        call.arg(millis(KEPT_FOR)).arg(millis(TERM_KEPT_FOR));
        let (term, process): (u64, String) = self.run("ask", async |it| call.invoke_async(it).await).await?;
        holder(term, &process)
    }

    /// Gives the lease back, if the holder still has it.
    ///
    /// # Errors
    ///
    /// If Redis does not answer. Then the lease ends by itself.
    pub(crate) async fn resign(&self, from: Holder) -> RedisResult<()> {
        let mut call = self.scripts.resign.key(self.key("holder"));
        call.arg(name_of(from));
        self.run("resign", async |it| call.invoke_async(it).await).await
    }

    /// Appends an entry of an edge to the stream of a core.
    pub(crate) async fn append(&self, edge: EdgeId, to: Option<Holder>, entry: &Entry<ToCore>) -> Appended {
        match self.try_append(edge, to, entry).await {
            Ok(holder) if holder.is_some() && holder == to => Appended::Done,
            Ok(holder) => Appended::Elsewhere(holder),
            Err(_) => Appended::Unknown,
        }
    }

    async fn try_append(
        &self,
        edge: EdgeId,
        to: Option<Holder>,
        entry: &Entry<ToCore>,
    ) -> RedisResult<Option<Holder>> {
        let place = EntryPlace::ToCore { holder: to, edge, number: entry.number };
        let items = self.seal_items(&place, &entry.items)?;
        let mut call = self.scripts.append.key(self.key("holder"));
        call.key(self.key("term")).key(self.core_key(to.map_or(0, |it| it.term)));
        call.arg(to.map(name_of).unwrap_or_default()).arg(to.map_or(0, |it| it.term));
        call.arg(BUS_VERSION).arg(format!("{:016x}", edge.0)).arg(entry.number).arg(items);
        call.arg(millis(TERM_KEPT_FOR))
            .arg(millis(STREAM_KEPT_FOR))
            .arg(millis(ENTRY_KEPT_FOR))
            .arg(MAX_ENTRIES);
        let name: String = self.run("append", async |it| call.invoke_async(it).await).await?;
        match name.split_once(':') {
            None => Ok(None),
            Some((term, process)) => holder(term.parse().map_err(|_| wrong_answer())?, process).map(Some),
        }
    }

    /// Writes a batch of the core to the streams of its edges; whether it is known to be there.
    pub(crate) async fn write(&self, from: Holder, batch: &EdgeBatch<ToEdge>) -> bool {
        self.try_write(from, batch).await.unwrap_or(false)
    }

    async fn try_write(&self, from: Holder, batch: &EdgeBatch<ToEdge>) -> RedisResult<bool> {
        let mut call = self.scripts.write.key(self.key("holder"));
        call.arg(name_of(from)).arg(BUS_VERSION);
        call.arg(millis(STREAM_KEPT_FOR)).arg(millis(ENTRY_KEPT_FOR)).arg(MAX_ENTRIES);
        for (edge, part) in batch.iter() {
            call.key(self.edge_key(from.term, *edge));
            match part {
                FromCore::Reset => call.arg("").arg(""),
                FromCore::Entry(entry) => {
                    let place = EntryPlace::ToEdge { holder: from, edge: *edge, number: entry.number };
                    call.arg(entry.number).arg(self.seal_items(&place, &entry.items)?)
                }
            };
        }
        self.run("write", async |it| call.invoke_async(it).await).await
    }

    /// Reads what edges have appended for the core after the entry of this id.
    ///
    /// # Errors
    ///
    /// If Redis does not answer.
    pub(crate) async fn read_core(
        &self,
        holder: Holder,
        after: &str,
    ) -> RedisResult<Reading<(EdgeId, Entry<ToCore>)>> {
        let ids = self.read(&self.reads_of_core, &self.core_key(holder.term), after).await?;
        Ok(read_all(ids, |it| {
            let edge = edge_of(&it)?;
            let number = it.get("number")?;
            let place = EntryPlace::ToCore { holder: Some(holder), edge, number };
            Some((edge, Entry { number, items: self.open_items(&place, it)? }))
        }))
    }

    /// Reads what a core has written for an edge after the entry of this id.
    ///
    /// # Errors
    ///
    /// If Redis does not answer.
    pub(crate) async fn read_edge(
        &self,
        holder: Holder,
        edge: EdgeId,
        after: &str,
    ) -> RedisResult<Reading<FromCore<ToEdge>>> {
        let ids = self.read(&self.reads_of_edge, &self.edge_key(holder.term, edge), after).await?;
        Ok(read_all(ids, |it| {
            let Some(number) = it.get("number") else { return Some(FromCore::Reset) };
            let place = EntryPlace::ToEdge { holder, edge, number };
            Some(FromCore::Entry(Entry { number, items: self.open_items(&place, it)? }.into()))
        }))
    }

    /// Keeps what was decided, and what tags networks, for cores that begin and for all edges.
    ///
    /// # Errors
    ///
    /// If Redis does not answer.
    pub(crate) async fn mirror(&self, decisions: &[SanctionUpdate], tags: &NetworkTags) -> RedisResult<()> {
        self.set(DECISIONS, decisions).await?;
        self.set(TAGS, std::slice::from_ref(tags)).await
    }

    /// What was decided; nothing if that is not known.
    ///
    /// # Errors
    ///
    /// If Redis does not answer.
    pub(crate) async fn decisions(&self) -> RedisResult<Vec<SanctionUpdate>> {
        self.get(DECISIONS).await
    }

    /// What tags networks, if that is known.
    ///
    /// # Errors
    ///
    /// If Redis does not answer.
    pub(crate) async fn tags(&self) -> RedisResult<Option<NetworkTags>> {
        Ok(self.get(TAGS).await?.pop())
    }

    async fn set<T: Serialize>(&self, name: &'static str, items: &[T]) -> RedisResult<()> {
        let mut call = cmd("SET");
        call.arg(self.key(name))
            .arg(
                self.seal(&EntryPlace::Mirror(name), serde_json::to_vec(items).map_err(|_| wrong_answer())?)?,
            )
            .arg("PX")
            .arg(millis(MIRROR_KEPT_FOR));
        self.run("mirror", async |it| call.query_async(it).await).await
    }

    async fn get<T: DeserializeOwned>(&self, name: &'static str) -> RedisResult<Vec<T>> {
        let mut call = cmd("GET");
        call.arg(self.key(name));
        let sealed: Option<Vec<u8>> = self.run("mirror", async |it| call.query_async(it).await).await?;
        let Some(sealed) = sealed else { return Ok(Vec::new()) };
        let text = self.open(&EntryPlace::Mirror(name), sealed);
        let items = text.and_then(|it| serde_json::from_slice::<Vec<T>>(&it).ok());
        if items.is_none() {
            tracing::error!(name, "what another process keeps in Redis has another `state.key` or version");
        }
        Ok(items.unwrap_or_default())
    }

    /// Runs a command and counts it.
    async fn run<T>(
        &self,
        kind: &'static str,
        command: impl AsyncFnOnce(&mut MultiplexedConnection) -> RedisResult<T>,
    ) -> RedisResult<T> {
        let result = self.commands.run(Duration::ZERO, command).await;
        self.metrics.command(kind, result.is_ok());
        result
    }

    /// Reads on, or from the first entry if the last one that was read is not there any more, nor anything after it.
    /// Another Redis, whose clock is behind, gives lower ids to what is new. Readers know by its number what they have.
    async fn read(&self, reads: &Redis, key: &str, after: &str) -> RedisResult<Vec<StreamId>> {
        let ids = self.read_after(reads, key, after).await?;
        if !ids.is_empty() || after == FIRST_ID || self.has_entry(key, after).await? {
            return Ok(ids);
        }
        self.read_after(reads, key, FIRST_ID).await
    }

    async fn has_entry(&self, key: &str, id: &str) -> RedisResult<bool> {
        let mut call = cmd("XRANGE");
        call.arg(key).arg(id).arg(id);
        let found: StreamRangeReply = self.run("find", async |it| call.query_async(it).await).await?;
        Ok(!found.ids.is_empty())
    }

    async fn read_after(&self, reads: &Redis, key: &str, after: &str) -> RedisResult<Vec<StreamId>> {
        let mut call = cmd("XREAD");
        call.arg("COUNT")
            .arg(READ_COUNT)
            .arg("BLOCK")
            .arg(millis(READ_WAITS))
            .arg("STREAMS")
            .arg(key)
            .arg(after);
        let reply: RedisResult<StreamReply> =
            reads.run(READ_WAITS, async |it| call.query_async(it).await).await;
        self.metrics.command("read", reply.is_ok());
        let ids = reply?.into_iter().flatten().flat_map(|(_, ids)| ids);
        Ok(ids.map(|(id, map)| StreamId { id, map, ..StreamId::default() }).collect())
    }

    fn seal_items<T: EntryItem>(&self, place: &EntryPlace, items: &[T]) -> RedisResult<Vec<u8>> {
        let bytes: usize = items.iter().map(EntryItem::likely_bytes).sum();
        let mut text = String::with_capacity(bytes + SEAL_BYTES);
        items.iter().try_for_each(|it| it.write(&mut text)).map_err(|_| wrong_answer())?;
        self.seal(place, text.into_bytes())
    }

    fn open_items<T: EntryItem>(&self, place: &EntryPlace, mut id: StreamId) -> Option<Vec<T>> {
        let Value::BulkString(sealed) = id.map.remove("items")? else { return None };
        let text = String::from_utf8(self.open(place, sealed)?).ok()?;
        let read = |line| {
            let item = T::read(line);
            if item.is_none() {
                tracing::error!("another version has sent something that this process does not know");
            }
            item
        };
        Some(text.lines().filter_map(read).collect())
    }

    fn seal(&self, place: &EntryPlace, text: Vec<u8>) -> RedisResult<Vec<u8>> {
        let sealed = self.seals.seal(place, text)?;
        self.metrics.bytes("out", sealed.len());
        Ok(sealed)
    }

    fn open(&self, place: &EntryPlace, sealed: Vec<u8>) -> Option<Vec<u8>> {
        self.metrics.bytes("in", sealed.len());
        self.seals.open(place, sealed)
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn core_key(&self, term: u64) -> String {
        format!("{}core:{term}", self.prefix)
    }

    fn edge_key(&self, term: u64, EdgeId(edge): EdgeId) -> String {
        format!("{}edge:{term}:{edge:016x}", self.prefix)
    }
}

fn name_of(Holder { term, process }: Holder) -> String {
    format!("{term}:{process:016x}")
}

fn holder(term: u64, process: &str) -> RedisResult<Holder> {
    let process = u64::from_str_radix(process, 16).map_err(|_| wrong_answer())?;
    Ok(Holder { term, process })
}

fn wrong_answer() -> RedisError {
    (ErrorKind::UnexpectedReturnType, "not what a script answers").into()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
