//! The audit log as a chain: each row contains the hash of the row before it, so that none can be changed or removed in
//! between.
//!
//! Retention removes the oldest rows. The number and the hash of the last removed row stay behind, as the [`Anchor`]
//! from which the chain is verified. That somebody removed the newest rows shows only in a hash noted elsewhere.

use std::fmt;

use serde::Serialize;
use sha2::{Digest, Sha256};

/// SHA-256 of a row and of the hash before it.
pub type ChainHash = [u8; 32];

/// The row before the first one that is kept: its number and its hash. Zeros before the very first row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Anchor {
    /// The number of the row.
    pub number: u64,
    /// Its hash.
    pub hash: ChainHash,
}

/// What was viewed or decided. It names no device and no network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditRow {
    /// Its number, one more than that of the row before.
    pub number: u64,
    /// When, in seconds since the Unix epoch.
    pub at: u64,
    /// The name of the moderator; empty for what happens without a person.
    pub moderator: String,
    /// What was done, a fixed word.
    pub what: String,
    /// The number of the subject, if it is about one.
    pub subject: Option<i64>,
    /// More of it, such as the length of a ban.
    pub detail: String,
}

impl AuditRow {
    /// The hash of this row after the one with hash `previous`.
    ///
    /// Every field has a fixed length or its length before it, so no two rows have the same bytes.
    pub(crate) fn hash_after(&self, previous: &ChainHash) -> ChainHash {
        let mut hasher = Sha256::new();
        hasher.update(previous);
        hasher.update(self.number.to_be_bytes());
        hasher.update(self.at.to_be_bytes());
        hasher.update([u8::from(self.subject.is_some())]);
        hasher.update(self.subject.unwrap_or_default().to_be_bytes());
        for text in [&self.moderator, &self.what, &self.detail] {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text.as_bytes());
        }
        hasher.finalize().into()
    }
}

/// A row as it is stored and exported: with its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainedRow {
    /// The row.
    pub row: AuditRow,
    /// Its stored hash.
    pub hash: ChainHash,
}

impl ChainedRow {
    /// One line of JSON, without its end: the fields of the row, and `hash` in hexadecimal digits.
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Line<'a> {
            #[serde(flatten)]
            row: &'a AuditRow,
            hash: String,
        }
        let line = Line { row: &self.row, hash: hex(&self.hash) };
        serde_json::to_string(&line).unwrap_or_default()
    }
}

/// The hexadecimal digits of a hash.
pub fn hex(hash: &ChainHash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The chain is broken: rows were changed, removed or added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the audit log was changed at row {0}")]
pub struct BrokenChain(pub u64);

/// Verifies the rows after an anchor one by one.
#[derive(Clone, Copy)]
pub struct ChainVerifier {
    last: Anchor,
}

impl fmt::Debug for ChainVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChainVerifier({})", self.last.number)
    }
}

impl ChainVerifier {
    /// Begins after this row.
    pub const fn after(anchor: Anchor) -> Self {
        Self { last: anchor }
    }

    /// Takes the next row.
    ///
    /// # Errors
    ///
    /// [`BrokenChain`] if it does not follow the row before.
    pub fn check(&mut self, next: &ChainedRow) -> Result<(), BrokenChain> {
        let number = self.last.number + 1;
        if next.row.number != number || next.row.hash_after(&self.last.hash) != next.hash {
            return Err(BrokenChain(number));
        }
        self.last = Anchor { number, hash: next.hash };
        Ok(())
    }

    /// The last row that was verified.
    pub const fn last(&self) -> Anchor {
        self.last
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A chain of rows with these details.
    fn chain(details: &[String]) -> Vec<ChainedRow> {
        let mut last = Anchor::default();
        let mut rows = Vec::new();
        for detail in details {
            let row = AuditRow {
                number: last.number + 1,
                at: 7,
                moderator: "anna".to_owned(),
                what: "view".to_owned(),
                subject: (detail.len() % 2 == 0).then_some(5),
                detail: detail.clone(),
            };
            let hash = row.hash_after(&last.hash);
            last = Anchor { number: row.number, hash };
            rows.push(ChainedRow { row, hash });
        }
        rows
    }

    fn verify(anchor: Anchor, rows: &[ChainedRow]) -> Result<Anchor, BrokenChain> {
        let mut verifier = ChainVerifier::after(anchor);
        rows.iter().try_for_each(|it| verifier.check(it)).map(|()| verifier.last())
    }

    proptest! {
        #[test]
        fn chain_holds_from_any_anchor_and_any_change_breaks_it(
            details in prop::collection::vec("[a-z]{0,4}", 2..12),
            at: prop::sample::Index,
            change in 0..6,
        ) {
            let mut rows = chain(&details);
            let at = at.index(rows.len() - 1);
            let end = verify(Anchor::default(), &rows).unwrap();
            // Retention has removed the rows up to here.
            let anchor = Anchor { number: rows[at].row.number, hash: rows[at].hash };
            prop_assert_eq!(verify(anchor, &rows[at + 1..]), Ok(end));
            match change {
                0 => rows[at].row.detail.push('x'),
                1 => rows[at].row.at += 1,
                2 => rows[at].row.subject = Some(6),
                3 => { rows.remove(at); }
                4 => rows.swap(at, at + 1),
                _ => { let row = &mut rows[at].row; row.moderator.push(row.what.remove(0)); }
            }
            prop_assert_eq!(verify(Anchor::default(), &rows), Err(BrokenChain(at as u64 + 1)));
        }
    }

    #[test]
    fn export_has_one_line_a_row() {
        let rows = chain(&["say \"no\"\n".to_owned()]);
        let line = rows[0].to_json();
        assert!(!line.contains('\n'));
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["detail"], "say \"no\"\n");
        assert_eq!(value["hash"], hex(&rows[0].hash));
    }
}
