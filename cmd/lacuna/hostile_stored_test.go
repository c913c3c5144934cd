package main

import (
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lacuna/internal/history"
	"lacuna/internal/publisher"
)

func textOf(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// lived returns a bench whose database has some of everything: a run with
// retries, one with a failed stream, revisions, trails, days that wait and days
// that are held.
func lived(t *testing.T) (b *bench, run string) {
	t.Helper()
	b = newBench(t)
	try := func(args ...string) {
		t.Helper()
		if code, stdout, stderr := b.run(args...); code != 0 && code != 3 {
			t.Fatalf("lacuna %q: exit code %d\n%s%s", args, code, stdout, stderr)
		}
	}
	for _, f := range []publisher.Fault{
		{Kind: publisher.Status, Source: publisher.ECB, Times: 1},
		{Kind: publisher.Status, Source: publisher.SGS, Status: 400, Times: 1},
		{Kind: publisher.NoValue, Source: publisher.PTAX, Times: 1},
	} {
		if err := b.Fail(f); err != nil {
			t.Fatal(err)
		}
	}
	in := []string{"--series", "CURRENCY#USD,ECB#USD,SGS#1", "--from", "2026-06-08", "--to", "2026-06-19"}
	try(append([]string{"backfill"}, in...)...)
	try("mark", "missing", "--series", "ECB#USD", "--from", "2026-06-10", "--to", "2026-06-10", "--reason", "odd", "--by", "ana")
	try(append([]string{"backfill"}, in...)...)
	b.edit(`UPDATE rows SET status = 'quarantined', attempts = 6, reason = 'looks odd' WHERE info_type = 'ECB#USD' AND date >= '2026-06-16'`)
	var list struct{ Runs []history.Line }
	b.read(&list, 0, "runs")
	return b, list.Runs[len(list.Runs)-1].Run
}

// copyOf makes the bench's database a copy of file.
func (b *bench) copyOf(file string) {
	b.Helper()
	for _, ending := range []string{"-wal", "-shm"} {
		os.Remove(b.db + ending) //nolint:errcheck // most have none
	}
	from, err := os.Open(file)
	if err != nil {
		b.Fatal(err)
	}
	defer from.Close()
	to, err := os.Create(b.db)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		b.Fatal(err)
	}
	if err := to.Close(); err != nil {
		b.Fatal(err)
	}
}

// column is a column of text in the database, with what it holds.
type column struct {
	table, name string
	texts       []string
}

func columnsOf(t *testing.T, file string) (list []column) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	query := func(statement string) (texts []string) {
		rows, err := db.Query(statement)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var text string
			if err := rows.Scan(&text); err != nil {
				t.Fatal(err)
			}
			texts = append(texts, text)
		}
		return texts
	}
	for _, table := range query(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`) {
		for _, name := range query(fmt.Sprintf(`SELECT name FROM pragma_table_info('%s') WHERE type = 'TEXT'`, table)) {
			list = append(list, column{table, name, query(fmt.Sprintf(`SELECT DISTINCT %s FROM %s WHERE %[1]s IS NOT NULL`, name, table))})
		}
	}
	return list
}

// poisonColumn puts evil for each text of a column, in its JSON for what is called
// name, for all of it where whole.
func (b *bench) poisonColumn(c column, name string, whole bool) {
	b.Helper()
	db, err := sql.Open("sqlite", b.db)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	all, err := db.Begin()
	if err != nil {
		b.Fatal(err)
	}
	change := func(where string, args ...any) {
		if _, err := all.Exec(fmt.Sprintf(`UPDATE OR IGNORE %s SET %s = ? `, c.table, c.name)+where, args...); err != nil {
			b.Fatal(err)
		}
	}
	if len(c.texts) == 0 {
		change("", evil)
	}
	for _, text := range c.texts {
		with := evil
		if !whole {
			with = poison(text, name)
		}
		change("WHERE "+c.name+" = ?", with, text)
	}
	if err := all.Commit(); err != nil {
		b.Fatal(err)
	}
}

// Whatever stands in a database, reading it prints nothing that commands.
func TestDatabasesDoNotCommand(t *testing.T) {
	t.Parallel()
	b, run := lived(t)
	original := filepath.Join(t.TempDir(), "original.db")
	b.edit(`VACUUM INTO '` + original + `'`)
	people := [][]string{{"why", "ECB#USD", "2026-06-10"}, {"why", "SGS#1", "2026-06-11"}, {"runs"}, {"runs", run}, {"quarantine", "list"}}
	programs := [][]string{
		{"status"}, {"export"}, {"export", "-o", "jsonl"}, {"why", "ECB#USD", "2026-06-10", "-o", "json"}, {"runs", "-o", "json"},
		{"runs", run, "-o", "json"}, {"runs", run, "-o", "jsonl"}, {"quarantine", "list", "-o", "json"}, {"quarantine", "list", "-o", "csv"},
	}
	read := func(about string, calls ...[]string) {
		for _, call := range calls {
			harmless(t, about, b.env, append(call, "--db", b.db))
		}
	}
	for i, c := range columnsOf(t, original) {
		if c.table == "streams" || c.table == "breakers" {
			continue // a run alone reads those: TestDatabaseIsShownWithoutItsCommands
		}
		if inTurn(i) {
			b.copyOf(original)
			b.poisonColumn(c, "", true)
			read(c.table+"."+c.name, slices.Concat(people, programs)...)
		}
		var names []string
		for _, text := range c.texts {
			if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
				names = append(names, namesIn(text)...)
			}
		}
		slices.Sort(names)
		for n, name := range slices.Compact(names) {
			if !inTurn(n) {
				continue
			}
			if c.table != "rows" && c.table != "runs" && c.table != "events" {
				continue // shown as a whole
			}
			if c.table == "events" && !slices.Contains([]string{"", "name", "input", "output", "error", "cause", "id", "key", "message", "source", "status"}, name) {
				continue // none is shown to people
			}
			b.copyOf(original)
			b.poisonColumn(c, name, false)
			read(c.table+"."+c.name+", "+name, people...)
		}
	}
}

// The texts that a database may well hold, all at once: they are shown, and the
// verbs that change something meet them too.
func TestDatabaseIsShownWithoutItsCommands(t *testing.T) {
	t.Parallel()
	b, run := lived(t)
	for _, c := range columnsOf(t, b.db) {
		switch c.table + "." + c.name {
		case "rows.reason", "rows.source", "rows.run", "revisions.reason", "revisions.source", "revisions.run", "revisions.replaced_by",
			"runs.cause", "executions.error", "executions.cause", "streams.error", "streams.message", "streams.warnings", "breakers.run":
			b.poisonColumn(c, "", true)
		case "rows.trail", "revisions.trail":
			b.poisonColumn(c, "reason", false)
			b.poisonColumn(c, "by", false)
		case "events.details", "runs.summary":
			for _, name := range []string{"error", "cause", "message", "warnings"} {
				b.poisonColumn(c, name, false)
			}
		}
	}
	for _, args := range [][]string{{"why", "ECB#USD", "2026-06-16"}, {"runs", run}, {"quarantine", "list"}} {
		if stdout, stderr := harmless(t, "texts", b.env, append(args, "--db", b.db)); !strings.Contains(stdout, `\nFAKE\r\nFAKE`) {
			t.Errorf("lacuna %q shows nothing of them:\n%s%s", args, stdout, stderr)
		}
	}
	tryAll(t, "texts", b.env, run, "--db", b.db)
}
