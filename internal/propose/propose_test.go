package propose_test

import (
	"fmt"
	"strings"
	"testing"

	"lacuna"
	"lacuna/internal/catalogue"
	"lacuna/internal/propose"
	"lacuna/internal/source"
	"lacuna/internal/source/declared"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

// What `lacuna init` writes is a catalogue, as it is and with its example.
func TestExample(t *testing.T) {
	c, err := catalogue.Parse("series.yaml", propose.Example, lacuna.Series)
	if err != nil {
		t.Fatal(err)
	}
	shipped, err := catalogue.Parse("shipped", lacuna.Series, nil)
	if err != nil {
		t.Fatal(err)
	}
	describe := func(c *catalogue.Catalogue) (lines []string) {
		for _, s := range c.All() {
			s.Calendar = nil
			lines = append(lines, fmt.Sprintf("%+v", s))
		}
		return lines
	}
	if diff := cmp.Diff(describe(shipped), describe(c)); diff != "" {
		t.Errorf("series other than the shipped ones (-shipped +example):\n%s", diff)
	}
	var b strings.Builder
	for line := range strings.Lines(string(propose.Example)) {
		b.WriteString(strings.TrimPrefix(line, "# "))
	}
	with, err := catalogue.Parse("series.yaml", []byte(b.String()), lacuna.Series)
	if err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	if _, ok := with.Source("my-bank"); !ok || len(with.All()) != len(c.All())+1 {
		t.Errorf("%d series with the example, and %d without", len(with.All()), len(c.All()))
	}
}

// An entry is read as the series that it was written of.
func TestEntry(t *testing.T) {
	shipped, err := catalogue.Parse("shipped", lacuna.Series, nil)
	if err != nil {
		t.Fatal(err)
	}
	text := []byte("version: 1\nseries:\n")
	for _, s := range shipped.All() {
		text = append(text, propose.Entry("  ", s, s.Calendar.Name(), "title")...)
	}
	_, sources, _ := strings.Cut(string(lacuna.Series), "sources:")
	sources, _, _ = strings.Cut(sources, "\nseries:")
	got, err := catalogue.Parse("entries", append(text, "sources:"+sources...), nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for i, s := range shipped.All() {
		want, is := *s, *got.All()[i]
		want.Aliases = nil // of the entry that was there first
		want.Calendar, is.Calendar = nil, nil
		if w, g := fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", is); w != g {
			t.Errorf("written %s\n   read %s", w, g)
		}
	}
}

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"US dollar": "US dollar", "SGS#1": "SGS#1", "Dólar": "Dólar", "A #b": `"A #b"`, "1": `"1"`, "null": `"null"`, "No": `"No"`, "a: b": `"a: b"`,
		"US dollar, sell": `"US dollar, sell"`, "": `""`, `a"b\c`: `"a\"b\\c"`, " a": `" a"`, "a ": `"a "`, "<b>": `"<b>"`, "2024-01-01": `"2024-01-01"`,
	} {
		if got := propose.Text(text); got != want {
			t.Errorf("Text(%q) = %s, want %s", text, got, want)
		}
	}
}

// read reads a sample by its own proposal: the values of each series by its key.
func read(t *testing.T, p *propose.Proposal, body string) map[string]string {
	t.Helper()
	c, err := catalogue.Parse("series.yaml", p.Text, lacuna.Series)
	if err != nil {
		t.Fatalf("%v\n%s", err, p.Text)
	}
	body = strings.TrimPrefix(body, "\ufeff") // as the client of HTTP does
	of, _ := c.Source(p.Source)
	got := map[string]string{}
	for _, s := range c.All() {
		asked := source.Request{Series: []source.Series{{Key: s.Key, Code: s.Code, Fields: s.Fields}}, Span: span.Span{From: s.Since, To: span.Date(2100, 12, 31)}}
		answer, err := declared.Read(t.Context(), of, asked, []byte(body))
		if err != nil {
			t.Fatalf("%s: %v\n%s", s.Key, err, p.Text)
		}
		var days []string
		for _, o := range answer.Observations {
			if is, why := s.Explain(o.Day); !is {
				t.Errorf("%s has a value on %s: %s", s.Key, o.Day, why)
			}
			text := o.Day.String()
			for _, f := range o.Fields {
				text += " " + f.Value
			}
			days = append(days, text)
		}
		got[s.Key] = strings.Join(days, ", ")
		for _, damaged := range answer.Damaged {
			t.Errorf("%s: damaged %v", s.Key, damaged)
		}
	}
	return got
}

