package sqlite_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
	"lacuna/internal/store/sqlite"
)

// Some tests need a second process, which they may kill: this test binary, as
// one of these.
var roles = map[string]func(ctx context.Context, s *sqlite.Store, name string) error{
	"overwriter": overwrite,
	"filler":     fill,
	"runner":     runUntilEOF,
}

const (
	roleEnv = "LACUNA_TEST_ROLE"
	argsEnv = "LACUNA_TEST_ARGS" // path of the database, name
)

func TestMain(m *testing.M) {
	role := os.Getenv(roleEnv)
	if role == "" {
		os.Exit(m.Run())
	}
	path, name, _ := strings.Cut(os.Getenv(argsEnv), "\n")
	if err := play(role, path, name); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func play(role, path, name string) error {
	fmt.Println("started")
	s, err := sqlite.Open(path, sqlite.Live)
	if err != nil {
		return err
	}
	if err := roles[role](context.Background(), s, name); err != nil {
		return err
	}
	return s.Close()
}

// process is a running child.
type process struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines *bufio.Scanner // of its standard output
}

func start(t *testing.T, role, path, name string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleEnv+"="+role, argsEnv+"="+path+"\n"+name)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, stdin: stdin, lines: bufio.NewScanner(stdout)}
	p.read(t)
	return p
}

// read returns the next line, which there must be.
func (p *process) read(t *testing.T) string {
	t.Helper()
	if !p.lines.Scan() {
		t.Fatalf("the child ended: %v", p.cmd.Wait())
	}
	return p.lines.Text()
}

// kill ends the process at once and returns the last line that it wrote whole.
func (p *process) kill(t *testing.T, last string) string {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for p.lines.Scan() {
		last = p.lines.Text()
	}
	if err := p.cmd.Wait(); err == nil {
		t.Fatal("the child ended before it was killed")
	}
	return last
}

// end closes the standard input and waits.
func (p *process) end(t *testing.T) {
	t.Helper()
	if err := p.stdin.Close(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Fatalf("child: %v", err)
	}
}

const shared = "SHARED"

// overwrite writes one value after the other over all rows of a series, and
// says each that is stored.
func overwrite(ctx context.Context, s *sqlite.Store, name string) error {
	from, err := strconv.Atoi(name)
	if err != nil {
		return err
	}
	for value := from; ; value++ {
		if err := s.Insert(ctx, sharedRows(value)); err != nil {
			return err
		}
		fmt.Println(value)
	}
}

func sharedRows(value int) []row.Row {
	rows := series(shared, 700)
	for i := range rows {
		rows[i].Fields = row.Fields{{Name: "value", Value: strconv.Itoa(value)}}
	}
	return rows
}

// kills is how many processes each test kills: KILLS, or a few.
func kills(t *testing.T) int {
	t.Helper()
	text := os.Getenv("KILLS")
	if text == "" {
		return 4
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("KILLS: %v", err)
	}
	return n
}

func TestKilledInTheMiddleOfInserts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "days.db")
	stored := 0
	for range kills(t) {
		child := start(t, "overwriter", path, strconv.Itoa(stored+1))
		last := strconv.Itoa(stored)
		for range rand.IntN(4) {
			last = child.read(t)
		}
		said, err := strconv.Atoi(child.kill(t, last))
		if err != nil {
			t.Fatal(err)
		}
		stored = checkShared(t, path, said)
	}
}

// checkShared wants one value in all rows, the last one that the child said or
// the next, and returns it. Without rows it is 0.
func checkShared(t *testing.T, path string, said int) int {
	t.Helper()
	checkIntegrity(t, path)
	s := mustOpen(t, path)
	defer s.Close()
	got, err := s.Rows(t.Context(), shared, span.Span{From: 0, To: span.Date(2100, 1, 1)})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) == 0 {
		if said != 0 {
			t.Fatalf("no rows, but %d was stored", said)
		}
		return 0
	}
	value, err := strconv.Atoi(got[0].Fields[0].Value)
	if err != nil || value != said && value != said+1 {
		t.Fatalf("value %s, %v; want %d or the next", got[0].Fields[0].Value, err, said)
	}
	wantSeries(t, s, shared, sharedRows(value))
	return value
}

func checkIntegrity(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var answer string
	if err := db.QueryRow(`PRAGMA integrity_check`).Scan(&answer); err != nil || answer != "ok" {
		t.Fatalf("integrity_check: %s, %v", answer, err)
	}
}

func TestKilledWhileMakingTheFile(t *testing.T) {
	for i := range kills(t) {
		path := filepath.Join(t.TempDir(), fmt.Sprintf("days%d.db", i))
		child := start(t, "overwriter", path, "1")
		said := child.kill(t, "started")
		value, err := strconv.Atoi(said)
		if err != nil { // it was not that quick
			value = 0
		}
		checkShared(t, path, value)
	}
}

func fill(ctx context.Context, s *sqlite.Store, name string) error {
	for part := range 10 {
		rows := series(name, 1000)[part*100:][:100]
		if err := s.Insert(ctx, rows); err != nil {
			return err
		}
		if err := s.Insert(ctx, series(shared, 1000)[part*100:][:100]); err != nil {
			return err
		}
	}
	return nil
}

func TestManyProcessesWriteANewFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "days.db")
	var children []*process
	for i := range 4 {
		children = append(children, start(t, "filler", path, fmt.Sprint("SERIES#", i)))
	}
	for _, c := range children {
		c.end(t)
	}
	checkIntegrity(t, path)
	s := open(t, path)
	for i := range 4 {
		name := fmt.Sprint("SERIES#", i)
		wantSeries(t, s, name, series(name, 1000))
	}
	wantSeries(t, s, shared, series(shared, 1000))
}

// runUntilEOF runs an execution that never ends, then two that do.
func runUntilEOF(ctx context.Context, s *sqlite.Store, name string) error {
	started := time.Date(2026, 7, 1, 8, 0, 0, 0, time.UTC)
	for _, n := range []string{name, name + "-2"} {
		if err := s.StartExecution(ctx, store.Execution{Name: n, Machine: "lacuna", Input: []byte(`{}`), Started: started}); err != nil {
			return err
		}
	}
	events := []store.Event{{ID: 1, Time: started, Type: "ExecutionStarted"}, {ID: 2, PreviousID: 1, Time: started.Add(time.Second), Type: "PassStateEntered"}}
	if err := s.AppendEvents(ctx, name, events); err != nil {
		return err
	}
	fmt.Println("running")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	for _, n := range []string{name, name + "-2"} {
		if err := s.EndExecution(ctx, store.Execution{Name: n, Status: "SUCCEEDED", Stopped: started.Add(time.Minute), Output: []byte(`1`)}); err != nil {
			return err
		}
	}
	return nil
}
