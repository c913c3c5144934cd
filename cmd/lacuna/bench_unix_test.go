//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"lacuna/internal/publisher"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store/sqlite"
)

// job is lacuna as it is shipped, a process from start to exit, against a
// publisher that takes its time.
type job struct {
	*testing.B
	*publisher.Publisher
	program, db string
	args        []string
	requests    int           // of the last run
	peak        int64         // KB
	took        time.Duration // all runs, from start to exit
	cpu         time.Duration // processor time of all runs
}

func newJob(b *testing.B, args ...string) *job {
	b.Helper()
	dir := b.TempDir()
	program := filepath.Join(dir, "lacuna")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, out)
	}
	p, err := publisher.Start(publisher.Options{Latency: 20 * time.Millisecond})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := p.Close(); err != nil {
			b.Error(err)
		}
	})
	return &job{B: b, Publisher: p, program: program, db: filepath.Join(dir, "x.db"), args: args}
}

// run runs the job once and wants so many requests; -1 is any number.
func (j *job) run(requests int) {
	j.Helper()
	before := len(j.Requests(""))
	cmd := exec.Command(j.program, append([]string{"backfill", "--db", j.db, "--now", "2026-07-01"}, j.args...)...)
	j.start(cmd)
	n := len(j.Requests("")) - before
	if requests >= 0 && n != requests {
		j.Fatalf("%d requests, want %d", n, requests)
	}
	j.requests = n
}

// start runs cmd, which asks the job's publisher, and adds up what it takes.
func (j *job) start(cmd *exec.Cmd) {
	j.Helper()
	for _, source := range publisher.Sources() {
		name := strings.ToUpper(strings.ReplaceAll(source, "-", "_"))
		cmd.Env = append(cmd.Env, "LACUNA_"+name+"_URL="+j.URL(source))
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	if err := cmd.Start(); err != nil {
		j.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			j.peak = max(j.peak, highWater(cmd.Process.Pid))
			continue
		case err := <-ended:
			if err != nil {
				j.Fatalf("%v\n%s", err, out.Bytes())
			}
		}
		break
	}
	j.took += time.Since(began)
	j.cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// highWater returns the most memory, in KB, that a process had so far; 0 where there is no
// /proc. What wait4 tells is that of the process which started it, where that had more.
func highWater(pid int) (kb int64) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if _, rest, ok := strings.Cut(string(text), "VmHWM:"); err == nil && ok {
		kb, _ = strconv.ParseInt(strings.Fields(rest)[0], 10, 64) // the kernel's own form
	}
	return kb
}

// report adds the job's own figures to the time.
func (j *job) report() {
	j.ReportMetric(float64(j.peak)/1024, "MB-peak")
	j.ReportMetric(float64(j.requests), "requests/op")
}

// fresh makes the next run begin with nothing.
func (j *job) fresh() {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(j.db + suffix); err != nil && !os.IsNotExist(err) {
			j.Fatal(err)
		}
	}
}

var ptaxYears = []string{"--series", "CURRENCY#USD", "--from", "2008-01-01", "--to", "2026-06-30"}

func BenchmarkProcessFresh18YearsOfPTAX(b *testing.B) {
	j := newJob(b, ptaxYears...)
	for b.Loop() {
		b.StopTimer()
		j.fresh()
		b.StartTimer()
		j.run(2)
	}
	j.report()
}

func BenchmarkProcessTheSameAgain(b *testing.B) {
	j := newJob(b, ptaxYears...)
	j.run(2)
	for b.Loop() {
		j.run(0)
	}
	j.report()
}

func BenchmarkProcessHeal232DaysIn215Places(b *testing.B) {
	j := newJob(b, ptaxYears...)
	j.run(2)
	var deleted []string
	const places, twice = 215, 17
	stored := j.Observations(publisher.PTAX, "USD")
	stored = stored[len(stored)-4645:]
	for i := range places {
		at := i * len(stored) / places
		deleted = append(deleted, fmt.Sprintf("'%s'", stored[at].Day))
		if i < twice {
			deleted = append(deleted, fmt.Sprintf("'%s'", stored[at+1].Day))
		}
	}
	statement := "DELETE FROM rows WHERE date IN (" + strings.Join(deleted, ",") + ")"
	for b.Loop() {
		b.StopTimer()
		if err := edit(j.db, statement); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		j.run(-1)
	}
	j.report()
}

func BenchmarkProcessFresh30CurrenciesOfTheECB(b *testing.B) {
	j := newJob(b, "--catalogue", filepath.Join("..", "..", "examples", "ecb.yaml"))
	for b.Loop() {
		b.StopTimer()
		j.fresh()
		b.StartTimer()
		j.run(6)
	}
	j.report()
}

