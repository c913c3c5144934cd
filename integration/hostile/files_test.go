//go:build integration && linux

package hostile

import (
	"bufio"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lacuna/internal/store/sqlite"
)

// file returns a setup that writes a file in pieces: head, n times what each says
// of its number, and tail.
func file(name, head string, n int, each func(i int) string, tail string) func(string) error {
	return func(dir string) error {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		defer f.Close()
		w := bufio.NewWriter(f)
		fmt.Fprint(w, head)
		for i := range n {
			fmt.Fprint(w, each(i))
		}
		fmt.Fprint(w, tail)
		return w.Flush()
	}
}

func same(text string) func(int) string { return func(int) string { return text } }

func numbered(format string) func(int) string {
	return func(i int) string { return fmt.Sprintf(format, i) }
}

// byCatalogue is an attack by a catalogue of that text.
func byCatalogue(name, says, head string, n int, each func(int) string, tail string) attack {
	return attack{
		name: "catalogue/" + name, setup: file("c.yaml", head, n, each, tail),
		args: []string{"series", "list", "--all", "--catalogue", "{dir}/c.yaml"}, says: says,
	}
}

func TestCatalogues(t *testing.T) {
	const head = "version: 1\nsources: {ecb: {}}\nseries:\n"
	const item = "- {key: A%[1]d, title: x, unit: x, source: ecb, code: A, calendar: target, since: 2008-01-02"
	block := func(i int) string {
		return fmt.Sprintf("- key: A%[1]d\n  title: The rate of the currency number %[1]d against the euro, a reference rate\n  unit: X%[1]d per EUR\n"+
			"  source: ecb\n  code: A%[1]d\n  fields: [value]\n  calendar: target\n  since: 2008-01-02\n  ready: {at: \"16:00\", zone: Europe/Berlin}\n", i)
	}
	try(t, []attack{
		byCatalogue("10,000 series", "A9999", head, 10_000, block, ""),
		byCatalogue("10,000 series in braces", "A9999", head, 10_000, numbered(item+"}\n"), ""),
		byCatalogue("80 KB of brackets", "nested more than 20 deep", head+"- ", 80_000, same("["), ""),
		byCatalogue("80 KB of dashes", "nested more than 20 deep", head, 40_000, same("- "), ""),
		byCatalogue("80 KB of questions", "nested more than 20 deep", head, 40_000, same("? "), ""),
		byCatalogue("80 KB of names", "nested more than 20 deep", head, 27_000, same("a: "), ""),
		byCatalogue("4 MB of dashes", "names, values and signs", head, 2_000_000, same("- "), ""),
		byCatalogue("2 GB", "longer than", head, 1<<25, same(strings.Repeat("#", 64)), ""),
		byCatalogue("a text of 4 MB", "a text of", head+"- ", 4_000_000, same("x"), ""),
		byCatalogue("a name of 4 MB", "a text of", head+"- {", 4_000_000, same("x"), ": 1}"),
		byCatalogue("4 MB of escapes", "a text of", head+`- "`, 1_900_000, same(`\n`), `"`),
		byCatalogue("4 MB of lines in quotes", "could not find end character", head+`- "`, 1_900_000, same("\n "), ""),
		byCatalogue("4 MB of spaces", "the file is empty", "", 4_000_000, same(" "), ""),
		byCatalogue("60,000 unknown fields", "more than 1000 fields in one place", "version: 1\n", 60_000, numbered("x%d: 1\n"), ""),
		byCatalogue("60,000 unknown fields in series", "more than 979 more problems", head, 60_000, numbered("- {x%d: 1}\n"), ""),
		byCatalogue("60,000 long names", "longer than", head, 60_000, numbered("- {key: A%d, "+strings.Repeat("x", 250)+": 1}\n"), ""),
		byCatalogue("12,000 long names", "more than 979 more problems", head, 12_000, numbered("- {key: A%d, "+strings.Repeat("x", 250)+": 1}\n"), ""),
		byCatalogue("aliases of aliases", "more problems", "version: 1\na0: &a0 [x, x, x, x, x, x, x, x, x]\n", 20,
			func(i int) string {
				return fmt.Sprintf("a%[2]d: &a%[2]d [%[1]s]\n", strings.Repeat(fmt.Sprintf("*a%d, ", i), 9), i+1)
			}, "series: *a20\n"),
		byCatalogue("30,000 times the same series", "more problems", "version: 1\nsources: {ecb: {}}\nx: &x {key: A, title: x, unit: x, source: ecb, code: A, calendar: target, since: 2008-01-02, fields: ["+
			strings.Repeat("a, ", 80)+"]}\nseries:\n", 30_000, same("- *x\n"), ""),
		byCatalogue("300 calendars of 5,000 days", "aliases make more than", "version: 1\nsources: {ecb: {}}\nseries: []\nx: &x ["+strings.Repeat("{day: 2020-01-01, reason: x}, ", 5000)+"]\ncalendars:\n",
			300, numbered("  c%d: {base: daily, closed: *x}\n"), ""),
		byCatalogue("900 calendars on one another", "stand on one another", "version: 1\nsources: {ecb: {}}\nseries: []\ncalendars:\n  c900: {base: daily}\n", 899,
			func(i int) string { return fmt.Sprintf("  c%d: {base: c%d}\n", i, i+1) }, "  c899: {base: c900}\n"),
		byCatalogue("20,000 unknown sources and calendars", "more than 979 more problems", "version: 1\nsources: {s: {}}\nseries:\n", 20_000,
			numbered("- {key: A%[1]d, title: x, unit: x, source: t%[1]d, code: A, calendar: c%[1]d, since: 2008-01-02}\n"), ""),
		{
			name: "catalogue/a device without end", args: []string{"series", "list", "--catalogue", "/dev/zero"}, says: "longer than",
		},
	})
}

