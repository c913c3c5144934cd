package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// applicationID marks a file as lacuna's, in bytes 68 to 71: "lacu".
const applicationID = 0x6c616375

// migrations[n] takes a database from user_version n to n+1. A step that was
// ever shipped is not edited.
var migrations = []string{`
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
`, `
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
`, `
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
`, `
CREATE TABLE definitions(                   -- what executions ran
	hash TEXT PRIMARY KEY,                  -- SHA-256 of text, in hex
	text TEXT NOT NULL                      -- JSON
) WITHOUT ROWID;
ALTER TABLE executions ADD COLUMN definition TEXT; -- hash; NULL: nobody kept it

CREATE TABLE touched(                       -- which series was written when
	info_type TEXT PRIMARY KEY,             -- key of the series
	at        INTEGER NOT NULL              -- number of the write, over all series; edits by hand have none
) WITHOUT ROWID;
CREATE INDEX touched_at ON touched(at);
`}

// oldestRead is the oldest version that is read without being migrated, by who may not
// write: all that it lacks is what definitions and touched have.
const oldestRead = 3

// prepare checks that the file is a database of ours and of this mode, makes a
// new one, and migrates an older one. It changes no file that is not ours.
func (s *Store) prepare(ctx context.Context, mode Mode) error {
	version, tables, err := s.check(ctx)
	if err != nil {
		return err
	}
	if s.version = version; s.reads != nil {
		if version < oldestRead {
			return fmt.Errorf("database %s is of an older lacuna and would have to be changed: %w", s.path, s.reads)
		}
		return s.checkMode(ctx, mode)
	}
	if tables == 0 {
		if err := s.useWAL(ctx); err != nil {
			return err
		}
	}
	if version < len(migrations) {
		if err := s.migrate(ctx, mode); err != nil {
			return fmt.Errorf("migrate database %s: %w", s.path, err)
		}
	}
	s.version = len(migrations)
	return s.checkMode(ctx, mode)
}

// checkMode refuses a database that was born in another mode.
func (s *Store) checkMode(ctx context.Context, mode Mode) error {
	var born Mode
	if err := s.writer.QueryRowContext(ctx, `SELECT mode FROM meta`).Scan(&born); err != nil {
		return fmt.Errorf("database %s: mode: %w", s.path, err)
	}
	if born != Live && born != Offline {
		return fmt.Errorf("database %s: mode %q: want %s or %s", s.path, short(string(born)), Live, Offline)
	}
	if born != mode {
		return &WrongModeError{Path: s.path, Born: born}
	}
	return nil
}

// check returns the version of a file and how many objects it has: a database of
// ours, or a new one. What else it has is noted in s.reads.
func (s *Store) check(ctx context.Context) (version, objects int, err error) {
	head, err := s.inspect(ctx)
	if err != nil {
		return 0, 0, err
	}
	application, version, objects := head.application, head.version, len(head.objects)
	switch {
	case application != applicationID && (application != 0 || version != 0 || objects > 0):
		return 0, 0, fmt.Errorf("%s is a database of another program: name another file with --db", s.path)
	case version > len(migrations):
		return 0, 0, fmt.Errorf("database %s has version %d and this program knows %d: use a newer lacuna", s.path, version, len(migrations))
	case version < 0:
		return 0, 0, fmt.Errorf("database %s has version %d, which there never was", s.path, version)
	}
	s.reads, err = s.foreign(head)
	return version, objects, err
}

// header is what a file says of itself.
type header struct {
	application, version int
	objects              []object
}

// inspect reads the header as it is at one time: other processes may be making the
// same database. It reads where writing is possible, because of what is done next;
// a connection that may not write could not recover after a crash either.
func (s *Store) inspect(ctx context.Context) (h header, err error) {
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return h, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, `BEGIN`); err != nil {
		return h, err
	}
	defer func() {
		_, endErr := conn.ExecContext(ctx, `ROLLBACK`)
		err = errors.Join(err, endErr)
	}()
	// The pragmas by themselves: a table may have the name of their functions.
	if err := conn.QueryRowContext(ctx, `PRAGMA application_id`).Scan(&h.application); err != nil {
		return h, err
	}
	if err := conn.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&h.version); err != nil {
		return h, err
	}
	h.objects, err = objects(ctx, conn)
	return h, err
}

// useWAL switches the file, which has nothing yet, to write-ahead logging, which it keeps.
// It does not wait for the disk: what is written next has a log, and that is synced. SQLite
// does not wait for other processes here, so this does.
func (s *Store) useWAL(ctx context.Context) (err error) {
	if _, err := s.writer.ExecContext(ctx, `PRAGMA synchronous = OFF`); err != nil {
		return err
	}
	defer func() {
		_, onErr := s.writer.ExecContext(ctx, `PRAGMA synchronous = NORMAL`)
		err = errors.Join(err, onErr)
	}()
	for deadline := time.Now().Add(busyTimeoutMS * time.Millisecond); ; {
		_, err := s.writer.ExecContext(ctx, `PRAGMA journal_mode = WAL`)
		var sqlErr *driver.Error
		if !errors.As(err, &sqlErr) || sqlErr.Code()&0xff != codes.SQLITE_BUSY || time.Now().After(deadline) {
			return err
		}
		<-time.After(time.Millisecond)
	}
}

// migrate takes the database to the newest version from the one that it has by now: another
// process may do the same. SQLite keeps the version, and rolls it back with the tables.
func (s *Store) migrate(ctx context.Context, mode Mode) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		var version int
		if err := tx.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil || version >= len(migrations) {
			return err
		}
		if _, err := tx.ExecContext(ctx, strings.Join(migrations[version:], "")); err != nil {
			return err
		}
		if version == 0 {
			if _, err := tx.ExecContext(ctx, `INSERT INTO meta(mode) VALUES (?)`, mode); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA application_id = %d; PRAGMA user_version = %d`, applicationID, len(migrations)))
		return err
	})
}
