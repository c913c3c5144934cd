package catalogue_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna"
	"lacuna/internal/calendar"
	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

// What is compared of a series: all of it, calendars by name and by what they say of
// two years.
var whole = cmp.Options{
	cmp.Transformer("zone", func(l *time.Location) string { return l.String() }),
	cmp.Transformer("calendar", func(c *calendar.Calendar) string {
		var b strings.Builder
		days := span.Span{From: span.Date(2026, 1, 1), To: span.Date(2027, 12, 31)}
		fmt.Fprint(&b, c.Name(), c.Open(days))
		for d := days.From; d <= days.To; d++ {
			if reason, closed := c.Closed(d); closed {
				b.WriteString(reason)
			}
		}
		return b.String()
	}),
	cmp.Exporter(func(t reflect.Type) bool { return t.PkgPath() == "lacuna/internal/notation" }),
}

func compiled(tb testing.TB, c *catalogue.Catalogue) *catalogue.Catalogue {
	tb.Helper()
	text, err := c.Compile()
	if err != nil {
		tb.Fatal(err)
	}
	opened, err := catalogue.Open(text)
	if err != nil {
		tb.Fatal(err)
	}
	again, err := opened.Compile()
	if err != nil || !bytes.Equal(text, again) {
		tb.Errorf("compiled again it has %d bytes, %v; want the %d that were there", len(again), err, len(text))
	}
	return opened
}

// Every catalogue of this repository is compiled and is the same then.
func TestCompiledIsTheSame(t *testing.T) {
	n := 0
	err := filepath.WalkDir("../..", func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" || strings.HasPrefix(filepath.Base(path), ".") {
			return err
		}
		c, parseErr := catalogue.ParseBeside(path, read(t, path), lacuna.Series, func(name string) ([]byte, error) {
			return os.ReadFile(filepath.Join(filepath.Dir(path), name))
		})
		if parseErr != nil { // a test of what is refused
			return nil
		}
		n++
		wantSame(t, path, c)
		return nil
	})
	if err != nil || n < 15 {
		t.Errorf("%d catalogues: %v", n, err)
	}
}

func wantSame(t *testing.T, name string, c *catalogue.Catalogue) {
	t.Helper()
	byName, all := compiled(t, c), compiled(t, c)
	if diff := cmp.Diff(c.Sources, all.Sources, whole) + cmp.Diff(some(c.All()), some(all.All()), whole); diff != "" {
		t.Errorf("%s (-parsed +compiled):\n%s", name, diff)
	}
	for _, s := range some(c.All()) {
		for _, key := range append([]string{s.Key}, s.Aliases...) {
			one, ok := byName.Lookup(key)
			if other, _ := byName.Find(s.Key); !ok || one != other {
				t.Errorf("%s: Lookup(%q) = %p, %v; Find(%q) = %p", name, key, one, ok, s.Key, other)
			}
			if diff := cmp.Diff(s, one, whole); diff != "" {
				t.Errorf("%s: Lookup(%q) (-parsed +compiled):\n%s", name, key, diff)
			}
		}
		for _, none := range []string{s.Key + "~", s.Key[1:], "=0", ""} {
			_, want := c.Lookup(none)
			if one, ok := byName.Lookup(none); ok != want {
				t.Errorf("%s: Lookup(%q) = %v, %v; want %v", name, none, one, ok, want)
			}
		}
	}
	for i, s := range byName.All() {
		if found, _ := byName.Lookup(s.Key); found != s || s.Key != c.All()[i].Key {
			t.Errorf("%s: All()[%d] is %s at %p, Lookup finds %p", name, i, s.Key, s, found)
		}
	}
}

// some returns all of a few series, and some hundred of thousands.
func some(all []*catalogue.Series) (list []*catalogue.Series) {
	for i := 0; i < len(all); i += 1 + len(all)/500 {
		list = append(list, all[i])
	}
	return list
}

