package declared_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/source/declared"
	"lacuna/internal/source/registry"
	"lacuna/internal/source/sourcetest"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var (
	first = span.Date(2024, 1, 2)
	asked = span.Span{From: first, To: first + 3}
)

// sourceOf returns the source that yaml declares, one field a line.
func sourceOf(t testing.TB, yaml, fields string) (*catalogue.Source, error) {
	t.Helper()
	text := "version: 1\nsources:\n  bank:\n"
	for line := range strings.Lines(strings.TrimSpace(yaml)) {
		text += "    " + strings.TrimLeft(line, "\t")
	}
	text += "\nseries:\n- {key: A, title: a, unit: u, source: bank, code: USD, fields: [" + fields + "], calendar: weekdays, since: 2024-01-02}\n"
	c, err := catalogue.Parse("series.yaml", []byte(text), nil)
	if err != nil {
		return nil, err
	}
	of, _ := c.Source("bank")
	return of, nil
}

func opened(t testing.TB, of *catalogue.Source, server string) source.Source {
	t.Helper()
	env := map[string]string{registry.URLVariable("bank"): server, "LACUNA_BANK_SECRET": "k3y-of-the-bank"}
	set, err := registry.Configured(of, func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	s, err := registry.Open(of, set.Base, 10*time.Second, 1000, set.Options...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// values are a series' observations from first on; "" is a day without one.
func values(key, field string, texts ...string) (list []source.Observation) {
	for i, text := range texts {
		if text != "" {
			list = append(list, source.Observation{Key: key, Day: first + span.Day(i), Fields: row.Fields{{Name: field, Value: text}}})
		}
	}
	return list
}

const anyURL = "url: https://bank.example/x?from={from}&to={to}\n"

// byNumber has a header that nothing is looked up in.
const byNumber = "kind: http-csv\n" + anyURL + "day: 1\nvalues: {value: 2}"

func TestFetch(t *testing.T) {
	usd := []source.Series{{Key: "A", Code: "USD", Fields: []string{"value"}}}
	both := []source.Series{usd[0], {Key: "B", Code: "EUR", Fields: []string{"value"}}}
	four := values("A", "value", "1.50", "2.25", "1234.5", "-3")
	tests := []struct {
		name, yaml, body string
		status           int
		series           []source.Series
		want             []source.Observation
		err              string
	}{
		{name: "csv", yaml: "kind: http-csv\n" + anyURL + "day: day\nvalues: {value: rate}",
			body: "day,rate\n2024-01-02,1.50\n2024-01-03,2.25\n2024-01-04,1234.5\n2024-01-05,-3\n", want: four},
		{name: "csv of a central bank", yaml: "kind: http-csv\n" + anyURL + "dates: dd.MM.yyyy\nencoding: latin-1\ndelimiter: ;\ndecimal: \",\"\nthousands: .\nskip: 2\nignore: [Quelle]\nno_value: [\"-\", ND]\nday: Datum\nvalues: {value: W\u00e4hrung}",
			body: "Bank \xe9\n\nDatum;Art;W\xe4hrung;\n02.01.2024;x;1,50;\n03.01.2024;;2,25;\n04.01.2024;;1.234,5;\n05.01.2024;;-3;\n05.01.2024;;-;\nQuelle: die Bank\n", want: four},
		{name: "csv without a header", yaml: "kind: http-csv\n" + anyURL + "dates: yyyyMMdd\ndelimiter: tab\nheader: none\nday: 2\nvalues: {value: 1}",
			body: "1.50\t20240102\n2.25\t20240103\n1234.5\t20240104\n-3\t20240105\n", want: four},
		{name: "csv of two series, by a column", yaml: "kind: http-csv\n" + "url: https://bank.example/x?c={codes}\nday: day\ncode: cur\nvalues: {value: rate}",
			body: "cur,day,rate\nEUR,2024-01-02,7\nUSD,2024-01-02,1.50\nEUR,2024-01-03,8\n", series: both, want: append(values("A", "value", "1.50"), values("B", "value", "7", "8")...)},
		{name: "csv of two series, by two columns", yaml: "kind: http-csv\nurl: https://bank.example/x\nday: day\ncode: [kind, cur]\nvalues: {value: rate}",
			body:   "kind,cur,day,rate\nbuy,USD,2024-01-02,1.50\nsell,USD,2024-01-02,9\nsell,EUR,2024-01-02,7\nbuy,EUR,2024-01-02,9\nbuy,USD,2024-01-03,2.25\n",
			series: []source.Series{{Key: "A", Code: "buy USD", Fields: []string{"value"}}, {Key: "B", Code: "sell EUR", Fields: []string{"value"}}}, want: append(values("A", "value", "1.50", "2.25"), values("B", "value", "7")...)},
		{name: "json of a series by two members", yaml: "kind: http-json\nurl: https://bank.example/x\nrows: $[*]\nday: d\ncode: [dims.kind, dims.cur]\nvalues: {value: v}",
			body:   `[{"d":"2024-01-02","v":9,"dims":{"kind":"sell","cur":"USD"}},{"d":"2024-01-02","v":1.50,"dims":{"kind":"buy","cur":"USD"}}]`,
			series: []source.Series{{Key: "A", Code: "buy USD", Fields: []string{"value"}}}, want: four[:1]},
		{name: "two columns, and no second one", yaml: "kind: http-csv\nurl: https://bank.example/x\nday: day\ncode: [kind, cur]\nvalues: {value: rate}",
			body: "kind,day,rate\nbuy,2024-01-02,1\n", err: `no column "cur" in the header: "kind", "day", "rate"`},
		{name: "csv with a column a series", yaml: "kind: http-csv\nurl: https://bank.example/all.csv\nday: Date\nvalues: {value: \"{code}\"}",
			body: "Date,USD,JPY,EUR\n2024-01-01,0,0,0\n2024-01-02,1.50,140,7\n2024-01-03,,141,8\n2030-01-01,1,1,1\n", series: both, want: append(values("A", "value", "1.50"), values("B", "value", "7", "8")...)},
		{name: "csv whose day is in two columns", yaml: "kind: http-csv\n" + anyURL + "dates: yyyy d/M\nday: [Ano, Dia]\nvalues: {value: v}",
			body: "Ano,Dia,v\n2024,2/1,1.50\n", want: values("A", "value", "1.50")},
		{name: "csv without a last line break, whole by its decimals", yaml: "kind: http-csv\n" + anyURL + "day: d\nvalues: {value: v}",
			body: "d,v\n2024-01-02,1.50\n2024-01-03,2.25\n2024-01-04,2.75", want: values("A", "value", "1.50", "2.25", "2.75")},
		{name: "csv that may be cut", yaml: "kind: http-csv\n" + anyURL + "day: d\nvalues: {value: v}",
			body: "d,v\n2024-01-02,1.50\n2024-01-03,2.25\n2024-01-04,2.7", err: "the body ends in mid-line, so a part may be missing"},
		{name: "csv that always ends so", yaml: "kind: http-csv\n" + anyURL + "day: d\nlast_line: open\nvalues: {value: v}",
			body: "d,v\n2024-01-02,1.5", want: values("A", "value", "1.5")},
		{name: "json: a list of objects", yaml: "kind: http-json\n" + anyURL + "dates: dd/MM/yyyy\nrows: $.data.obs[*]\nday: when\nvalues: {value: rate.mid}",
			body: `{"meta":{},"data":{"obs":[{"when":"02/01/2024","rate":{"mid":1.50}},{"when":"03/01/2024","rate":{"mid":"2.25"}},{"when":"04/01/2024","rate":{"mid":1.2345E3}},{"when":"05/01/2024","rate":{"mid":-3}},{"when":"05/01/2024","rate":{"mid":null}}]}}`, want: four},
		{name: "json: a list of lists", yaml: "kind: http-json\n" + anyURL + "dates: unix-ms\nrows: $[*]\nday: \"[0]\"\nvalues: {value: \"[1]\"}",
			body: `[[1704153600000,1.50],[1704240000000,2.25]]`, want: four[:2]},
		{name: "json: by day", yaml: "kind: http-json\nurl: https://bank.example/{from}..{to}?s={codes}\nrows: $.rates.{day}\nvalues: {value: \"{code}\"}",
			body: `{"rates":{"2024-01-02":{"EUR":7,"USD":1.50},"2024-01-03":{"EUR":8}}}`, series: both, want: append(values("A", "value", "1.50"), values("B", "value", "7", "8")...)},
		{name: "json: by code and day", yaml: "kind: http-json\nurl: https://bank.example/x\nrows: $.{code}.{day}\nvalues: {value: .}",
			body: `{"JPY":{"2024-01-02":9},"USD":{"2024-01-02":1.50,"2024-01-03":2.25}}`, want: four[:2]},
		{name: "json: by code, then a list", yaml: "kind: http-json\nurl: https://bank.example/x?s={codes}\nrows: $.series.{code}[*]\nday: d\nvalues: {value: v}",
			body: `{"series":{"EUR":[{"d":"2024-01-02","v":7}],"USD":[{"d":"2024-01-02","v":1.50}]}}`, series: both, want: append(values("A", "value", "1.50"), values("B", "value", "7")...)},
		{name: "json: days beside the values", yaml: "kind: http-json\n" + anyURL + "rows: $.value[*]\ndays: $.dimension.time.index[*]\nvalues: {value: .}",
			body: `{"value":[1.50,2.25,null,4],"dimension":{"time":{"index":["2024-01-02","2024-01-03","2024-01-04","2024-01-05"]}}}`, want: values("A", "value", "1.50", "2.25", "", "4")},
		{name: "json: SDMX", yaml: "kind: http-json\n" + anyURL + "rows: $.dataSets[0].series.*.observations.*\ndays: $.structure.dimensions.observation[0].values[*].id\nvalues: {value: \"[0]\"}",
			body: `{"dataSets":[{"series":{"0:0":{"observations":{"0":[1.50,0],"1":[2.25]}}}}],"structure":{"dimensions":{"observation":[{"id":"TIME","values":[{"id":"2024-01-02"},{"id":"2024-01-03"}]}]}}}`, want: four[:2]},
		{name: "json: a number that means no value", yaml: "kind: http-json\n" + anyURL + "no_value: [\"-9999\", \"false\"]\nrows: $[*]\nday: d\nvalues: {value: v}",
			body: `[{"d":"2024-01-02","v":1.50},{"d":"2024-01-03","v":-9999},{"d":"2024-01-04","v":false},{"d":"2024-01-05","v":"-9999"}]`, want: four[:1]},
		{name: "csv whose header has line breaks", yaml: "kind: http-csv\n" + anyURL + "day: Day of the price\nvalues: {value: Price (R$)}",
			body: "\"Day\r\nof  the price\",\"Price\n(R$)\"\n2024-01-02,1.50\n", want: four[:1]},
		{name: "json: fewer values than days", yaml: "kind: http-json\n" + anyURL + "rows: $.v[*]\ndays: $.d[*]\nvalues: {value: .}",
			body: `{"v":[1.50],"d":["2024-01-02","2024-01-03"]}`, err: "rows: $.v has 1 rows, and there are 2 days at $.d[*]: which is of which day is not known"},
		{name: "an error that has an empty list", yaml: "kind: http-json\n" + anyURL + "failed: {text: '\"status\":\"error\"'}\nrows: $.data[*]\nday: d\nvalues: {value: v}", body: `{"data":[],"status":"error"}`, err: `the publisher says that it failed: "{\"data\":[],\"status\":\"error\"}"`},
		{name: "a month for its last day, in a file of all", yaml: "kind: http-csv\nurl: https://bank.example/all\nperiod: month\nday: d\nvalues: {value: v}", body: "d,v\n2023-12-31,1\n"},
		{name: "a ZIP", yaml: "kind: http-csv\n" + anyURL + "day: d\nvalues: {value: v}", body: "PK\x03\x04\xff", err: "a ZIP, or a workbook (http-xlsx), instead of text"},
		{name: "UTF-16", yaml: "kind: http-csv\n" + anyURL + "day: d\nvalues: {value: v}", body: "\xff\xfed\x00", err: "UTF-16, which is not read"},
		{name: "a column of the code that is not there, and no rows", yaml: "kind: http-csv\nurl: https://bank.example/x\nday: d\nvalues: {value: \"{code}\"}", body: "d,usd\n", err: `no column "USD" in the header: "d", "usd"`},
		{name: "a text of another kind, without a header", yaml: "kind: http-csv\n" + anyURL + "skip: 1\nheader: none\nday: 1\nvalues: {value: 2}", body: "try later\n", err: "no rows, and no header that would show that there are none"},
		{name: "values where numbers need a header", yaml: byNumber, body: "2024-01-02,1.5\n2024-01-03,2\n", err: "line 1 has a day, 2024-01-02, where the header has a name: header: none?"},
		{name: "a text where numbers need a header", yaml: byNumber, body: "Service temporarily out of order, come back later\n", err: "no rows, and no header that would show that there are none"},
		{name: "a header that is too narrow for numbers", yaml: byNumber, body: "Service temporarily out of order\n", err: `no column 2 in the header, which has 1: "Service temporarily out of order"`},
		{name: "a header for numbers, and rows", yaml: byNumber, body: "day,rate,note\n2024-01-02,1.50,x\n", want: values("A", "value", "1.50")},
		{name: "a header that the text of nothing has, and rows", yaml: byNumber + "\nempty: {text: day}", body: "day,rate\n2024-01-02,1.50\n", want: values("A", "value", "1.50")},
		{name: "a header that the text of nothing has", yaml: byNumber + "\nempty: {text: \"day,rate\"}", body: "day,rate\n"},
		{name: "a header that is cut", yaml: "kind: http-csv\n" + anyURL + "day: d\nvalues: {value: v}", body: "d,v,no", err: "no rows, and a header without its line break, so that a part may be missing"},
		{name: "a header that always ends so", yaml: "kind: http-csv\n" + anyURL + "last_line: open\nday: d\nvalues: {value: v}", body: "d,v"},
		{name: "lines that end with CR alone", yaml: "kind: http-csv\n" + anyURL + "last_line: open\nday: d\nvalues: {value: v}", body: "d,v,x\r2024-01-02,1.50,\r2024-01-03,2.25,\r", want: four[:2]},
		{name: "lines of two kinds", yaml: "kind: http-csv\n" + anyURL + "header: none\nday: 1\nvalues: {value: 2}", body: "2024-01-02,1.50,x\r2024-01-03,2.25,y\r\n", err: `line 1: a CR amid a line, where lines end with LF: is it two lines? "2024-01-02,1.50,x\r2024-01-03,2.25,y"`},
		{name: "a line that is short", yaml: "kind: http-csv\n" + anyURL + "day: d\nvalues: {value: v}", body: "d,v,x\n2024-01-02,1.50\n", err: "line 2: 2 columns, and the header has 3"},
		{name: "lines of two kinds, under a header", yaml: "kind: http-csv\n" + anyURL + "day: d\nvalues: {value: v}", body: "d,v,x\n2024-01-02,1.50,x\r2024-01-03,2.25,y\n", err: "line 2: 5 columns, and the header has 3"},
		{name: "lines of two kinds, all in the header", yaml: "kind: http-csv\n" + anyURL + "day: d\nvalues: {value: v}", body: "d,v,x\r2024-01-02,1.50,x\r2024-01-03,2.25,y\n", err: "no rows, and no header that would show that there are none"},
		{name: "a CR in a note and in a cell", yaml: "kind: http-csv\n" + anyURL + "skip: 1\nignore: ['#']\nday: d\nvalues: {value: v}", body: "Rates\rof the bank\nd,x,v\n2024-01-02,\"a\r# b\",1.50\n2024-01-03,,2.25\r\r\n", want: four[:2]},
		{name: "a failure with an empty list", yaml: "kind: http-json\n" + anyURL + "rows: $.data[*]\nday: d\nvalues: {value: v}", body: `{"success":false,"error":"monthly quota exceeded","data":[]}`, err: `Source.Unavailable: no rows, and the publisher says that it failed: "monthly quota exceeded"`},
		{name: "a failure that means nothing there", yaml: "kind: http-json\n" + anyURL + "empty: {text: no rates}\nrows: $.data[*]\nday: d\nvalues: {value: v}", body: `{"success":false,"error":"no rates","data":[]}`},
		{name: "rows whose note is the text of nothing", yaml: "kind: http-json\n" + anyURL + "empty: {text: no data}\nrows: $.data[*]\nday: d\nvalues: {value: v}", body: `{"data":[{"d":"2024-01-02","v":1.50,"note":"no data yesterday"}]}`, want: values("A", "value", "1.50")},
		{name: "rows whose note is the text of nothing, one of them broken", yaml: "kind: http-json\n" + anyURL + "empty: {text: no data}\nrows: $.data[*]\nday: d\nvalues: {value: v}", body: `{"data":[{"d":"2024-01-02","v":1.50,"note":"no data yesterday"},{"d":"2024-01-03","v":"x"}]}`, err: `$.data[1]: v: "x" is not a number`},
		{name: "a line that is the text of nothing, without a header", yaml: "kind: http-csv\n" + anyURL + "empty: {text: no data}\nheader: none\nday: 1\nvalues: {value: 2}", body: "no data\n"},
		{name: "json: two series for one", yaml: "kind: http-json\n" + anyURL + "rows: $.dataSets[0].series.*.observations.*\ndays: $.days[*]\nvalues: {value: \"[0]\"}",
			body: `{"dataSets":[{"series":{"0:0":{"observations":{"0":[1.50]}},"0:1":{"observations":{"1":[2.25]}}}}],"days":["2024-01-02","2024-01-03"]}`, err: "two series in the answer: 0:0, 0:1"},
		{name: "json: lists of lists for one series", yaml: "kind: http-json\n" + anyURL + "rows: $.groups[*].items[*]\nday: d\nvalues: {value: v}",
			body: `{"groups":[{"items":[]},{"items":[{"d":"2024-01-02","v":1}]},{"items":[{"d":"2024-01-03","v":1}]}]}`, err: "two series in the answer: 1, 2"},
		{name: "json: lists of lists, one of them with rows", yaml: "kind: http-json\n" + anyURL + "rows: $.groups[*].items[*]\nday: d\nvalues: {value: v}",
			body: `{"groups":[{"items":[]},{"items":[{"d":"2024-01-02","v":1.50},{"d":"2024-01-03","v":2.25}]}]}`, want: four[:2]},
		{name: "json: lists of lists by code", yaml: "kind: http-json\nurl: https://bank.example/x?s={codes}\nrows: $.groups[*].items[*]\nday: d\ncode: c\nvalues: {value: v}", series: both,
			body: `{"groups":[{"items":[{"c":"USD","d":"2024-01-02","v":1.50}]},{"items":[{"c":"EUR","d":"2024-01-02","v":7}]}]}`, want: append(values("A", "value", "1.50"), values("B", "value", "7")...)},
		{name: "json: lists of days", yaml: "kind: http-json\n" + anyURL + "rows: $.rates.{day}[*]\nvalues: {value: .}", body: `{"rates":{"2024-01-02":[1.50],"2024-01-03":[2.25]}}`, want: four[:2]},
		{name: "more days than an answer has", yaml: "kind: http-json\n" + anyURL + "rows: $.v[*]\ndays: $.d[*]\nvalues: {value: .}", body: `{"v":[],"d":[` + strings.Repeat(`"2024-01-02",`, 50_000) + `""]}`, err: "more than 40004 days"},
		{name: "a number called code", yaml: "kind: http-json\n" + anyURL + "empty: {status: 404}\nrows: $.data[*]\nday: d\nvalues: {value: v}", body: `{"code":404,"data":[{"d":"2024-01-02","v":1.50}]}`, want: values("A", "value", "1.50")},
		{name: "an empty list", yaml: "kind: http-json\n" + anyURL + "rows: $[*]\nday: d\nvalues: {value: v}", body: `[]`},
		{name: "a header and no rows", yaml: "kind: http-csv\n" + anyURL + "day: d\nvalues: {value: v}", body: "d,v\n"},
		{name: "nothing there, as a status", yaml: "kind: http-json\n" + anyURL + "empty: {status: 404}\nrows: $[*]\nday: d\nvalues: {value: v}", status: 404, body: `{"message":"none"}`},
		{name: "nothing there, as a text", yaml: "kind: http-json\n" + anyURL + "empty: [{status: 404}, {text: sem dados}]\nrows: $[*]\nday: d\nvalues: {value: v}", body: `{"message":"sem dados"}`},
		{name: "nothing there, without a body", yaml: "kind: http-csv\n" + anyURL + "empty: {body: none}\nday: d\nvalues: {value: v}", body: "\n"},
		{name: "no content", yaml: "kind: http-csv\n" + anyURL + "empty: {status: 204}\nday: d\nvalues: {value: v}", status: 204},
		{name: "a page is not nothing", yaml: "kind: http-csv\n" + anyURL + "empty: {status: 404}\nday: d\nvalues: {value: v}", status: 404, body: "<html>", err: "status 404, an HTML page"},
		{name: "a month for its last day", yaml: "kind: http-csv\n" + anyURL + "period: month\nday: d\nvalues: {value: v}",
			body: "d,v\n2024-01-31,1.50\n", want: nil, err: ""},

		{name: "another column", yaml: "kind: http-csv\n" + anyURL + "day: d\nvalues: {value: rate}", body: "d,v\n2024-01-02,1\n", err: `no column "rate" in the header: "d", "v"`},
		{name: "another delimiter", yaml: "kind: http-csv\n" + anyURL + "day: d\nvalues: {value: v}", body: "d;v\n2024-01-02;1\n", err: `no column "d" in the header: "d;v"; is the delimiter ";"?`},
		{name: "another form of dates", yaml: "kind: http-csv\n" + anyURL + "dates: dd/MM/yyyy\nday: d\nvalues: {value: v}", body: "d,v\n02.01.2024,1\n", err: `line 2: d: "02.01.2024" is not dd/MM/yyyy; it could be dd.MM.yyyy`},
		{name: "no such date", yaml: "kind: http-csv\n" + anyURL + "dates: MM/dd/yyyy\nday: d\nvalues: {value: v}", body: "d,v\n31/01/2024,1\n", err: `line 2: d: "31/01/2024": no such date; it could be dd/MM/yyyy`},
		{name: "another decimal mark", yaml: "kind: http-csv\n" + anyURL + "delimiter: ;\nday: d\nvalues: {value: v}", body: "d;v\n2024-01-02;1,5\n", err: `line 2: v: "1,5" is not a number with the decimal mark "."`},
		{name: "another decimal mark, the other way round", yaml: "kind: http-csv\n" + anyURL + "decimal: \",\"\nday: d\nvalues: {value: v}", body: "d,v\n2024-01-02,1.5\n", err: `line 2: v: "1.5" is no number with the decimal mark "," and between thousands none`},
		{name: "thousands that are none", yaml: "kind: http-csv\n" + anyURL + "decimal: \",\"\nthousands: .\nday: d\nvalues: {value: v}", body: "d,v\n2024-01-02,1.5\n", err: `line 2: v: "1.5" is no number`},
		{name: "another encoding", yaml: "kind: http-csv\n" + anyURL + "day: d\nvalues: {value: v}", body: "d,v,x\n2024-01-02,1,S\xe3o\n", err: `line 2: "2024-01-02,1,S\xe3o" is not UTF-8: want encoding: latin-1 or windows-1252?`},
		{name: "another row path", yaml: "kind: http-json\n" + anyURL + "rows: $.data.obs[*]\nday: d\nvalues: {value: v}", body: `{"data":{"observations":[],"n":1}}`, err: `rows: $.data has "observations", "n", and no "obs"`},
		{name: "a row path to something else", yaml: "kind: http-json\n" + anyURL + "rows: $.data[*]\nday: d\nvalues: {value: v}", body: `{"data":null}`, err: `rows: $.data is null, not a list or an object`},
		{name: "another member", yaml: "kind: http-json\n" + anyURL + "rows: $[*]\nday: d\nvalues: {value: v}", body: `[{"d":"2024-01-02","val":1}]`, err: `rows: $[0]: no "v" in the row, which has "d", "val"`},
		{name: "no JSON", yaml: "kind: http-json\n" + anyURL + "rows: $[*]\nday: d\nvalues: {value: v}", body: `Sorry`, err: `no JSON: "Sorry"`},
		{name: "another code", yaml: "kind: http-json\nurl: https://bank.example/x\nrows: $.{code}.{day}\nvalues: {value: .}", body: `{"usd":{"2024-01-02":9}}`, err: `bank: rows of "usd", and none of USD`},
		{name: "no column of the code", yaml: "kind: http-csv\nurl: https://bank.example/x\nday: d\nvalues: {value: \"{code}\"}", body: "d,usd\n2024-01-02,1\n", err: `no column "USD" in the header: "d", "usd"`},
		{name: "a code that was not asked for", yaml: "kind: http-csv\nurl: https://bank.example/x?c={code}\nday: d\ncode: c\nvalues: {value: v}", body: "d,c,v\n2024-01-02,EUR,1\n", err: `line 2: a row of "EUR", which was not asked for`},
		{name: "days that were not asked for", yaml: "kind: http-csv\n" + anyURL + "day: d\nvalues: {value: v}", body: "d,v\n2023-01-02,1\n", err: "1 rows, none of them of 2024-01-02/2024-01-05, the first of 2023-01-02"},
		{name: "no content, and nothing says what that means", yaml: "kind: http-csv\n" + anyURL + "day: d\nvalues: {value: v}", status: 204, err: "Source.Unavailable: status 204"},
		{name: "what would mean it", yaml: "kind: http-csv\n" + anyURL + "day: d\nvalues: {value: v}", status: 204, err: "; if that means that there is nothing, say so: empty: {status: 204}"},
		{name: "a compressed file", yaml: "kind: http-csv\n" + anyURL + "day: d\nvalues: {value: v}", body: "\x1f\x8b\x08\x00\x00\x00", err: "a gzip file, which is not read"},
		{name: "no number of pages", yaml: "kind: http-json\nurl: https://bank.example/x?p={page}\npaging: {pages: $.pages}\nrows: $[0][*]\nday: d\nvalues: {value: v}",
			body: `[[{"d":"2024-01-02","v":1}]]`, err: "05: Source.Malformed: $.pages: $ is a list, not an object"},
		{name: "no bytes", yaml: "kind: http-csv\n" + anyURL + "day: d\nvalues: {value: v}", body: "", err: "an answer without a body"},
		{name: "half a body", yaml: "kind: http-json\n" + anyURL + "rows: $[*]\nday: d\nvalues: {value: v}", body: `[{"d":"2024-01-02","v":1},`, err: "unexpected end of JSON input"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			of, err := sourceOf(t, tt.yaml, "value")
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if tt.status != 0 {
					w.WriteHeader(tt.status)
				}
				fmt.Fprint(w, tt.body)
			}))
			defer server.Close()
			if tt.series == nil {
				tt.series = usd
			}
			got, err := opened(t, of, server.URL).Fetch(t.Context(), source.Request{Series: tt.series, Span: asked})
			if diff := cmp.Diff(tt.want, got.Observations, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("observations mismatch (-want +got):\n%s", diff)
			}
			if text := sourcetest.ErrText(err); !strings.Contains(text, tt.err) || (err == nil) != (tt.err == "") {
				t.Errorf("error %q, want %q", text, tt.err)
			}
			if got.Requests != 1 || len(got.Damaged) > 0 {
				t.Errorf("%d requests, damaged %v", got.Requests, got.Damaged)
			}
		})
	}
}

