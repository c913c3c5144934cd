package console

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/standing"
	"lacuna/internal/store/memory"
)

const token = "the-token"

var asOf = time.Date(2024, 3, 20, 12, 0, 0, 0, time.UTC)

// bench is a console over a store in memory, and a browser that has shown the token.
type bench struct {
	t    testing.TB
	rows *memory.Store
	*Server
}

const series = `version: 1
sources: {bcb-sgs: {}, ecb: {}}
series:
- {key: "A#1", title: "First & <b>bold</b>", source: bcb-sgs, code: "1", unit: "R$", calendar: target, since: 2024-01-02}
- {key: "B/2:x", title: Second, source: ecb, code: USD, unit: USD, calendar: target, since: 2024-01-02}
`

// newBench returns a bench with the series of a catalogue; change may change its options.
func newBench(t testing.TB, text string, change func(*Options)) *bench {
	t.Helper()
	of, err := catalogue.Parse("series.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, rows: memory.New()}
	o := Options{
		Target: Target{Kind: "local", Name: "test.db"}, Now: func() time.Time { return asOf }, Catalogue: of, Rows: b.rows,
		Log: slog.New(slog.DiscardHandler), Token: token, By: "ana",
		Command: func(verb string, more ...string) string {
			return "lacuna " + strings.Join(append([]string{verb}, more...), " ")
		},
	}
	if change != nil {
		change(&o)
	}
	if b.Server, err = New(o); err != nil {
		t.Fatal(err)
	}
	return b
}

// run keeps the console up to date until the test ends.
func (b *bench) run() *bench {
	ctx, cancel := context.WithCancel(b.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); b.Run(ctx) }()
	b.t.Cleanup(func() { cancel(); <-done })
	return b
}

// observe stores values of days.
func (b *bench) observe(key string, days ...string) {
	b.t.Helper()
	for _, text := range days {
		day, err := span.Parse(text)
		if err != nil {
			b.t.Fatal(err)
		}
		r := row.Row{Series: key, Day: day, Status: row.Observed, Fields: row.Fields{{Name: "value", Value: "1.5"}}, Source: "bcb-sgs", FetchedAt: asOf, Run: "r"}
		if err := b.rows.Insert(b.t.Context(), []row.Row{r}); err != nil {
			b.t.Fatal(err)
		}
	}
}

// ask sends a request as the browser does; header may be nil.
func (b *bench) ask(method, path string, form url.Values, header map[string]string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(b.t.Context(), method, "http://127.0.0.1:8084"+path, strings.NewReader(form.Encode()))
	r.AddCookie(&http.Cookie{Name: "lacuna-8084", Value: token})
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	return w
}

// get returns a page, which must be there.
func (b *bench) get(path string) string {
	b.t.Helper()
	w := b.ask(http.MethodGet, path, nil, nil)
	if w.Code != http.StatusOK {
		b.t.Fatalf("GET %s: %d %s", path, w.Code, w.Body)
	}
	return w.Body.String()
}

func TestOverview(t *testing.T) {
	b := newBench(t, series, nil)
	b.observe("B/2:x", "2024-01-02", "2024-01-03") // before it is read: nothing here tells of changes
	b.run()
	b.index.want(t.Context(), []int{0, 1}, time.Minute)
	page := b.get("/")
	for _, want := range []string{`href="/series/B%2F2:x"`, `href="/series/A%231"`, "First &amp; &lt;b&gt;bold&lt;/b&gt;", "never fetched", "with gaps"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in %s", want, page)
		}
	}
	if strings.Index(page, "B%2F2") > strings.Index(page, "A%231") {
		t.Error("what was never fetched comes before what has gaps")
	}
	if page := b.get("/?state=gaps"); strings.Contains(page, "A%231") {
		t.Error("the filter shows what was never fetched as with gaps")
	}
	for _, bad := range []string{"/?state=x", "/?sort=x", "/?after=x", "/?after=-1", "/?after=9223372036854775800", "/coverage?after=9223372036854775808"} {
		if w := b.ask(http.MethodGet, bad, nil, nil); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", bad, w.Code)
		}
	}
	text := b.get("/coverage")
	if want := "2024-01\nB%2F2:x\tp2m\nA%231\t3m\n"; text != want {
		t.Errorf("coverage %q, want %q", text, want)
	}
	tag := b.ask(http.MethodGet, "/coverage", nil, nil).Header().Get("ETag")
	if w := b.ask(http.MethodGet, "/coverage", nil, map[string]string{"If-None-Match": tag}); w.Code != http.StatusNotModified {
		t.Errorf("coverage as before: %d", w.Code)
	}
}

