package publisher_test

import (
	"fmt"
	"testing"

	"lacuna/internal/publisher"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

// Which of a row of requests fail: one of SGS 1 a day, from 2024-01-02 on.
func TestFaultsBefall(t *testing.T) {
	fifth := span.Span{From: span.Date(2024, 1, 5), To: span.Date(2024, 1, 5)}
	tests := []struct {
		name   string
		faults []publisher.Fault
		want   []int
	}{
		{"none", nil, []int{200, 200, 200, 200}},
		{"for ever", []publisher.Fault{{Kind: publisher.Status, Status: 500}}, []int{500, 500, 500, 500}},
		{"once", []publisher.Fault{{Kind: publisher.Status, Status: 500, Times: 1}}, []int{500, 200, 200, 200}},
		{"the second and third", []publisher.Fault{{Kind: publisher.Status, Status: 500, Skip: 1, Times: 2}}, []int{200, 500, 500, 200}},
		{"one range", []publisher.Fault{{Kind: publisher.Status, Status: 500, Span: fifth}}, []int{200, 200, 200, 500}},
		{"another source", []publisher.Fault{{Kind: publisher.Status, Status: 500, Source: publisher.ECB}}, []int{200, 200, 200, 200}},
		{"one after the other", []publisher.Fault{
			{Kind: publisher.Throttle, Times: 1}, {Kind: publisher.Status, Status: 502, Times: 2}}, []int{429, 502, 502, 200}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := start(t)
			for _, f := range tt.faults {
				if err := p.Fail(f); err != nil {
					t.Fatal(err)
				}
			}
			ask := func(day int) int {
				status, _, _ := get(t, p.URL(publisher.SGS)+fmt.Sprintf("/bcdata.sgs.1/dados?dataInicial=%02d/01/2024&dataFinal=%02d/01/2024", day, day))
				return status
			}
			var got []int
			for day := 2; day <= 5; day++ {
				got = append(got, ask(day))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("statuses mismatch (-want +got):\n%s", diff)
			}
			p.Heal()
			if got := ask(5); got != 200 {
				t.Errorf("status %d after Heal, want 200", got)
			}
		})
	}
}

func TestParseFault(t *testing.T) {
	tests := []struct {
		text   string
		want   publisher.Fault
		wantOK bool
	}{
		{"hang", publisher.Fault{Kind: publisher.Hang}, true},
		{"503", publisher.Fault{Kind: publisher.Status, Status: 503}, true},
		{"reset:bcb-sgs", publisher.Fault{Kind: publisher.Reset, Source: publisher.SGS}, true},
		{"cut-body:ecb:3", publisher.Fault{Kind: publisher.CutBody, Source: publisher.ECB, Times: 3}, true},
		{"left-out@2024-01-05:ecb", publisher.Fault{Kind: publisher.LeftOut, Source: publisher.ECB, Span: span.Span{From: span.Date(2024, 1, 5), To: span.Date(2024, 1, 5)}}, true},
		{"revised@2024-01-05/2024-01-09::2", publisher.Fault{Kind: publisher.Revised, Times: 2, Span: span.Span{From: span.Date(2024, 1, 5), To: span.Date(2024, 1, 9)}}, true},
		{"revised@", publisher.Fault{}, false},
		{"revised@2024-01-09/2024-01-05", publisher.Fault{}, false},
		{"twice::1", publisher.Fault{Kind: publisher.Twice, Times: 1}, true},
		{"old-style:fred", publisher.Fault{Kind: publisher.OldStyle, Source: publisher.FRED}, true},
		{"old-style:ecb", publisher.Fault{}, false},
		{"old-style", publisher.Fault{}, false},
		{"fire", publisher.Fault{}, false},
		{"", publisher.Fault{}, false},
		{"99", publisher.Fault{}, false},
		{"hang:nowhere", publisher.Fault{}, false},
		{"hang:ecb:0", publisher.Fault{}, false},
		{"hang:ecb:-1", publisher.Fault{}, false},
		{"hang:ecb:", publisher.Fault{}, false},
	}
	for _, tt := range tests {
		got, err := publisher.ParseFault(tt.text)
		if diff := cmp.Diff(tt.want, got); diff != "" || (err == nil) != tt.wantOK {
			t.Errorf("ParseFault(%q): error %v, mismatch (-want +got):\n%s", tt.text, err, diff)
		}
	}
	if err := start(t).Fail(publisher.Fault{Kind: "fire"}); err == nil {
		t.Error("Fail takes a kind that does not exist")
	}
}