// What the address asks for, request by request, and what comes of the pages.
func TestRequests(t *testing.T) {
	day := func(n int) string { return fmt.Sprintf(`{"d":"%s","v":%d}`, first+span.Day(n), n) }
	tests := []struct {
		name, yaml string
		answers    []string // by request; a number is a status
		wantAsked  []string
		wantDays   int
		err        string
	}{
		{name: "a range", yaml: "url: https://bank.example/x/{code}?a={from:dd/MM/yyyy}&b={to}&k='{from:MM-dd-yyyy}'", answers: []string{"[]"},
			wantAsked: []string{"/x/USD?a=02%2F01%2F2024&b=2024-01-05&k='01-02-2024'"}},
		{name: "a year", yaml: "url: https://bank.example/{year}/{code}.json", answers: []string{"[" + day(0) + "," + day(100) + "]"}, wantAsked: []string{"/2024/USD.json"}, wantDays: 1},
		{name: "days", yaml: "url: https://bank.example/{day:yyyyMMdd}\nempty: {status: 404}", answers: []string{"[" + day(0) + "]", "404", "[" + day(2) + "]", "404"},
			wantAsked: []string{"/20240102", "/20240103", "/20240104", "/20240105"}, wantDays: 2},
		{name: "whole years", yaml: "url: https://bank.example/x?a={from}&b={to}\nwhole: year", answers: []string{"[" + day(0) + "," + day(100) + "]"}, wantAsked: []string{"/x?a=2024-01-01&b=2024-12-31"}, wantDays: 1},
		{name: "pages until an empty one", yaml: "url: https://bank.example/x?a={from}&p={page}", answers: []string{"[" + day(0) + "]", "[" + day(1) + "]", "[]"},
			wantAsked: []string{"/x?a=2024-01-02&p=1", "/x?a=2024-01-02&p=2", "/x?a=2024-01-02&p=3"}, wantDays: 2},
		{name: "pages until there is none", yaml: "url: https://bank.example/x?p={page}\npaging: {first: 0}", answers: []string{"[" + day(0) + "]", "404"}, wantAsked: []string{"/x?p=0", "/x?p=1"}, wantDays: 1},
		{name: "pages of a size", yaml: "url: https://bank.example/x?p={page}&n={limit}\npaging: {size: 2}", answers: []string{"[" + day(0) + "," + day(1) + "]", "[" + day(2) + "]"}, wantAsked: []string{"/x?p=1&n=2", "/x?p=2&n=2"}, wantDays: 3},
		{name: "pages smaller than said", yaml: "url: https://bank.example/x?o={offset}&n={limit}\npaging: {size: 9}", answers: []string{"[" + day(0) + "," + day(1) + "]", "[" + day(2) + "]", "[]"},
			wantAsked: []string{"/x?o=0&n=9", "/x?o=2&n=9", "/x?o=3&n=9"}, wantDays: 3},
		{name: "as many pages as the publisher tells", yaml: "url: https://bank.example/x?p={page}\npaging: {pages: '$[0].pages'}", answers: []string{`[{"pages":2,"d":"2024-01-02","v":1}]`, `[{"pages":2,"d":"2024-01-03","v":1}]`}, wantAsked: []string{"/x?p=1", "/x?p=2"}, wantDays: 2},
		{name: "a page without rows among more", yaml: "url: https://bank.example/x?p={page}\npaging: {pages: '$[0].pages'}", answers: []string{`[{"pages":3,"d":"2024-01-02","v":1}]`, `[]`}, wantAsked: []string{"/x?p=1", "/x?p=2"}, err: "page 2 of 3 has no rows"},
		{name: "a page that is not there, among more", yaml: "url: https://bank.example/x?p={page}\npaging: {pages: '$[0].pages'}", answers: []string{`[{"pages":3,"d":"2024-01-02","v":1}]`, "404"}, wantAsked: []string{"/x?p=1", "/x?p=2"}, err: "page 2 of 3 has no rows"},
		{name: "a page with the rows of the one before", yaml: "url: https://bank.example/x?p={page}", answers: []string{"[" + day(0) + "]", "[ " + day(0) + "]"}, wantAsked: []string{"/x?p=1", "/x?p=2"}, err: "page 2 has the rows of pages before it"},
		{name: "a short page in the middle", yaml: "url: https://bank.example/x?p={page}\npaging: {pages: '$[0].pages', size: 2}", answers: []string{`[{"pages":3,"d":"2024-01-02","v":1},{"d":"2024-01-03","v":1}]`, `[{"pages":3,"d":"2024-01-04","v":1}]`, `[{"pages":3,"d":"2024-01-05","v":1}]`},
			wantAsked: []string{"/x?p=1", "/x?p=2", "/x?p=3"}, wantDays: 4},
		{name: "nothing at all, where there could be pages", yaml: "url: https://bank.example/x?p={page}&r={limit}\npaging: {pages: '$[0].pages', size: 2}", answers: []string{`[]`}, wantAsked: []string{"/x?p=1&r=2"}},
		{name: "pages that are not told", yaml: "url: https://bank.example/x?p={page}\npaging: {pages: '$[0].of'}", answers: []string{"[" + day(0) + "]"}, wantAsked: []string{"/x?p=1"}, err: "Source.Malformed: $[0].of: \"\" is not the number of pages"},
		{name: "a last page that is not there", yaml: "url: https://bank.example/x?p={page}\npaging: {pages: '$[0].pages'}", answers: []string{`[{"pages":2,"d":"2024-01-02","v":1}]`, "404"}, wantAsked: []string{"/x?p=1", "/x?p=2"}, err: "page 2 of 2 has no rows"},
		{name: "a last page without rows", yaml: "url: https://bank.example/x?p={page}\npaging: {pages: '$[0].pages'}", answers: []string{`[{"pages":2,"d":"2024-01-02","v":1}]`, "[]"}, wantAsked: []string{"/x?p=1", "/x?p=2"}, err: "page 2 of 2 has no rows"},
		{name: "the first of a month", yaml: "url: https://bank.example/x?f={from:yyyy-MM-01}&t={to:yyyy-MM-ddT23:59:59}", answers: []string{"[]"}, wantAsked: []string{"/x?f=2024-01-01&t=2024-01-05T23%3A59%3A59"}},
		{name: "a page again and again", yaml: "url: https://bank.example/x?p={page}", answers: []string{"[" + day(0) + "]", "[" + day(0) + "]"}, wantAsked: []string{"/x?p=1", "/x?p=2"}, err: "page 2 is page 1 again"},
		{name: "too much is halved", yaml: "url: https://bank.example/x?a={from}&b={to}\npaging: {size: 3}", answers: []string{"[" + day(1) + "," + day(2) + "," + day(3) + "]", "[" + day(0) + "," + day(1) + "]", "[" + day(2) + "," + day(3) + "]"},
			wantAsked: []string{"/x?a=2024-01-02&b=2024-01-05", "/x?a=2024-01-02&b=2024-01-03", "/x?a=2024-01-04&b=2024-01-05"}, wantDays: 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			of, err := sourceOf(t, "kind: http-json\n"+tt.yaml+"\nrows: $[*]\nday: d\nvalues: {value: v}", "value")
			if err != nil {
				t.Fatal(err)
			}
			checkRequests(t, of, tt.answers, tt.wantAsked, tt.wantDays, tt.err)
		})
	}
}

