package console

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/store"
	"lacuna/internal/store/memory"
)

// evil is a text that wants to be more than one.
const evil = `"><script>x()</script><img src=//evil.example/x onerror=x()>` + "'`</title></pre>\u202e"

// hostile is a series whose every word comes from somebody who means harm.
const hostile = `version: 1
sources: {bcb-sgs: {}}
series:
- {key: "A/../..//#?:x", title: "%s", source: bcb-sgs, code: "1", unit: "%[1]s", calendar: target, since: 2024-01-02}
- {key: "B", title: Second, source: bcb-sgs, code: "2", unit: x, calendar: target, since: 2024-01-02}
`

const hostileKey = "A/..//#:x"

// newWholeBench has all that a console can have, of which every text is evil; log gets
// everything that it logs.
func newWholeBench(t *testing.T, log *bytes.Buffer) *runBench {
	t.Helper()
	quoted, err := json.Marshal(evil)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(fmt.Sprintf(hostile, strings.Trim(string(quoted), `"`)), "A/../..//#?:x", hostileKey)
	w, _ := newWorkshop(t, nil)
	w.plan.Streams[0].ID, w.plan.Series[0].Key = evil, hostileKey
	b := newRunBench(t, nil)
	whole := newBench(t, text, func(o *Options) {
		o.Runs, o.Planner, o.Runner, o.Changer = b.o.Runs, w, w, o.Rows.(*memory.Store)
		o.Stored = &stored{keys: []string{hostileKey}}
		o.By, o.Target.Name = evil, evil
		o.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	b.bench = whole
	b.failing()
	b.start(store.Execution{Name: evil, Input: json.RawMessage(`{"series":[` + string(quoted) + `]}`), Status: "FAILED", Error: evil, Cause: evil}, `1 0 ExecutionStarted`)
	b.keep(
		row.Row{Series: hostileKey, Day: dayOf("2024-01-03"), Status: row.Observed, Fields: row.Fields{{Name: "value", Value: "1.5"}}, Source: evil, Run: evil},
		row.Row{Series: hostileKey, Day: dayOf("2024-01-04"), Status: row.Quarantined, Fields: row.Fields{{Name: "value", Value: "999"}}, Reason: evil, Attempts: 6},
	)
	b.run()
	b.index.want(t.Context(), []int{0, 1}, time.Minute)
	return b
}

// inline is what the policy of the pages forbids, and what leads or asks elsewhere.
var inline = []*regexp.Regexp{
	regexp.MustCompile(`(?i)<[a-z][^>]*\s(on[a-z]+|style|srcdoc)\s*=`),
	regexp.MustCompile(`(?i)<(style|iframe|object|embed|base|meta http-equiv)\b`),
	regexp.MustCompile(`(?i)<script(>|\s[^>]*>[^<])`),
	regexp.MustCompile(`(?i)<img`),
	regexp.MustCompile(`(?i)\s(src|href|action|formaction|data-[a-z]+|poster|xlink:href)="\s*(//|[a-z]+:/|javascript:|data:)`),
}

// quotedValues are values of attributes, in which < and > are escaped only by courtesy.
var quotedValues = regexp.MustCompile(`="[^"]*"`)

// fields are texts that a person edits, which stay as they were asked for.
var fields = regexp.MustCompile(`<input[^>]*\svalue="[^"]*"|<textarea[^>]*>[^<]*`)

// checkAnswer looks at an answer as a browser does that obeys every word of it.
func checkAnswer(t *testing.T, name string, w *httptest.ResponseRecorder, isAsset bool) {
	t.Helper()
	for header, want := range map[string]string{
		"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := w.Header().Get(header); got != want {
			t.Errorf("%s: %s is %q, want %q", name, header, got, want)
		}
	}
	want := "no-store"
	switch {
	case w.Code != http.StatusOK:
	case isAsset:
		want = "public, max-age=31536000, immutable"
	case w.Header().Get("ETag") != "":
		want = "no-cache"
	}
	if got := w.Header().Get("Cache-Control"); got != want {
		t.Errorf("%s: Cache-Control is %q, want %q", name, got, want)
	}
	for header := range w.Header() {
		if strings.HasPrefix(header, "Access-Control-") {
			t.Errorf("%s lets other sites in: %s", name, header)
		}
	}
	if w.Code != http.StatusNotModified && w.Code != http.StatusSeeOther && w.Body.Len() > 0 && w.Header().Get("Content-Type") == "" {
		t.Errorf("%s: the browser has to guess what it is", name)
	}
	if strings.Contains(w.Body.String(), token) {
		t.Errorf("%s has the token", name)
	}
	if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		return
	}
	page := w.Body.String()
	tags := quotedValues.ReplaceAllString(page, `=""`)
	for i, forbidden := range inline {
		in := tags
		if i == len(inline)-1 {
			in = page // what is wanted is in the values
		}
		if found := forbidden.FindString(in); found != "" {
			t.Errorf("%s has %.200q", name, found)
		}
	}
	if strings.ContainsAny(fields.ReplaceAllString(page, ""), "\u202e\x00\x1b") {
		t.Errorf("%s hides something", name)
	}
}

