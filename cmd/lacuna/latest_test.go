package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store/sqlite"

	"github.com/google/go-cmp/cmp"
)

// manySeriesIn makes a catalogue of n series and a database with 30 days of each.
func manySeriesIn(tb testing.TB, dir string, n int) (environ []string) {
	tb.Helper()
	file, db := filepath.Join(dir, "many.yaml"), filepath.Join(dir, "many.db")
	s, err := sqlite.Open(db, sqlite.Live)
	if err != nil {
		tb.Fatal(err)
	}
	defer s.Close()
	text := []byte("version: 1\ninclude: shipped\nseries:\n")
	for i := range n {
		key := fmt.Sprintf("MANY#%05d", i)
		text = fmt.Appendf(text, `- key: %s
  title: Number %d of many
  unit: BRL per USD
  source: bcb-ptax
  code: USD
  fields: [buy, sell]
  calendar: brazil-bank
  since: 2000-01-03
  ready: {at: "18:00", zone: America/Sao_Paulo}
  checks:
    buy: {min: 0.5, max: 20, max_change: 15%%}
    sell: {min: 0.5, max: 20, max_change: 15%%, not_below: buy}

`, key, i)
		var rows []row.Row
		for day := range span.Day(30) {
			rows = append(rows, row.Row{Series: key, Day: span.Date(2026, 6, 1) + day, Status: row.Observed, Source: "x", Run: "x",
				Fields: row.Fields{{Name: "buy", Value: "5.10"}, {Name: "sell", Value: fmt.Sprint(i)}}})
		}
		if err := s.Insert(tb.Context(), rows); err != nil {
			tb.Fatal(err)
		}
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		tb.Fatal(err)
	}
	return []string{"LACUNA_CATALOGUE=" + file, "LACUNA_DB=" + db, "LACUNA_NOW=2026-07-01"}
}

// BenchmarkProcessLatestOf10000 is `lacuna latest`, from start to exit.
func BenchmarkProcessLatestOf10000(b *testing.B) {
	dir := b.TempDir()
	program := filepath.Join(dir, "lacuna")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, out)
	}
	environ := append(manySeriesIn(b, dir, 10_000), "HOME="+filepath.Join(dir, "home"), "XDG_CACHE_HOME="+filepath.Join(dir, "cache"))
	for _, args := range [][]string{{"latest", "--all"}, {"latest", "MANY#05000"}} {
		b.Run(strings.Join(args, " "), func(b *testing.B) {
			var cpu time.Duration // which other processes take less from than from the time
			latest := func() {
				cmd := exec.Command(program, args...)
				cmd.Env = environ
				if out, err := cmd.Output(); err != nil || !bytes.Contains(out, []byte("MANY#05000  2026-06-30  buy 5.10, sell 5000  BRL per USD")) {
					b.Fatalf("%v\n%s", err, out[:min(len(out), 300)])
				}
				cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			}
			latest() // the catalogue is checked, and a copy of it kept
			cpu = 0
			for b.Loop() {
				latest()
			}
			b.ReportMetric(float64(cpu.Milliseconds())/float64(b.N), "cpu-ms/op")
		})
	}
}

// However series are chosen, what is shown of them is the same.
func TestLatestOfAllIsThatOfEach(t *testing.T) {
	t.Parallel()
	environ := manySeriesIn(t, t.TempDir(), 300)
	latest := func(args ...string) string {
		var out bytes.Buffer
		if code := run(t.Context(), append([]string{"latest", "-o", "json"}, args...), nil, &out, io.Discard, environ); code != 0 {
			t.Errorf("latest %s: exit code %d", strings.Join(args, " "), code)
		}
		return out.String()
	}
	all := latest()
	if n := strings.Count(all, `"unit": "BRL per USD"`); n != 300 {
		t.Errorf("%d units, want 300\n%.500s", n, all)
	}
	if diff := cmp.Diff(all, latest("MANY#*")); diff != "" {
		t.Errorf("(-all +by pattern)\n%s", diff)
	}
	var keys []string
	for i := range 300 {
		keys = append(keys, fmt.Sprintf("MANY#%05d", i))
	}
	slices.Reverse(keys)
	if diff := cmp.Diff(all, latest(keys...)); diff != "" {
		t.Errorf("(-all +by key)\n%s", diff)
	}
}

func TestLatestOfATable(t *testing.T) {
	a := newAccount(t)
	a.reply("Query", func(body map[string]any) string {
		values := body["ExpressionAttributeValues"].(map[string]any)
		switch key := values[":series"].(map[string]any)["S"]; key {
		case "ECB#USD", "OLD#1":
			return fmt.Sprintf(`{"Items":[{"info_type":{"S":%q},"date":{"S":"2024-01-02"},"status":{"S":"observed"},"fields":{"M":{"value":{"N":"1.0956"}}}}],"Count":1}`, key)
		}
		return `{"Items":[],"Count":0}`
	})
	const header = "key,day,field,value,unit,age_days\n"
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"all series of the catalogue", nil, header + `^ECB#USD,2024-01-02,value,1\.0956,[^,]+,[0-9]+\n$`},
		{"one of it", []string{"ECB#USD"}, header + `^ECB#USD,2024-01-02,value,1\.0956,[^,]+,[0-9]+\n$`},
		{"one that it does not have any more", []string{"OLD#1"}, header + `^OLD#1,2024-01-02,value,1\.0956,,[0-9]+\n$`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := a.run(append([]string{"latest", "-o", "csv"}, tt.args...)...)
			if !regexp.MustCompile("(?m)^"+tt.want).MatchString(stdout) || code != 0 {
				t.Errorf("exit code %d, want %s\n%s%s", code, tt.want, stdout, stderr)
			}
		})
	}
	if code, _, stderr := a.run("latest", "SGS#1"); code != 1 || !strings.Contains(stderr, "no value of any series asked for is in stack rates") {
		t.Errorf("one without rows: exit code %d\n%s", code, stderr)
	}
}