func TestImports(t *testing.T) {
	imports := func(name, file_, says, head string, n int, each func(int) string, tail string) attack {
		return attack{
			name: "import/" + name, setup: file(file_, head, n, each, tail),
			args: []string{"import", "--offline", "--db", "{dir}/x.db", "{dir}/" + file_}, says: says,
		}
	}
	const head = "info_type,date,value\n"
	const begin = `{"info_type":"ECB#USD","date":"2026-06-01",`
	try(t, []attack{
		imports("a line of 1 GB", "x.csv", "a line of more than", head, 1<<24, same(strings.Repeat("1", 64)), ""),
		imports("a quote without end", "x.csv", "a quote is not closed", head+`"`, 1<<20, same(`""\n`), ""),
		imports("7 MB of cells", "x.csv", "more than 16384 cells", head, 7_000_000, same(","), ""),
		imports("a header of 7 MB", "x.csv", "16384", "", 3_500_000, same("a,"), ""),
		imports("500,000 days of the same", "x.csv", "stored", head, 500_000, same("ECB#USD,2026-06-01,1.1\n"), ""),
		imports("500,000 unknown series", "x.csv", "of unknown series left out", head, 500_000, numbered("X%d,2026-06-01,1.1\n"), ""),
		imports("a long number", "x.csv", "is not a decimal number", head+"ECB#USD,2026-06-01,", 7_000_000, same("1"), "\n"),
		imports("brackets", "x.jsonl", "nested more than", begin+`"value":`, 7_000_000, same("["), ""),
		imports("values", "x.jsonl", "more than 200000 values", begin+`"value":[`, 3_500_000, same("1,"), "1]}"),
		imports("fields", "x.jsonl", "values", begin+`"fields":{`, 90_000, numbered(`"f%d":1,`), `"z":1}}`),
		imports("a whole line of revisions", "x.jsonl", "more than 200000 values", `{"schema_version":1,"info_type":"ECB#USD","date":"2026-06-01","revisions":[`, 1_000_000, same("{},"), "{}]}"),
		imports("an index of Parquet that is too long", "x.parquet", "its index has", "PAR1", 1<<20, same(strings.Repeat("x", 64)), "\xff\xff\xff\x03PAR1"),
		imports("an index of Parquet that is none", "x.parquet", "its index is damaged", "PAR1", 1<<18, same(strings.Repeat("\x15", 64)), "\xff\xff\x7f\x00PAR1"),
	})
}