// Every answer, of every page, with every text that others write meaning harm, has the
// headers of the console, obeys none of the texts, asks nobody else, and keeps the token.
func TestEveryAnswer(t *testing.T) {
	var log bytes.Buffer
	b := newWholeBench(t, &log)
	key, run := url.PathEscape(hostileKey), url.PathEscape(evil)
	act := b.look(url.Values{"act": {string(row.Accept)}, "reason": {evil}, "day": {hostileKey + "|2024-01-04"}})
	paths := []string{
		"/", "/?q=" + url.QueryEscape(evil), "/?state=gaps", "/?sort=" + url.QueryEscape(evil), "/coverage",
		"/series/" + key, "/series/" + key + "?day=2024-01-03", "/series/" + key + "?day=2024-01-04&from=2024-01-01&to=2024-01-31", "/series/" + key + "?view=table&from=2024-01-01&to=2024-01-31",
		"/series/" + key + "/values?from=2024-01-01&to=2024-01-31", "/series/" + run, "/series/" + key + "?year=" + url.QueryEscape(evil),
		"/runs", "/runs?status=" + url.QueryEscape(evil), "/runs/failing", "/runs/failing?view=table", "/runs/failing?view=events", "/runs/failing?state=Do&at=Each.1", "/runs/failing/event/13", "/runs/failing?state=" + url.QueryEscape(evil),
		"/runs/" + run, "/runs/" + run + "?view=events", "/runs/none", "/runs/failing/event/x",
		"/plans/new", "/plans/new?series=" + url.QueryEscape(evil) + "&from=" + url.QueryEscape(evil), b.planned(), "/plans/" + run,
		"/held", "/held?series=" + url.QueryEscape(evil), act, "/acts/" + run, "/export?series=" + url.QueryEscape(evil), "/export?series=B&format=" + url.QueryEscape(evil),
		"/login", "/login?token=" + url.QueryEscape(evil), "/login?token=" + token, "/assets/x", b.assetPath + "console.css", b.assetPath + "console.js", b.assetPath + "icon.svg", "/" + run, "/../etc/passwd", "//evil.example/",
	}
	for _, path := range paths {
		for _, accept := range []string{"text/html", "application/json"} {
			checkAnswer(t, "GET "+path+" "+accept, b.ask(http.MethodGet, path, nil, map[string]string{"Accept": accept}), strings.HasPrefix(path, b.assetPath))
		}
		for _, method := range []string{http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete, "X"} {
			w := b.ask(method, path, nil, nil)
			checkAnswer(t, method+" "+path, w, strings.HasPrefix(path, b.assetPath))
			if method != http.MethodHead && w.Code < 300 {
				t.Errorf("%s %s: %d", method, path, w.Code)
			}
		}
	}
	checkAnswer(t, "act done", b.ask(http.MethodPost, act+"/do", url.Values{}, nil), false)
	checkAnswer(t, "what came of it", b.ask(http.MethodGet, act, nil, nil), false)
	if got := b.status(hostileKey, "2024-01-04"); got != row.Observed {
		t.Errorf("the day accepted is %s", got)
	}
	if err := b.db.Close(); err != nil { // then its pages fail
		t.Fatal(err)
	}
	w := b.ask(http.MethodGet, "/runs?token="+token, nil, nil)
	if checkAnswer(t, "a page that fails", w, false); w.Code != http.StatusInternalServerError {
		t.Errorf("a page that fails: %d", w.Code)
	}
	if !strings.Contains(log.String(), "/runs") || strings.Contains(log.String(), token) {
		t.Errorf("the log does not say which page failed, or has the token: %s", &log)
	}
}

