package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store/memory"
)

// stored are the keys that have rows, and what was asked for them.
type stored struct {
	keys []string

	mu    sync.Mutex
	asked []string
}

func (s *stored) SeriesKeys(_ context.Context, asked []string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = asked
	return s.keys, nil
}

func newExportBench(t *testing.T, change func(*Options)) (*stored, *bench) {
	s := &stored{keys: []string{"A#1", "B/2:x", "OLD"}}
	b := newBench(t, series, func(o *Options) {
		o.Stored = s
		if change != nil {
			change(o)
		}
	})
	b.observe("A#1", "2024-01-02", "2024-01-03")
	b.observe("B/2:x", "2024-01-03")
	b.observe("OLD", "2001-01-03")
	b.keep(row.Row{Series: "A#1", Day: dayOf("2024-01-04"), Status: row.Quarantined, Fields: row.Fields{{Name: "value", Value: "9"}}})
	return s, b
}

func TestExport(t *testing.T) {
	_, b := newExportBench(t, nil)
	const head = "info_type,date,status,value\n"
	for path, want := range map[string]string{
		"/export?series=A%231": head + "A#1,2024-01-02,observed,1.5\nA#1,2024-01-03,observed,1.5\nA#1,2024-01-04,quarantined,\n",
		"/export":              head + "A#1,2024-01-02,observed,1.5\nA#1,2024-01-03,observed,1.5\nA#1,2024-01-04,quarantined,\nB/2:x,2024-01-03,observed,1.5\nOLD,2001-01-03,observed,1.5\n",
		"/export?series=A%231&from=2024-01-03&to=2024-01-03&format=csv": head + "A#1,2024-01-03,observed,1.5\n",
		"/export?series=OLD&from=&to=&format=jsonl":                     `{"info_type":"OLD","date":"2001-01-03","status":"observed","fields":{"value":"1.5"}}` + "\n",
		"/export?series=OLD&from=-3d&format=jsonl":                      "",
		"/export?series=A%231&as_of=today&from=2024-01-03":              head + "A#1,2024-01-03,observed,1.5\nA#1,2024-01-04,quarantined,\n",
		"/export?series=A%231&as_of=2024-03-19":                         head + "A#1,2024-01-04,quarantined,\n", // the others came the day after
	} {
		w := b.ask(http.MethodGet, path, nil, nil)
		if w.Code != http.StatusOK || w.Body.String() != want || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
			t.Errorf("%s: %d %q %s, want %q", path, w.Code, w.Body, w.Header(), want)
		}
	}
	for path, want := range map[string]string{
		"/export?format=xlsx":                   "want csv, jsonl or parquet",
		"/export?series=NOBODY":                 "NOBODY",
		"/export?from=2024-02-01&to=2024-01-01": "is after to",
		"/export?as_of=2024-03-21":              "in the future",
		"/export?as_of=x":                       "as_of",
	} {
		if w := b.ask(http.MethodGet, path, nil, nil); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), want) || w.Header().Get("Content-Disposition") != "" {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

// In AWS each series that is asked for costs a query: all of them are read for a word alone.
// What is too wide for a table is said in the words of the page, not of the command line.
func TestExportThatIsTooWide(t *testing.T) {
	_, b := newExportBench(t, nil)
	r := row.Row{Series: "OLD", Day: dayOf("2001-01-04"), Status: row.Observed}
	for i := range 1001 {
		r.Fields = append(r.Fields, row.Field{Name: fmt.Sprintf("f%04d", i), Value: "1"})
	}
	b.keep(r)
	if w := b.ask(http.MethodGet, "/export?series=OLD", nil, nil); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "choose fewer series, or JSON lines") || w.Header().Get("Content-Disposition") != "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := b.ask(http.MethodGet, "/export?series=OLD&format=jsonl", nil, nil); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"f1000":"1"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestExportOfAStackAsksForWhatIsWanted(t *testing.T) {
	s, b := newExportBench(t, func(o *Options) { o.Target.Kind = "aws" })
	if w := b.ask(http.MethodGet, "/export", nil, nil); w.Code != http.StatusBadRequest || s.asked != nil {
		t.Errorf("%d, asked for %v", w.Code, s.asked)
	}
	if b.get("/export?series=A%231"); !slices.Equal(s.asked, []string{"A#1"}) {
		t.Errorf("asked for %v", s.asked)
	}
	if b.get("/export?series=*"); !slices.Contains(s.asked, "B/2:x") {
		t.Errorf("asked for %v", s.asked)
	}
}

// An export that breaks off is no shorter file: the connection is cut, or before the first
// byte there is a page that says why.
func TestExportThatBreaksOff(t *testing.T) {
	_, b := newExportBench(t, func(o *Options) { o.Rows = broken{o.Rows.(*memory.Store), "OLD"}; o.Hosts = []string{"127.0.0.1"} })
	server := httptest.NewServer(b)
	defer server.Close()
	get := func(path string) (*http.Response, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "http://"), ":")
		r.AddCookie(&http.Cookie{Name: "lacuna-" + port, Value: token})
		return server.Client().Do(r)
	}
	whole := func(path string) error {
		answer, err := get(path)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		_, err = io.ReadAll(answer.Body)
		return err
	}
	if err := whole("/export?format=jsonl&series=B/2:x"); err != nil {
		t.Error(err)
	}
	if err := whole("/export?format=jsonl"); err == nil {
		t.Error("half of the rows pass for all of them")
	}
	if w := b.ask(http.MethodGet, "/export?format=jsonl&series=OLD", nil, nil); w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "disk is gone") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// broken cannot read the rows of a series.
type broken struct {
	*memory.Store
	key string
}

// Rows implements Rows.
func (b broken) Rows(ctx context.Context, key string, s span.Span) ([]row.Row, error) {
	if key == b.key {
		return nil, errors.New("disk is gone")
	}
	return b.Store.Rows(ctx, key, s)
}
