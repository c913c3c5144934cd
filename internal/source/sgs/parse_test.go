package sgs_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"lacuna/internal/fault"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/source/sgs"
	"lacuna/internal/source/sourcetest"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func value(day span.Day, text string) source.Observation {
	return source.Observation{Key: sell.Key, Day: day, Fields: row.Fields{{Name: "value", Value: text}}}
}

// What an answer means stands in its body, not in its status.
func TestAnswers(t *testing.T) {
	asked := span.Span{From: span.Date(2026, 7, 1), To: span.Date(2026, 7, 5)}
	selic := []source.Observation{value(span.Date(2026, 7, 2), "0.052531"), value(span.Date(2026, 7, 3), "0.052531")}
	sample := func(name string) []byte { return sourcetest.Sample(t, name) }
	tests := []struct {
		name   string
		status int
		body   []byte
		want   []source.Observation
		err    fault.Name
	}{
		{"rows", http.StatusOK, sample("sgs-selic.json"), selic, ""},
		{"an empty list", http.StatusOK, []byte("[]"), nil, ""},
		{"nothing there", http.StatusNotFound, sample("sgs-404.json"), nil, ""},
		{"nothing there, with 200", http.StatusOK, sample("sgs-404.json"), nil, ""},
		{"over ten years", http.StatusNotAcceptable, sample("sgs-406-window.json"), nil, fault.Rejected},
		{"over ten years, with 200", http.StatusOK, sample("sgs-406-window.json"), nil, fault.Rejected},
		{"too many of the last", http.StatusBadRequest, sample("sgs-400-last-n.json"), nil, fault.Rejected},
		{"another 404", http.StatusNotFound, []byte(`{"message":"no route"}`), nil, fault.Rejected},
		{"a 404 without words", http.StatusNotFound, nil, nil, fault.Rejected},
		{"an error page with 200", http.StatusOK, sample("bcb-html-error.html"), nil, fault.Unavailable},
		{"an error page with 404", http.StatusNotFound, sample("bcb-html-error.html"), nil, fault.Unavailable},
		{"nothing there, though the code is another", http.StatusNotFound, []byte(`{"erro":{"statusCode":400,"detail":"Value(s) not found"}}`), nil, fault.Rejected},
		{"nothing there, said by a breakdown", http.StatusNotFound, []byte(`{"erro":{"statusCode":500,"detail":"Value(s) not found"}}`), nil, fault.Unavailable},
		{"nothing there, without a code", http.StatusOK, []byte(`{"erro":{"detail":"Value(s) not found"}}`), nil, ""},
		{"a 404 of another thing, with 200", http.StatusOK, []byte(`{"erro":{"statusCode":404,"detail":"no such series"}}`), nil, fault.Rejected},
		{"an error without a code, with 200", http.StatusOK, []byte(`{"error":"tente mais tarde"}`), nil, fault.Unavailable},
		{"an error without words, with 200", http.StatusOK, []byte(`{"erro":{}}`), nil, fault.Unavailable},
		{"half an error object", http.StatusNotFound, sample("sgs-404.json")[:50], nil, fault.Malformed},
		{"an object without an error", http.StatusOK, []byte("{}"), nil, fault.Malformed},
		{"no bytes", http.StatusOK, nil, nil, fault.Malformed},
		{"null", http.StatusOK, []byte("null"), nil, fault.Malformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := sgs.New(sourcetest.Canned(t, tt.status, tt.body))
			got, err := src.Fetch(t.Context(), source.Request{Series: []source.Series{sell}, Span: asked})
			if diff := cmp.Diff(source.Answer{Observations: tt.want, Requests: 1}, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("Fetch mismatch (-want +got):\n%s", diff)
			}
			if (err == nil) != (tt.err == "") || err != nil && fault.NameOf(err) != tt.err {
				t.Errorf("error %v, want %q", err, tt.err)
			}
		})
	}
}

func TestFetchRejectsWithoutAsking(t *testing.T) {
	src := sgs.New(sourcetest.Canned(t, http.StatusOK, []byte("[]")))
	pair := source.Series{Key: "X", Code: "1", Fields: []string{"buy", "sell"}}
	for name, series := range map[string][]source.Series{"no series": nil, "two series": {sell, sell}, "two fields": {pair}} {
		answer, err := src.Fetch(t.Context(), source.Request{Series: series})
		if fault.NameOf(err) != fault.Rejected || answer.Requests != 0 {
			t.Errorf("%s: error %v after %d requests, want Rejected after none", name, err, answer.Requests)
		}
	}
}