func checkRequests(t *testing.T, of *catalogue.Source, answers, wantAsked []string, wantDays int, wantErr string) {
	t.Helper()
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.URL.String())
		answer := "[]"
		if n := len(got); n <= len(answers) {
			answer = strings.ReplaceAll(answers[n-1], "HOST", r.Host)
		}
		if answer == "404" {
			w.WriteHeader(404)
		}
		fmt.Fprint(w, answer)
	}))
	defer server.Close()
	answer, err := opened(t, of, server.URL).Fetch(t.Context(), source.Request{Series: []source.Series{{Key: "A", Code: "USD", Fields: []string{"value"}}}, Span: asked})
	if text := sourcetest.ErrText(err); !strings.Contains(text, wantErr) || (err == nil) != (wantErr == "") {
		t.Errorf("error %q, want %q", text, wantErr)
	}
	if diff := cmp.Diff(wantAsked, got); diff != "" {
		t.Errorf("requests mismatch (-want +got):\n%s", diff)
	}
	if answer.Requests != len(got) || len(answer.Observations) != wantDays || len(answer.Damaged) != 0 {
		t.Errorf("%d requests, %d days, damaged %v; want %d days", answer.Requests, len(answer.Observations), answer.Damaged, wantDays)
	}
}

// The address of the next page stands in the answer, with the secret in it or not.
func TestNextPage(t *testing.T) {
	of, err := sourceOf(t, "kind: http-json\nurl: https://bank.example/v1/x?from={from}\nsecret: {query: key}\npaging: {next: $.links.next}\nrows: $.rows[*]\nday: d\nvalues: {value: v}", "value")
	if err != nil {
		t.Fatal(err)
	}
	checkRequests(t, of, []string{
		`{"rows":[{"d":"2024-01-02","v":1}],"links":{"next":"http://HOST/v1/x?key=k3y-of-the-bank&cursor=2"}}`,
		`{"rows":[{"d":"2024-01-03","v":1}],"links":{"next":"?cursor=3"}}`,
		`{"rows":[{"d":"2024-01-04","v":1}],"links":{"next":null}}`,
	}, []string{"/v1/x?from=2024-01-02&key=k3y-of-the-bank", "/v1/x?cursor=2&key=k3y-of-the-bank", "/v1/x?cursor=3&key=k3y-of-the-bank"}, 3, "")
	checkRequests(t, of, []string{`{"rows":[],"links":{"next":"https://elsewhere.example/"}}`}, []string{"/v1/x?from=2024-01-02&key=k3y-of-the-bank"}, 0, `a link to "elsewhere.example", which is not the host that is asked`)
}