// BenchmarkProcessExportAndImport138528 takes the rows of 30 currencies of the ECB out, and
// into a new file.
func BenchmarkProcessExportAndImport138528(b *testing.B) {
	j := newJob(b, "--catalogue", filepath.Join("..", "..", "examples", "ecb.yaml"))
	j.run(6)
	dir := b.TempDir()
	for _, of := range []struct {
		name string
		args []string
		on   string // another database, fresh each time
	}{
		{"parquet", []string{"export", "-o", "parquet", "--out", filepath.Join(dir, "rows.parquet")}, ""},
		{"csv", []string{"export", "--out", filepath.Join(dir, "rows.csv")}, ""},
		{"full", []string{"export", "-o", "jsonl", "--full", "--out", filepath.Join(dir, "full.jsonl")}, ""},
		{"import parquet", []string{"import", filepath.Join(dir, "rows.parquet")}, "y.db"},
		{"import csv", []string{"import", filepath.Join(dir, "rows.csv")}, "y.db"},
		{"import full", []string{"import", filepath.Join(dir, "full.jsonl")}, "y.db"},
		{"import full again", []string{"import", filepath.Join(dir, "full.jsonl")}, ""},
	} {
		b.Run(of.name, func(b *testing.B) {
			each := *j
			each.B, each.peak = b, 0
			if of.on != "" {
				each.db = filepath.Join(dir, of.on)
			}
			each.cpu = 0
			for b.Loop() {
				if of.on != "" {
					b.StopTimer()
					each.fresh()
					b.StartTimer()
				}
				each.start(exec.Command(j.program, append(of.args, "--db", each.db, "--now", "2026-07-01", "--catalogue", j.args[1])...))
			}
			b.ReportMetric(each.cpu.Seconds()/float64(b.N), "s-processor/op")
			b.ReportMetric(float64(each.peak)/1024, "MB-peak")
		})
	}
}

// BenchmarkProcessBesideAScript runs lacuna and testdata/bare.py in turns, each into a new
// file, and says how many times as long the script takes, by the clock and by processor time:
// with one commit of all, and with one of each 25 rows.
func BenchmarkProcessBesideAScript(b *testing.B) {
	python, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output() // which may be a wrapper's
	if err != nil {
		b.Skipf("no Python: %v", err)
	}
	for _, of := range []struct {
		what     string
		requests int
		args     []string
	}{
		{"ptax", 2, ptaxYears},
		{"ecb", 6, []string{"--catalogue", filepath.Join("..", "..", "examples", "ecb.yaml")}},
	} {
		b.Run(of.what, func(b *testing.B) {
			j := newJob(b, of.args...)
			whole, inBatches := *j, *j
			for b.Loop() {
				j.fresh()
				j.run(of.requests)
				for script, size := range map[*job][]string{&whole: nil, &inBatches: {"25"}} {
					script.fresh()
					script.start(exec.Command(strings.TrimSpace(string(python)), append([]string{filepath.Join("testdata", "bare.py"), of.what, j.db}, size...)...))
				}
			}
			n := float64(b.N)
			report := func(script *job, name string) {
				b.ReportMetric(script.took.Seconds()/j.took.Seconds(), name+"/lacuna")
				b.ReportMetric(script.cpu.Seconds()/j.cpu.Seconds(), name+"/lacuna-cpu")
				b.ReportMetric(float64(script.took.Milliseconds())/n, name+"-ms")
				b.ReportMetric(float64(script.cpu.Milliseconds())/n, name+"-cpu-ms")
			}
			report(&whole, "script")
			report(&inBatches, "batches")
			b.ReportMetric(float64(j.took.Milliseconds())/n, "ms")
			b.ReportMetric(float64(j.cpu.Milliseconds())/n, "cpu-ms")
			b.ReportMetric(float64(j.peak)/1024, "MB-peak")
			b.ReportMetric(float64(whole.peak)/1024, "script-MB-peak")
		})
	}
}

// BenchmarkProcess10000Series400Days is one family of 10,000 series in a file with all that
// is due: how they stand, and a run that has nothing to ask for.
func BenchmarkProcess10000Series400Days(b *testing.B) {
	j := newJob(b)
	dir := b.TempDir()
	j.db = filepath.Join(dir, "many.db")
	catalogue, end := filepath.Join(dir, "many.yaml"), span.Date(2026, 6, 30)
	s, err := sqlite.Open(j.db, sqlite.Live)
	if err != nil {
		b.Fatal(err)
	}
	codes := []byte("code\n")
	for i := range 10_000 {
		codes = fmt.Appendf(codes, "C%05d\n", i)
		rows := make([]row.Row, 400)
		for n := range rows {
			rows[n] = row.Row{Series: fmt.Sprintf("MANY#C%05d", i), Day: end - 399 + span.Day(n), Status: row.Observed, Source: "ecb", Run: "2026-06-30-abcdef",
				FetchedAt: end.Time(), Fields: row.Fields{{Name: "value", Value: "5.10"}}}
		}
		if err := s.Insert(b.Context(), rows); err != nil {
			b.Fatal(err)
		}
	}
	family := `{version: 1, include: shipped, series: [{each: {from: codes.csv}, key: "MANY#{code}", title: "Many {code}", unit: "{code} per EUR",
		source: ecb, code: "{code}", fields: [value], calendar: daily, since: 2025-05-27, ready: {at: "16:00", zone: Europe/Berlin}}]}`
	if err := errors.Join(s.Close(), os.WriteFile(catalogue, []byte(family), 0o600), os.WriteFile(filepath.Join(dir, "codes.csv"), codes, 0o600)); err != nil {
		b.Fatal(err)
	}
	for _, args := range [][]string{{"status", "-o", "json", "MANY#*"}, {"backfill", "--series", "MANY#*"}} {
		b.Run(args[0], func(b *testing.B) {
			each := *j
			each.B, each.peak, each.cpu = b, 0, 0
			for b.Loop() {
				each.start(exec.Command(j.program, append(args, "--db", j.db, "--now", "2026-07-01", "--catalogue", catalogue)...))
			}
			b.ReportMetric(each.cpu.Seconds()/float64(b.N), "s-processor/op")
			each.report()
		})
	}
	if n := len(j.Requests("")); n > 0 {
		b.Errorf("%d requests for what is there", n)
	}
}