// A sample is read to its first megabyte, by each of the delimiters, and then by what is
// proposed.
func TestSamples(t *testing.T) {
	sample := func(name, says, head string, n int, each func(int) string) attack {
		return attack{
			name: "sample/" + name, setup: file("s.csv", head, n, each, ""),
			args: []string{"init", "--from-csv", "{dir}/s.csv", "{dir}/s.yaml"}, says: says,
		}
	}
	columns := strings.Repeat(";1,5", 150) + "\n"
	try(t, []attack{
		sample("4 MB of lines", "no column of values", "d;v\n", 100_000, numbered("2024-01-02;%031d\n")),
		sample("a line of 4 MB", "more than 8192 bytes", "2024-01-02;", 1<<22, same("1")),
		sample("a megabyte of delimiters", "more than 8192 bytes", "", 1<<20, same(";")),
		sample("a megabyte of empty lines", "more than 524288 rows", "", 1<<20, same("\n")),
		sample("a megabyte of short lines", "no column of days", "", 1<<19, same("1\n")),
		sample("a megabyte of quotes", "more than 8192 bytes", "", 1<<18, same("\"\";")),
		sample("150 columns without names", "columns more are left out", "", 1<<11, func(i int) string { return fmt.Sprintf("%04d-%02d-01", 1850+i/12%200, 1+i%12) + columns }),
		sample("50,000 codes", "series more are left out", "d;c;v\n", 50_000, numbered("2024-01-02;C%d;1\n2024-01-03;C%[1]d;2\n")),
		sample("20,000 notes", "To be filled in", "d;v\n", 20_000, func(i int) string {
			return fmt.Sprintf("%02d/%02d/%04d;1,5\nn%d\n", 1+i%28, 1+i/28%12, 1850+i/336, i)
		}),
		sample("as many days as there are", "To be filled in", "d;v\n", 70_000, func(i int) string {
			return fmt.Sprintf("%02d/%02d/%04d;1\n", 1+i%28, 1+i/28%12, 1850+i/336)
		}),
		{name: "sample/a device without end", args: []string{"init", "--from-csv", "/dev/zero", "{dir}/s.yaml"}, says: "UTF-16 or no text"},
	})
}

func TestMockFiles(t *testing.T) {
	mock := func(name, says, head string, n int, each func(int) string, tail string) attack {
		return attack{
			name: "mock file/" + name, setup: file("m.json", head, n, each, tail),
			args: []string{"serve", "--offline", "--db", "{dir}/x.db", "--addr", "127.0.0.1:0", "--mock-config", "{dir}/m.json"}, says: says,
		}
	}
	const responses = `{"StateMachines": {}, "MockedResponses": {"r": {`
	try(t, []attack{
		mock("60,000 errors", "and 59981 more problems", responses, 60_000, numbered(`"x%d": {"Return": 1},`), `"x": {"Return": 1}}}}`),
		mock("60,000 answers of one number", "more problems", responses, 60_000, numbered(`"0-%d": {"Return": 1},`), `"_": 1}}}`),
		mock("16 MB of brackets", "nested too deep", responses+`"0": {"Return": `, 16_000_000, same("["), ""),
		mock("16 MB of values", "too many values", responses+`"0": {"Return": [`, 8_000_000, same("1,"), `1]}}}}`),
		mock("16 MB of fields", "more problems", responses, 1_000_000, numbered(`"%d":{},`), `"x": {}}}}`),
		mock("a text of 16 MB", "want either Return or Throw", responses+`"0": {"Thrown": "`, 16_000_000, same("x"), `"}}}}`),
		mock("1 GB", "larger than", responses, 1<<24, same(strings.Repeat(" ", 64)), ""),
	})
}