// A page that is full, and says nothing of a next one, may not be the last.
func TestAFullPageWithoutANextOne(t *testing.T) {
	of, err := sourceOf(t, "kind: http-json\nurl: https://bank.example/x?from={from}\nsecret: {query: key}\npaging: {next: $.next, size: 2}\nrows: $.rows[*]\nday: d\nvalues: {value: v}", "value")
	if err != nil {
		t.Fatal(err)
	}
	first := []string{"/x?from=2024-01-02&key=k3y-of-the-bank"}
	const full = `{"rows":[{"d":"2024-01-02","v":1},{"d":"2024-01-03","v":1}]`
	checkRequests(t, of, []string{full + `}`}, first, 0, "a page of 2 rows, as many as there are at most, and nothing says whether there are more")
	checkRequests(t, of, []string{full + `,"next":null}`}, first, 2, "")
	checkRequests(t, of, []string{`{"rows":[{"d":"2024-01-02","v":1}]}`}, first, 1, "")
}

// What an answer has for the next page stands in the address of that, until there is none.
func TestCursor(t *testing.T) {
	of, err := sourceOf(t, "kind: http-json\nurl: https://bank.example/x?from={from}&after={cursor}\nsecret: {query: key}\npaging: {next: $.meta.cursor}\nrows: $.rows[*]\nday: d\nvalues: {value: v}", "value")
	if err != nil {
		t.Fatal(err)
	}
	first, second := "/x?from=2024-01-02&after=&key=k3y-of-the-bank", "/x?from=2024-01-02&after=a%2Fb%3D%3D&key=k3y-of-the-bank"
	checkRequests(t, of, []string{
		`{"rows":[{"d":"2024-01-02","v":1}],"meta":{"cursor":"a/b=="}}`,
		`{"rows":[{"d":"2024-01-03","v":1}],"meta":{"cursor":77}}`,
		`{"rows":[{"d":"2024-01-04","v":1}],"meta":{"cursor":""}}`,
	}, []string{first, second, "/x?from=2024-01-02&after=77&key=k3y-of-the-bank"}, 3, "")
	checkRequests(t, of, []string{`{"rows":[],"meta":{"cursor":"a/b=="}}`, `{"rows":[], "meta":{"cursor":"a/b=="}}`}, []string{first, second}, 0, "page 3 is page 2 again: they have the same address")
}

