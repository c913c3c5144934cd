package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store/memory"
)

// changes counts what is changed, and may come too late or fail.
type changes struct {
	*memory.Store
	mu     sync.Mutex
	done   int
	before func(old row.Row) error // somebody else is quicker
}

func (c *changes) Change(ctx context.Context, old, next row.Row) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.before != nil {
		if err := c.before(old); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	err := c.Store.Change(ctx, old, next)
	if err == nil {
		c.done++
	}
	return err
}

// newHeldBench is a bench with days that wait for a person, all of them read.
func newHeldBench(t *testing.T, change func(*Options)) (*changes, *bench) {
	c := &changes{}
	b := newBench(t, cadences, func(o *Options) {
		c.Store = o.Rows.(*memory.Store)
		o.Changer = c
		if change != nil {
			change(o)
		}
	})
	b.patchy()
	b.keep(row.Row{Series: "EMPTY", Day: dayOf("2024-01-03"), Status: row.Quarantined, Fields: row.Fields{{Name: "value", Value: "7"}}, Reason: "far from 1", Attempts: 3})
	b.run()
	b.index.want(t.Context(), []int{0, 1, 2, 3, 4, 5}, time.Minute)
	return c, b
}

// look makes a preview of a decision and returns where it is.
func (b *bench) look(form url.Values) string {
	b.t.Helper()
	w := b.ask(http.MethodPost, "/acts", form, nil)
	if w.Code != http.StatusSeeOther {
		b.t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Header().Get("Location")
}

// do carries a decision out, and returns the page of what came of it.
func (b *bench) do(at string) string {
	b.t.Helper()
	if w := b.ask(http.MethodPost, at+"/do", url.Values{}, nil); w.Code != http.StatusSeeOther || w.Header().Get("Location") != at {
		b.t.Fatalf("%d %s", w.Code, w.Body)
	}
	return b.get(at)
}

// status is what is stored of a day.
func (b *bench) status(key, day string) row.Status {
	b.t.Helper()
	rows, err := b.rows.Rows(b.t.Context(), key, span.Span{From: dayOf(day), To: dayOf(day)})
	if err != nil {
		b.t.Fatal(err)
	}
	if len(rows) == 0 {
		return ""
	}
	return rows[0].Status
}

func decide(act row.Act, days ...string) url.Values {
	return url.Values{"act": {string(act)}, "reason": {"looked <b>"}, "day": days}
}

const (
	odd  = "A#1|2024-01-08" // quarantined
	half = "A#1|2024-01-09" // incomplete: one of two values
	gone = "A#1|2024-01-11" // withdrawn by the publisher
	far  = "EMPTY|2024-01-03"
)

// Whole pages, and nothing in them that somebody else wrote is taken as HTML.
func TestHeldPages(t *testing.T) {
	_, b := newHeldBench(t, nil)
	_, readOnly := newHeldBench(t, func(o *Options) { o.Target.ReadOnly = true })
	none := newBench(t, cadences, nil).run()
	none.index.want(t.Context(), []int{0, 1, 2, 3, 4, 5}, time.Minute)
	b.like("held", "/held")
	readOnly.like("held-read-only", "/held")
	none.like("held-none", "/held")
	at := b.look(decide(row.Accept, odd, half, gone, far, "A#1|2024-01-13"))
	page := b.get(at)
	b.same("act", at, strings.ReplaceAll(page, at, "/acts/ID"))
	b.same("act-done", at, b.do(at))
	for _, page := range []string{b.get("/held"), page} {
		if strings.Contains(page, "<script>") || strings.Contains(page, "<b>") || strings.ContainsAny(page, "\x1b\u202e") || strings.Contains(page, "style=") {
			t.Errorf("a foreign text is not escaped, or a style stands in the page: %s", page)
		}
	}
}

// What programs get is what the command line gives.
func TestHeldAsJSON(t *testing.T) {
	_, b := newHeldBench(t, nil)
	text := b.ask(http.MethodGet, "/held?series=A*", nil, map[string]string{"Accept": "application/json"}).Body.String()
	for _, want := range []string{`"schema_version": 1`, `"day": "2024-01-08"`, `"status": "quarantined"`, `"attempts": 6`} {
		if !strings.Contains(text, want) || strings.Contains(text, "EMPTY") {
			t.Errorf("no %s, or another series, in %s", want, text)
		}
	}
	b.o.Target.Kind = "aws"
	if w := b.ask(http.MethodGet, "/held", nil, map[string]string{"Accept": "application/json"}); w.Code != http.StatusBadRequest {
		t.Errorf("a query for each series of a stack, without a word: %d", w.Code)
	}
}

// Series that were not read are counted, and read when a person asks for them.
func TestHeldOfSeriesNotReadYet(t *testing.T) {
	b := newBench(t, cadences, func(o *Options) { o.Target.Kind = "aws" })
	b.patchy()
	page := b.get("/held")
	if !strings.Contains(page, "6 of 6 series were not read yet") || !strings.Contains(page, "of what was read") || strings.Contains(page, odd) {
		t.Errorf("nothing was read, and nothing waits: %s", page)
	}
	if page := b.get("/held?series=A%231"); !strings.Contains(page, odd) {
		t.Errorf("the series asked for was not read: %s", page)
	}
	if w := b.ask(http.MethodPost, "/read", url.Values{"back": {"/held"}}, nil); w.Header().Get("Location") != "/held" {
		t.Errorf("reading all leads to %s", w.Header())
	}
	for _, path := range []string{"/held?series=NOBODY", "/held?after=NOBODY%7C2024-01-01"} {
		if w := b.ask(http.MethodGet, path, nil, nil); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// Pages of held days follow each other without a day twice or none.
func TestHeldPagesFollow(t *testing.T) {
	_, b := newHeldBench(t, nil)
	for i := range maxHeld {
		b.keep(row.Row{Series: "ENDED", Day: dayOf("2023-01-30") + span.Day(i), Status: row.Quarantined, Reason: "x"})
	}
	first := b.get("/held?series=A%231+EMPTY+ENDED")
	_, next, _ := strings.Cut(first, `rel="next" href="`)
	next, _, more := strings.Cut(next, `"`)
	if !more {
		t.Fatalf("no second page: %s", first)
	}
	second := b.get(strings.ReplaceAll(next, "&amp;", "&"))
	box := `type="checkbox" name="day" value="`
	if got, other := strings.Count(first, box), strings.Count(second, box); got != maxHeld || other != 4 {
		t.Errorf("%d and %d days, want %d and 4", got, other, maxHeld)
	}
	for _, days := range strings.Split(second, box)[1:] {
		if day, _, _ := strings.Cut(days, `"`); strings.Contains(first, `"`+day+`"`) {
			t.Errorf("%s is on both", day)
		}
	}
}

func TestDecide(t *testing.T) {
	tests := []struct {
		name  string
		form  url.Values
		key   string
		day   string
		want  row.Status
		after string // of the page
	}{
		{"accept", decide(row.Accept, odd), "A#1", "2024-01-08", row.Observed, "<strong>1 day</strong> changed."},
		{"release", decide(row.Release, far), "EMPTY", "2024-01-03", row.Incomplete, "/plans/new"},
		{"mark absent", decide(row.MarkAbsent, half), "A#1", "2024-01-09", row.Absent, "<strong>1 day</strong> changed."},
		{"mark missing", decide(row.MarkMissing, odd), "A#1", "2024-01-08", row.Absent, "/plans/new"},
		{"a range", url.Values{"act": {string(row.MarkAbsent)}, "reason": {"no"}, "series": {"EMPTY"}, "from": {"2024-01-04"}, "to": {"2024-01-08"}}, "EMPTY", "2024-01-05", row.Absent, "<strong>3 days</strong> changed."},
		{"what does not fit is left", decide(row.Accept, odd, half), "A#1", "2024-01-09", row.Incomplete, "has no value of sell to accept"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, b := newHeldBench(t, nil)
			before := b.status(tt.key, tt.day)
			at := b.look(tt.form)
			if b.status(tt.key, tt.day) != before || c.done > 0 {
				t.Error("a preview has changed something")
			}
			if page := b.do(at); !strings.Contains(page, tt.after) {
				t.Errorf("no %q in %s", tt.after, page)
			}
			if got := b.status(tt.key, tt.day); got != tt.want {
				t.Errorf("it is %s, want %s", got, tt.want)
			}
		})
	}
}

func TestDecisionThatCannotBeMeant(t *testing.T) {
	c, b := newHeldBench(t, nil)
	with := func(form url.Values, name, value string) url.Values { form.Set(name, value); return form }
	marked := url.Values{"act": {string(row.MarkAbsent)}, "reason": {"r"}, "series": {"EMPTY"}, "from": {"2024-01-04"}, "to": {"2024-01-08"}}
	copied := func(name, value string) url.Values {
		form := url.Values{}
		for k, v := range marked {
			form[k] = v
		}
		return with(form, name, value)
	}
	for name, tt := range map[string]struct {
		form url.Values
		code int
		want string
	}{
		"no reason":         {with(decide(row.Accept, odd), "reason", "  "), 400, "Say the reason"},
		"two lines":         {with(decide(row.Accept, odd), "reason", "a\nb"), 400, "one line"},
		"no act":            {with(decide(row.Accept, odd), "act", "drop"), 400, "act &#34;drop&#34;"},
		"no day":            {decide(row.Accept), 400, "No day was chosen"},
		"no such series":    {decide(row.Accept, "X<i>|2024-01-08"), 400, "no series is called &#34;X&lt;i&gt;&#34;"},
		"no such day":       {decide(row.Accept, "A#1|2024-02-31"), 400, "2024-02-31"},
		"a day to come":     {decide(row.Accept, "A#1|2024-03-21"), 400, "future"},
		"nothing fits":      {decide(row.Release, half), 422, "is incomplete, not quarantined. Nothing was changed"},
		"one does not fit":  {decide(row.MarkAbsent, odd, "A#1|2024-01-04"), 422, "mark it missing first"},
		"no row":            {decide(row.Accept, "A#1|2024-02-01"), 422, "nothing is stored"},
		"half a range":      {copied("from", ""), 400, "Say from which day to which"},
		"a range turned":    {copied("from", "2024-01-09"), 400, "is after to"},
		"a range to come":   {copied("to", "2024-03-21"), 400, "future"},
		"too large a range": {with(copied("series", "W/..//x:y"), "from", "0001-01-01"), 303, ""}, // bounded by the days of the series
	} {
		t.Run(name, func(t *testing.T) {
			if w := b.ask(http.MethodPost, "/acts", tt.form, nil); w.Code != tt.code || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("%d %s, want %d %s", w.Code, w.Body, tt.code, tt.want)
			}
		})
	}
	if c.done > 0 {
		t.Errorf("%d changes", c.done)
	}
	if w := b.ask(http.MethodPost, "/acts", decide(row.Accept, odd), map[string]string{"Origin": "http://127.0.0.1:9999"}); w.Code != http.StatusForbidden {
		t.Errorf("a form of another port: %d", w.Code)
	}
}

// sick is a store that cannot be read.
type sick struct{ *memory.Store }

func (sick) Rows(context.Context, string, span.Span) ([]row.Row, error) {
	return nil, errors.New("the disk is gone")
}

// What the store cannot do is no mistake of the person who decides.
func TestDecisionOverAStoreThatFails(t *testing.T) {
	_, b := newHeldBench(t, nil)
	b.o.Rows = sick{b.rows}
	if w := b.ask(http.MethodPost, "/acts", decide(row.Accept, odd), nil); w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "the disk is gone") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A decision about more days than one page bears is left to the command line, which is named.
func TestDecisionIsBounded(t *testing.T) {
	c, b := newHeldBench(t, nil)
	for i := range maxActDays + 1 {
		b.keep(row.Row{Series: "ENDED", Day: dayOf("2020-01-01") + span.Day(i), Status: row.Quarantined, Reason: "x"})
	}
	form := url.Values{"act": {string(row.Release)}, "reason": {"it's"}, "series": {"ENDED"}, "from": {"2020-01-01"}, "to": {"2023-01-01"}}
	w := b.ask(http.MethodPost, "/acts", form, nil)
	if want := "lacuna quarantine release --series ENDED --from 2020-01-01 --to 2023-01-01 --reason"; w.Code != 422 || !strings.Contains(w.Body.String(), want) || c.done > 0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	first := b.look(decide(row.Accept, odd))
	for range maxActs {
		b.look(decide(row.Accept, odd))
	}
	if w := b.ask(http.MethodGet, first, nil, nil); w.Code != http.StatusNotFound || len(b.acts.list) != maxActs {
		t.Errorf("%d, %d previews", w.Code, len(b.acts.list))
	}
}

// A row that is another one since the preview is left as it is; the others are done.
func TestDecisionAboutARowThatHasChanged(t *testing.T) {
	c, b := newHeldBench(t, nil)
	at := b.look(decide(row.Accept, odd, far))
	rows, err := b.rows.Rows(t.Context(), "A#1", span.Span{From: dayOf("2024-01-08"), To: dayOf("2024-01-08")})
	if err != nil {
		t.Fatal(err)
	}
	other := rows[0]
	other.Fields = pair("5.00", "5.01")
	if err := c.Store.Change(t.Context(), rows[0], other); err != nil {
		t.Fatal(err)
	}
	page := b.do(at)
	for _, want := range []string{"changed meanwhile: it is quarantined buy 5.00, sell 5.01 now", "<strong>1 day</strong> changed, "} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in %s", want, page)
		}
	}
	if a, e := b.status("A#1", "2024-01-08"), b.status("EMPTY", "2024-01-03"); a != row.Quarantined || e != row.Observed {
		t.Errorf("%s and %s", a, e)
	}
	text := b.ask(http.MethodGet, at, nil, map[string]string{"Accept": "application/json"}).Body.String()
	if !strings.Contains(text, `"now": "quarantined"`) || !strings.Contains(text, `"error": "changed meanwhile`) {
		t.Errorf("as JSON: %s", text)
	}
}