func TestPlans(t *testing.T) {
	plan := func(name, says, head string, n int, each func(int) string, tail string) attack {
		return attack{
			name: "plan/" + name, setup: file("p.json", head, n, each, tail),
			args: []string{"backfill", "--offline", "--db", "{dir}/x.db", "--plan", "{dir}/p.json"}, says: says,
		}
	}
	const head = `{"schema_version": 1, "input": {}, "streams": [`
	over := func(name, to, says string) attack {
		return attack{
			name: "plan/" + name,
			setup: func(dir string) error {
				if err := database(dir); err != nil {
					return err
				}
				return os.Symlink("x.db", filepath.Join(dir, "link"))
			},
			args: []string{"plan", "--offline", "--db", "{dir}/x.db", "--out", "{dir}/" + to}, says: says,
		}
	}
	try(t, []attack{
		plan("a million streams", "1000001 streams: want at most", head, 1_000_000, same("{},"), "{}]}"),
		plan("a stream of 16 MB", "more than 20000 values", head+`{"series": [`, 1_900_000, same(`"",`), `""]}]}`),
		plan("brackets", "nested more than 20 deep", head, 30_000_000, same("["), ""),
		plan("values", "more than 10000000 values", head, 16_000_000, same("1,"), "1]}"),
		plan("1 GB", "longer than", head, 1<<24, same(strings.Repeat(" ", 64)), ""),
		over("over the database", "x.db", "is the database or a file beside it"),
		over("over a link to the database", "link", "is the database or a file beside it"),
		over("beside the database", "x.db-wal", "is the database or a file beside it"),
	})
}

// database makes an empty database of offline data, x.db.
func database(dir string, edits ...string) error {
	path := filepath.Join(dir, "x.db")
	s, err := sqlite.Open(path, sqlite.Offline)
	if err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, e := range edits {
		if _, err := db.Exec(e); err != nil {
			return fmt.Errorf("%s: %w", e, err)
		}
	}
	return nil
}