// Addresses that lead in a circle are not followed for ever, rows or not.
func TestNextPagesInACircle(t *testing.T) {
	of, err := sourceOf(t, "kind: http-json\nurl: https://bank.example/x?p=1&from={from}\npaging: {next: $.next}\nrows: $.rows[*]\nday: d\nvalues: {value: v}", "value")
	if err != nil {
		t.Fatal(err)
	}
	checkRequests(t, of, []string{
		`{"rows":[],"next":"/x?p=2"}`, `{"rows":[],"next":"/x?p=1&from=2024-01-02"}`, `{"rows":[],"next":"/x?p=2"}`,
	}, []string{"/x?p=1&from=2024-01-02", "/x?p=2"}, 0, "page 3 is page 1 again: they have the same address")
}

// An answer that tells of a next page is not the whole of what there is.
func TestANextPageThatIsNotAskedFor(t *testing.T) {
	of, err := sourceOf(t, "kind: http-json\n"+anyURL+"rows: $[*]\nday: d\nvalues: {value: v}", "value")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Link", `</x?p=2>; rel="next"`)
		fmt.Fprint(w, `[{"d":"2024-01-02","v":1}]`)
	}))
	defer server.Close()
	_, err = opened(t, of, server.URL).Fetch(t.Context(), source.Request{Series: []source.Series{{Key: "A", Code: "USD", Fields: []string{"value"}}}, Span: asked})
	if fault.NameOf(err) != fault.Malformed || !strings.Contains(err.Error(), "want paging: {next: header}") {
		t.Errorf("error %v, want one that names the next page", err)
	}
}