func TestParse(t *testing.T) {
	asked := span.Span{From: span.Date(2024, 1, 2), To: span.Date(2024, 1, 12)}
	day := asked.From
	tests := []struct {
		name, body string
		want       []source.Observation
		damaged    []source.Damage
		wantErr    string
	}{
		{name: "the sample", body: string(sourcetest.Sample(t, "sgs-range.json")), want: []source.Observation{
			value(day, "4.8916"), value(day+1, "4.9212"), value(day+2, "4.9188"), value(day+3, "4.8899"),
			value(day+6, "4.8850"), value(day+7, "4.8937"), value(day+8, "4.8901"), value(day+9, "4.8794"), value(day+10, "4.8543"),
		}},
		{name: "an end day besides", body: `[{"data":"02/01/2024","datafim":"02/02/2024","valor":"1.00"}]`, want: []source.Observation{value(day, "1.00")}},
		{name: "an empty value", body: `[{"data":"02/01/2024","valor":""},{"data":"03/01/2024","valor":null}]`},
		{name: "a bare number", body: `[{"data":"02/01/2024","valor":4.8916}]`, want: []source.Observation{value(day, "4.8916")}},
		{name: "the day before alone", body: `[{"data":"01/01/2024","valor":"1.00"}]`, wantErr: "Source.Malformed: 1 rows, none of them of 2024-01-02/2024-01-12, the first of 2024-01-01"},
		{name: "the day before", body: `[{"data":"01/01/2024","valor":"1.00"},{"data":"02/01/2024","valor":"1.00"}]`, want: []source.Observation{value(day, "1.00")}, damaged: []source.Damage{
			{Observation: value(day-1, "1.00"), Reason: "2024-01-01 is outside the range asked for, 2024-01-02/2024-01-12"}}},
		{name: "no value member", body: `[{"data":"02/01/2024","value":"1"}]`, wantErr: "Source.Malformed: row 1: valor: missing"},
		{name: "no day member", body: `[{"date":"02/01/2024","valor":"1"}]`, wantErr: `Source.Malformed: row 1: data: day "": want dd/MM/yyyy`},
		{name: "another date form", body: `[{"data":"2024-01-02","valor":"1"}]`, wantErr: `Source.Malformed: row 1: data: day "2024-01-02": want dd/MM/yyyy`},
		{name: "no such day", body: `[{"data":"31/02/2024","valor":"1"}]`, wantErr: `Source.Malformed: row 1: data: day "2024-02-31": no such date`},
		{name: "a decimal comma", body: `[{"data":"02/01/2024","valor":"1,5"}]`, wantErr: `Source.Malformed: row 1: valor: "1,5" is not a decimal number`},
		{name: "one value that cannot be read", body: `[{"data":"02/01/2024","valor":"1.5"},{"data":"03/01/2024","valor":"n/d"},{"data":"04/01/2024","valor":"2"}]`, want: []source.Observation{value(day, "1.5"), value(day+2, "2")}, damaged: []source.Damage{
			{Observation: source.Observation{Key: sell.Key, Day: day + 1}, Reason: `row 2: valor: "n/d" is not a decimal number`}}},
		{name: "one row without a value member", body: `[{"data":"02/01/2024","valor":"1.5"},{"data":"03/01/2024"},{"data":"04/01/2024","valor":"2"}]`, wantErr: "Source.Malformed: row 2: valor: missing"},
		{name: "cut", body: `[{"data":"02/01/2024","valor":"1"},`, wantErr: "Source.Malformed: body of 35 bytes: unexpected end of JSON input"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answer, err := sgs.Parse([]byte(tt.body), sell, asked)
			got, damaged := answer.Observations, answer.Damaged
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); diff != "" || sourcetest.ErrText(err) != tt.wantErr {
				t.Errorf("Parse: error %v, want %q; mismatch (-want +got):\n%s", err, tt.wantErr, diff)
			}
			if diff := cmp.Diff(tt.damaged, damaged); diff != "" {
				t.Errorf("damaged mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// Nothing is made up: each value stands in the body, which is valid JSON.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"sgs-range.json", "sgs-selic.json", "sgs-404.json"} {
		f.Add(sourcetest.Sample(f, name))
	}
	asked := span.Span{From: span.Date(2024, 1, 2), To: span.Date(2026, 12, 31)}
	f.Fuzz(func(t *testing.T, body []byte) {
		answer, err := sgs.Parse(body, sell, asked)
		got, damaged := answer.Observations, answer.Damaged
		if err != nil {
			if fault.NameOf(err) != fault.Malformed || got != nil || damaged != nil {
				t.Fatalf("error %v with %v and %v", err, got, damaged)
			}
			return
		}
		if !json.Valid(body) || len(got)+len(damaged) > bytes.Count(body, []byte("{")) {
			t.Fatalf("%v and %v", got, damaged)
		}
		for i, o := range got {
			if !asked.Contains(o.Day) || i > 0 && got[i-1].Day >= o.Day || !bytes.Contains(body, []byte(o.Fields[0].Value)) {
				t.Fatalf("observation %v after %v", o, got[max(0, i-1)])
			}
		}
	})
}
