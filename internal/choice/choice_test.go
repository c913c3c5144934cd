package choice_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lacuna/internal/choice"
	"lacuna/internal/exit"
	"lacuna/internal/message"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

// noted collects what people are told.
type noted []string

func (n *noted) note(format string, args ...any) { *n = append(*n, fmt.Sprintf(format, args...)) }

// flags parses args as a verb does.
func flags(t *testing.T, args ...string) *choice.Flags {
	t.Helper()
	var c choice.Flags
	f := pflag.NewFlagSet("verb", pflag.ContinueOnError)
	c.BindSeries(f)
	c.BindDays(f)
	c.BindOnly(f)
	if err := f.Parse(args); err != nil {
		t.Fatal(err)
	}
	return &c
}

var today = span.Date(2026, 6, 30)

func TestInput(t *testing.T) {
	t.Chdir(t.TempDir())
	tests := []struct {
		args []string
		want message.Input
		err  string // of a usage error
	}{
		{nil, message.Input{Only: "due"}, ""},
		{[]string{"--from", "-2d", "--to", "today"}, message.Input{From: "2026-06-28", To: "2026-06-30", Only: "due"}, ""},
		{[]string{"--from", "2026-06-30", "--to", "2026-06-30", "--only", "all"}, message.Input{From: "2026-06-30", To: "2026-06-30", Only: "all"}, ""},
		{[]string{"--series", "ECB#*", "--series", "SGS#1"}, message.Input{Series: []string{"ECB#*", "SGS#1"}, Only: "due"}, ""},
		{[]string{"--from", "2026-07-01", "--to", "today"}, message.Input{}, "--from 2026-07-01 is after --to 2026-06-30"},
		{[]string{"--to", "yesterday"}, message.Input{}, "--to: "},
		{[]string{"--only", "some"}, message.Input{}, "--only"},
		{[]string{"--series", ""}, message.Input{}, "--series is empty"},
		{[]string{"--series", "ECB#NOK,NONE#*"}, message.Input{}, "no series matches"},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			var n noted
			c, err := choice.Open("", false, n.note)
			if err != nil || len(n) != 1 || n[0] != "catalogue: built-in series.yaml" {
				t.Fatalf("noted %q, error %v", n, err)
			}
			in, err := flags(t, tt.args...).Input(c, today)
			if tt.err != "" {
				if coded := (*exit.Error)(nil); !errors.As(err, &coded) || coded.Code != exit.CodeUsage || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want a usage error with %q", err, tt.err)
				}
				return
			}
			if diff := cmp.Diff(tt.want, in); err != nil || diff != "" {
				t.Errorf("error %v, input (-want +got):\n%s", err, diff)
			}
		})
	}
}

// Without data of its own a series is left out, and said to be; a pattern that leaves
// nothing is an error, and one that no series has is another.
func TestOfflineSeriesEndWithTheirData(t *testing.T) {
	shipped, err := os.ReadFile("../../series.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "series.yaml")
	more := "\n- {key: SGS#NONE, title: t, unit: u, source: bcb-sgs, code: '999999', fields: [sell], calendar: weekdays, cadence: daily, since: 2020-01-01}\n"
	if err := os.WriteFile(file, append(shipped, more...), 0o600); err != nil {
		t.Fatal(err)
	}
	var n noted
	c, err := choice.Open(file, true, n.note)
	if err != nil {
		t.Fatal(err)
	}
	patterns, err := c.Patterns([]string{"SGS#1", "SGS#N*"})
	if diff := cmp.Diff([]string{"SGS#1"}, patterns); err != nil || diff != "" {
		t.Errorf("error %v, patterns (-want +got):\n%s", err, diff)
	}
	if got := n[len(n)-1]; got != "skipped, there is no built-in data: SGS#NONE" {
		t.Errorf("noted %q", got)
	}
	if _, err := c.One("SGS#NONE"); err == nil || err.Error() != "nothing to do: there is no built-in data of SGS#NONE" {
		t.Errorf("error %v", err)
	}
	if _, err := c.One("SGS#*"); err == nil || err.Error() != "SGS#* is a pattern: want the key of one series" {
		t.Errorf("error %v", err)
	}
	one, err := c.One("SGS#1")
	if err != nil || one.Until != today {
		t.Errorf("SGS#1 ends %v, error %v; want %v, the last day of the data", one.Until, err, today)
	}
}

// Forty keys are named; more would hide what comes after them.
func TestManySeriesThatAreLeftOutAreCounted(t *testing.T) {
	text := "version: 1\ninclude: shipped\nseries:\n"
	for i := range 41 {
		text += fmt.Sprintf("- {key: SGS#NONE%d, title: t, unit: u, source: bcb-sgs, code: '9999%02d', calendar: weekdays, since: 2020-01-01}\n", i, i)
	}
	file := filepath.Join(t.TempDir(), "series.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ pattern, want string }{
		{"SGS#NONE*", "skipped, there is no built-in data: SGS#NONE0 SGS#NONE1 SGS#NONE2 and 38 more"},
		{"SGS#NONE?", "skipped, there is no built-in data: SGS#NONE0 SGS#NONE1 SGS#NONE2 SGS#NONE3 SGS#NONE4 SGS#NONE5 SGS#NONE6 SGS#NONE7 SGS#NONE8 SGS#NONE9"},
	} {
		var n noted
		c, err := choice.Open(file, true, n.note)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Patterns([]string{"SGS#1", tt.pattern}); err != nil || n[len(n)-1] != tt.want {
			t.Errorf("noted %q, error %v; want %q", n[len(n)-1], err, tt.want)
		}
	}
}

func TestCatalogueThatCannotBeRead(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, _, err := choice.Read("none.yaml"); err == nil || !strings.Contains(err.Error(), "catalogue: open none.yaml") {
		t.Errorf("error %v", err)
	}
	if err := os.WriteFile("series.yaml", []byte("version: 9"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, name, err := choice.Read(""); err == nil || name != "series.yaml" {
		t.Errorf("%s: error %v, want that of the file in this folder", name, err)
	}
}

// A catalogue tells when it, or a file beside it, has other bytes than when it was opened.
func TestCatalogueHasChanged(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	const one = "version: 1\nsources: {ecb: {}}\nseries:\n- {key: 'A#{code}', title: A, source: ecb, code: '{code}', unit: x, calendar: target, since: 2024-01-02, each: {from: codes.csv}}\n"
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	open := func(file string) *choice.Catalogue {
		t.Helper()
		c, err := choice.Open(file, false, func(string, ...any) {})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	builtIn := open("")
	put("codes.csv", "code\nUSD\n")
	put("own.yaml", one)
	of := open("own.yaml")
	for _, tt := range []struct {
		name   string
		change func()
		of     *choice.Catalogue
		want   string
	}{
		{"nothing", func() {}, of, ""},
		{"written as it was", func() { put("own.yaml", one) }, of, ""},
		{"a file beside it", func() { put("codes.csv", "code\nJPY\n") }, of, "codes.csv"},
		{"that back again", func() { put("codes.csv", "code\nUSD\n") }, of, ""},
		{"itself", func() { put("own.yaml", one+"# more\n") }, of, "own.yaml"},
		{"removed", func() { os.Remove("own.yaml") }, of, "own.yaml"},
		{"no file yet", func() {}, builtIn, ""},
		{"a file in the place of the built-in one", func() { put("series.yaml", one) }, builtIn, "series.yaml"},
	} {
		if tt.change(); tt.of.Changed() != tt.want {
			t.Errorf("%s: %q has changed, want %q", tt.name, tt.of.Changed(), tt.want)
		}
	}
}