// A header for pages that cannot be read is no last page.
func TestALinkThatCannotBeRead(t *testing.T) {
	of, err := sourceOf(t, "kind: http-json\nurl: https://bank.example/x?from={from}\npaging: {next: header}\nrows: $[*]\nday: d\nvalues: {value: v}", "value")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Link", `/x?p=2; rel="next"`)
		fmt.Fprint(w, `[{"d":"2024-01-02","v":1}]`)
	}))
	defer server.Close()
	_, err = opened(t, of, server.URL).Fetch(t.Context(), source.Request{Series: []source.Series{{Key: "A", Code: "USD", Fields: []string{"value"}}}, Span: asked})
	if fault.NameOf(err) != fault.Malformed || !strings.Contains(err.Error(), "the header Link") {
		t.Errorf("error %v", err)
	}
}

// Days whose own request has no row are told apart: other requests show nothing of them.
func TestDaysOfSilentRequests(t *testing.T) {
	row := func(n int, cur string) string {
		return fmt.Sprintf(`{"d":"%s","c":"%s","v":1}`, first+span.Day(n), cur)
	}
	day := func(n int) span.Span { return span.Span{From: first + span.Day(n), To: first + span.Day(n)} }
	tests := []struct {
		name, yaml string
		answers    []string
		want       map[string]span.Runs
	}{
		{"days, by series", "url: https://bank.example/{day}?c={codes}\nempty: {status: 404}", []string{"[" + row(0, "USD") + "," + row(0, "EUR") + "]", "[]", "404", "[" + row(3, "USD") + "]"},
			map[string]span.Runs{"A": {day(1)}, "B": {day(1), day(3)}}}, // 404 shows that there is nothing
		{"days, each with a row", "url: https://bank.example/{day}?c={codes}", []string{"[" + row(0, "USD") + "," + row(0, "EUR") + "]", "[" + row(1, "USD") + "," + row(1, "EUR") + "]", "[" + row(2, "USD") + "," + row(2, "EUR") + "]", "[" + row(3, "USD") + "," + row(3, "EUR") + "]"}, nil},
		{"a row of another day than was asked for", "url: https://bank.example/{day}?c={codes}", []string{"[" + row(0, "USD") + "," + row(0, "EUR") + "]", "[" + row(0, "USD") + "," + row(1, "EUR") + "]", "[" + row(2, "USD") + "," + row(2, "EUR") + "]", "[" + row(3, "USD") + "," + row(3, "EUR") + "]"},
			map[string]span.Runs{"A": {day(1)}}},
		{"one request", "url: https://bank.example/x?f={from}&c={codes}", []string{"[" + row(0, "USD") + "]"}, nil},
		{"a row of the month that is not of the range", "url: https://bank.example/{month}?c={codes}", []string{"[" + row(20, "USD") + "," + row(1, "EUR") + "]"}, nil},
		{"halves", "url: https://bank.example/x?f={from}&t={to}&c={codes}\npaging: {size: 3}", []string{"[" + row(0, "USD") + "," + row(0, "EUR") + "," + row(1, "EUR") + "]", "[" + row(0, "USD") + "," + row(0, "EUR") + "]", "[]"},
			map[string]span.Runs{"A": {{From: first + 2, To: first + 3}}, "B": {{From: first + 2, To: first + 3}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			of, err := sourceOf(t, "kind: http-json\n"+tt.yaml+"\nrows: $[*]\nday: d\ncode: c\nvalues: {value: v}", "value")
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				answer := tt.answers[min(n, len(tt.answers)-1)]
				if n++; answer == "404" {
					w.WriteHeader(404)
				}
				fmt.Fprint(w, answer)
			}))
			defer server.Close()
			r := source.Request{Series: []source.Series{{Key: "A", Code: "USD", Fields: []string{"value"}}, {Key: "B", Code: "EUR", Fields: []string{"value"}}}, Span: asked}
			got, err := opened(t, of, server.URL).Fetch(t.Context(), r)
			if diff := cmp.Diff(tt.want, got.Silent); diff != "" || err != nil {
				t.Errorf("error %v, silent mismatch (-want +got):\n%s", err, diff)
			}
		})
	}
}

