-- Times are seconds since the Unix epoch. Devices, networks and codes are bytes. No table has an address.

-- Devices about which there are reports, decisions or sanctions.
CREATE TABLE subjects (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  device BLOB NOT NULL UNIQUE,
  -- The network of its newest report.
  network BLOB NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'escalated', 'closed')),
  -- Changes with every decision.
  version INTEGER NOT NULL DEFAULT 0,
  score INTEGER NOT NULL DEFAULT 0,
  -- Of its undecided reports: how many, when the first and the last one came, and the number of the last one.
  reports INTEGER NOT NULL DEFAULT 0,
  first_report INTEGER NOT NULL DEFAULT 0,
  last_report INTEGER NOT NULL DEFAULT 0,
  last_report_id INTEGER NOT NULL DEFAULT 0,
  -- When it was last paused automatically, and whether a person has not decided since.
  paused INTEGER,
  is_paused INTEGER NOT NULL DEFAULT 0,
  claimed_by TEXT,
  claimed_until INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX subjects_by_score ON subjects (status, score DESC, id);

-- What moderators did, never changed.
CREATE TABLE decisions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  subject INTEGER NOT NULL REFERENCES subjects,
  decided INTEGER NOT NULL,
  -- Empty for what happens without a person.
  moderator TEXT NOT NULL,
  action TEXT NOT NULL,
  reason TEXT,
  until INTEGER,
  note TEXT NOT NULL
) STRICT;
CREATE INDEX decisions_by_subject ON decisions (subject, id);
CREATE INDEX decisions_by_time ON decisions (decided);

CREATE TABLE reports (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  match BLOB NOT NULL,
  reporter_device BLOB NOT NULL,
  reporter_network BLOB NOT NULL,
  subject INTEGER NOT NULL REFERENCES subjects,
  subject_network BLOB NOT NULL,
  reason TEXT NOT NULL,
  words TEXT NOT NULL,
  -- The start of the match.
  started INTEGER NOT NULL,
  received INTEGER NOT NULL,
  -- With it the reporter can ask what came of the report.
  code BLOB NOT NULL UNIQUE,
  outcome TEXT NOT NULL DEFAULT 'undecided' CHECK (outcome IN ('undecided', 'upheld', 'dismissed')),
  decision INTEGER REFERENCES decisions,
  decided INTEGER,
  CHECK ((outcome = 'undecided') = (decided IS NULL)),
  UNIQUE (match, reporter_device)
) STRICT;
CREATE INDEX reports_by_subject ON reports (subject, outcome, id);
CREATE INDEX reports_by_reporter ON reports (reporter_device, outcome, id);
CREATE INDEX reports_by_decision ON reports (decision);
CREATE INDEX undecided_by_time ON reports (received) WHERE decided IS NULL;
CREATE INDEX decided_by_time ON reports (decided) WHERE decided IS NOT NULL;

-- Warnings, pauses and bans. At most one of a device is current; it may have expired.
CREATE TABLE sanctions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  subject INTEGER NOT NULL REFERENCES subjects,
  device BLOB NOT NULL,
  network BLOB NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('warning', 'pause', 'ban')),
  reason TEXT NOT NULL,
  is_automatic INTEGER NOT NULL,
  started INTEGER NOT NULL,
  until INTEGER NOT NULL,
  -- When it was lifted or replaced; NULL for the current one.
  ended INTEGER,
  code BLOB NOT NULL UNIQUE,
  decision INTEGER,
  -- The facts: how many reports there were, and when the first and the last one came.
  reports INTEGER NOT NULL,
  first_report INTEGER NOT NULL,
  last_report INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX sanctions_current ON sanctions (device) WHERE ended IS NULL;
CREATE INDEX sanctions_by_subject ON sanctions (subject);
CREATE INDEX sanctions_by_end ON sanctions (min(until, ifnull(ended, until)));

CREATE TABLE appeals (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sanction INTEGER NOT NULL UNIQUE REFERENCES sanctions ON DELETE CASCADE,
  words TEXT NOT NULL,
  received INTEGER NOT NULL,
  decided INTEGER,
  is_granted INTEGER NOT NULL DEFAULT 0,
  answer TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX appeals_waiting ON appeals (id) WHERE decided IS NULL;

CREATE TABLE moderators (
  name TEXT PRIMARY KEY,
  -- SHA-256 of the token.
  token BLOB NOT NULL UNIQUE,
  added INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Every view and decision: src/moderation/rules/audit_chain.rs.
CREATE TABLE audit (
  number INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  moderator TEXT NOT NULL,
  what TEXT NOT NULL,
  subject INTEGER,
  detail TEXT NOT NULL,
  hash BLOB NOT NULL
) STRICT;
CREATE INDEX audit_by_time ON audit (at);

-- The number and the hash of the last removed row of the audit log.
CREATE TABLE audit_anchor (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  number INTEGER NOT NULL,
  hash BLOB NOT NULL
) STRICT;
INSERT INTO audit_anchor VALUES (1, 0, zeroblob(32));

-- How often something happened in a month. It outlives the rows, since it says nothing of anybody.
CREATE TABLE counts (
  month TEXT NOT NULL,
  what TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (month, what)
) STRICT, WITHOUT ROWID;