func TestDatabases(t *testing.T) {
	const count = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) `
	with := func(name, says string, args []string, edits ...string) attack {
		return attack{
			name: "database/" + name, setup: func(dir string) error { return database(dir, edits...) },
			args: append(args, "--offline", "--db", "{dir}/x.db"), says: says,
		}
	}
	row := func(fields string) string {
		return `INSERT INTO rows(info_type, date, status, fields) VALUES ('OIL#BRENT', '2026-05-18', 'observed', ` + fields + `)`
	}
	const execution = `INSERT INTO executions(id, name, machine, input, started, status, process) VALUES (1, 'r', 'lacuna', '{}', '2026-07-01T00:00:00Z', 'SUCCEEDED', '')`
	event := func(n int, previous, kind, details string) string {
		return fmt.Sprintf(`INSERT INTO events(execution, id, previous_id, time, type, details) `+count+`SELECT 1, i, %s, '2026-07-01T00:00:00Z', '%s', %s FROM n`, n, previous, kind, details)
	}
	export, list, runs := []string{"export"}, []string{"quarantine", "list"}, []string{"runs"}
	show := []string{"runs", "r"}
	trigger := `CREATE TRIGGER t AFTER INSERT ON rows BEGIN DELETE FROM rows; END`
	try(t, []attack{
		with("a number of 3 MB", "a number of 3000000 bytes", export, row(`'{"value":' || printf('%.*c', 3000000, '7') || '}'`)),
		with("a number of 20 MB", "a text or a row of more than", export, row(`'{"value":' || printf('%.*c', 20000000, '7') || '}'`)),
		with("a million fields", "more than 300 fields", export, row(`'{"a":1' || replace(hex(zeroblob(400000)), '00', ',"a":1') || '}'`)),
		with("an exponent", "is not a decimal number", export, row(`'{"value":1e2000000000}'`)),
		with("a trail of a million steps", "trail: more than 100000 values", list, row(`'{}'`), `UPDATE rows SET trail = '[' || replace(hex(zeroblob(1000000)), '00', '{},') || '{}]'`),
		with("a million rows", "more than 32 MB at once", export, fmt.Sprintf(`INSERT INTO rows(info_type, date, status) `+count+`SELECT 'OIL#BRENT', date('1000-01-01', i || ' days'), 'absent' FROM n`, 1_000_000)),
		with("a million series", "more than 32 MB at once", export, fmt.Sprintf(`INSERT INTO rows(info_type, date, status) `+count+`SELECT 'K' || i, '2026-01-01', 'absent' FROM n`, 1_000_000)),
		with("60 reasons of 3 MB", "more than 32 MB at once", list, fmt.Sprintf(`INSERT INTO rows(info_type, date, status, reason) `+count+`SELECT 'OIL#BRENT', date('2026-01-01', i || ' days'), 'quarantined', printf('%%.*c', 3000000, 'x') FROM n`, 60)),
		with("1,000 columns", "more than 1000 columns", export, fmt.Sprintf(`INSERT INTO rows(info_type, date, status, fields) `+count+`SELECT 'K', date('2020-01-01', i || ' days'), 'observed', '{"f' || i || '":1}' FROM n`, 1500)),
		with("24,000 nested events", "more that are left out", show, execution, event(24_000, "i - 1", "TaskStateEntered", `'{"name":"S"}'`)),
		with("70,000 events beside one another", "more that are left out", show, execution, event(70_000, "0", "MapIterationStarted", `'{"name":"S","index":' || i || '}'`)),
		with("a million events", "more than 32 MB at once", show, execution, event(1_000_000, "0", "TaskStateEntered", `'{"name":"S"}'`)),
		with("30 MB of events as JSON", `"events"`, append(show, "-o", "json"), execution, event(30, "0", "TaskStateEntered", `'{"name":"' || printf('%.*c', 1000000, 'x') || '"}'`)),
		with("a summary of a million series", "more than 50000 values", show, execution, event(1, "0", "TaskStateExited", `'{"name":"Report","output":"{\"status\":\"complete\",\"series\":[' || replace(hex(zeroblob(900000)), '00', '{},') || '{}]}"}'`)),
		with("100,000 executions", "", append(runs, "--limit", "20"), fmt.Sprintf(`INSERT INTO executions(name, machine, input, started, status, process) `+count+`SELECT 'r' || i, 'lacuna', '{}', '2026-07-01T00:00:00Z', 'SUCCEEDED', '' FROM n`, 100_000)),
		with("100,000 executions of dead processes", "more than 32 MB at once", runs, fmt.Sprintf(`INSERT INTO executions(name, machine, input, started, status, process) `+count+`SELECT 'r' || i, 'lacuna', '{}', '2026-07-01T00:00:00Z', 'RUNNING', 'x.db-run-' || i FROM n`, 100_000)),
		with("a trigger, to be written", `trigger "t", which lacuna did not make`, []string{"backfill", "--series", "OIL#BRENT", "--from", "-5d"}, trigger),
		with("a trigger, to be read", `warning: database`, list, trigger),
		with("a view named as our table", "is not as lacuna makes it", list, `ALTER TABLE rows RENAME TO other`,
			`CREATE VIEW rows AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r) SELECT n AS info_type FROM r`),
		with("2,000 tables", "more than 1000 tables", list, func() string {
			var b strings.Builder
			for i := range 2000 {
				fmt.Fprintf(&b, "CREATE TABLE t%d(x);", i)
			}
			return b.String()
		}()),
		with("odd types", "row OIL#BRENT", list, `INSERT INTO rows(info_type, date, status, fields, attempts) VALUES ('OIL#BRENT', '2026-05-18', x'00ff1b', x'00', 9223372036854775808)`),
		{
			name: "database/a damaged file",
			setup: func(dir string) error {
				if err := database(dir, fmt.Sprintf(`INSERT INTO rows(info_type, date, status) `+count+`SELECT 'OIL#BRENT', date('2000-01-01', i || ' days'), 'absent' FROM n`, 9000)); err != nil {
					return err
				}
				f, err := os.OpenFile(filepath.Join(dir, "x.db"), os.O_WRONLY, 0)
				if err != nil {
					return err
				}
				defer f.Close()
				for at := int64(8192); at < 1<<18; at += 3000 {
					if _, err := f.WriteAt([]byte("\xff\xff\xff\xff\x7f\x00\x0d"), at); err != nil {
						return err
					}
				}
				return nil
			},
			args: []string{"export", "--offline", "--db", "{dir}/x.db"}, says: "database",
		},
	})
}