// What changes something is refused to those without the cookie, to other sites, to GET,
// and when it is larger than a form can be; and then nothing has changed.
func TestEveryDeed(t *testing.T) {
	var log bytes.Buffer
	b := newWholeBench(t, &log)
	plan := b.planned()
	act := b.look(url.Values{"act": {string(row.Accept)}, "reason": {"x"}, "day": {hostileKey + "|2024-01-04"}})
	deeds := []string{"/read", "/acts", act + "/do", "/plans", plan + "/start", "/runs/failing/stop"}
	var routes []string
	for pattern := range b.routes() {
		if strings.HasPrefix(pattern, "POST ") {
			routes = append(routes, pattern)
		}
	}
	if len(routes) != len(deeds) {
		t.Errorf("%q change something, of which %q are tried", routes, deeds)
	}
	large := url.Values{"reason": {strings.Repeat("x", maxBody)}, "act": {"quarantine accept"}, "day": {hostileKey + "|2024-01-04"}, "series": {"B"}, "from": {"2024-01-01"}, "to": {"2024-01-02"}}
	for _, path := range deeds {
		for name, header := range map[string]map[string]string{
			"of another site": {"Sec-Fetch-Site": "cross-site"}, "of a neighbour": {"Sec-Fetch-Site": "same-site"}, "of another origin": {"Origin": "http://localhost:9"}, "of no origin": {"Origin": "null"},
		} {
			w := b.ask(http.MethodPost, path, url.Values{}, header)
			if checkAnswer(t, path+" "+name, w, false); w.Code != http.StatusForbidden {
				t.Errorf("%s %s: %d", path, name, w.Code)
			}
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:8084"+path, nil)
		r.AddCookie(&http.Cookie{Name: "lacuna-8085", Value: token}) // of another console, on another port
		w := httptest.NewRecorder()
		b.ServeHTTP(w, r)
		if checkAnswer(t, path+" without the cookie", w, false); w.Code != http.StatusUnauthorized {
			t.Errorf("%s without the cookie: %d", path, w.Code)
		}
		w = b.ask(http.MethodGet, path, nil, nil)
		if checkAnswer(t, "GET "+path, w, false); w.Code != http.StatusMethodNotAllowed {
			t.Errorf("GET %s: %d", path, w.Code)
		}
	}
	for _, path := range []string{"/acts", "/plans"} { // the others read no form
		if w := b.ask(http.MethodPost, path, large, nil); w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("%s with %d bytes: %d %.300s", path, len(large.Encode()), w.Code, w.Body)
		}
	}
	if got := b.status(hostileKey, "2024-01-04"); got != row.Quarantined {
		t.Errorf("the day is %s", got)
	}
	if page := b.get(plan); strings.Contains(page, "Started:") {
		t.Error("a run was started")
	}
}

// wire is a connection that takes deadlines, as that of a server does.
type wire struct {
	*httptest.ResponseRecorder
	deadline time.Time
	lines    int
}

func (w *wire) SetWriteDeadline(at time.Time) error { w.deadline = at; return nil }

func (w *wire) Write(p []byte) (int, error) {
	w.lines++
	w.Body.Reset()
	return w.ResponseRecorder.Write(p)
}

// Streams say now and then that they are there, each write of theirs has a deadline, and
// nothing is left of them: neither of one whose browser goes, nor of those that are open
// when the console ends, which waits for none.
func TestStreamsLeaveNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, series, func(o *Options) { o.Watch = &watched{} })
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); b.Run(ctx) }()
		var wires []*wire
		var gone, left []chan struct{}
		goAway, leave := context.WithCancel(t.Context())
		defer leave()
		open := func(ctx context.Context, method string) chan struct{} {
			w := &wire{ResponseRecorder: httptest.NewRecorder()}
			wires = append(wires, w)
			r := httptest.NewRequestWithContext(ctx, method, "http://127.0.0.1:8084/live", nil)
			r.AddCookie(&http.Cookie{Name: "lacuna-8084", Value: token})
			done := make(chan struct{})
			go func() { defer close(done); b.ServeHTTP(w, r) }()
			return done
		}
		<-open(t.Context(), http.MethodHead) // nobody would read what comes
		wires = nil
		for range 8 {
			gone = append(gone, open(goAway, http.MethodGet))
			left = append(left, open(t.Context(), http.MethodGet))
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		for i, w := range wires {
			if w.lines < 180 || time.Until(w.deadline) > writeTime || w.Header().Get("Content-Type") != "text/event-stream" {
				t.Errorf("stream %d: %d lines, deadline in %s, %s", i, w.lines, time.Until(w.deadline), w.Header())
			}
		}
		begun := time.Now()
		leave()
		for _, done := range gone {
			<-done
		}
		if len(b.live.streams) != len(left) {
			t.Errorf("%d streams are kept of %d", len(b.live.streams), len(left))
		}
		cancel()
		<-ended
		for _, done := range left {
			<-done
		}
		if len(b.live.streams) > 0 || time.Since(begun) > time.Second {
			t.Errorf("%d streams are kept, after %s", len(b.live.streams), time.Since(begun))
		}
	})
}
