//! Between the types of the room and those of the database.

use rusqlite::{
    Connection, Row, ToSql, params,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef},
};
use uuid::Uuid;

use crate::{
    moderation::{
        error::ModerationError,
        records::Status,
        rules::{
            codes::ReferenceCode,
            decisions::ReportOutcome,
            sanctions::{FRICTION_FOR, Sanction, SanctionChange, SanctionKind, Sanctions},
            unix_time::UnixTime,
        },
    },
    protocol::{DeviceId, MatchId, NetworkTag, ReportReason},
};

impl ToSql for UnixTime {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(i64::try_from(self.0).unwrap_or(i64::MAX).into())
    }
}

impl FromSql for UnixTime {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        u64::column_result(value).map(Self)
    }
}

impl ToSql for ReferenceCode {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_slice().into())
    }
}

impl FromSql for ReferenceCode {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 10]>::column_result(value).map(Self)
    }
}

/// The value with this name in the store.
fn named<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str, value: ValueRef<'_>) -> FromSqlResult<T> {
    let text = value.as_str()?;
    all.iter().copied().find(|it| name(*it) == text).ok_or(FromSqlError::InvalidType)
}

impl FromSql for Status {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        named(&Self::ALL, Self::name, value)
    }
}

impl FromSql for SanctionKind {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        named(&Self::ALL, Self::name, value)
    }
}

impl FromSql for ReportOutcome {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        named(&Self::ALL, Self::name, value)
    }
}

/// A reason in the store. The protocol's type is not ours to extend.
pub(crate) struct ReasonColumn(pub(crate) ReportReason);

impl FromSql for ReasonColumn {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        named(&ReportReason::ALL, ReportReason::name, value).map(Self)
    }
}

/// A device in the store.
pub(crate) struct DeviceColumn(pub(crate) DeviceId);

impl FromSql for DeviceColumn {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 16]>::column_result(value).map(|it| Self(DeviceId(Uuid::from_bytes(it))))
    }
}

/// A network in the store.
pub(crate) struct NetworkColumn(pub(crate) NetworkTag);

impl FromSql for NetworkColumn {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 16]>::column_result(value).map(|it| Self(NetworkTag(it)))
    }
}

/// The bytes of a device.
pub(crate) fn device(device: &DeviceId) -> &[u8] {
    device.0.as_bytes()
}

/// The bytes of a network.
pub(crate) const fn network(tag: &NetworkTag) -> &[u8] {
    &tag.0
}

/// The bytes of a match.
pub(crate) fn match_id(id: &MatchId) -> &[u8] {
    id.0.as_bytes()
}

/// The columns of [`sanction`].
pub(crate) const SANCTION: &str = "kind, reason, started, until, is_automatic, code";

/// A sanction in the columns [`SANCTION`], which stand first.
pub(crate) fn sanction(row: &Row<'_>) -> rusqlite::Result<Sanction> {
    Ok(Sanction {
        kind: row.get(0)?,
        reason: row.get::<_, ReasonColumn>(1)?.0,
        started: row.get(2)?,
        until: row.get(3)?,
        is_automatic: row.get(4)?,
        appeal: row.get(5)?,
    })
}

/// Reads all sanctions that have effect, also on a network.
pub(super) fn load_sanctions(connection: &Connection, now: UnixTime) -> Result<Sanctions, ModerationError> {
    let count: usize =
        connection.query_row("SELECT count(*) FROM sanctions WHERE ended IS NULL", [], |row| row.get(0))?;
    let mut all = Sanctions::with_capacity(count);
    let mut statement = connection.prepare(&format!(
        "SELECT {SANCTION}, device, network FROM sanctions WHERE ended IS NULL AND max(until, started + ?) > ?"
    ))?;
    let mut rows = statement.query(params![FRICTION_FOR.as_secs(), now])?;
    while let Some(row) = rows.next()? {
        all.apply(SanctionChange::Imposed {
            device: row.get::<_, DeviceColumn>(6)?.0,
            network: Some(row.get::<_, NetworkColumn>(7)?.0),
            sanction: sanction(row)?,
        });
    }
    all.remove_expired(now);
    Ok(all)
}