// The header Link may have several lines, and repeat the secret.
func TestNextPageInTheHeader(t *testing.T) {
	of, err := sourceOf(t, "kind: http-json\nurl: https://bank.example/x?from={from}\nsecret: {query: key}\npaging: {next: header}\nrows: $[*]\nday: d\nvalues: {value: v}", "value")
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.String())
		if len(asked) == 1 {
			w.Header().Add("Link", `</x?p=1>; rel="self"`)
			w.Header().Add("Link", `</x?p=2&k%65y=k3y-of-the-bank>; rel="next"`)
			fmt.Fprint(w, `[{"d":"2024-01-02","v":1}]`)
			return
		}
		w.WriteHeader(503)
	}))
	defer server.Close()
	_, err = opened(t, of, server.URL).Fetch(t.Context(), source.Request{Series: []source.Series{{Key: "A", Code: "USD", Fields: []string{"value"}}}, Span: span.Span{From: first, To: first + 3}})
	if want := []string{"/x?from=2024-01-02&key=k3y-of-the-bank", "/x?p=2&key=k3y-of-the-bank"}; !cmp.Equal(asked, want) || err == nil || strings.Contains(err.Error(), "k3y") {
		t.Errorf("asked %q, error %v", asked, err)
	}
}

// A year's file that has another header than the one before is not one without values.
func TestAColumnThatGoesAway(t *testing.T) {
	of, err := sourceOf(t, "kind: http-csv\nurl: https://bank.example/{year}.csv\nday: d\nvalues: {value: \"{code}\"}", "value")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/2023.csv" {
			fmt.Fprint(w, "d,USD\n2023-12-29,1.5\n")
			return
		}
		fmt.Fprint(w, "d,US Dollar\n2024-01-02,1.5\n")
	}))
	defer server.Close()
	got, err := opened(t, of, server.URL).Fetch(t.Context(), source.Request{Series: []source.Series{{Key: "A", Code: "USD", Fields: []string{"value"}}}, Span: span.Span{From: span.Date(2023, 12, 29), To: first}})
	if fault.NameOf(err) != fault.Malformed || len(got.Observations) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// A secret is sent, and shown nowhere, though the publisher repeats it.
