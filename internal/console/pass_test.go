package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store/memory"
)

// costly are rows whose reading is counted; err is the error of it.
type costly struct {
	*memory.Store
	read atomic.Int64
	err  atomic.Pointer[error]
}

func (c *costly) Marks(ctx context.Context, series string, s span.Span) ([]row.Mark, error) {
	c.read.Add(1)
	if err := c.err.Load(); err != nil {
		return nil, *err
	}
	return c.Store.Marks(ctx, series, s)
}

// inAWS is a console of a stack, which is run until the function that it returns is called.
func inAWS(t *testing.T) (rows *costly, b *bench, end func()) {
	rows = &costly{}
	b = newBench(t, cadences, func(o *Options) {
		o.Target.Kind = "aws"
		rows.Store = o.Rows.(*memory.Store)
		o.Rows = rows
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); b.Run(ctx) }()
	return rows, b, func() { cancel(); <-done }
}

// In AWS "Read all series" reads each once: no hour, no change and no page of others has them
// read again without a word.
func TestReadingAllCostsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows, b, end := inAWS(t)
		defer end()
		b.patchy()
		all := int64(len(b.index.entries)) - 1 // LATER has no days yet
		press := func() {
			t.Helper()
			if w := b.ask(http.MethodPost, "/read", url.Values{}, nil); w.Code != http.StatusSeeOther {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			synctest.Wait()
		}
		const one = "/?q=A%231" // shows one series
		time.Sleep(time.Hour)
		if n := rows.read.Load(); n != 0 {
			t.Errorf("%d series were read, and nobody looked", n)
		}
		press()
		if n := rows.read.Load(); n != all {
			t.Fatalf("%d series were read, want %d", n, all)
		}
		if page := b.get(one); !strings.Contains(page, "read "+time.Now().UTC().Format("2006-01-02 15:04")+" UTC") || strings.Contains(page, "Read all") {
			t.Errorf("no age of what was read, or it is to be read: %s", page)
		}
		b.index.changed([]string{"*"}) // as when a run has ended
		time.Sleep(time.Hour)
		if n := rows.read.Load(); n != all {
			t.Errorf("%d series were read, and nobody looked, want %d", n, all)
		}
		if page := b.get(one); rows.read.Load() != all+1 || !strings.Contains(page, "may have changed since") || !strings.Contains(page, "Read all") {
			t.Errorf("%d series were read, want %d: %s", rows.read.Load(), all+1, page)
		}
		if press(); rows.read.Load() != 2*all {
			t.Errorf("%d series were read, want %d", rows.read.Load(), 2*all)
		}
	})
}

// Without good credentials no series after the first is tried, until it may be that there are
// others; then pages go on by themselves. Another error is of its series alone, and a page
// that is read again does not have it read again.
func TestReadingEndsWithTheCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows, b, end := inAWS(t)
		defer end()
		all := int64(len(b.index.entries)) - 1 // LATER has no days yet
		tried := func(what string, want int64, do func()) {
			t.Helper()
			before := rows.read.Load()
			do()
			synctest.Wait()
			if n := rows.read.Load() - before; n != want {
				t.Errorf("%s: %d series were tried, want %d", what, n, want)
			}
		}
		all50 := func() {
			for range 50 {
				b.get("/")
			}
		}
		expired := error(&CredentialsError{errors.New("the credentials have expired")})
		rows.err.Store(&expired)
		tried("a page", 1, func() {
			if page := b.get("/"); !strings.Contains(page, "the credentials have expired") {
				t.Errorf("the page does not say why: %s", page)
			}
		})
		tried("pages right after", 0, all50)
		time.Sleep(2 * retry)
		tried("later", 1, func() { b.get("/") })
		time.Sleep(2 * retry)
		tried("all", 1, func() { b.ask(http.MethodPost, "/read", url.Values{}, nil) })
		broken := errors.New("one is damaged")
		rows.err.Store(&broken)
		b.index.resume()
		tried("another error", all, func() { b.get("/") })
		tried("pages after that", 0, all50)
		rows.err.Store(nil)
		b.index.resume()
		tried("good again", all, func() { b.get("/") })
	})
}