// After an error of the store the rest is not tried, and the page says which days are done.
func TestDecisionWhenTheStoreFails(t *testing.T) {
	c, b := newHeldBench(t, nil)
	at := b.look(decide(row.MarkMissing, odd, half, gone))
	c.before = func(old row.Row) error {
		if old.Day == dayOf("2024-01-09") {
			return errors.New("disk full")
		}
		return nil
	}
	page := b.do(at)
	if strings.Count(page, "disk full") != 1 || strings.Count(page, "not tried") != 1 || c.done != 1 {
		t.Errorf("%d changes: %s", c.done, page)
	}
	if b.do(at); c.done != 1 {
		t.Error("a decision was carried out twice")
	}
}

// Two who press the button at once change each day once.
func TestDecisionIsCarriedOutOnce(t *testing.T) {
	var seconds atomic.Int64
	c, b := newHeldBench(t, func(o *Options) {
		o.Now = func() time.Time { return asOf.Add(time.Duration(seconds.Add(1)) * time.Second) }
	})
	at := b.look(decide(row.Accept, odd, far))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if w := b.ask(http.MethodPost, at+"/do", url.Values{}, nil); w.Code != http.StatusSeeOther {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
	all.Wait()
	if page := b.get(at); c.done != 2 || !strings.Contains(page, "<strong>2 days</strong> changed.") {
		t.Errorf("%d changes: %s", c.done, page)
	}
}

// A browser that goes away does not leave half of a decision.
func TestDecisionDoesNotEndWithTheRequest(t *testing.T) {
	c, b := newHeldBench(t, nil)
	at := b.look(decide(row.Accept, odd, far))
	ctx, cancel := context.WithCancel(t.Context())
	c.before = func(row.Row) error { cancel(); return nil }
	r, _ := http.NewRequestWithContext(ctx, http.MethodPost, "http://127.0.0.1:8084"+at+"/do", http.NoBody)
	r.AddCookie(&http.Cookie{Name: "lacuna-8084", Value: token})
	b.ServeHTTP(nobody{}, r)
	if c.done != 2 {
		t.Errorf("%d changes of 2", c.done)
	}
}

// nobody reads the answer.
type nobody struct{}

func (nobody) Header() http.Header       { return http.Header{} }
func (nobody) WriteHeader(int)           {}
func (nobody) Write([]byte) (int, error) { return 0, fmt.Errorf("gone: %w", context.Canceled) }

func TestReadOnlyDecidesNothing(t *testing.T) {
	c, b := newHeldBench(t, nil)
	at := b.look(decide(row.Accept, odd))
	for name, change := range map[string]func(*Options){
		"--read-only": func(o *Options) { o.Target.ReadOnly = true },
		"cannot be":   func(o *Options) { o.Target.ReadOnly, o.Changer = false, nil },
	} {
		change(&b.o)
		for _, path := range []string{"/acts", at + "/do"} {
			if w := b.ask(http.MethodPost, path, decide(row.Accept, odd), nil); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), name) || c.done > 0 {
				t.Errorf("%s: %d %s, %d changes", path, w.Code, w.Body, c.done)
			}
		}
		if page := b.get("/held"); !strings.Contains(page, `disabled aria-describedby="cannot">Accept`) || !strings.Contains(page, name) {
			t.Errorf("a button can be pressed: %s", page)
		}
	}
}
