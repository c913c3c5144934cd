-- A database as version 3 made it, with a day, and an execution of which nobody kept the definition.
PRAGMA journal_mode = WAL;

CREATE TABLE meta(mode TEXT NOT NULL);

CREATE TABLE rows(
	info_type  TEXT NOT NULL,               -- key of the series
	date       TEXT NOT NULL,               -- YYYY-MM-DD
	status     TEXT NOT NULL,               -- observed, absent, incomplete or quarantined
	fields     TEXT NOT NULL DEFAULT '{}',  -- JSON object, name -> number
	digits     TEXT,                        -- JSON object, name -> text as published where the number lost some of it
	source     TEXT NOT NULL DEFAULT '',
	fetched_at TEXT NOT NULL DEFAULT '',    -- RFC 3339, UTC
	run        TEXT NOT NULL DEFAULT '',
	attempts   INTEGER NOT NULL DEFAULT 0,  -- answers without a good value
	retry_at   TEXT,                        -- YYYY-MM-DD
	reason     TEXT,
	trail      TEXT,                        -- JSON array
	raw        TEXT,
	PRIMARY KEY (info_type, date)
) WITHOUT ROWID;

CREATE VIEW observations(info_type, date, field, value) AS
	SELECT r.info_type, r.date, f.key, f.value FROM rows r, json_each(r.fields) f WHERE r.status = 'observed';

CREATE TABLE streams(
	run       TEXT NOT NULL,
	id        TEXT NOT NULL,
	source    TEXT NOT NULL,
	span      TEXT NOT NULL,     -- day, or day/day
	series    TEXT NOT NULL,     -- JSON array of counts
	requests  INTEGER NOT NULL,
	attempt   INTEGER NOT NULL,
	error     TEXT NOT NULL,
	message   TEXT NOT NULL,
	malformed INTEGER NOT NULL,
	PRIMARY KEY (run, id)
) WITHOUT ROWID;

CREATE TABLE runs(
	run     TEXT PRIMARY KEY,
	as_of   TEXT NOT NULL,       -- RFC 3339, UTC
	status  TEXT NOT NULL,
	cause   TEXT NOT NULL,
	summary TEXT NOT NULL        -- JSON
);

CREATE TABLE breakers(
	source     TEXT PRIMARY KEY,
	run        TEXT NOT NULL,
	down_until TEXT NOT NULL     -- RFC 3339, UTC
);

CREATE TABLE executions(
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	name    TEXT NOT NULL UNIQUE,
	machine TEXT NOT NULL,
	input   TEXT NOT NULL,       -- JSON
	started TEXT NOT NULL,       -- RFC 3339, UTC
	status  TEXT NOT NULL,       -- RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED
	stopped TEXT NOT NULL DEFAULT '',
	output  TEXT NOT NULL DEFAULT '',
	error   TEXT NOT NULL DEFAULT '',
	cause   TEXT NOT NULL DEFAULT '',
	process TEXT NOT NULL        -- name of the file that its process holds locked
);
CREATE INDEX running ON executions(process) WHERE status = 'RUNNING';

CREATE TABLE events(
	execution   INTEGER NOT NULL REFERENCES executions(id),
	id          INTEGER NOT NULL,
	previous_id INTEGER NOT NULL,
	time        TEXT NOT NULL,   -- RFC 3339, UTC
	type        TEXT NOT NULL,
	details     TEXT NOT NULL,   -- JSON
	PRIMARY KEY (execution, id)
) WITHOUT ROWID;

CREATE TABLE revisions(                     -- observed rows that gave way: the columns of rows, and
	info_type   TEXT NOT NULL,
	date        TEXT NOT NULL,
	status      TEXT NOT NULL,
	fields      TEXT NOT NULL,
	digits      TEXT,
	source      TEXT NOT NULL,
	fetched_at  TEXT NOT NULL,
	run         TEXT NOT NULL,
	attempts    INTEGER NOT NULL,
	retry_at    TEXT,
	reason      TEXT,
	trail       TEXT,
	raw         TEXT,
	replaced_at TEXT NOT NULL,              -- RFC 3339, UTC
	replaced_by TEXT NOT NULL,              -- run or person
	seq         INTEGER NOT NULL,           -- of the day, from 1: in the order of replacement
	PRIMARY KEY (info_type, date, seq)
) WITHOUT ROWID;

ALTER TABLE streams ADD COLUMN warnings TEXT NOT NULL DEFAULT 'null'; -- JSON array of texts, or null

DROP VIEW observations;

CREATE VIEW observations(                   -- every value that counts: a row a day and field
	info_type,                              -- key of the series
	date,                                   -- YYYY-MM-DD
	field,                                  -- such as buy, sell or value
	value,                                  -- TEXT: the digits as published
	number                                  -- REAL: the same to reckon with, in 15 digits
) AS
	SELECT r.info_type, r.date, f.key,
		coalesce(
			(SELECT d.value FROM json_each(r.digits) d WHERE d.key = f.key AND CAST(d.value AS REAL) = CAST(f.value AS REAL)),
			trim(json_extract(r.fields, f.fullkey, '$[0]'), '[,nul]"') -- '[5.10,null]': a number alone would lose digits
		),
		CAST(f.value AS REAL)
	FROM rows r, json_each(r.fields) f WHERE r.status = 'observed';

CREATE VIEW latest(info_type, date, field, value, number) AS -- of each series, the newest day that has values
	WITH RECURSIVE keys(k) AS (             -- jumps from key to key: DISTINCT would read every row
		SELECT min(info_type) FROM rows
		UNION ALL SELECT (SELECT min(info_type) FROM rows WHERE info_type > k) FROM keys WHERE k IS NOT NULL
	)
	SELECT o.info_type, o.date, o.field, o.value, o.number FROM keys JOIN observations o ON o.info_type = k
		AND o.date = (SELECT date FROM rows WHERE info_type = k AND status = 'observed' ORDER BY date DESC LIMIT 1);

INSERT INTO meta(mode) VALUES ('live');
INSERT INTO rows(info_type, date, status, fields, digits, source, fetched_at, run)
	VALUES ('A', '2000-01-03', 'observed', '{"buy":1.0001,"sell":1.0001}', '{"sell":"1.00010"}', 'ecb', '2026-07-01T00:00:00Z', '2026-07-01-abcdef');
INSERT INTO executions(name, machine, input, started, status, stopped, output, process)
	VALUES ('run-1', 'lacuna', '{}', '2026-07-01T08:00:00Z', 'SUCCEEDED', '2026-07-01T08:01:00Z', '{}', '');
INSERT INTO events(execution, id, previous_id, time, type, details) VALUES
	(1, 1, 0, '2026-07-01T08:00:00Z', 'ExecutionStarted', '{"input":"{}"}'),
	(1, 2, 1, '2026-07-01T08:00:01Z', 'ExecutionSucceeded', '{"output":"{}"}');

PRAGMA application_id = 1818321781;
PRAGMA user_version = 3;
