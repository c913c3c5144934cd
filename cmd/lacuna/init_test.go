package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/calendar"
	"lacuna/internal/notation"
	"lacuna/internal/propose"
	"lacuna/internal/source/registry"
	"lacuna/internal/span"

	"golang.org/x/text/encoding/charmap"
)

// A publisher's answer is enough for a catalogue by which the publisher can be asked,
// once its address is known.
func TestWhatIsProposedOfASampleIsRead(t *testing.T) {
	t.Parallel()
	latin := func(text string) string {
		text, err := charmap.ISO8859_1.NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	crlf := strings.NewReplacer("\n", "\r\n")
	tests := []struct {
		name, form, key string
		days            []span.Day
		before, after   string // in each answer
		line            func(day string, d span.Day) string
		written         func(text string) string // as it is sent
		rows            int                      // of all series
	}{
		{name: "semicolons, decimal commas, latin-1", form: "dd.MM.yyyy", key: "SAMPLE#INDICE", days: open(calendar.Target, 400), rows: 400,
			before: "Câmbio do banco\n\nData;Índice;Situação\n", after: "Fonte: Área de câmbio\n", written: latin,
			line: func(day string, d span.Day) string {
				return fmt.Sprintf("%s;%d,5%d;só isto\n", day, 100+int(d)%7, int(d)%9)
			}},
		{name: "commas and ISO days", form: "yyyy-MM-dd", key: "SAMPLE#RATE", days: open(calendar.Daily, 50), rows: 50, before: "day,rate\n",
			line: func(day string, d span.Day) string { return fmt.Sprintf("%s,%d.25\n", day, int(d)%9) }},
		{name: "tabs and thousands", form: "dd/MM/yyyy", key: "SAMPLE#VOLUME", days: open(calendar.Weekdays, 60), rows: 60, before: "\ufeffday\tvolume\n", written: crlf.Replace,
			line: func(day string, d span.Day) string {
				return fmt.Sprintf("%s\t%d.%03d.000,50\n", day, 1+int(d)%4, int(d)%1000)
			}},
		{name: "a column a series", form: "yyyyMMdd", key: "SAMPLE#JPY", days: open(calendar.BrazilBank, 300), rows: 900, before: "DATE;USD;EUR;JPY\n",
			line: func(day string, d span.Day) string {
				return fmt.Sprintf("%s;1,%02d;2,%02d;0,0%d\n", day, int(d)%90, int(d)%80, int(d)%7)
			}},
		{name: "a column of codes", form: "yyyy-MM-dd", key: "SAMPLE#GBP", days: open(calendar.Target, 100), rows: 200, before: "FREQ,CURRENCY,TIME_PERIOD,OBS_VALUE\n",
			line: func(day string, d span.Day) string {
				return fmt.Sprintf("D,USD,%s,1.%d\nD,GBP,%s,0.8%d\n", day, int(d)%90, day, int(d)%9)
			}},
		{name: "months", form: "MM/yyyy", key: "SAMPLE#VALOR", days: months(30), rows: 30, before: "Mês;Valor\n",
			line: func(day string, d span.Day) string { return fmt.Sprintf("%s;%d,42\n", day, int(d)%5) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			form, err := notation.ParseDates(tt.form)
			if err != nil {
				t.Fatal(err)
			}
			answer := func(from, to span.Day) string {
				text := tt.before
				for _, d := range tt.days {
					if from <= d && d <= to {
						text += tt.line(form.Format(d), d)
					}
				}
				if text += tt.after; tt.written != nil {
					text = tt.written(text)
				}
				return text
			}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				from, errFrom := form.Parse(r.URL.Query().Get("from"))
				to, errTo := form.Parse(r.URL.Query().Get("to"))
				if errFrom != nil || errTo != nil {
					t.Errorf("asked for %s", r.URL)
				}
				fmt.Fprint(w, answer(from, to))
			}))
			defer server.Close()

			dir := t.TempDir()
			sample, file := filepath.Join(dir, "sample.csv"), filepath.Join(dir, "mine.yaml")
			writeFile(t, sample, answer(0, tt.days[len(tt.days)-1]))
			env := []string{registry.URLVariable("sample") + "=" + server.URL, "LACUNA_CATALOGUE=" + file, "LACUNA_DB=" + filepath.Join(dir, "x.db"), "LACUNA_WAIT_TIME_SCALE=0", "LACUNA_NOW=2024-07-01"}
			for _, args := range [][]string{{"init", "--from-csv", sample}, {"series", "validate"}, {"series", "try", tt.key}, {"backfill"}} {
				if code, out := inProcess(t, env, args...); code != 0 {
					t.Fatalf("lacuna %s: exit code %d\n%s\n%s", strings.Join(args, " "), code, out, textOf(t, file))
				}
			}
			_, out := inProcess(t, env, "export", "-o", "jsonl")
			if rows := strings.Count(out, `"status":"observed"`); rows != tt.rows {
				t.Errorf("%d rows, want %d\n%s\n%.2000s", rows, tt.rows, textOf(t, file), out)
			}
		})
	}
}

