package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"lacuna/internal/fault"
	"lacuna/internal/span"
)

func TestReadBody(t *testing.T) {
	const limit = 100_000
	for _, size := range []int{0, 1, 16 << 10, 16<<10 + 1, limit - 1, limit, limit + 1} {
		for _, announced := range []int{-1, 0, size, limit, limit + 1, 1 << 40} {
			body, err := readBody(iotest.HalfReader(io.LimitReader(zeros{}, int64(size))), int64(announced), limit)
			if errors.Is(err, errTooLong) != (size > limit) || err != nil && size <= limit || len(body) != min(size, limit) || cap(body) > limit+1 {
				t.Errorf("%d of %d announced bytes: %d in a buffer of %d, error %v", size, announced, len(body), cap(body), err)
			}
		}
	}
	broken := errors.New("broken")
	if body, err := readBody(io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken)), -1, limit); string(body) != "abc" || !errors.Is(err, broken) {
		t.Errorf("a transfer that breaks: %q, error %v", body, err)
	}
}

// A kind of body has its own bound, and shares the rest with others.
func TestWithin(t *testing.T) {
	c := client(t, "http://publisher.example")
	c.http.Transport = transport(func(*http.Request) (*http.Response, error) { return answer(io.LimitReader(zeros{}, 1001)), nil })
	small := c.Within(1000)
	if _, err := small.Get(t.Context(), "/"); fault.NameOf(err) != fault.Malformed || !strings.Contains(err.Error(), "more than 1000 bytes") {
		t.Errorf("1001 bytes within 1000: error %v", err)
	}
	if _, err := small.Within(2000).Get(t.Context(), "/"); fault.NameOf(err) != fault.Malformed {
		t.Errorf("a bound was widened: error %v", err)
	}
	if _, err := c.Get(t.Context(), "/"); err != nil || small.limiter != c.limiter {
		t.Errorf("the client itself: error %v", err)
	}
}

func TestShort(t *testing.T) {
	long := errors.New(strings.Repeat("x", 1<<20))
	if text := short(long).Error(); len(text) > 300 {
		t.Errorf("an error of %d bytes", len(text))
	}
	if err := short(io.ErrUnexpectedEOF); err != io.ErrUnexpectedEOF {
		t.Errorf("a short error became %v", err)
	}
}

func TestMaxRows(t *testing.T) {
	for _, tt := range []struct{ days, series, want int }{
		{1, 1, 40_001}, {3650, 1, 43_650}, {3650, 40, 186_000}, {36500, 1, 76_500}, {36500, 1000, 300_000}, {3_000_000, 1 << 40, 300_000},
	} {
		if got := MaxRows(span.Span{From: 0, To: span.Day(tt.days - 1)}, tt.series); got != tt.want {
			t.Errorf("%d days of %d series: %d rows, want %d", tt.days, tt.series, got, tt.want)
		}
	}
}

// Answers wait for room in the order of their coming, and a context ends the wait.
func TestReserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := client(t, "http://publisher.example")
		first, err := c.Reserve(t.Context(), room/2)
		if err != nil {
			t.Fatal(err)
		}
		var order []string
		var releases []func()
		for _, name := range []string{"more than there is", "little"} {
			go func() {
				release, err := c.Reserve(t.Context(), map[string]int{"more than there is": 10 * room, "little": 1}[name])
				if err != nil {
					t.Error(err)
				}
				order, releases = append(order, name), append(releases, release)
			}()
			synctest.Wait()
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := c.Reserve(gone, 1); !errors.Is(err, context.Canceled) {
			t.Errorf("who does not wait: error %v", err)
		}
		if len(order) != 0 {
			t.Fatalf("%v have room too early", order)
		}
		for len(order) < 2 {
			first()
			synctest.Wait()
			if len(releases) == 0 {
				t.Fatal("room is lost")
			}
			first, releases = releases[0], releases[1:]
		}
		first()
		if fmt.Sprint(order) != "[more than there is little]" || !c.room.TryAcquire(room) {
			t.Errorf("order %q, or some is still taken", order)
		}
	})
}

// A wait that is given up gives back what it had.
func TestReserveGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := client(t, "http://publisher.example")
		release, err := c.Reserve(t.Context(), room/2)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { _, err := c.Reserve(ctx, room); ended <- err }()
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		release()
		if !c.room.TryAcquire(room) {
			t.Error("some is still taken")
		}
	})
}