// slowRows are rows of which those of one series come when they are let, or not at all.
type slowRows struct {
	*memory.Store
	slow string
	let  chan error
}

func (r slowRows) Marks(ctx context.Context, series string, days span.Span) ([]row.Mark, error) {
	if series == r.slow {
		select {
		case err := <-r.let:
			if err != nil {
				return nil, err
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return r.Store.Marks(ctx, series, days)
}

// A program gets what the command line gives, in its order, and never a part of it.
func TestOverviewAsJSON(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		let := make(chan error)
		b := newBench(t, `version: 1
sources: {ecb: {}}
series:
- {key: Z, title: Z, source: ecb, code: "1", unit: x, calendar: target, since: 2024-01-02}
- {key: LATER, title: Later, source: ecb, code: "2", unit: x, calendar: target, since: 2024-05-02}
- {key: A, title: A, source: ecb, code: "3", unit: x, calendar: target, since: 2024-01-02}
`, func(o *Options) { o.Rows = slowRows{o.Rows.(*memory.Store), "A", let} })
		b.observe("Z", "2024-01-02")
		b.observe("A", "2024-01-02", "2024-01-03")
		b.run()
		ask := func(query string) (int, string) {
			w := b.ask(http.MethodGet, "/"+query, nil, map[string]string{"Accept": "application/json"})
			return w.Code, w.Body.String()
		}
		for _, query := range []string{"", "?state=gaps"} {
			if code, text := ask(query); code != http.StatusServiceUnavailable || !strings.Contains(text, " of 3 series are still to be read") {
				t.Errorf("%s before all was read: %d %s", query, code, text)
			}
		}
		mended := make(chan struct{})
		go func() {
			for {
				select {
				case let <- errors.New("the disk is gone"):
				case <-mended:
					close(let)
					return
				}
			}
		}()
		if code, text := ask(""); code != http.StatusInternalServerError || !strings.Contains(text, "A cannot be read: the disk is gone") {
			t.Errorf("a series that cannot be read: %d %s", code, text)
		}
		close(mended)
		time.Sleep(retry)
		for query, want := range map[string][]string{"": {"Z", "A"}, "?state=gaps": {"Z", "A"}, "?sort=key": {"A", "Z"}, "?q=Z": {"Z"}, "?q=later": {}} {
			var report standing.Report
			code, text := ask(query)
			err := json.Unmarshal([]byte(text), &report)
			keys := []string{}
			for _, st := range report.Series {
				keys = append(keys, st.Key)
			}
			if code != http.StatusOK || err != nil || !slices.Equal(keys, want) {
				t.Errorf("%s: %d %v %q, want %q", query, code, err, keys, want)
			}
		}
	})
}

// Who is let in, and by which requests.
func TestDoor(t *testing.T) {
	b := newBench(t, series, nil)
	tests := []struct {
		name, method, url, cookie string
		header                    map[string]string
		want                      int
	}{
		{"with the cookie", "GET", "http://127.0.0.1:8084/", token, nil, 200},
		{"by name", "GET", "http://localhost:8084/", token, nil, 200},
		{"without the cookie", "GET", "http://127.0.0.1:8084/", "", nil, 401},
		{"with another", "GET", "http://127.0.0.1:8084/", token + "x", nil, 401},
		{"with that of another port", "GET", "http://127.0.0.1:8085/", token, nil, 401},
		{"by a name of another site", "GET", "http://evil.example:8084/", token, nil, 403},
		{"a form of another site", "POST", "http://127.0.0.1:8084/read", token, map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"a form of another port", "POST", "http://127.0.0.1:8084/read", token, map[string]string{"Origin": "http://127.0.0.1:9999"}, 403},
		{"a form of its own", "POST", "http://127.0.0.1:8084/read", token, map[string]string{"Origin": "http://127.0.0.1:8084", "Sec-Fetch-Site": "same-origin"}, 303},
		{"GET where something changes", "GET", "http://127.0.0.1:8084/read", token, nil, 405},
		{"the token", "GET", "http://127.0.0.1:8084/login?token=" + token, "", nil, 303},
		{"another token", "GET", "http://127.0.0.1:8084/login?token=x", "", nil, 401},
		{"no token", "GET", "http://127.0.0.1:8084/login", "", nil, 401},
		{"no page", "GET", "http://127.0.0.1:8084/x", token, nil, 404},
		{"no asset", "GET", "http://127.0.0.1:8084/assets/x/console.css", "", nil, 404},
		{"an asset", "GET", "http://127.0.0.1:8084" + b.assetPath + "console.css", "", nil, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), tt.method, tt.url, nil)
			if tt.cookie != "" {
				r.AddCookie(&http.Cookie{Name: "lacuna-8084", Value: tt.cookie})
			}
			for name, value := range tt.header {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			b.ServeHTTP(w, r)
			if w.Code != tt.want {
				t.Errorf("%d, want %d: %s", w.Code, tt.want, w.Body)
			}
			if w.Code == http.StatusUnauthorized && strings.Contains(w.Body.String(), "test.db") {
				t.Errorf("who is not let in is told where it looks: %s", w.Body)
			}
			for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cache-Control"} {
				if w.Header().Get(name) == "" {
					t.Errorf("no header %s", name)
				}
			}
		})
	}
}