// The series between two keys are those of All, in the order of keys, from wherever they
// are read.
func TestBetween(t *testing.T) {
	c, err := catalogue.Parse("series.yaml", lacuna.Series, nil)
	if err != nil {
		t.Fatal(err)
	}
	keys := func(list []*catalogue.Series) (keys []string) {
		for _, s := range list {
			keys = append(keys, s.Key)
		}
		return keys
	}
	sorted := slices.Sorted(slices.Values(keys(c.All())))
	some := c.Restrict(func(s catalogue.Series) (catalogue.Series, bool) { return s, s.Key != sorted[2] })
	without := slices.Delete(slices.Clone(sorted), 2, 3)
	bounds := append([]string{"", "A", "=", "~", "CURRENCY#", "CURRENCY#~", "FUEL#DISEL"}, sorted...)
	for _, first := range bounds {
		for _, last := range bounds {
			between := func(keys []string) (in []string) {
				for _, key := range keys {
					if key >= first && key <= last {
						in = append(in, key)
					}
				}
				return in
			}
			for name, of := range map[string]struct {
				*catalogue.Catalogue
				keys []string
			}{"parsed": {c, sorted}, "compiled": {compiled(t, c), sorted}, "restricted": {some, without}} {
				list, err := of.Between(first, last)
				if diff := cmp.Diff(between(of.keys), keys(list)); err != nil || diff != "" {
					t.Errorf("%s: Between(%q, %q), %v (-want +got):\n%s", name, first, last, err, diff)
				}
				for _, s := range list {
					if found, _ := of.Lookup(s.Key); found != s {
						t.Errorf("%s: %s is another than Lookup finds", name, s.Key)
					}
				}
			}
		}
	}
	list, err := compiled(t, c).Between("", "~", "*#USD", "none", "FUEL#DISEL")
	if diff := cmp.Diff([]string{"CURRENCY#USD", "ECB#USD", "FUEL#DIESEL"}, keys(list)); err != nil || diff != "" {
		t.Errorf("with globs, %v (-want +got):\n%s", err, diff)
	}
}

// What is cut, changed or of another version is refused: by Open, or by Verify, and by
// whatever reads the line.
func TestOpenRefuses(t *testing.T) {
	c := parse(t, "testdata/everything.yaml")
	text, err := c.Compile()
	if err != nil {
		t.Fatal(err)
	}
	if opened, err := catalogue.Open(text); err != nil || opened.Verify() != nil {
		t.Fatal("as it was compiled it is refused")
	}
	for at := range text {
		if c, err := catalogue.Open(text[:at]); err == nil {
			t.Fatalf("cut to %d bytes it is opened: %v", at, c)
		}
		damaged := bytes.Clone(text)
		damaged[at] ^= 1
		opened, err := catalogue.Open(damaged)
		if err != nil {
			continue
		}
		if err := opened.Verify(); err == nil || !strings.HasPrefix(err.Error(), "the compiled catalogue is damaged: ") {
			t.Fatalf("with another byte at %d: %v", at, err)
		}
		if _, err := opened.Match(); err == nil {
			t.Fatalf("with another byte at %d all of it is read", at)
		}
		for _, s := range c.All() {
			if found, err := opened.Find(s.Key); err == nil && found.Key != s.Key {
				t.Fatalf("with another byte at %d, %s is %s", at, s.Key, found.Key)
			} else if fault.NameOf(err) == fault.InputInvalid {
				t.Fatalf("with another byte at %d: %v", at, err)
			}
		}
	}
	for want, text := range map[string][]byte{
		"not a compiled catalogue": read(t, "testdata/everything.yaml"),
		"compiled in version 7, want 2: it is of another version of lacuna": bytes.Replace(text, []byte("catalogue 2 "), []byte("catalogue 7 "), 1),
		"damaged: its sources have another checksum":                        bytes.Replace(text, []byte(`"plain"`), []byte(`"plane"`), 1),
	} {
		if _, err := catalogue.Open(text); err == nil || err.Error() != want {
			t.Errorf("Open: %v, want %s", err, want)
		}
	}
}
