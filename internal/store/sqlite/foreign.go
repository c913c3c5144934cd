package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"sync"
)

// ForeignError says that a database has something that lacuna did not make, so
// that writing to it may do what nobody of us meant: a trigger runs with each
// write, a table of ours may compute its columns.
type ForeignError struct {
	Path string
	What string // such as: trigger "t"
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("database %s has the %s, which lacuna did not make: it is read and never written", e.Path, e.What)
}

// object is an entry of a schema.
type object struct{ kind, name, sql string }

func (o object) String() string { return short(fmt.Sprintf("%s %q", o.kind, o.name)) }

// maxObjects bounds the schema that is read; ours has ten. People may add indexes.
const maxObjects = 1000

// objects returns what the schema of a database has. SQLite's own entries are
// left out; what tables are made of stands in sql.
func objects(ctx context.Context, db *sql.Conn) (list []object, err error) {
	rows, err := db.QueryContext(ctx, `SELECT type, name, coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite~_%' ESCAPE '~' LIMIT ?`, maxObjects+1)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for r := (&result{Rows: rows}); r.Next(); {
		var o object
		if err := r.Scan(&o.kind, &o.name, &o.sql); err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	if len(list) > maxObjects {
		return nil, fmt.Errorf("more than %d tables, views, indexes and triggers", maxObjects)
	}
	return list, rows.Err()
}

// schemaHash is the hash of what all migrations make, by which nearly every file is known:
// making it once more to compare takes a quarter of the time of a run without work.
const schemaHash = "d0c6a038124525f3dcc22e9816350d47b04ffc36fe1754a9744e19ad62e36784"

// hashOf is how a schema is hashed, in hexadecimal.
func hashOf(list []object) string {
	h := sha256.New()
	for _, o := range list {
		fmt.Fprintf(h, "%q %q %q\n", o.kind, o.name, o.sql)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// ours is what migrations make, by version.
var ours = sync.OnceValues(func() (byVersion [][]object, err error) {
	db, err := connect(memory, 1)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	conn, err := db.Conn(context.Background())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	byVersion = append(byVersion, nil)
	for _, step := range migrations {
		if _, err := conn.ExecContext(context.Background(), step); err != nil {
			return nil, err
		}
		made, err := objects(context.Background(), conn)
		if err != nil {
			return nil, err
		}
		byVersion = append(byVersion, made)
	}
	return byVersion, nil
})

// foreign returns what the database has beside what its version makes; nil if
// nothing. An index changes nothing but the time that a query takes. A table of
// ours that is not as it was made cannot be read either: that is an error.
func (s *Store) foreign(h header) (*ForeignError, error) {
	if len(h.objects) == 0 && h.version == 0 || h.version == len(migrations) && hashOf(h.objects) == schemaHash {
		return nil, nil
	}
	byVersion, err := ours()
	if err != nil {
		return nil, err
	}
	made := map[string]object{}
	for _, o := range byVersion[h.version] {
		made[o.name] = o
	}
	var found *ForeignError
	for _, o := range h.objects {
		mine, is := made[o.name]
		switch {
		case is && o == mine:
			delete(made, o.name)
		case is && mine.kind == "table":
			return nil, fmt.Errorf("database %s: the %s is not as lacuna makes it: name another file with --db", s.path, o)
		case o.kind != "index" && found == nil:
			found = &ForeignError{s.path, o.String()}
		}
	}
	for _, o := range byVersion[h.version] {
		if _, missing := made[o.name]; missing && o.kind == "table" {
			return nil, fmt.Errorf("database %s: the %s is missing, or not as lacuna makes it: name another file with --db", s.path, o)
		}
	}
	return found, nil
}

// Foreign returns why the database is only read; nil when it may be written.
func (s *Store) Foreign() *ForeignError { return s.reads }