// A page that answers other methods says which, in every form of an answer.
func TestMethods(t *testing.T) {
	_, b := newWorkshop(t, func(o *Options) { o.Runs, o.Stored = going{}, &stored{} })
	for _, tt := range []struct{ method, path, allow string }{
		{"POST", "/", "GET, HEAD"}, {"PUT", "/", "GET, HEAD"}, {"OPTIONS", "/runs", "GET, HEAD"}, {"POST", "/runs", "GET, HEAD"}, {"DELETE", "/runs/r", "GET, HEAD"},
		{"GET", "/acts", "POST"}, {"HEAD", "/plans", "POST"}, {"PUT", "/acts/x/do", "POST"}, {"GET", "/plans/x/start", "POST"}, {"POST", "/live", "GET, HEAD"}, {"POST", "/export", "GET, HEAD"},
		{"PUT", "/login", "GET, HEAD, POST"}, {"POST", b.assetPath + "console.css", "GET, HEAD"}, {"X", "/runs", "GET, HEAD"},
		{"GET", "/none", ""}, {"PUT", "/runs/r/none", ""}, {"POST", "/assets/none", ""},
	} {
		want := http.StatusMethodNotAllowed
		if tt.allow == "" {
			want = http.StatusNotFound
		}
		for _, kind := range []string{"text/html", "application/json"} {
			w := b.ask(tt.method, tt.path, nil, map[string]string{"Accept": kind})
			if w.Code != want || w.Header().Get("Allow") != tt.allow || !strings.HasPrefix(w.Header().Get("Content-Type"), kind) {
				t.Errorf("%s %s: %d, %v, want %d and Allow: %s", tt.method, tt.path, w.Code, w.Header(), want, tt.allow)
			}
		}
	}
}

// A stream tells what has changed, and ends with the console.
func TestStream(t *testing.T) {
	b := newBench(t, series, nil)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); b.Run(ctx) }()
	server := httptest.NewServer(b)
	defer server.Close()
	b.o.Hosts = []string{"127.0.0.1"}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "http://"), ":")
	r.AddCookie(&http.Cookie{Name: "lacuna-" + port, Value: token})
	answer, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	line := make([]byte, len(": here\n\n"))
	if _, err := io.ReadFull(answer.Body, line); err != nil {
		t.Fatal(err)
	}
	b.live.tell(news{Runs: true, Series: []string{"A#1"}})
	for lines := bufio.NewScanner(answer.Body); !strings.Contains(lines.Text(), `"runs":true`); {
		if !lines.Scan() {
			t.Fatalf("the stream ended: %v", lines.Err())
		}
	}
	cancel()
	<-done
	if _, err := io.Copy(io.Discard, answer.Body); err != nil { // ends, because the console did
		t.Error(err)
	}
}