// open returns so many days on which a calendar is open, the last ones before 2024-07-01.
func open(name string, count int) (days []span.Day) {
	c, _ := calendar.Named(name)
	for d := range c.Open(span.Span{From: span.Date(2020, 1, 1), To: span.Date(2024, 6, 30)}).All() {
		days = append(days, d)
	}
	return days[len(days)-count:]
}

// months returns the first days of so many months.
func months(count int) (days []span.Day) {
	for n := range count {
		days = append(days, span.Date(2022, time.Month(1+n), 1))
	}
	return days
}

// inProcess runs lacuna, and returns its exit code and what it wrote.
func inProcess(t *testing.T, env []string, args ...string) (code int, out string) {
	t.Helper()
	var b bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &b, &b, env)
	return code, b.String()
}

// What a sample has is written into a catalogue and told, and commands nobody.
func TestSamplesDoNotCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i, text := range []string{
		"day;" + evilWords + ";b\n2024-01-02;1;2\n2024-01-03;1.5;3\n",
		"day;a;b\n2024-01-02;1;" + evilWords + "\n2024-01-03;1.5;3\n" + evil,
		"day;code;b\n2024-01-02;" + evilWords + ";2\n2024-01-02;x;3\n2024-01-03;y;3\n",
		evil + "\nday;a;b\n2024-01-02;1;2\n2024-01-03;1.5;3\n",
		"\"" + evil + "\";a;b\n2024-01-02;1;2\n2024-01-03;1.5;3\n",
		"day;a\n2024-01-02;1\n2024-01-03;1,5;" + evil,
	} {
		sample, file := filepath.Join(dir, "sample.csv"), filepath.Join(dir, fmt.Sprintf("%d.yaml", i))
		writeFile(t, sample, text)
		stdout, stderr := harmless(t, "sample", nil, []string{"init", "--from-csv", sample, file})
		if stdout == "" {
			t.Logf("sample %d: %s", i, stderr)
			continue
		}
		if what := commanding(textOf(t, file), false); what != "" && strings.Contains(what, "a line of its own") {
			t.Errorf("sample %d: the catalogue has %s", i, what)
		}
		harmless(t, "sample", nil, []string{"series", "validate", file})
	}
}

// What is said of a series that is added is told, and commands nobody.
func TestWhatIsAddedDoesNotCommand(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "c.yaml")
	writeFile(t, file, string(propose.Example))
	add := []string{"series", "add", "ecb", "JPY", "--catalogue", file}
	for _, more := range [][]string{{"--title", evil}, {"--unit", evil}, {"--key", evil}, {"--calendar", evil}, {"--field", evil}, {"--cadence", evil}} {
		if stdout, _ := harmless(t, "added", nil, slices.Concat(add, more)); stdout != "" {
			t.Errorf("%.20q is added:\n%s", more, stdout)
		}
	}
	stdout, stderr := harmless(t, "added", nil, slices.Concat(add, []string{"--title", evilWords[:900]}))
	if !strings.Contains(stdout, "ECB#JPY") {
		t.Errorf("not added:\n%s%s", stdout, stderr)
	}
	harmless(t, "added", nil, []string{"series", "list", "--catalogue", file})
}
