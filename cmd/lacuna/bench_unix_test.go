//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"lacuna/internal/publisher"
)

// job is lacuna as it is shipped, a process from start to exit, against a
// publisher that takes its time.
type job struct {
	*testing.B
	*publisher.Publisher
	program, db string
	args        []string
	requests    int   // of the last run
	peak        int64 // KB
}

func newJob(b *testing.B, args ...string) *job {
	b.Helper()
	dir := b.TempDir()
	program := filepath.Join(dir, "lacuna")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
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
	for _, source := range publisher.Sources() {
		name := strings.ToUpper(strings.ReplaceAll(source, "-", "_"))
		cmd.Env = append(cmd.Env, "LACUNA_"+name+"_URL="+j.URL(source))
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		j.Fatalf("%v\n%s", err, out)
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		j.peak = max(j.peak, usage.Maxrss)
	}
	n := len(j.Requests("")) - before
	if requests >= 0 && n != requests {
		j.Fatalf("%d requests, want %d", n, requests)
	}
	j.requests = n
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
