package export

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const plainLine = `{"schema_version":1,"info_type":"ECB#USD","date":"2026-06-01","status":"observed","fields":{"buy":"1.10","sell":"2"},"source":"ecb","fetched_at":"2026-07-01T00:00:00Z","run":"r"}`

func TestMostLinesArePlain(t *testing.T) {
	var p WholeParser
	if _, ok := p.plain(plainLine); !ok {
		t.Error("a plain line is not read as one")
	}
}

// FuzzWholeParser: what is read as plain is what a JSON library reads.
func FuzzWholeParser(f *testing.F) {
	f.Add(plainLine)
	f.Add(`{"schema_version":1,"info_type":"A","date":"2026-06-01","status":"absent","fields":{"a":"1","a":"2"}}`)
	f.Add(`{"schema_version":1,"date":"2026-06-01","fetched_at":"2026-07-01T00:00:00+25:00"}`)
	f.Add(`{"schema_version":1,"date":"2026-06-01","fetched_at":""}`)
	f.Add(`{"schema_version":1,"info_type":"` + "\xff" + `","date":"2026-06-01","fields":{}}`)
	f.Fuzz(func(t *testing.T, text string) {
		var p WholeParser
		for range 2 { // the second time with what it remembers
			got, ok := p.plain(text)
			if !ok {
				return
			}
			want := new(Whole)
			if err := json.Unmarshal([]byte(text), want); err != nil {
				t.Fatalf("%q is read as %+v, and is none: %v", text, got, err)
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(Whole{}, stored{}, replaced{})); diff != "" {
				t.Errorf("%q (-json +plain):\n%s", text, diff)
			}
		}
	})
}
