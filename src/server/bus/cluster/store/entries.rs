//! [`Reading`]: what was read from a stream, as far as it can be read; and [`EntryPlace`], for which an entry is
//! sealed.

use redis::streams::StreamId;

use crate::{
    matchmaker::EdgeId,
    server::bus::cluster::{items::SPOKEN_VERSIONS, lease::Holder},
};

/// Entries that are read at once.
pub(super) const READ_COUNT: usize = 64;

/// What was read from a stream.
#[derive(Debug)]
pub(crate) struct Reading<T> {
    /// What came, in order.
    pub(crate) entries: Vec<Result<T, Unreadable>>,
    /// The id of the last entry, from which to read on.
    pub(crate) last_id: Option<String>,
    /// Whether there was nothing more to read.
    pub(crate) is_complete: bool,
}

/// Why an entry cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// The process that has written it speaks another version; the edge of the entry, if it says which.
    Version { version: u32, edge: Option<EdgeId> },
    /// Another key has sealed it, or its contents are unknown.
    Sealed,
}

/// Reads entries with `parse`, but not those of a version that this process does not speak.
pub(super) fn read_all<T>(ids: Vec<StreamId>, mut parse: impl FnMut(StreamId) -> Option<T>) -> Reading<T> {
    let read = |it: StreamId| {
        let version = it.get("version").unwrap_or_default();
        if SPOKEN_VERSIONS.contains(&version) {
            parse(it).ok_or(Unreadable::Sealed)
        } else {
            Err(Unreadable::Version { version, edge: edge_of(&it) })
        }
    };
    Reading {
        is_complete: ids.len() < READ_COUNT,
        last_id: ids.last().map(|it| it.id.clone()),
        entries: ids.into_iter().map(read).collect(),
    }
}

/// The edge that has appended an entry.
pub(super) fn edge_of(entry: &StreamId) -> Option<EdgeId> {
    u64::from_str_radix(&entry.get::<String>("edge")?, 16).ok().map(EdgeId)
}

/// Where an entry belongs.
pub(super) enum EntryPlace {
    ToCore { holder: Option<Holder>, edge: EdgeId, number: u64 },
    ToEdge { holder: Holder, edge: EdgeId, number: u64 },
    Mirror(&'static str),
}

impl EntryPlace {
    /// The associated data of its seal.
    pub(super) fn name(&self) -> Vec<u8> {
        let (direction, holder, edge, number) = match *self {
            Self::ToCore { holder, edge, number } => ("to core", holder.unwrap_or_default(), edge, number),
            Self::ToEdge { holder, edge, number } => ("to edge", holder, edge, number),
            Self::Mirror(name) => return ["mirror ", name].concat().into_bytes(),
        };
        let numbers = [holder.term, holder.process, edge.0, number].map(u64::to_be_bytes);
        [direction.as_bytes(), numbers.as_flattened()].concat()
    }
}
