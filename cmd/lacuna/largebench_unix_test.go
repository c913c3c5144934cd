//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkProcessPlanOfOneOf10000 is `lacuna plan --series KEY`, from start to exit,
// in a catalogue of 10,000 series, written out or in a family: the first time, which
// checks all of it, and again.
func BenchmarkProcessPlanOfOneOf10000(b *testing.B) {
	dir := b.TempDir()
	program := filepath.Join(dir, "lacuna")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, out)
	}
	const head, rest = "version: 1\nsources: {ecb: {}}\nseries:\n", "  source: ecb\n  calendar: target\n  since: 2008-01-02\n" +
		"  ready: {at: \"16:00\", zone: Europe/Berlin}\n  checks: {value: {min: 0.0001, max: 100000, max_change: 15%}}\n"
	files := map[string][]byte{
		"written.yaml": []byte(head), "codes.csv": []byte("c\n"),
		"family.yaml": []byte(head + "- each: {from: codes.csv}\n  key: ECB#{c}\n  title: Euro reference rate of {c}\n  unit: \"{c} per EUR\"\n  code: \"{c}\"\n" + rest),
	}
	for i := range 10_000 {
		files["written.yaml"] = fmt.Appendf(files["written.yaml"], "- key: ECB#C%05d\n  title: Euro reference rate of C%05[1]d\n  unit: C%05[1]d per EUR\n  code: C%05[1]d\n%[2]s", i, rest)
		files["codes.csv"] = fmt.Appendf(files["codes.csv"], "C%05d\n", i)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	for _, name := range []string{"written", "family"} {
		for _, again := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/again=%t", name, again), func(b *testing.B) {
				cache := filepath.Join(dir, "cache")
				var cpu time.Duration // which other processes take less from than from the time
				for b.Loop() {
					if !again {
						if err := os.RemoveAll(cache); err != nil {
							b.Fatal(err)
						}
					}
					cmd := exec.Command(program, "plan", "--series", "ECB#C07000", "--catalogue", filepath.Join(dir, name+".yaml"), "--db", filepath.Join(dir, "x.db"))
					cmd.Env = []string{"HOME=" + cache, "XDG_CACHE_HOME=" + cache, "LACUNA_NOW=2026-07-01"}
					if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("ECB#C07000")) {
						b.Fatalf("%v\n%s", err, out)
					}
					cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
				}
				b.ReportMetric(float64(cpu.Milliseconds())/float64(b.N), "cpu-ms/op")
			})
		}
	}
}
