package ptax_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"lacuna/internal/fault"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/source/ptax"
	"lacuna/internal/source/sourcetest"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

func quote(day span.Day, buy, sell string) source.Observation {
	return source.Observation{Key: usd.Key, Day: day, Fields: row.Fields{{Name: "buy", Value: buy}, {Name: "sell", Value: sell}}}
}

func TestParseSamples(t *testing.T) {
	week := span.Span{From: span.Date(2026, 3, 1), To: span.Date(2026, 3, 7)}
	tests := []struct {
		sample string
		asked  span.Span
		want   []source.Observation
	}{
		{"ptax-period.json", week, []source.Observation{
			quote(span.Date(2026, 3, 2), "5.19950", "5.20010"),
			quote(span.Date(2026, 3, 3), "5.28640", "5.28700"),
			quote(span.Date(2026, 3, 4), "5.20850", "5.20910"),
			quote(span.Date(2026, 3, 5), "5.24410", "5.24470"),
			quote(span.Date(2026, 3, 6), "5.28720", "5.28780"),
		}},
		{"ptax-period-eur.json", week, []source.Observation{
			quote(span.Date(2026, 3, 2), "6.07250", "6.07420"),
			quote(span.Date(2026, 3, 3), "6.11800", "6.11970"),
			quote(span.Date(2026, 3, 4), "6.06220", "6.06390"),
			quote(span.Date(2026, 3, 5), "6.07370", "6.07490"),
			quote(span.Date(2026, 3, 6), "6.12200", "6.12380"),
		}},
		{"ptax-period-all-bulletins.json", span.Span{From: span.Date(2021, 12, 24), To: span.Date(2021, 12, 24)},
			[]source.Observation{quote(span.Date(2021, 12, 24), "5.65410", "5.65910")}},
		{"ptax-day-bulletins.json", span.Span{From: span.Date(2018, 3, 5), To: span.Date(2018, 3, 5)},
			[]source.Observation{quote(span.Date(2018, 3, 5), "4.0156", "4.0174")}},
		{"ptax-empty.json", week, []source.Observation{}},
	}
	for _, tt := range tests {
		t.Run(tt.sample, func(t *testing.T) {
			answer, err := ptax.Parse(sourcetest.Sample(t, tt.sample), usd, tt.asked)
			got, damaged := answer.Observations, answer.Damaged
			if diff := cmp.Diff(tt.want, got); diff != "" || damaged != nil || err != nil {
				t.Errorf("Parse: error %v, damaged %v, mismatch (-want +got):\n%s", err, damaged, diff)
			}
		})
	}
}

