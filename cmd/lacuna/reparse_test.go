package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

// Where nothing can be kept a run ends with the first answer: others are not asked for.
func TestNothingCanBeKept(t *testing.T) {
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		fmt.Fprintf(w, "day,value\n%s,1\n", r.URL.Query().Get("from")) //nolint:errcheck // the client tells
	}))
	defer server.Close()
	b := newBench(t)
	file := filepath.Join(t.TempDir(), "series.yaml")
	writeFile(t, file, `version: 1
sources:
  bank: {kind: http-csv, url: "`+server.URL+`/rates?from={from}&to={to}", day: day, values: {value: value}, keep: bodies, max_days: 1, request_cost_days: 0, rate_per_s: 1000}
series:
- {key: BANK#USD, title: dollar, unit: x, source: bank, code: USD, calendar: weekdays, since: 2024-01-01, until: 2024-06-30}
`)
	writeFile(t, b.db+".bodies", "") // where the folder would be
	b.env = append(b.env, "LACUNA_CATALOGUE="+file)
	const atOnce = 4 // messages of a source
	code, stdout, stderr := b.run("backfill")
	if n := requests.Load(); code != 1 || n == 0 || n > atOnce || strings.Contains(stderr, "attempt") || strings.Count(stderr, "not a directory") != 1 ||
		!strings.Contains(stderr, "failed: Store.Unusable: ") {
		t.Errorf("exit code %d after %d requests, want 1 after at most %d\n%s%s", code, n, atOnce, stdout, stderr)
	}
}

// A body is kept, the catalogue mended, and the body read again: rows change as revisions,
// and nobody is asked.
func TestReparse(t *testing.T) {
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		fmt.Fprint(w, "day,buy,sell\n2024-01-02,1.10,1.20\n2024-01-03,2.10,2.10\n2024-01-04,3.10,\n2024-01-05,4.10,4.20\n") //nolint:errcheck // the client tells
	}))
	defer server.Close()
	b := newBench(t)
	file := filepath.Join(t.TempDir(), "series.yaml")
	read := func(column, keep string) {
		writeFile(t, file, `version: 1
sources:
  bank: {kind: http-csv, url: "`+server.URL+`/rates?from={from}&to={to}&key=`+column+`", day: day, values: {value: `+column+`}`+keep+`}
series:
- {key: BANK#USD, title: dollar, unit: x, source: bank, code: USD, calendar: weekdays, since: 2024-01-02, until: 2024-01-05}
- {key: BANK#ALL, title: dollar, unit: x, source: bank, code: USD, calendar: weekdays, since: 2024-01-02, until: 2024-01-03}
`)
	}
	b.env = append(b.env, "LACUNA_CATALOGUE="+file)
	read("buy", ", keep: bodies")
	b.read(&result{}, 0, "backfill", "--series", "BANK#USD")
	asked := requests.Load()

	type done struct {
		DryRun bool `json:"dry_run"`
		Series []reparsed
	}
	reparse := func(args ...string) (d done) {
		t.Helper()
		b.read(&d, 0, append([]string{"reparse"}, args...)...)
		return d
	}
	day := func(n int) span.Runs { return span.Runs{}.Append(span.Date(2024, 1, n)) }
	all := []reparsed{{Key: "BANK#USD", Bodies: 1, Same: 4, Changed: span.Runs{}, Lost: span.Runs{}}}
	if diff := cmp.Diff(all, reparse().Series); diff != "" {
		t.Errorf("as it was (-want +got):\n%s", diff)
	}
	read("sell", "") // the mistake is mended, and nothing is kept any more
	all = []reparsed{{Key: "BANK#USD", Bodies: 1, Same: 1, Changed: day(2).Union(day(5)), Lost: day(4)}}
	if diff := cmp.Diff(done{true, all}, done{true, reparse("--dry-run").Series}); diff != "" {
		t.Errorf("dry run (-want +got):\n%s", diff)
	}
	before := b.exportedRows("BANK#USD")
	if got := reparse("--from", "2024-01-03", "--to", "2024-01-03"); got.Series[0].Same != 1 || len(got.Series[0].Changed) > 0 {
		t.Errorf("of a day: %+v", got)
	}
	if diff := cmp.Diff(before, b.exportedRows("BANK#USD")); diff != "" {
		t.Errorf("a dry run, or one over other days, has changed rows:\n%s", diff)
	}
	code, stdout, stderr := b.run("reparse", "--series", "BANK#USD")
	if code != 0 || !strings.Contains(stdout, "2 days changed.") || !strings.Contains(stdout, "1 day of BANK#USD in 2024-01-04: what was kept has no good value any more.") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	want := []string{"BANK#USD,2024-01-02,observed,1.20", "BANK#USD,2024-01-03,observed,2.10", "BANK#USD,2024-01-04,observed,3.10", "BANK#USD,2024-01-05,observed,4.20"}
	if diff := cmp.Diff(want, b.exportedRows("BANK#USD")); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if _, why, _ := b.run("why", "BANK#USD", "2024-01-02"); !strings.Contains(why, "revised") || !strings.Contains(why, "1.10") {
		t.Errorf("the old value is not a revision:\n%s", why)
	}
	all = []reparsed{{Key: "BANK#USD", Bodies: 1, Same: 3, Changed: span.Runs{}, Lost: day(4)}}
	if diff := cmp.Diff(all, reparse().Series); diff != "" {
		t.Errorf("once more (-want +got):\n%s", diff)
	}
	if n := requests.Load() - asked; n != 0 {
		t.Errorf("%d requests", n)
	}

	read("gone", ", keep: bodies") // the catalogue is wrong: of what is kept nothing can be read
	code, stdout, stderr = b.run("reparse", "--series", "BANK#USD")
	if code != 1 || stdout != "" || !strings.Contains(stderr, `no column "gone" in the header: "day", "buy", "sell"`) {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	read("sell", "")

	// Of what is not kept nothing is read again; a source that was never kept has no folder.
	b.read(&result{}, 0, "backfill", "--series", "BANK#ALL")
	if got := reparse("--series", "BANK#ALL"); len(got.Series) != 0 {
		t.Errorf("not kept: %+v", got)
	}
}

