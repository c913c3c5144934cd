package publisher_test

import (
	"encoding/csv"
	"io/fs"
	"path"
	"strings"
	"testing"

	"lacuna/internal/publisher"
	"lacuna/internal/source"
	"lacuna/internal/span"
	publisherdata "lacuna/testdata/publisher"

	"github.com/google/go-cmp/cmp"
)

const farAway = span.Day(40000) // 2079-07-08

// Every line of every file, read in another way.
func TestFiles(t *testing.T) {
	data := publisher.NewData(farAway)
	files, err := fs.Glob(publisherdata.Files, "*/*.csv")
	if err != nil || len(files) != 41 {
		t.Fatalf("%d files, error %v; want 41", len(files), err)
	}
	sources := map[string]string{"ptax": publisher.PTAX, "sgs": publisher.SGS, "ecb": publisher.ECB, "fred": publisher.FRED, "anp": publisher.ANP}
	for _, name := range files {
		text, err := publisherdata.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		records, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		code := strings.TrimSuffix(strings.TrimSuffix(path.Base(name), ".csv"), "-BRL")
		code = strings.ReplaceAll(code, "_", " ") // a product of ANP
		list := data.Observations(sources[path.Dir(name)], code)
		for i, record := range records[1:] {
			if diff := cmp.Diff(record, append([]string{list[i].Day.String()}, list[i].Values...)); diff != "" {
				t.Fatalf("%s line %d mismatch (-file +data):\n%s", name, i+2, diff)
			}
			if i > 0 && list[i-1].Day >= list[i].Day {
				t.Errorf("%s: %s follows %s", name, list[i].Day, list[i-1].Day)
			}
			for _, value := range list[i].Values {
				if number, err := source.Decimal(value); err != nil || number != value || value == "" && path.Dir(name) != "fred" {
					t.Errorf("%s: %s has the value %q", name, list[i].Day, value)
				}
			}
		}
	}
}

// What continues SGS is equal to it on every day that both have.
func TestPTAXIsSGS(t *testing.T) {
	data := publisher.NewData(farAway)
	ptax := map[span.Day]publisher.Observation{}
	for _, o := range data.Observations(publisher.PTAX, "USD") {
		ptax[o.Day] = o
	}
	for code, want := range map[string]struct {
		column, common int
		end            span.Day
	}{
		"10813": {0, 4276, span.Date(2024, 3, 22)},
		"1":     {1, 4582, span.Date(2025, 6, 11)},
	} {
		common := 0
		list := data.Observations(publisher.SGS, code)
		for _, o := range list {
			both, ok := ptax[o.Day]
			if !ok || o.Day > want.end {
				continue
			}
			if common++; o.Values[0] != both.Values[want.column] {
				t.Errorf("SGS %s on %s: %s, PTAX %v", code, o.Day, o.Values[0], both.Values)
			}
		}
		if common != want.common {
			t.Errorf("SGS %s: %d days in common with PTAX, want %d", code, common, want.common)
		}
		if last := list[len(list)-1]; last.Day != span.Date(2026, 7, 1) || last.Values[0] != ptax[last.Day].Values[want.column] {
			t.Errorf("SGS %s ends with %v", code, last)
		}
	}
}

func TestSeries(t *testing.T) {
	tests := []struct {
		source, code string
		today        span.Day
		first, last  string // "": no data
	}{
		{publisher.PTAX, "USD", publisher.Today, "2007-03-14", "2026-06-30"},
		{publisher.PTAX, "EUR", publisher.Today, "", ""},
		{publisher.PTAX, "USD", farAway, "2007-03-14", "2026-07-01"},
		{publisher.PTAX, "USD", span.Date(2007, 3, 15), "2007-03-14", "2007-03-14"},
		{publisher.PTAX, "USD", span.Date(2007, 3, 14), "", ""},
		{publisher.SGS, "1", publisher.Today, "2007-03-14", "2026-06-30"},
		{publisher.SGS, "1", span.Date(2000, 1, 1), "", ""},
		{publisher.SGS, "10813", publisher.Today, "1994-07-01", "2026-06-30"},
		{publisher.SGS, "10813", span.Date(2000, 1, 1), "1994-07-01", "1999-12-31"},
		{publisher.SGS, "11", publisher.Today, "", ""},
		{publisher.ECB, "BRL", publisher.Today, "2008-01-02", "2026-06-30"},
		{publisher.ECB, "BGN", publisher.Today, "2000-07-19", "2025-12-31"},
		{publisher.ECB, "BRL", farAway, "2008-01-02", "2026-10-30"},
		{publisher.FRED, "DCOILBRENTEU", publisher.Today, "2000-01-04", "2026-06-30"},
		{publisher.FRED, "DCOILBRENTEU", farAway, "2000-01-04", "2026-08-18"},
		{publisher.ECB, "../sgs/1", publisher.Today, "", ""},
		{publisher.ANP, "GLP", publisher.Today, "2012-12-30", "2026-03-08"},
		{publisher.ANP, "GLP", span.Date(2013, 1, 5), "2012-12-30", "2012-12-30"}, // the Saturday of its week
		{publisher.ANP, "GLP", span.Date(2013, 1, 4), "", ""},
		{publisher.ANP, "OLEO DIESEL/UF/SAO PAULO", publisher.Today, "", ""},
		{"nowhere", "USD", publisher.Today, "", ""},
	}
	for _, tt := range tests {
		first, last, ok := publisher.NewData(tt.today).Series(tt.source, tt.code)
		got := [2]string{}
		if ok {
			got = [2]string{first.String(), last.String()}
		}
		if want := [2]string{tt.first, tt.last}; got != want {
			t.Errorf("%s %s on the morning of %s: %q, want %q", tt.source, tt.code, tt.today, got, want)
		}
	}
}
