package catalogue_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna"
	"lacuna/internal/catalogue"
	"lacuna/internal/span"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func schema(tb testing.TB) *jsonschema.Schema {
	tb.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(lacuna.Schema))
	if err != nil {
		tb.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("series.schema.json", doc); err != nil {
		tb.Fatal(err)
	}
	compiled, err := c.Compile("series.schema.json")
	if err != nil {
		tb.Fatal(err)
	}
	return compiled
}

// validate checks a YAML text with a schema.
func validate(s *jsonschema.Schema, text []byte) error {
	asJSON, err := yaml.YAMLToJSON(text)
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(asJSON)) == 0 {
		asJSON = []byte("null")
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		return err
	}
	return s.Validate(doc)
}

// file is a part of an archive: text files one after the other, each below a
// line with its name between dashes.
type file struct{ name, text string }

var fileLine = regexp.MustCompile(`(?m)^-- (.+) --\n`)

func archive(tb testing.TB, path string) []file {
	tb.Helper()
	text := string(read(tb, path))
	var files []file
	places := fileLine.FindAllStringSubmatchIndex(text, -1)
	for i, at := range places {
		end := len(text)
		if i+1 < len(places) {
			end = places[i+1][0]
		}
		files = append(files, file{text[at[2]:at[3]], text[at[1]:end]})
	}
	if len(files) == 0 {
		tb.Fatalf("%s has no files", path)
	}
	return files
}

// refused is a file and the problems that the one behind it in the archive lists.
type refused struct{ name, text, problems string }

func refusedIn(t *testing.T, path string) []refused {
	t.Helper()
	files := archive(t, path)
	var out []refused
	for i := 0; i+1 < len(files); i += 2 {
		if strings.TrimSuffix(files[i].name, ".yaml") != strings.TrimSuffix(files[i+1].name, ".txt") {
			t.Fatalf("%s: %s is followed by %s", path, files[i].name, files[i+1].name)
		}
		out = append(out, refused{files[i].name, files[i].text, strings.TrimSpace(files[i+1].text)})
	}
	return out
}

func (r refused) check(t *testing.T) {
	t.Helper()
	c, err := catalogue.Parse(r.name, []byte(r.text), lacuna.Series)
	if err == nil {
		t.Fatalf("Parse accepts it: %+v", c)
	}
	if diff := cmp.Diff(strings.Split(r.problems, "\n"), strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("problems mismatch (-want +got):\n%s", diff)
	}
}

func TestParseAndSchemaRefuseForm(t *testing.T) {
	s := schema(t)
	for _, r := range refusedIn(t, "testdata/form.txtar") {
		t.Run(r.name, func(t *testing.T) {
			r.check(t)
			if err := validate(s, []byte(r.text)); err == nil {
				t.Error("the schema accepts it")
			}
		})
	}
}

func TestParseRefusesMeaning(t *testing.T) {
	for _, r := range refusedIn(t, "testdata/meaning.txtar") {
		t.Run(r.name, r.check)
	}
}

// What people write by hand, and what they are told.
func TestParseNamesTheMistake(t *testing.T) {
	bad := refusedIn(t, "testdata/mistakes.txtar")
	if len(bad) < 20 {
		t.Errorf("%d bad catalogues, want 20", len(bad))
	}
	for _, r := range bad {
		t.Run(r.name, r.check)
	}
}

