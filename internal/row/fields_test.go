package row_test

import (
	"encoding/json"
	"strconv"
	"testing"

	"lacuna/internal/row"

	"github.com/google/go-cmp/cmp"
)

func TestEqual(t *testing.T) {
	tests := []struct {
		name string
		a, b row.Fields
		want bool
	}{
		{"nothing and nothing", nil, row.Fields{}, true},
		{"as decimals", row.Fields{{"buy", "5.10"}, {"sell", "1e1"}}, row.Fields{{"buy", "5.1"}, {"sell", "10"}}, true},
		{"in any order", row.Fields{{"buy", "1"}, {"sell", "2"}}, row.Fields{{"sell", "2"}, {"buy", "1"}}, true},
		{"another value", row.Fields{{"buy", "5.1"}}, row.Fields{{"buy", "5.2"}}, false},
		{"another name", row.Fields{{"buy", "5.1"}}, row.Fields{{"sell", "5.1"}}, false},
		{"another name, without values", row.Fields{{"buy", ""}}, row.Fields{{"sell", ""}}, false},
		{"one more", row.Fields{{"buy", "5.1"}}, row.Fields{{"buy", "5.1"}, {"sell", "5.1"}}, false},
		{"no decimals, the same text", row.Fields{{"buy", "x"}}, row.Fields{{"buy", "x"}}, true},
		{"no decimals", row.Fields{{"buy", "x"}}, row.Fields{{"buy", "y"}}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, back := row.Equal(tt.a, tt.b), row.Equal(tt.b, tt.a); got != tt.want || back != tt.want {
				t.Errorf("Equal(%v, %v) = %v, the other way %v; want %v", tt.a, tt.b, got, back, tt.want)
			}
		})
	}
}

// What was in the fields before is gone, and there is a bound.
func TestFieldsAreReadAnew(t *testing.T) {
	got := row.Fields{{"sell", "1"}}
	if err := json.Unmarshal([]byte(`{"buy":"2"}`), &got); err != nil || !cmp.Equal(got, row.Fields{{"buy", "2"}}) {
		t.Errorf("%v, %v", got, err)
	}
	for n, want := range map[int]string{row.MaxFields: "", row.MaxFields + 1: "fields: more than 300"} {
		many := row.Fields{}
		for i := range n {
			many = append(many, row.Field{Name: strconv.Itoa(i), Value: "1"})
		}
		text, err := json.Marshal(many)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &got); errText(err) != want {
			t.Errorf("%d fields: %v, want %s", n, err, want)
		}
	}
}

func TestFieldsAsJSON(t *testing.T) {
	tests := []struct {
		name, text string
		want       row.Fields
		wantErr    string
	}{
		{name: "in their order", text: `{"sell":"5.20010","buy":"5.19950"}`, want: row.Fields{{"sell", "5.20010"}, {"buy", "5.19950"}}},
		{name: "letters that need escapes", text: `{"a\"b":"\n"}`, want: row.Fields{{`a"b`, "\n"}}},
		{name: "none", text: `{}`},
		{name: "a number", text: `{"buy":5.1}`, wantErr: `field "buy": want a text`},
		{name: "null", text: `{"buy":null}`, wantErr: `field "buy": want a text`},
		{name: "an object inside", text: `{"buy":{"x":"1"}}`, wantErr: `field "buy": want a text`},
		{name: "a name twice", text: `{"buy":"1","buy":"2"}`, wantErr: `field "buy" comes twice`},
		{name: "a list", text: `["buy"]`, wantErr: `fields "[\"buy\"]": want an object of texts`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got row.Fields
			err := json.Unmarshal([]byte(tt.text), &got)
			if errText(err) != tt.wantErr {
				t.Fatalf("unmarshal %s: %v, want %s", tt.text, err, tt.wantErr)
			}
			if err != nil {
				return
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("unmarshal %s mismatch (-want +got):\n%s", tt.text, diff)
			}
			if back, err := json.Marshal(got); err != nil || string(back) != tt.text {
				t.Errorf("marshal %v = %s, %v; want %s", got, back, err, tt.text)
			}
		})
	}
}
