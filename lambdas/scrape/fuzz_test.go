package scrape

import (
	"strings"
	"testing"
)

func TestMessageBounds(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"long", `{"token":"` + strings.Repeat("x", maxBody) + `"}`, "want at most 262144"},
		{"many series", `{"v":1,"stream":{"series":[` + strings.Repeat(`"a",`, 1000) + `"a"],"from":"2024-01-01","to":"2024-01-02"}}`, "stream of 1001 series: want at most 1000"},
		{"many values", `{"stream":{"series":[` + strings.Repeat(`"",`, 20_000) + `""]}}`, "more than 20000 values"},
		{"deep", strings.Repeat(`{"stream":`, 20), "nested more than 10 deep"},
		{"all of time", `{"v":1,"stream":{"from":"0001-01-01","to":"9999-12-31"}}`, "stream from 0001-01-01 to 9999-12-31: want 1 to 36500 days"},
		{"no time", `{"v":2,"streams":[{"from":"2024-01-01","to":"2024-01-01"},{"from":"2024-01-02","to":"2024-01-01"}]}`, "want 1 to 36500 days"},
		{"an attempt before the first", `{"v":1,"attempt":-1,"stream":{"from":"2024-01-01","to":"2024-01-02"}}`, "attempt -1: want 0 to 1000"},
		{"an attempt", `{"v":1,"attempt":9223372036854775807,"stream":{"from":"2024-01-01","to":"2024-01-02"}}`, "attempt 9223372036854775807: want 0 to 1000"},
		{"no version", `{"streams":[{"from":"2024-01-01","to":"2024-01-01"}]}`, "message version 0, want 2"},
		{"no streams", `{"v":2,"stream":{"from":"2024-01-01","to":"2024-01-01"}}`, "0 streams: want 1 to 1000"},
		{"many streams", `{"v":2,"streams":[` + strings.Repeat(`{},`, 1000) + `{}]}`, "1001 streams: want 1 to 1000"},
	}
	for _, tt := range tests {
		if _, err := decode(tt.body); err == nil || !strings.Contains(err.Error(), tt.want) || len(err.Error()) > 500 {
			t.Errorf("%s: error %.600v, want a short one with %s", tt.name, err, tt.want)
		}
	}
}

// As many series as a catalogue allows a source are a message.
func TestTheLargestMessage(t *testing.T) {
	body := `{"v":1,"token":"t","attempt":1000,"stream":{"series":[` + strings.Repeat(`"a",`, 999) + `"a"],"from":"1900-01-01","to":"1999-12-07"}}`
	body += strings.Repeat(" ", maxBody-len(body))
	if msg, err := decode(body); err != nil || len(msg.Streams[0].Series) != maxSeries || msg.Streams[0].Span().Days() != maxDays {
		t.Errorf("%d series, %d days, %v", len(msg.Streams[0].Series), msg.Streams[0].Span().Days(), err)
	}
}

// Any body is a message within the bounds, or refused in short.
func FuzzMessage(f *testing.F) {
	f.Add(`{"v":1,"run":"r","as_of":"2026-07-01T00:00:00Z","only":"due","source":"ecb","stream":{"id":"ecb-001","series":["A"],"from":"2024-01-02","to":"2024-01-05","days":4},"token":"t","attempt":0}`)
	f.Add(`{"v":2,"streams":[{"id":"ecb-001","series":["A"],"from":"2024-01-02","to":"2024-01-05","days":4},{"id":"ecb-002","series":["B"],"from":"2024-01-02","to":"2024-01-05","days":4}],"token":"t"}`)
	f.Add(`{"v":1,"token":"t","stream":{"from":"9999-12-31","to":"0000-01-01"}}`)
	f.Add(`{"as_of":5,"token":"t"}`)
	f.Add(`[`)
	f.Fuzz(func(t *testing.T, body string) {
		msg, err := decode(body)
		if err != nil {
			if len(err.Error()) > 1000 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		for _, s := range msg.Streams {
			if days := s.Span().Days(); days < 1 || days > maxDays || len(s.Series) > maxSeries || msg.Attempt < 0 {
				t.Errorf("%q is accepted: %+v", body, msg)
			}
		}
	})
}