func TestSecret(t *testing.T) {
	for _, where := range []string{"header: X-Api-Key", "query: api_key", "{header: Authorization, prefix: 'Bearer '}"} {
		if !strings.HasPrefix(where, "{") {
			where = "{" + where + "}"
		}
		of, err := sourceOf(t, "kind: http-json\n"+anyURL+"secret: "+where+"\nheaders: {Accept: application/json}\nrows: $[*]\nday: d\nvalues: {value: v}", "value")
		if err != nil {
			t.Fatal(err)
		}
		sent := false
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			all := r.Header.Get("X-Api-Key") + r.URL.Query().Get("api_key") + r.Header.Get("Authorization")
			sent = strings.HasSuffix(all, "k3y-of-the-bank") && r.Header.Get("Accept") == "application/json"
			w.WriteHeader(403)
			fmt.Fprintf(w, `{"msg":"who is %s?"}`, all)
		}))
		watch := &source.Watch{}
		answer, err := opened(t, of, server.URL).Fetch(source.WithWatch(t.Context(), watch), source.Request{Series: []source.Series{{Key: "A", Code: "USD", Fields: []string{"value"}}}, Span: asked})
		server.Close()
		if !sent || fault.NameOf(err) != fault.Rejected {
			t.Errorf("%s: sent %v, error %v", where, sent, err)
		}
		if text := fmt.Sprintf("%v %+v %+v", err, answer, watch.Exchanges()); strings.Contains(text, "k3y") || !strings.Contains(text, "***") {
			t.Errorf("%s: shown: %s", where, text)
		}
	}
}

// Of a secret that is too short to be found in other words, no words are shown or kept.
func TestShortSecret(t *testing.T) {
	const secret = "k3y"
	tests := []struct {
		name, yaml string
		do         http.HandlerFunc
		err        string // "": none
		after      source.RetryAfter
		values     int
	}{
		{"refused", "kind: http-json\nsecret: {query: key}\nrows: $[*]\nday: d\nvalues: {value: v}", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(403)
			fmt.Fprint(w, `{"msg":"who is k3y?"}`)
		}, "Source.Rejected: bank 2024-01-02/2024-01-05: status 403: what the publisher says is neither shown nor kept: the secret has fewer than 6 bytes, and could be in it", 0, 0},
		{"throttled", "kind: http-json\nsecret: {query: key}\nrows: $[*]\nday: d\nvalues: {value: v}", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(429)
			fmt.Fprint(w, `k3y`)
		}, "Source.Throttled: bank 2024-01-02/2024-01-05: status 429: retry after 7s; what", source.RetryAfter(7 * time.Second), 0},
		{"a column", "kind: http-csv\nsecret: {header: X-Key}\nday: d\nvalues: {value: v}", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, "d,k3y\n2024-01-02,1\n")
		}, "Source.Malformed: bank", 0, 0},
		{"a redirect", "kind: http-csv\nsecret: {header: X-Key}\nday: d\nvalues: {value: v}", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://k3y.example/", http.StatusFound)
		}, "Source.Unavailable: bank", 0, 0},
		{"the next page", "kind: http-json\nsecret: {header: X-Key}\npaging: {next: $.next}\nrows: $.rows[*]\nday: d\nvalues: {value: v}", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/x" {
				fmt.Fprint(w, `{"rows":[{"d":"2024-01-02","v":1}],"next":"/k3y/2"}`)
				return
			}
			w.WriteHeader(500)
		}, "Source.Unavailable: bank", 0, 0},
		{"codes", "kind: http-csv\nsecret: {header: X-Key}\nday: d\ncode: c\nmax_days: 2\nvalues: {value: v}", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("from") == "2024-01-02" {
				fmt.Fprint(w, "d,c,v\n2024-01-02,USD,1\n")
				return
			}
			fmt.Fprint(w, "d,c,v\n2024-01-04,k3y,1\n")
		}, "", 0, 1},
		{"a value", "kind: http-csv\nsecret: {header: X-Key}\nday: d\nvalues: {value: v}", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, "d,v\n2024-01-02,1\n2024-01-03,k3y\n2024-01-04,1\n")
		}, "", 0, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			of, err := sourceOf(t, anyURL+tt.yaml, "value")
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(tt.do)
			defer server.Close()
			client, err := source.NewClient(server.URL, 5*time.Second, 1000, source.WithSecret(source.Secret{Header: of.Declared.Secret.Header, Query: of.Declared.Secret.Query, Value: secret}))
			if err != nil {
				t.Fatal(err)
			}
			watch, tape := &source.Watch{}, source.Record()
			ctx := source.WithTape(source.WithWatch(t.Context(), watch), tape)
			answer, err := declared.New(client, of).Fetch(ctx, source.Request{Series: []source.Series{{Key: "A", Code: "USD", Fields: []string{"value"}}}, Span: asked})
			if text := sourcetest.ErrText(err); !strings.HasPrefix(text, tt.err) || (err == nil) != (tt.err == "") || len(answer.Observations) != tt.values {
				t.Errorf("%+v, error %q, want %q", answer, text, tt.err)
			}
			taped, kept := tape.Answers()
			text := fmt.Sprintf("%v %+v %q %v", err, answer, watch.Notes(), taped)
			for _, x := range watch.Exchanges() {
				text += fmt.Sprintf(" %s %s %s", x.URL, x.Headers, x.Head)
			}
			if strings.Contains(text, secret) {
				t.Errorf("shown: %s", text)
			}
			if status, _ := watch.Seen(); status != 0 && kept == nil {
				t.Errorf("kept: %v", taped)
			}
			var after source.RetryAfter
			if errors.As(err, &after); after != tt.after {
				t.Errorf("retry after %v", time.Duration(after))
			}
		})
	}
}

func TestFetchEndsWithItsContext(t *testing.T) {
	of, err := sourceOf(t, "kind: http-csv\n"+anyURL+"day: d\nvalues: {value: v}", "value")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	answer, err := opened(t, of, "http://127.0.0.1:1").Fetch(ctx, source.Request{Series: []source.Series{{Key: "A", Code: "USD", Fields: []string{"value"}}}, Span: asked})
	if fault.NameOf(err) != fault.Internal || answer.Requests != 0 {
		t.Errorf("Fetch = %+v, %v", answer, err)
	}
}
