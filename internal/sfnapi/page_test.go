package sfnapi

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"lacuna/internal/engine"
)

// FuzzPageToken sends any token for any list: it is one that the server gave for that list,
// and says the position again, or it is refused as invalid.
func FuzzPageToken(f *testing.F) {
	s := New(Options{})
	f.Cleanup(s.Close)
	f.Add("history a false", s.pageToken("history a false", 7), int64(7))
	f.Add("history a true", s.pageToken("history a false", -7), int64(-7))
	f.Add("machines", "", int64(0))
	f.Add("machines", "AAAAAAAAAAA", int64(1))
	f.Add("executions \"x\" \"\" 1", s.pageToken("executions \"x\" \"\" ", 12), int64(2))
	f.Add("machines", strings.Repeat("_", 2000), int64(-1))
	f.Fuzz(func(t *testing.T, list, token string, position int64) {
		at, ok, err := s.position(list, &token)
		refused := (*engine.APIError)(nil)
		switch {
		case err != nil:
			if !errors.As(err, &refused) || refused.Name != "InvalidToken" || ok || at != 0 {
				t.Errorf("position(%q, %q) = %d, %t, %v", list, token, at, ok, err)
			}
		case !ok || s.pageToken(list, at) != token:
			t.Errorf("position(%q, %q) = %d, %t, which is not a token of that list", list, token, at, ok)
		}
		given := s.pageToken(list, position)
		if at, ok, err := s.position(list, &given); at != position || !ok || err != nil {
			t.Errorf("the token of %d of %q is read as %d, %t, %v", position, list, at, ok, err)
		}
		if _, _, err := s.position(list+"x", &given); err == nil {
			t.Errorf("the token of %q is taken for another list", list)
		}
	})
}

// TestPagesByBytes reads a list of large elements: no page is larger than its bound, unless
// one element is, and together they are the list.
func TestPagesByBytes(t *testing.T) {
	s := New(Options{})
	defer s.Close()
	large := strings.Repeat("x", 300_000)
	all := []string{large, large, large, large, strings.Repeat("y", 2*maxPageBytes), "a", large, "b"}
	var sizes []int
	p, from := page{}, 0
	for {
		answer, err := part(s, "texts", p, "texts", all[from:], func(text string) int64 { return 0 }, asIs)
		if err != nil {
			t.Fatal(err)
		}
		got := answer["texts"].([]json.RawMessage)
		size := 0
		for _, element := range got {
			size += len(element)
		}
		if size > maxPageBytes && len(got) > 1 {
			t.Errorf("a page of %d elements has %d bytes", len(got), size)
		}
		sizes = append(sizes, len(got))
		if from += len(got); answer["nextToken"] == nil {
			break
		}
	}
	if from != len(all) || len(sizes) != 4 {
		t.Errorf("pages of %v elements, want all %d in 4", sizes, len(all))
	}
}