// In AWS the rows are the table's and the bodies those of the stack's bucket. Who reads them
// again need not know the secret. What has expired is told, and its rows stay.
func TestReparseInAWS(t *testing.T) {
	bank := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "day,buy,sell\n2024-01-02,1.10,1.20\n2024-01-03,2.10,2.10\n") //nolint:errcheck // the client tells
	}))
	defer bank.Close()
	file := filepath.Join(t.TempDir(), "series.yaml")
	read := func(column string) {
		writeFile(t, file, `version: 1
sources:
  bank: {kind: http-csv, url: "https://bank.example.org/rates?from={from}&to={to}", day: day, values: {value: `+column+`}, secret: {header: X-Key}, keep: bodies}
series:
- {key: BANK#USD, title: dollar, unit: x, source: bank, code: USD, calendar: weekdays, since: 2024-01-02, until: 2024-01-03}
`)
	}
	b := newBench(t)
	read("buy")
	b.env = append(b.env, "LACUNA_CATALOGUE="+file, "LACUNA_BANK_URL="+bank.URL, "LACUNA_BANK_INSECURE=true", "LACUNA_BANK_SECRET=s3cr3t-of-the-bank")
	b.read(&result{}, 0, "backfill")
	var stored struct{ Raw string }
	if _, full, stderr := b.run("export", "--full", "-o", "jsonl", "--series", "BANK#USD", "--to", "2024-01-02"); json.Unmarshal([]byte(full), &stored) != nil || stored.Raw == "" {
		t.Fatalf("no row with the hash of what was kept:\n%s%s", full, stderr)
	}

	kept := map[string]string{} // what a scraper would have put, by path
	files, err := filepath.Glob(filepath.Join(b.db+".bodies", "*", "*.gz"))
	if err != nil || len(files) != 2 {
		t.Fatalf("files %q, %v", files, err)
	}
	for _, name := range files {
		kept["/rates-bodies/bank/"+filepath.Base(filepath.Dir(name))+"/"+filepath.Base(name)] = textOf(t, name)
	}
	s3 := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, there := kept[r.URL.Path]
		if !there {
			w.WriteHeader(http.StatusNotFound)
			text = "<Error><Code>NoSuchKey</Code></Error>"
		}
		io.WriteString(w, text) //nolint:errcheck // lacuna would say so
	}))
	defer s3.Close()

	read("sell") // the mistake is mended
	a := newAccount(t)
	t.Setenv("AWS_ENDPOINT_URL_S3", s3.URL)
	reparse := func(args ...string) (int, string, string) {
		var out, errs strings.Builder
		code := run(t.Context(), append(args, "--catalogue", file), strings.NewReader(""), &out, &errs, a.env)
		return code, out.String(), errs.String()
	}
	item := func(day, value, raw string) string {
		return fmt.Sprintf(`{"info_type":{"S":"BANK#USD"},"date":{"S":%q},"status":{"S":"observed"},"fields":{"M":{"value":{"N":%q}}},
			"source":{"S":"bank"},"fetched_at":{"S":"2024-01-04T00:00:00Z"},"run":{"S":"x"},"raw":{"S":%q}}`, day, value, raw)
	}
	a.answer("Query", `{"Items":[`+item("2024-01-02", "1.10", stored.Raw)+","+item("2024-01-03", "2.10", strings.Repeat("0", 64))+`],"Count":2}`)
	a.answer("TransactWriteItems", `{}`)

	code, stdout, stderr := reparse("reparse")
	if code != 1 || !strings.Contains(stderr, "it keeps no bodies") {
		t.Errorf("a stack without a bucket: exit code %d\n%s%s", code, stdout, stderr)
	}
	a.answer("GetParameter", a.parameter(`,"bodies":"rates-bodies"`))
	for _, args := range [][]string{{"reparse", "--dry-run"}, {"reparse"}} {
		code, stdout, stderr = reparse(args...)
		if code != 0 || !strings.Contains(stdout, "Not there any more: 1 kept answer.") || !strings.Contains(stdout, "1 day ") {
			t.Errorf("%q: exit code %d\n%s%s", args, code, stdout, stderr)
		}
		if n := len(a.of("TransactWriteItems")); n != len(args)%2 {
			t.Errorf("%q: %d rows changed", args, n)
		}
	}
	written := fmt.Sprint(a.of("TransactWriteItems"))
	for _, want := range []string{"S:BANK#USD#REVISIONS", "value:map[N:1.1]", "value:map[S:1.20]", "-reparse"} {
		if !strings.Contains(written, want) {
			t.Errorf("%q is not in what was written:\n%s", want, written)
		}
	}
}