func read(tb testing.TB, path string) []byte {
	tb.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

func parse(tb testing.TB, path string) *catalogue.Catalogue {
	tb.Helper()
	c, err := catalogue.Parse(path, read(tb, path), lacuna.Series)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func TestParseAndSchemaAccept(t *testing.T) {
	s := schema(t)
	files, err := filepath.Glob("../../examples/sources/*.yaml")
	if err != nil || len(files) < 7 {
		t.Fatal(files, err)
	}
	for _, path := range append(files, "../../series.yaml", "../../examples/ecb.yaml", "testdata/everything.yaml", "testdata/declared.yaml") {
		parse(t, path)
		if err := validate(s, read(t, path)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func day(text string) span.Day {
	d, err := span.Parse(text)
	if err != nil {
		panic(err)
	}
	return d
}

// Zones are compared by name; which days a calendar has is tested by Expected.
var byValue = cmp.Options{
	cmp.Transformer("zone", func(l *time.Location) string { return l.String() }),
	cmpopts.IgnoreFields(catalogue.Series{}, "Calendar"),
}

func TestParse(t *testing.T) {
	first := catalogue.Series{
		Key: "A#1", Aliases: []string{"A/one", "1:A"}, Title: "Ação, first", Unit: "BRL per 13 kg",
		Source: "own", Code: "ÓLEO DIESEL/S10 (R$/l) 50%", Fields: []string{"buy", "sell"}, Cadence: catalogue.Daily,
		Since: day("2020-01-01"), Until: day("2029-12-31"), OnEmpty: catalogue.Learn, Lookback: 5,
		Ready: catalogue.Ready{Hour: 17, Minute: 30, Zone: berlin(t), Lag: 2},
		KnownAbsent: []catalogue.KnownAbsent{
			{Span: span.Span{From: day("2021-01-04"), To: day("2021-01-04")}, Reason: "fire"},
			{Span: span.Span{From: day("2022-01-03"), To: day("2022-01-14")}, Reason: "flood"},
		},
		Checks: []catalogue.Check{{Field: "sell", Min: "-0.5", Max: "20", MaxChange: "15.5", NotBelow: "buy"}},
	}
	second := first
	second.Key, second.Aliases = "A#2", nil
	plain := func(key, title, cadence, since string) *catalogue.Series {
		return &catalogue.Series{
			Key: key, Title: title, Unit: "x", Source: "plain", Code: key, Fields: []string{"value"}, Cadence: cadence,
			Since: day(since), OnEmpty: catalogue.Recheck, Ready: catalogue.Ready{Zone: time.UTC, Lag: 1},
		}
	}
	sources := []catalogue.Source{
		{Name: "own", MaxDays: 100, MaxSeries: 7, Concurrency: 1, RatePerS: 9, Timeout: 2 * time.Minute},
		{Name: "plain", MaxDays: 3650, MaxSeries: 1, RequestCostDays: 365, Concurrency: 2, RatePerS: 5, Timeout: 30 * time.Second},
	}
	series := []*catalogue.Series{
		&first, &second,
		plain("W", "weekly", catalogue.Weekly, "2023-12-31"),
		plain("M", "monthly", catalogue.Monthly, "2024-01-01"),
		plain("Q", "quarterly", catalogue.Quarterly, "2023-10-01"),
	}
	c := parse(t, "testdata/everything.yaml")
	if diff := cmp.Diff(sources, c.Sources) + cmp.Diff(series, c.All(), byValue); diff != "" {
		t.Errorf("Parse mismatch (-want +got):\n%s", diff)
	}
}

func berlin(tb testing.TB) *time.Location {
	tb.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		tb.Fatal(err)
	}
	return zone
}

func keys(series []*catalogue.Series) string {
	var out []string
	for _, s := range series {
		out = append(out, s.Key)
	}
	return strings.Join(out, " ")
}

func TestShipped(t *testing.T) {
	c := parse(t, "../../series.yaml")
	const want = "CURRENCY#USD CURRENCY#EUR CURRENCY#GBP CURRENCY#JPY CURRENCY#CHF CURRENCY#BRL ECB#USD SGS#1 SGS#10813 RATE#SELIC RATE#CDI RATE#SELIC_TARGET INFLATION#IPCA INFLATION#IGP_M " +
		"FUEL#DIESEL FUEL#DIESEL_S10 FUEL#GASOLINE FUEL#ETHANOL FUEL#LPG FUEL#DIESEL#REGION#SUDESTE FUEL#DIESEL#UF#SP OIL#BRENT"
	if got := keys(c.All()); got != want {
		t.Errorf("shipped series are %s, want %s", got, want)
	}
	for _, s := range c.Sources {
		if s.Concurrency < 2 {
			t.Errorf("%s: %d requests at once; an event source mapping takes at least 2", s.Name, s.Concurrency)
		}
	}
}

// What a file says replaces what it includes, in its place; the rest follows.
func TestInclude(t *testing.T) {
	text := `version: 1
include: shipped
sources:
  ecb: {concurrency: 9}
  own: {}
series:
- {key: MINE, title: mine, unit: x, source: own, code: X, calendar: target, since: 2020-01-01}
- {key: CURRENCY#EUR, title: my euro, unit: x, source: ecb, code: EUR, calendar: target, since: 2020-01-01}
`
	c, err := catalogue.Parse("mine.yaml", []byte(text), lacuna.Series)
	if err != nil {
		t.Fatal(err)
	}
	want := keys(parse(t, "../../series.yaml").All()) + " MINE"
	if got := keys(c.All()); got != want {
		t.Errorf("series are %s, want %s", got, want)
	}
	if s, ok := c.Lookup("CURRENCY#EUR"); !ok || s.Title != "my euro" || s.Source != "ecb" {
		t.Errorf("CURRENCY#EUR = %+v, %v", s, ok)
	}
	if s, ok := c.Source("ecb"); !ok || s.Concurrency != 9 || s.MaxSeries != 1 {
		t.Errorf("source ecb = %+v, %v", s, ok)
	}
	if s, ok := c.Source("bcb-ptax"); !ok || s.MaxDays != 3650 {
		t.Errorf("source bcb-ptax = %+v, %v", s, ok)
	}
}

// A series without a source changes, of the shipped one, the fields that it has.
func TestIncludeChangesAPart(t *testing.T) {
	text := `version: 1
include: shipped
series:
- {key: SGS#1, since: 2024-01-01}
- {key: FUEL#LPG, since: 2024-01-07, until: 2024-12-29, known_absent: []}
- key: FUEL#DIESEL
  aliases: [DIESEL]
  title: Diesel # the older one
  unit: BRL
#- key: a comment of its own line
- {key: RATE#SELIC_TARGET, cadence: monthly, checks: {}}
- {key: RATE#CDI, ready: {at: "10:00", zone: UTC}, checks: {value: {max: 1}}}
`
	c, err := catalogue.Parse("mine.yaml", []byte(text), lacuna.Series)
	if err != nil {
		t.Fatal(err)
	}
	want := parse(t, "../../series.yaml")
	change := func(key string, how func(s *catalogue.Series)) {
		s, _ := want.Lookup(key)
		how(s)
	}
	change("SGS#1", func(s *catalogue.Series) { s.Since = day("2024-01-01") })
	change("FUEL#LPG", func(s *catalogue.Series) {
		s.Since, s.Until, s.KnownAbsent = day("2024-01-07"), day("2024-12-29"), nil
	})
	change("FUEL#DIESEL", func(s *catalogue.Series) { s.Aliases, s.Title, s.Unit = []string{"DIESEL"}, "Diesel", "BRL" })
	change("RATE#SELIC_TARGET", func(s *catalogue.Series) { s.Cadence, s.Checks = catalogue.Monthly, nil })
	change("RATE#CDI", func(s *catalogue.Series) {
		s.Ready, s.Checks = catalogue.Ready{Hour: 10, Zone: time.UTC}, []catalogue.Check{{Field: "value", Max: "1"}}
	})
	if diff := cmp.Diff(want.Sources, c.Sources) + cmp.Diff(want.All(), c.All(), byValue); diff != "" {
		t.Errorf("Parse mismatch (-want +got):\n%s", diff)
	}
	if s, _ := c.Lookup("SGS#1"); len(s.Expected(within(t, "2024-01-01/2024-01-02"))) != 1 {
		t.Errorf("SGS#1 expects %v: the calendar is lost", s.Expected(within(t, "2024-01-01/2024-01-02")))
	}
	if err := validate(schema(t), []byte(text)); err != nil {
		t.Errorf("the schema: %v", err)
	}
}

// Without the shipped entries nothing is left to change.
func TestAPartAloneIsRefused(t *testing.T) {
	text := []byte("version: 1\nseries:\n- {key: SGS#1, since: 2024-01-01}\n")
	if _, err := catalogue.Parse("mine.yaml", text, lacuna.Series); err == nil || !strings.Contains(err.Error(), "series[SGS#1].source: missing") {
		t.Errorf("Parse: %v", err)
	}
	if validate(schema(t), text) == nil {
		t.Error("the schema accepts it")
	}
}

func TestIncludeReportsDoubles(t *testing.T) {
	text := `version: 1
include: shipped
series:
- {key: ECB#USD, title: x, unit: x, source: ecb, code: X, calendar: target, since: 2020-01-01}
- {key: ECB#USD, title: y, unit: x, source: ecb, code: X, calendar: target, since: 2020-01-01}
- {key: MINE, aliases: [SGS#1], title: y, unit: x, source: ecb, code: X, calendar: target, since: 2020-01-01}
`
	want := "mine.yaml:5: series[ECB#USD]: the key comes twice\nmine.yaml:6: series[MINE].aliases[0]: SGS#1 is already a name of SGS#1"
	if _, err := catalogue.Parse("mine.yaml", []byte(text), lacuna.Series); err == nil || err.Error() != want {
		t.Errorf("problems:\n%v\nwant:\n%s", err, want)
	}
}

var problemLine = regexp.MustCompile(`^(f|shipped series)\.yaml:([1-9][0-9]*: | and .*more problems$)`)

// Any text is read or refused with places, and what is read fits the schema and is
// the same when it is compiled.
func FuzzCatalogue(f *testing.F) {
	s := schema(f)
	for _, path := range []string{"testdata/everything.yaml", "../../series.yaml"} {
		f.Add(string(read(f, path)))
	}
	for _, path := range []string{"testdata/form.txtar", "testdata/meaning.txtar", "testdata/mistakes.txtar"} {
		for _, file := range archive(f, path) {
			f.Add(file.text)
		}
	}
	f.Add("a: &a [*a]\nb: *a\n")
	f.Add("version: 1\nseries: &s [*s]\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := catalogue.Parse("f.yaml", []byte(text), nil)
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if !problemLine.MatchString(line) {
					t.Errorf("problem without a place: %q", line)
				}
			}
			return
		}
		compiled(t, c)
		for _, one := range c.All() {
			if found, ok := c.Lookup(one.Key); !ok || found.Key != one.Key {
				t.Errorf("Lookup(%q) = %v, %v", one.Key, found, ok)
			}
			one.Expected(span.Span{From: one.Since, To: one.Since + 400})
			one.Due(one.Since.Time().AddDate(1, 0, 0))
		}
		if err := validate(s, []byte(text)); err != nil {
			t.Errorf("Parse accepts what the schema refuses: %v", err)
		}
	})
}

func BenchmarkParseShipped(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := catalogue.Parse("series.yaml", lacuna.Series, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse300Series(b *testing.B) {
	text := []byte("version: 1\nsources: {ecb: {}}\nseries:\n")
	for i := range 300 {
		text = fmt.Appendf(text, "- {key: ECB#%d, title: x, unit: x, source: ecb, code: A, calendar: target, since: 2008-01-02}\n", i)
	}
	for b.Loop() {
		if _, err := catalogue.Parse("series.yaml", text, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// The list of zones, which the standard library does not give, has what it loads.
func TestZonesThatAreSuggestedExist(t *testing.T) {
	zones := strings.Fields(string(read(t, "zones.txt")))
	for _, name := range zones {
		if _, err := time.LoadLocation(name); err != nil {
			t.Error(err)
		}
	}
	if !slices.IsSorted(zones) || !slices.Contains(zones, "America/Sao_Paulo") || !slices.Contains(zones, "UTC") {
		t.Errorf("%d zones, not sorted or not whole", len(zones))
	}
}

// How many requests a range takes, where there is one for each year, and else.
func TestRequests(t *testing.T) {
	c := parse(t, "testdata/declared.yaml")
	years := span.Span{From: day("2022-06-01"), To: day("2024-01-01")}
	for name, want := range map[string]int{"stats": 3, "book": 1, "api": 1, "bank": 1} {
		of, ok := c.Source(name)
		if !ok || of.Requests(years) != want {
			t.Errorf("%s takes %d requests, want %d", name, of.Requests(years), want)
		}
	}
	if own := (&catalogue.Source{Name: "ecb"}); own.Requests(years) != 1 {
		t.Error("a source that is built in takes one")
	}
}

// What a declared source cannot mean.
func TestDeclaredRefuses(t *testing.T) {
	const whole = `day: d, values: {value: v}`
	for _, tt := range []struct{ fields, want string }{
		{`url: "https://b.example/x", empty: {}, ` + whole, "sources.b.empty: want status, text or body"},
		{`url: "https://b.example/x", empty: {status: 200}, ` + whole, "sources.b.empty: each good answer has the status 200: want a text too"},
		{`url: "https://b.example/x", failed: [{}], ` + whole, "sources.b.failed[0]: want status, text or body"},
		{`url: "https://b.example/x", day: [], values: {value: v}`, "sources.b.day: want at least one column"},
		{`url: "https://b.example/{codes}", codes: "#", code: c, ` + whole, `sources.b.codes: "#" would end what is asked for: want a text such as a comma, or %20`},
		{`url: "https://b.example/x", values: {}, day: d`, "sources.b.values: want a field and its column, such as {value: Rate}"},
	} {
		text := "version: 1\nsources:\n  b: {kind: http-csv, " + tt.fields + "}\nseries:\n- {key: A, title: a, unit: u, source: b, code: x, calendar: daily, since: 2024-01-02}\n"
		_, err := catalogue.Parse("own.yaml", []byte(text), nil)
		if err == nil || err.Error() != "own.yaml:3: "+tt.want {
			t.Errorf("%s: %v, want %s", tt.fields, err, tt.want)
		}
	}
	text := "version: 1\nsources: {b-x: {}}\nseries:\n- {each: {c: [x]}, key: A, title: a, unit: u, source: 'b-{c}', code: x, calendar: daily, since: 2024-01-02}\n"
	if _, err := catalogue.Parse("own.yaml", []byte(text), nil); err == nil || !strings.Contains(err.Error(), "source: a family is of one source") {
		t.Errorf("a family of several sources: %v", err)
	}
}