func TestFromCSV(t *testing.T) {
	tests := []struct {
		name, file, text string
		want             map[string]string
		says             []string // lines of the proposal
		doubts           []string
	}{
		{name: "commas and ISO days", file: "rates.csv", text: "date,rate\n2024-01-02,1.50\n2024-01-03,1.75\n2024-01-04,2\n",
			want: map[string]string{"RATES#rate": "2024-01-02 1.50, 2024-01-03 1.75, 2024-01-04 2"},
			says: []string{"dates: yyyy-MM-dd", "day: date", "values: {value: rate}", "calendar: weekdays", "since: 2024-01-02", "title: rate # to be filled in"}},
		{name: "a central bank's semicolons", file: "Câmbio 2024.csv",
			text: "Banco \xe9 assim\n\nData;Dia;D\xf3lar\n15.01.2024;seg;1.234,50\n16.01.2024;ter;-\n17.01.2024;qua;1.235,00\nFonte: o banco\n",
			want: map[string]string{"CAMBIO-2024#DOLAR": "2024-01-15 1234.50, 2024-01-17 1235.00"},
			says: []string{`delimiter: ";"`, "encoding: windows-1252", "skip: 2", `ignore: ["Fonte:"]`, "dates: dd.MM.yyyy", `decimal: ","`, `thousands: "."`, `no_value: ["-"]`, "day: Data", "values: {value: Dólar}"}},
		{name: "tabs, the newest first, a mark of byte order", file: "x.tsv", text: "\ufeffday\tbid\task\r\n20240105\t1\t2\r\n20240104\t1.5\t2.5\r\n",
			want: map[string]string{"X#X": "2024-01-04 1.5 2.5, 2024-01-05 1 2"}, says: []string{"delimiter: tab", "dates: yyyyMMdd", "fields: [bid, ask]"}},
		{name: "a column a series", file: "wide.csv", text: "Date,USD,JPY\n2024-01-05,1.1,158\n2024-01-06,,159\n2024-01-07,1.2,160\n",
			want: map[string]string{"WIDE#USD": "2024-01-05 1.1, 2024-01-07 1.2", "WIDE#JPY": "2024-01-05 158, 2024-01-06 159, 2024-01-07 160"},
			says: []string{`values: {value: "{code}"}`, "calendar: daily"}},
		{name: "columns whose names are no codes", file: "w.csv", text: "Data;Dólar;Libra (£)\n2024-01-05;1,1;2\n2024-01-08;1,2;3,5\n",
			want: map[string]string{"W#DOLAR": "2024-01-05 1.1, 2024-01-08 1.2", "W#LIBRA": "2024-01-05 2, 2024-01-08 3.5"}, says: []string{"dolar: Dólar"}},
		{name: "a column of codes", file: "long.csv", text: "KEY,FREQ,CUR,TIME,VALUE,DECIMALS\nE.USD.X,D,USD,2024-01-02,1.09,4\nE.USD.X,D,USD,2024-01-03,1.10,4\nE.JPY.X,D,JPY,2024-01-02,155.1,4\nE.JPY.X,D,JPY,2024-01-03,156,4\n",
			want: map[string]string{"LONG#USD": "2024-01-02 1.09, 2024-01-03 1.10", "LONG#JPY": "2024-01-02 155.1, 2024-01-03 156"},
			says: []string{"code: CUR", "values: {value: VALUE}", "# Columns of numbers that are left out: DECIMALS"}},
		{name: "months", file: "ipca.csv", text: "mes;valor\n01/2024;0,42\n02/2024;0,83\n03/2024;0,16\n",
			want: map[string]string{"IPCA#valor": "2024-01-01 0.42, 2024-02-01 0.83, 2024-03-01 0.16"}, says: []string{"dates: MM/yyyy", "cadence: monthly", "since: 2024-01-01"}},
		{name: "the last days of months", file: "m.csv", text: "d,v\n2024-01-31,1.5\n2024-02-29,2.5\n2024-03-31,3.5\n",
			want: map[string]string{"M#v": "2024-01-01 1.5, 2024-02-01 2.5, 2024-03-01 3.5"}, says: []string{"period: month", "cadence: monthly"}},
		{name: "quarters", file: "gdp.csv", text: "q,v\n2023-Q4,1.5\n2024-Q1,2.5\n2024-Q2,3.5\n",
			want: map[string]string{"GDP#v": "2023-10-01 1.5, 2024-01-01 2.5, 2024-04-01 3.5"}, says: []string{`dates: "yyyy-'Q'Q"`, "cadence: quarterly"}},
		{name: "weeks", file: "fuel.csv", text: "week,v\n2024-01-07,1.5\n2024-01-14,2.5\n2024-01-21,3.5\n",
			want: map[string]string{"FUEL#v": "2024-01-07 1.5, 2024-01-14 2.5, 2024-01-21 3.5"}, says: []string{"cadence: weekly", "since: 2024-01-07"}},
		{name: "no header", file: "h.csv", text: "2024-01-02,7,1.5\n2024-01-03,8,2.5\n",
			want: map[string]string{"H#COLUMN_2": "2024-01-02 7, 2024-01-03 8", "H#COLUMN_3": "2024-01-02 1.5, 2024-01-03 2.5"}, says: []string{"header: none", "day: 1", "column_2: 2"}},
		{name: "days that are months too", file: "a.csv", text: "d,v\n01/02/2024,1.5\n02/02/2024,2.5\n05/02/2024,3.5\n",
			want: map[string]string{"A#v": "2024-02-01 1.5, 2024-02-02 2.5, 2024-02-05 3.5"}, says: []string{"dates: dd/MM/yyyy"},
			doubts: []string{"dates: every day of the sample can also be read as MM/dd/yyyy or M/d/yyyy"}},
		{name: "American days", file: "a.csv", text: "d,v\n1/30/2024,1.5\n1/31/2024,2.5\n2/1/2024,3.5\n",
			want: map[string]string{"A#v": "2024-01-30 1.5, 2024-01-31 2.5, 2024-02-01 3.5"}, says: []string{"dates: M/d/yyyy"}},
		{name: "days that are no periods", file: "i.csv", text: "d,v\n2024-01-01,1\n2024-01-31,2\n2024-03-04,3\n", want: map[string]string{"I#v": "2024-01-01 1, 2024-01-31 2, 2024-03-04 3"},
			doubts: []string{"series: the days are mostly 33 days apart, and two are of one period: daily is a guess"}},
		{name: "the first days of months", file: "f.csv", text: "d,v\n01/01/2024,1.5\n01/02/2024,2.5\n01/03/2024,3.5\n",
			want: map[string]string{"F#v": "2024-01-01 1.5, 2024-02-01 2.5, 2024-03-01 3.5"}, says: []string{"dates: dd/MM/yyyy", "cadence: monthly"},
			doubts: []string{"dates: every day of the sample can also be read as MM/dd/yyyy or M/d/yyyy"}},
		{name: "a mark that is of decimals or thousands", file: "n.csv", text: "d;v\n2024-01-02;1.500\n2024-01-03;2.250\n",
			want:   map[string]string{"N#v": "2024-01-02 1.500, 2024-01-03 2.250"},
			doubts: []string{`decimal: 1.500 could be 1.500 as well as 1500: then decimal: ",", thousands: "."`}},
		{name: "a currency beside each number, and a time behind each day", file: "c.csv", text: "when,price\n2024-01-02 00:00:00,R$ 5.10\n2024-01-03 00:00:00,R$ 5.20\n",
			want: map[string]string{"C#price": "2024-01-02 5.10, 2024-01-03 5.20"}, says: []string{`dates: "yyyy-MM-dd *"`, `around: ["R$"]`, "url: https://example.org/data.csv?from={from:yyyy-MM-dd}&to={to:yyyy-MM-dd}"}},
		{name: "several rows of a day", file: "s.csv", text: "d,v\n2024-01-02,1\n2024-01-03,2\n2024-01-03,2\n", want: map[string]string{"S#v": "2024-01-02 1, 2024-01-03 2"},
			doubts: []string{"code: there are several rows of one day, and no column alone tells them apart: of which series is a row?"}},
		{name: "a note between rows, and one that is none", file: "o.csv", text: "d,v\n2024-01-02,1\n\n# a break\n2024-01-03,2\n# another\n", want: map[string]string{"O#v": "2024-01-02 1, 2024-01-03 2"}, says: []string{`ignore: ["#"]`}},
		{name: "more columns than a catalogue takes", file: "b.csv", text: "2024-01-02" + strings.Repeat(",1", 60) + "\n2024-01-03" + strings.Repeat(",2", 60) + "\n", want: numbered(2, 51),
			doubts: []string{"values: 10 columns more are left out"}},
		{name: "a name that is taken", file: "ecb.csv", text: "d,v\n2024-01-02,1\n2024-01-03,2\n", want: map[string]string{"ECB-CSV#v": "2024-01-02 1, 2024-01-03 2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := propose.FromCSV(tt.file, []byte(tt.text), false, []string{"ecb"})
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{}
			for key, values := range tt.want {
				want[strings.ToUpper(key)] = values
			}
			if diff := cmp.Diff(want, read(t, p, tt.text)); diff != "" {
				t.Errorf("values mismatch (-want +got):\n%s\n%s", diff, p.Text)
			}
			for _, line := range tt.says {
				if !strings.Contains(string(p.Text), line+"\n") && !strings.Contains(string(p.Text), line+" #") {
					t.Errorf("no line %q in\n%s", line, p.Text)
				}
			}
			if diff := cmp.Diff(tt.doubts, p.Doubts); diff != "" {
				t.Errorf("doubts mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// numbered are the values of series that are columns without names.
func numbered(first, last int) map[string]string {
	values := map[string]string{}
	for i := first; i <= last; i++ {
		values[fmt.Sprintf("B#COLUMN_%d", i)] = "2024-01-02 1, 2024-01-03 2"
	}
	return values
}

func TestFromCSVRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "no column of days beside one of numbers was found",
		"a,b\n1,2\n":                      "no column of days",
		"<html>":                          "it is a page",
		`[{"a":1}]`:                       "it is JSON",
		"PK\x03\x04":                      "it is a workbook",
		"d\x00a\x00":                      "it is UTF-16",
		"d,v\n2020-12-31,1\n2021-12-31,2": "the days are 365 days apart",
		"d,v\n2024-01-02,1.5\n2024-01-03,1,5\n2024-01-04,\"1,5,5\"\n": "the numbers of the column v are written in several ways",
		"d,v\n2024-01-02," + strings.Repeat("9", 9000):                "line 2: more than 8192 bytes",
	} {
		if p, err := propose.FromCSV("x.csv", []byte(text), false, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %s; %+v", text, err, want, p)
		}
	}
}

// A sample that is cut ends with its last whole line.
func TestFromCSVThatIsCut(t *testing.T) {
	p, err := propose.FromCSV("x.csv", []byte("d,v\n2024-01-02,1\n2024-01-03,2\n2024-01-0"), true, nil)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(p.Text), "ignore") || len(p.Doubts) > 0 {
		t.Errorf("%s", p.Text)
	}
}

// Whatever the sample, what is proposed is a catalogue with the series that are told.
func FuzzFromCSV(f *testing.F) {
	f.Add("rates.csv", "date,rate\n2024-01-02,1.50\n2024-01-03,1.75\n")
	f.Add("x", "note\n\nData;D\xf3lar;Euro\n15.01.2024;1.234,50;-\n16.01.2024;1,5;7\nFonte: x\n")
	f.Add("l", "c\td\tv\nUSD\t01/2024\t1\nEUR\t01/2024\t2\nUSD\t02/2024\t1\nEUR\t02/2024\t2\n")
	f.Add("q", "2024-Q1|1|2\n2024-Q2|3|4\n")
	f.Fuzz(func(t *testing.T, name, text string) {
		p, err := propose.FromCSV(name, []byte(text), false, []string{"ecb"})
		if err != nil {
			return
		}
		c, err := catalogue.Parse("series.yaml", p.Text, nil)
		if err != nil {
			t.Fatalf("%q of %q: %v\n%s", name, text, err, p.Text)
		}
		if len(c.All()) != len(p.Series) {
			t.Fatalf("%d series, want %d\n%s", len(c.All()), len(p.Series), p.Text)
		}
		for i, s := range c.All() {
			if s.Key != p.Series[i].Key || s.Code != p.Series[i].Code {
				t.Fatalf("series %s %q, want %s %q", s.Key, s.Code, p.Series[i].Key, p.Series[i].Code)
			}
		}
	})
}