func TestParseRows(t *testing.T) {
	day := span.Date(2026, 3, 2)
	const at = `"dataHoraCotacao":"2026-03-02 13:09:26","tipoBoletim":"Fechamento"`
	tests := []struct {
		name, row string
		want      []source.Observation
		damaged   []source.Damage
		wantErr   string
	}{
		{name: "equal buy and sell", row: `"cotacaoCompra":5.10,"cotacaoVenda":5.1,` + at, want: []source.Observation{quote(day, "5.10", "5.1")}},
		{name: "sell is null", row: `"cotacaoCompra":5.1,"cotacaoVenda":null,` + at,
			want: []source.Observation{{Key: usd.Key, Day: day, Fields: row.Fields{{Name: "buy", Value: "5.1"}}}}},
		{name: "both null", row: `"cotacaoCompra":null,"cotacaoVenda":null,` + at, want: []source.Observation{}},
		{name: "buy over sell by length, not by text", row: `"cotacaoCompra":10.1,"cotacaoVenda":9.9,` + at, want: []source.Observation{},
			damaged: []source.Damage{{Observation: quote(day, "10.1", "9.9"), Reason: "buy 10.1 is over sell 9.9"}}},
		{name: "an added member", row: `"cotacaoCompra":5.1,"cotacaoVenda":5.2,"novo":[{}],` + at, want: []source.Observation{quote(day, "5.1", "5.2")}},
		{name: "no sell", row: `"cotacaoCompra":5.1,` + at, wantErr: "Source.Malformed: row 1: cotacaoVenda: missing"},
		{name: "a word for buy", row: `"cotacaoCompra":"five","cotacaoVenda":5.1,` + at, wantErr: `Source.Malformed: row 1: cotacaoCompra: "five" is not a decimal number`},
		{name: "no label", row: `"cotacaoCompra":5.1,"cotacaoVenda":5.1,"dataHoraCotacao":"2026-03-02 13:09:26"`, wantErr: "Source.Malformed: row 1: tipoBoletim \"\""},
		{name: "a closing under another name", row: `"cotacaoCompra":5.1,"cotacaoVenda":5.1,"dataHoraCotacao":"2026-03-02 13:09:26","tipoBoletim":"Fecho"`,
			wantErr: `Source.Malformed: row 1: tipoBoletim "Fecho"`},
		{name: "a page of more", row: `"cotacaoCompra":5.1,"cotacaoVenda":5.1,` + at + `}],"@odata.nextLink":"next","x":[{`,
			wantErr: "Source.Malformed: a page of 1 rows, and more elsewhere"},
		{name: "no time", row: `"cotacaoCompra":5.1,"cotacaoVenda":5.1,"tipoBoletim":"Fechamento"`, wantErr: `Source.Malformed: row 1: dataHoraCotacao: day "": want YYYY-MM-DD`},
		{name: "day and month exchanged", row: `"cotacaoCompra":5.1,"cotacaoVenda":5.1,"tipoBoletim":"Fechamento","dataHoraCotacao":"02/03/2026 13:09"`,
			wantErr: `Source.Malformed: row 1: dataHoraCotacao: day "02/03/2026": want YYYY-MM-DD`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answer, err := ptax.Parse([]byte(`{"value":[{`+tt.row+`}]}`), usd, span.Span{From: day, To: day})
			got, damaged := answer.Observations, answer.Damaged
			if diff := cmp.Diff(tt.want, got); diff != "" || sourcetest.ErrText(err) != tt.wantErr {
				t.Errorf("Parse: error %v, want %q; mismatch (-want +got):\n%s", err, tt.wantErr, diff)
			}
			if diff := cmp.Diff(tt.damaged, damaged); diff != "" {
				t.Errorf("damaged mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// One bulletin whose number cannot be read is damage of its day, without the other number.
func TestParseOneUnreadableRow(t *testing.T) {
	day := span.Date(2026, 3, 2)
	body := `{"value":[`
	for i, sell := range []string{"5.2", `"n/d"`, "5.4"} {
		if i > 0 {
			body += ","
		}
		body += `{"cotacaoCompra":5.1,"cotacaoVenda":` + sell + `,"dataHoraCotacao":"` + (day + span.Day(i)).String() + ` 13:09:26","tipoBoletim":"Fechamento"}`
	}
	got, err := ptax.Parse([]byte(body+"]}"), usd, span.Span{From: day, To: day + 4})
	want := source.Answer{
		Observations: []source.Observation{quote(day, "5.1", "5.2"), quote(day+2, "5.1", "5.4")},
		Damaged:      []source.Damage{{Observation: source.Observation{Key: usd.Key, Day: day + 1}, Reason: `row 2: cotacaoVenda: "n/d" is not a decimal number`}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v, mismatch (-want +got):\n%s", err, diff)
	}
}

func TestParseFieldsByName(t *testing.T) {
	series := source.Series{Key: "X", Fields: []string{"sell"}}
	day := span.Date(2026, 3, 2)
	answer, err := ptax.Parse(sourcetest.Sample(t, "ptax-period.json"), series, span.Span{From: day, To: day + 4})
	got := answer.Observations
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(row.Fields{{Name: "sell", Value: "5.20010"}}, got[0].Fields); diff != "" {
		t.Errorf("fields mismatch (-want +got):\n%s", diff)
	}
}

func TestParseMalformed(t *testing.T) {
	whole := sourcetest.Sample(t, "ptax-period.json")
	bodies := map[string]string{
		"nothing": "", "null": "null", "a list": "[]", "no value list": `{"@odata.context":"x"}`, "value is null": `{"value":null}`,
		"value is text": `{"value":"x"}`, "two bodies": string(whole) + string(whole), "comment": string(sourcetest.Sample(t, "ptax-error-500.txt")),
	}
	for n := 1; n < len(whole); n += 7 {
		bodies["cut at "+span.Day(n).String()] = string(whole[:n])
	}
	for name, body := range bodies {
		answer, err := ptax.Parse([]byte(body), usd, span.Span{From: 0, To: 30000})
		got, damaged := answer.Observations, answer.Damaged
		if err == nil || fault.NameOf(err) != fault.Malformed || got != nil || damaged != nil {
			t.Errorf("%s: %v, %v, error %v; want Malformed", name, got, damaged, err)
		}
	}
}

// Nothing is made up: each day and each value stands in the body, which is
// valid JSON.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"ptax-period.json", "ptax-day-bulletins.json", "ptax-empty.json", "ptax-error-500.txt"} {
		f.Add(sourcetest.Sample(f, name))
	}
	asked := span.Span{From: span.Date(2018, 1, 1), To: span.Date(2026, 12, 31)}
	f.Fuzz(func(t *testing.T, body []byte) {
		answer, err := ptax.Parse(body, usd, asked)
		got, damaged := answer.Observations, answer.Damaged
		if err != nil {
			if fault.NameOf(err) != fault.Malformed || got != nil || damaged != nil {
				t.Fatalf("error %v with %v and %v", err, got, damaged)
			}
			return
		}
		if !json.Valid(body) || len(got)+len(damaged) > bytes.Count(body, []byte("{"))-1 {
			t.Fatalf("%v and %v", got, damaged)
		}
		for i, o := range got {
			if !asked.Contains(o.Day) || i > 0 && got[i-1].Day >= o.Day || len(o.Fields) == 0 {
				t.Fatalf("observation %v after %v", o, got[max(0, i-1)])
			}
			if !bytes.Contains(body, []byte(o.Day.String())) && !bytes.Contains(body, []byte(`\u`)) {
				t.Fatalf("no %s in the body", o.Day)
			}
			for _, field := range o.Fields {
				if !bytes.Contains(body, []byte(field.Value)) {
					t.Fatalf("no %s in the body", field.Value)
				}
			}
		}
	})
}