func TestReadCSVBounds(t *testing.T) {
	line := func(n int) string { return strings.Repeat("x", n-1) + "\n" }
	for name, tt := range map[string]struct{ body, want string }{
		"the longest line":                {line(maxLine), ""},
		"a longer one":                    {"a\n" + line(maxLine+1), "line 2: more than 8192 bytes"},
		"as many commas as may be":        {strings.Repeat(",", maxCommas) + "\n", ""},
		"more":                            {"a\n" + strings.Repeat(",", maxCommas+1) + "\n", "line 2: more than 200 fields"},
		"fields that go on":               {strings.Repeat("\"\n\",", maxCommas+1) + "\n", "line 202: more than 200 fields"},
		"a field that goes on":            {"\"" + strings.Repeat("x\n", maxLine/2), "line 4096: more than 8192 bytes"},
		"as many rows as may be":          {strings.Repeat("a\n", 4), ""},
		"one more":                        {strings.Repeat("a\n", 5), "more than 3 rows"},
		"empty lines":                     {strings.Repeat("\n", 5), "more than 3 rows"},
		"quotes that are the field's own": {"\"a\"\"b\"\n\"c\"\n", ""},
	} {
		in, _, err := ReadCSV([]byte(tt.body), ',', 3)
		if got := fmt.Sprint(err); got != tt.want && (err != nil || tt.want != "") || err == nil && in == nil {
			t.Errorf("%s: error %v, want %q", name, err, tt.want)
		}
	}
}

func TestReadJSON(t *testing.T) {
	for body, want := range map[string]string{
		`{"rows":[1,2,3]}`:                  "",
		` { "x" : [[{}]] , "rows" : [ ] } `: "",
		`{"rows":[1,2,3,4]}`:                "more than 3 rows",
		`{"rows":[1,2,3,4`:                  "more than 3 rows", // and not read to its end
		`{"rows":[1,2`:                      "unexpected end of JSON input",
		`{"rows":[1,]}`:                     "invalid character ']' looking for beginning of value",
		`{"rows":[1 2]}`:                    "expected comma after array element",
		`{"rows":{}}`:                       "{ instead of a list",
		`{"rows":null}`:                     "null instead of a list",
		`{"rows":[]}{}`:                     "something after its end",
		`{"rows":[]}]`:                      "invalid character ']'",
		`[]`:                                "[ instead of an object",
		`"x"`:                               "x instead of an object",
		``:                                  "unexpected end of JSON input",
	} {
		rows := 0
		err := ReadJSON([]byte(body), func(j *JSON) error {
			return j.Members(func(name string) error {
				if name != "rows" {
					return j.Skip()
				}
				return j.Rows(3, func() error {
					rows++
					return j.Decode(new(int))
				})
			})
		})
		if want == "" && (err != nil || !json.Valid([]byte(body))) || want != "" && (err == nil || fault.NameOf(err) != fault.Malformed || !strings.Contains(err.Error(), fmt.Sprintf("body of %d bytes: ", len(body))+want)) || rows > 3 {
			t.Errorf("%s: %d rows, error %v, want %q", body, rows, err, want)
		}
	}
}

// What was not asked for is counted and not kept, and what was asked for has an end.
func TestCollectorBounds(t *testing.T) {
	asked := span.Span{From: 10, To: 19}
	c := NewCollector(asked, 0)
	c.Add("A", 10, []string{"value"}, []string{"1"}, "")
	for i := range 2 * maxOutside {
		c.Add("A", span.Day(20+i), []string{"value"}, []string{"1"}, "")
	}
	a, err := c.Answer()
	if err != nil || len(a.Observations) != 1 || len(a.Damaged) != maxOutside || len(a.Warnings) != 1 || !strings.HasPrefix(a.Warnings[0], "20000 rows outside the range asked for") {
		t.Errorf("%d observations, %d damaged, warnings %q, error %v", len(a.Observations), len(a.Damaged), a.Warnings, err)
	}
	c = NewCollector(asked, 0)
	for range maxRows {
		c.Add("A", 10, []string{"value"}, []string{"1"}, "")
	}
	if a, err := c.Answer(); err != nil || c.Full() != nil || len(a.Observations) != 1 {
		t.Errorf("as many rows as may be: %v, error %v", a.Observations, err)
	}
	c.Add("A", 10, []string{"value"}, []string{"1"}, "")
	if a, err := c.Answer(); fault.NameOf(err) != fault.Malformed || c.Full() == nil || a.Observations != nil {
		t.Errorf("one more: %v, error %v", a.Observations, err)
	}

	c = NewCollector(span.Span{From: 0, To: 2 * maxRows}, 0)
	long := errors.New(strings.Repeat("x", 1000))
	for i := range maxRows/2 - 1 {
		c.Add("B", span.Day(maxRows/2+i), []string{"value"}, []string{"1"}, "")
		c.Unreadable("B", span.Day(i), long)
	}
	c.Add("B", maxRows, []string{"value"}, []string{"1"}, "")
	texts := 0
	a, err = c.Answer()
	for _, d := range a.Damaged {
		texts += len(d.Reason)
	}
	if want := maxReasons*300 + maxRows/2*60; err != nil || len(a.Damaged) != maxRows/2-1 || texts > want {
		t.Errorf("%d values that cannot be read, with %d bytes of reasons, want at most %d; error %v", len(a.Damaged), texts, want, err)
	}
	c = NewCollector(span.Span{From: 0, To: 2 * maxRows}, 0)
	for i := range maxRows + 9 {
		c.Unreadable("B", span.Day(i), long)
	}
	if c.Full() == nil || len(c.damaged) > maxRows+1 {
		t.Errorf("%d values that cannot be read are kept", len(c.damaged))
	}
}
