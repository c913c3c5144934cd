package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"lacuna/internal/publisher"
	"lacuna/internal/source/registry"

	"github.com/rogpeppe/go-internal/testscript"
)

// asLacuna makes the test program be lacuna.
const asLacuna = "LACUNA_TEST_AS_LACUNA"

func TestMain(m *testing.M) {
	if os.Getenv(asLacuna) != "" {
		main()
	}
	// Many of these tests wait for publishers that hang, rates and other processes: some
	// wait together, unless -parallel says how many. Those that do not wait become slower by
	// that, and must not become so slow that a publisher that is well runs out of time.
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){"lacuna": main})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":     exits,
			"sqlite":    editDatabase,
			"publisher": servePublisher,
		},
		Setup: func(env *testscript.Env) error {
			env.Values[servedKey{}] = &served{}
			env.Setenv("GOGC", "400") // a program that ends at once need not collect garbage
			return nil
		},
		RequireExplicitExec: true,
	})
}

// exits runs a command that must end with an exit code: exits CODE COMMAND ARGS...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARGS...")
	}
	code := "0"
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit := (*exec.ExitError)(nil)
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		code = strconv.Itoa(exit.ExitCode())
	}
	if code != args[0] {
		ts.Fatalf("exit code %s, want %s", code, args[0])
	}
}

// served is the publisher of a script, once it is used.
type served struct {
	*publisher.Publisher
	asked int // requests counted so far
}

type servedKey struct{}

// servePublisher steers a publisher that the sources are asked at from the first
// use on: publisher serve|heal|fail FAULT|asked N, which wants N requests since
// the one before.
func servePublisher(ts *testscript.TestScript, neg bool, args []string) {
	s := ts.Value(servedKey{}).(*served)
	if s.Publisher == nil {
		p, err := publisher.Start(publisher.Options{})
		ts.Check(err)
		s.Publisher = p
		ts.Defer(func() { ts.Check(p.Close()) })
		for _, name := range publisher.Sources() {
			ts.Setenv(registry.URLVariable(name), p.URL(name))
		}
		ts.Setenv("LACUNA_WAIT_TIME_SCALE", "0")
	}
	switch what := strings.Join(args[:min(1, len(args))], ""); {
	case what == "serve" && len(args) == 1 && !neg:
	case what == "heal" && len(args) == 1 && !neg:
		s.Heal()
	case what == "fail" && len(args) == 2 && !neg:
		f, err := publisher.ParseFault(args[1])
		ts.Check(err)
		ts.Check(s.Fail(f))
	case what == "asked" && len(args) == 2 && !neg:
		n := len(s.Requests(""))
		if got := strconv.Itoa(n - s.asked); got != args[1] {
			ts.Fatalf("%s requests, want %s", got, args[1])
		}
		s.asked = n
	default:
		ts.Fatalf("usage: publisher serve|heal|fail FAULT|asked N")
	}
}

// editDatabase changes a database by hand: sqlite FILE SQL
func editDatabase(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sqlite FILE SQL")
	}
	ts.Check(edit(ts.MkAbs(args[0]), args[1]))
}

func edit(file, statement string) error {
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return err
	}
	_, err = db.Exec(statement)
	return errors.Join(err, db.Close())
}

// bench is lacuna in process, with a database of its own, against a publisher.
type bench struct {
	*testing.T
	*publisher.Publisher
	db  string
	env []string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	p, err := publisher.Start(publisher.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	env := []string{"LACUNA_NOW=2026-07-01", "LACUNA_WAIT_TIME_SCALE=0"}
	for _, name := range publisher.Sources() {
		env = append(env, registry.URLVariable(name)+"="+p.URL(name))
	}
	return &bench{T: t, Publisher: p, db: filepath.Join(t.TempDir(), "x.db"), env: env}
}

// hurry has the publishers asked as often as can be. file is the catalogue.
func (b *bench) hurry(file string) {
	b.Helper()
	quick := filepath.Join(b.TempDir(), "series.yaml")
	writeFile(b.T, quick, rates.ReplaceAllString(textOf(b.T, file), "rate_per_s: 1000"))
	b.env = append(b.env, "LACUNA_CATALOGUE="+quick)
}

var rates = regexp.MustCompile(`rate_per_s: \d+`)

// run runs lacuna and returns its exit code and what it wrote.
func (b *bench) run(args ...string) (code int, stdout, stderr string) {
	b.Helper()
	var out, errs bytes.Buffer
	code = run(b.Context(), append(args, "--db", b.db), strings.NewReader(""), &out, &errs, b.env)
	return code, out.String(), errs.String()
}

// read runs lacuna, which must end with code, and reads its JSON into document.
func (b *bench) read(document any, code int, args ...string) {
	b.Helper()
	got, stdout, stderr := b.run(append(args, "-o", "json")...)
	if got != code {
		b.Fatalf("lacuna %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, stdout, stderr)
	}
	if err := json.Unmarshal([]byte(stdout), document); err != nil {
		b.Fatalf("lacuna %s: %v\n%s", strings.Join(args, " "), err, stdout)
	}
}

// edit changes the database by hand.
func (b *bench) edit(statement string) {
	b.Helper()
	if err := edit(b.db, statement); err != nil {
		b.Fatal(err)
	}
}

// lock keeps everybody else from writing to the database, until unlock.
func (b *bench) lock() (unlock func()) {
	b.Helper()
	db, err := sql.Open("sqlite", b.db)
	if err != nil {
		b.Fatal(err)
	}
	conn, err := db.Conn(b.Context())
	if err == nil {
		_, err = conn.ExecContext(b.Context(), "PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE")
	}
	if err != nil {
		b.Fatal(err)
	}
	return func() {
		if err := errors.Join(conn.Close(), db.Close()); err != nil {
			b.Error(err)
		}
	}
}

// result is the JSON of a backfill.
type result struct {
	Run      string
	Status   string
	Requests int
	Retries  int
	Series   []seriesTotal
	Failures []failed
}

type failed struct {
	Source, Stream, Span, Error, Message string
	Series                               []string
	Attempts                             int
}
