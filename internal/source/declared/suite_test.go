package declared_test

import (
	"strings"
	"testing"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/publisher"
	"lacuna/internal/source"
	"lacuna/internal/source/declared"
	"lacuna/internal/source/ecb"
	"lacuna/internal/source/fred"
	"lacuna/internal/source/sourcetest"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

// Publishers with a client of their own, declared.
const (
	ecbDeclared = `kind: http-csv
		url: https://ecb.example/EXR/D.{codes}.EUR.SP00.A?startPeriod={from}&endPeriod={to}&format=csvdata&detail=dataonly
		codes: +
		empty: {body: none}
		day: TIME_PERIOD
		code: CURRENCY
		values: {value: OBS_VALUE}`
	fredDeclared = `kind: http-csv
		url: https://fred.example/fredgraph.csv?id={code}&cosd={from}&coed={to}
		day: observation_date
		values: {value: "{code}"}`
	sgsDeclared = `kind: http-json
		url: https://sgs.example/bcdata.sgs.{code}/dados?formato=json&dataInicial={from}&dataFinal={to}
		dates: dd/MM/yyyy
		empty: {text: Value(s) not found, status: 404}
		rows: $[*]
		day: data
		values: {value: valor}`
	anpDeclared = `kind: http-xlsx
		url: https://anp.example/assuntos/precos-e-defesa-da-concorrencia/precos/precos-revenda-e-de-distribuicao-combustiveis/shlp/semanal/semanal-brasil-desde-2013.xlsx
		dates: dd/MM/yyyy
		decimal: ","
		no_value: "-"
		day: DATA INICIAL
		code: PRODUTO
		values: {value: PREÇO MÉDIO REVENDA}`
)

func declare(t testing.TB, yaml string) func(*source.Client) source.Source {
	t.Helper()
	of, err := sourceOf(t, strings.ReplaceAll(yaml, "\t", ""), "value")
	if err != nil {
		t.Fatal(err)
	}
	return func(c *source.Client) source.Source { return declared.New(c, of) }
}

func TestSuites(t *testing.T) {
	value := []string{"value"}
	t.Run("csv of many series", func(t *testing.T) {
		sourcetest.Run(t, sourcetest.Suite{
			Source: publisher.ECB, Open: declare(t, ecbDeclared), Series: source.Series{Key: "CURRENCY#BRL", Code: "BRL", Fields: value},
			Days: sourcetest.Week, Empty: sourcetest.Weekend,
		})
	})
	t.Run("csv", func(t *testing.T) {
		sourcetest.Run(t, sourcetest.Suite{
			Source: publisher.FRED, Open: declare(t, fredDeclared), Series: source.Series{Key: "OIL#BRENT", Code: "DCOILBRENTEU", Fields: value},
			Days:   span.Span{From: span.Date(2026, 5, 1), To: span.Date(2026, 5, 8)},
			Empty:  span.Span{From: span.Date(2025, 12, 25), To: span.Date(2025, 12, 28)},
			Faults: []sourcetest.FaultCase{{Fault: publisher.Fault{Kind: publisher.NoRows}, Want: sourcetest.Nothing, Empty: -1}},
		})
	})
	t.Run("json", func(t *testing.T) {
		sourcetest.Run(t, sourcetest.Suite{
			Source: publisher.SGS, Open: declare(t, sgsDeclared), Series: source.Series{Key: "SGS#1", Code: "1", Fields: value},
			Days: sourcetest.Week, Empty: sourcetest.Weekend,
			Faults: []sourcetest.FaultCase{{Fault: publisher.Fault{Kind: publisher.NotDecimal}, Want: sourcetest.Without, Damaged: 1}},
		})
	})
	t.Run("xlsx", func(t *testing.T) {
		fewWeeks := publisher.NewData(publisher.Today)
		first, last, _ := fewWeeks.Series(publisher.ANP, "ETANOL HIDRATADO")
		fewWeeks.WeeksSince(span.Date(2025, 8, 3))
		sourcetest.Run(t, sourcetest.Suite{
			Source: publisher.ANP, Open: declare(t, anpDeclared), Series: source.Series{Key: "ETHANOL", Code: "ETANOL HIDRATADO", Fields: value},
			Days:     span.Span{From: span.Date(2026, 2, 8), To: span.Date(2026, 3, 8)},
			Empty:    span.Span{From: span.Date(2020, 8, 23), To: span.Date(2020, 9, 13)},
			Data:     fewWeeks,
			Requests: func(span.Span) []span.Span { return []span.Span{{From: first, To: last}} },
			Faults: []sourcetest.FaultCase{ // a file of all weeks has no range that it could miss
				{Fault: publisher.Fault{Kind: publisher.NotDecimal}, Want: sourcetest.Whole},
				{Fault: publisher.Fault{Kind: publisher.OtherDays}, Want: sourcetest.Whole},
				{Fault: publisher.Fault{Kind: publisher.AllDays}, Want: sourcetest.Whole},
				{Fault: publisher.Fault{Kind: publisher.Outside}, Want: sourcetest.Whole},
				{Fault: publisher.Fault{Kind: publisher.MovedHeader}, Want: sourcetest.Whole},
			},
		})
	})
}

// Declared, the ECB and FRED give the rows that their own clients give.
func TestDeclaredGivesTheSameRows(t *testing.T) {
	p, err := publisher.Start(publisher.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	value := []string{"value"}
	for _, tt := range []struct {
		source string
		yaml   string
		own    func(*source.Client) source.Source
		series []source.Series
	}{
		{publisher.ECB, ecbDeclared, func(c *source.Client) source.Source { return ecb.New(c) }, []source.Series{{Key: "USD", Code: "USD", Fields: value}, {Key: "BRL", Code: "BRL", Fields: value}, {Key: "TRY", Code: "TRY", Fields: value}}},
		{publisher.FRED, fredDeclared, func(c *source.Client) source.Source { return fred.New(c) }, []source.Series{{Key: "OIL", Code: "DCOILBRENTEU", Fields: value}}},
	} {
		client, err := source.NewClient(p.URL(tt.source), time.Minute, 1000)
		if err != nil {
			t.Fatal(err)
		}
		r := source.Request{Series: tt.series, Span: span.Span{From: span.Date(2008, 1, 1), To: publisher.Today}}
		want, err := tt.own(client).Fetch(t.Context(), r)
		if err != nil || len(want.Observations) < 4000 {
			t.Fatalf("%d observations, %v", len(want.Observations), err)
		}
		got, err := declare(t, tt.yaml)(client).Fetch(t.Context(), r)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: error %v, mismatch (-own +declared):\n%s", tt.source, err, diff)
		}
	}
}

// Whatever the body, an answer has only days that were asked for, with numbers that
// are digits, or an error with a name.
func FuzzRead(f *testing.F) {
	kinds := []string{
		"kind: http-csv\n" + anyURL + "day: d\ncode: c\nvalues: {value: v}",
		"kind: http-csv\n" + anyURL + "dates: dd.MM.yyyy\ndelimiter: ;\ndecimal: \",\"\nthousands: .\nencoding: latin-1\nskip: 1\nignore: [\"#\"]\nday: [d, e]\nvalues: {value: v}",
		"kind: http-json\n" + anyURL + "rows: $.data[*]\nday: d\nvalues: {value: v}",
		"kind: http-json\n" + anyURL + "rows: $.{code}.{day}\nvalues: {value: \"[0]\"}",
		"kind: http-json\n" + anyURL + "rows: $.v.*\ndays: $.d[*]\nvalues: {value: .}",
	}
	var specs []*catalogue.Source
	for _, yaml := range kinds {
		of, err := sourceOf(f, yaml, "value")
		if err != nil {
			f.Fatal(err)
		}
		specs = append(specs, of)
	}
	f.Add(byte(0), []byte("d,c,v\n2024-01-02,USD,1.5\n"))
	f.Add(byte(1), []byte("x\nd;e;v\n02.01;2024;1.234,5\n"))
	f.Add(byte(2), []byte(`{"data":[{"d":"2024-01-02","v":1e3}]}`))
	f.Add(byte(3), []byte(`{"USD":{"2024-01-02":[1.5]}}`))
	f.Add(byte(4), []byte(`{"v":{"0":1,"1":null},"d":["2024-01-02","2024-01-03"]}`))
	f.Fuzz(func(t *testing.T, kind byte, body []byte) {
		of := specs[int(kind)%len(specs)]
		got, err := declared.Read(t.Context(), of, source.Request{Series: []source.Series{{Key: "A", Code: "USD", Fields: []string{"value"}}}, Span: asked}, body)
		if err != nil {
			if fault.NameOf(err) != fault.Malformed {
				t.Fatalf("error %v", err)
			}
			return
		}
		for _, o := range got.Observations {
			value, _ := o.Fields.Get("value")
			if _, err := source.Decimal(value); err != nil || value == "" || !asked.Contains(o.Day) {
				t.Fatalf("%s is %q, %v", o.Day, value, err)
			}
		}
	})
}
