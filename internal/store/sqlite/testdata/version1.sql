-- A database of version 1 with something in each table, as the program of that time made it.
PRAGMA journal_mode = WAL;
PRAGMA application_id = 1818321781;
PRAGMA user_version = 1;
CREATE TABLE breakers(
	source     TEXT PRIMARY KEY,
	run        TEXT NOT NULL,
	down_until TEXT NOT NULL     -- RFC 3339, UTC
);
INSERT INTO "breakers" VALUES('ecb','run-1','2026-07-01T00:15:00Z');
CREATE TABLE events(
	execution   INTEGER NOT NULL REFERENCES executions(id),
	id          INTEGER NOT NULL,
	previous_id INTEGER NOT NULL,
	time        TEXT NOT NULL,   -- RFC 3339, UTC
	type        TEXT NOT NULL,
	details     TEXT NOT NULL,   -- JSON
	PRIMARY KEY (execution, id)
) WITHOUT ROWID;
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
INSERT INTO "executions" VALUES(1,'run-1','','','2026-07-01T00:00:00Z','RUNNING','','','','','days.db-run-YNBB4SBKTURACMQL5A7T5DM55V');
CREATE TABLE meta(mode TEXT NOT NULL);
INSERT INTO "meta" VALUES('live');
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
INSERT INTO "rows" VALUES('A','2000-01-03','observed','{"buy":1.0001,"sell":1.0001}','{"sell":"1.00010"}','ecb','2026-07-01T00:00:00Z','2026-07-01-abcdef',0,NULL,NULL,NULL,NULL);
INSERT INTO "rows" VALUES('A','2000-01-04','observed','{"buy":2.0002,"sell":2.0002}','{"sell":"2.00020"}','ecb','2026-07-01T00:00:00Z','2026-07-01-abcdef',0,NULL,NULL,NULL,NULL);
INSERT INTO "rows" VALUES('A','2000-01-05','absent','{}',NULL,'ecb','2026-07-01T00:00:00Z','run-1',1,'2026-07-02','no value published','[{"at":"2026-07-01T00:00:00Z","run":"run-1","answer":"absent","reason":"no value published"}]','sha256:ab');
CREATE TABLE runs(
	run     TEXT PRIMARY KEY,
	as_of   TEXT NOT NULL,       -- RFC 3339, UTC
	status  TEXT NOT NULL,
	cause   TEXT NOT NULL,
	summary TEXT NOT NULL        -- JSON
);
INSERT INTO "runs" VALUES('run-1','2026-07-01T00:00:00Z','pending','','{"requests":1}');
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
INSERT INTO "streams" VALUES('run-1','ecb-001','ecb','2000-01-03/2000-01-05','[{"key":"A","observed":2,"absent":1,"incomplete":0,"quarantined":0,"pending":1,"latest":"2000-01-04"}]',1,1,'','',0);
CREATE VIEW observations(info_type, date, field, value) AS
	SELECT r.info_type, r.date, f.key, f.value FROM rows r, json_each(r.fields) f WHERE r.status = 'observed';
CREATE INDEX running ON executions(process) WHERE status = 'RUNNING';
