package declared

import (
	"strings"
	"testing"
)

func TestNextOf(t *testing.T) {
	for header, want := range map[string]string{
		``:                         "",
		`</x?p=2>; rel="next"`:     "/x?p=2",
		`</a>; rel="Next"`:         "/a",
		`</a>; rel = "next"`:       "/a",
		`</a>;rel=next`:            "/a",
		`</a>; REL="next"`:         "/a",
		`</a>; rel='next'`:         "/a",
		`</a>; rel="last next"`:    "/a",
		`</a>; rel="next-archive"`: "",
		`</a>; rel="prev", </b,c;d>; title="a, \"; rel=\"next"; rel="next"`: "/b,c;d",
		`</a>; rel=prev; rel=next`:                    "", // the first one counts
		`</a>; title="</b>; rel=next"; rel=self`:      "",
		`</a>; as=style, , </b>; rel=next; x ;`:       "/b",
		`</a>; rel=next, </a>; rel=next`:              "/a",
		`</a>; rel=next, </b>; rel=next`:              "two next pages",
		`/a; rel=next`:                                "cannot be read from",
		`</a; rel=next`:                               "cannot be read from",
		`</a>; rel="next`:                             "cannot be read from",
		`</a>; rel=`:                                  "cannot be read from",
		`</a> rel=next`:                               "cannot be read from",
		`<>; rel=next`:                                "cannot be read from",
		`</a>; rel=next"`:                             "cannot be read from",
		`</a>; rel=prev</b>; rel=next`:                "cannot be read from",
		`</a>;rel=next;cursor=YWJj==`:                 "/a",
		`</a>; title=a=b; rel=next`:                   "/a",
		`</a>; foo=; rel=next, </b>; rel=prev`:        "/a",
		`</a>; foo=, </b>; rel=next; foo=`:            "/b",
		`<>; rel="self", </b>; rel=next`:              "/b",
		`</a>; rel=next, </b>; rel=next; anchor="#x"`: "/a",
		`</b>; anchor=""; rel=next, </c>; Anchor=/y; rel=next, </a>; rel=next`:              "/a",
		`</b>; rel=next; anchor="/x?p=1", </x>; rel=prev`:                                   "/b",
		`</b>; rel=next; anchor="/x?p=1", </c>; rel=next; anchor="/x?p=2", </a>; rel=first`: "two next pages",
	} {
		got, err := nextOf(header)
		if err != nil {
			if len(err.Error()) > 300 || !strings.Contains(err.Error(), want) || want == "" || want[0] == '/' { // the error has the header
				t.Errorf("%s: error %v, want %s", header, err, want)
			}
			continue
		}
		if got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
}

// Any header has an end.
func FuzzNextOf(f *testing.F) {
	f.Add(`</a>; rel="next", </b>; title='x'; rel=prev`)
	f.Add(`<`)
	f.Fuzz(func(t *testing.T, header string) {
		address, err := nextOf(header)
		if !strings.Contains(header, "<"+address+">") && address != "" || err != nil && len(err.Error()) > 1000 {
			t.Errorf("%q: %q, %v", header, address, err)
		}
	})
}
