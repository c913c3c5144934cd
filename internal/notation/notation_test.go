package notation_test

import (
	"strings"
	"testing"

	"lacuna/internal/notation"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

func TestNumbers(t *testing.T) {
	point := notation.Numbers{Decimal: "."}
	comma := notation.Numbers{Decimal: ",", Thousands: ".", NoValue: []string{"-", "ND"}, Around: []string{"R$", "%"}}
	spaced := notation.Numbers{Decimal: ",", Thousands: " "}
	const refused = "refused"
	for _, tt := range []struct {
		by         notation.Numbers
		text, want string
	}{
		{point, "1.50", "1.50"}, {point, "-0.5", "-0.5"}, {point, "+7", "7"}, {point, " 7\u00a0", "7"}, {point, ".5", "0.5"}, {point, "5.", refused}, {point, "1.2.3", refused}, {point, "", ""},
		{point, "+-5", refused}, {point, "--5", refused}, {point, "-+5", refused}, {point, "+\u22125", refused}, {point, "-1E-3", "-1E-3"},
		{comma, "1.234,50", "1234.50"}, {comma, "1.234.567", "1234567"}, {comma, "123.456,7", "123456.7"}, {comma, "1234.567,8", refused}, {comma, "0,05", "0.05"}, {comma, "R$ 1,5", "1.5"}, {comma, "5,25 %", "5.25"}, {comma, "\u22121,5", "-1.5"},
		{comma, "-", ""}, {comma, "ND", ""}, {comma, "1.5", refused}, {comma, "12.34,5", refused}, {comma, ".123", refused}, {comma, "1,2,3", refused}, {comma, "1234.567", refused},
		{spaced, "1\u202f234,5", "1234.5"}, {spaced, "1 234 567,5", "1234567.5"}, {spaced, "1 23,5", refused}, {spaced, "1.5", refused},
	} {
		got, err := tt.by.Plain(tt.text)
		if tt.want == refused && err == nil || tt.want != refused && (err != nil || got != tt.want) {
			t.Errorf("Plain(%q) of %+v = %q, %v; want %q", tt.text, tt.by, got, err, tt.want)
		}
	}
}

// Marks are moved and digits are not: nothing is made up.
func FuzzNumbers(f *testing.F) {
	f.Add("1.234,50")
	f.Add("-1 234.5")
	f.Fuzz(func(t *testing.T, text string) {
		for _, n := range []notation.Numbers{{Decimal: "."}, {Decimal: ",", Thousands: "."}, {Decimal: ".", Thousands: " "}} {
			got, err := n.Plain(text)
			if err != nil {
				continue
			}
			digits := func(s string) string {
				return strings.TrimLeft(strings.Map(func(r rune) rune {
					if r < '0' || r > '9' {
						return -1
					}
					return r
				}, s), "0")
			}
			if digits(got) != digits(text) {
				t.Fatalf("Plain(%q) of %+v = %q", text, n, got)
			}
		}
	})
}

func TestTemplate(t *testing.T) {
	dates, err := notation.ParseDates("dd.MM.yyyy")
	if err != nil {
		t.Fatal(err)
	}
	asked := notation.Asked{
		Span: span.Span{From: span.Date(2024, 1, 2), To: span.Date(2024, 12, 31)}, Codes: []string{"A B", "C/D"}, Separator: "+", Page: 3, Offset: 200, Limit: 100,
	}
	for _, tt := range []struct{ text, origin, want string }{
		{"https://b.example", "https://b.example", "/"},
		{"http://127.0.0.1:80?x={from}", "http://127.0.0.1:80", "/?x=02.01.2024"},
		{"https://b.example/{codes}/x?c={codes}", "https://b.example", "/A%20B+C%2FD/x?c=A+B+C%2FD"},
		{"https://b.example/{from:yyyy/MM}?a={from:dd/MM/yyyy}&b={to:2006-01-02}", "https://b.example", "/2024%2F01?a=02%2F01%2F2024&b=2024-12-31"},
		{"https://b.example/?a={from:unix-ms}&b={from:unix}&c={to:unix}&d={to:unix-ms}", "https://b.example", "/?a=1704153600000&b=1704153600&c=1735689599&d=1735689599999"},
		{"https://b.example/?a={from:yyyy-MM-ddTHH:mm:ss}&b={to:yyyy-MM-dd'T'HH:mm:ssZ}", "https://b.example", "/?a=2024-01-02T00%3A00%3A00&b=2024-12-31T23%3A59%3A59Z"},
		{"https://b.example/{year}/{month}?p={page}&n={limit}", "https://b.example", "/2024/01?p=3&n=100"},
		{"https://b.example/?$filter=d%20ge%20'{from}'&o={offset}", "https://b.example", "/?$filter=d%20ge%20'02.01.2024'&o=200"},
	} {
		template, err := notation.ParseTemplate(tt.text, dates)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if got := template.Expand(asked); got != tt.want || template.Origin() != tt.origin {
			t.Errorf("%s is %s at %s, want %s at %s", tt.text, got, template.Origin(), tt.want, tt.origin)
		}
	}
	for _, text := range []string{
		"", "b.example/x", "ftp://b.example", "https://{code}.example", "https://b{code}.example/", "https://u:p@b.example/", "https://b.example/#x", "https://b.example/{from", "https://b.example/from}",
		"https://b.example/{code:yyyy}", "https://b.example/{to}", "https://b.example/{code}{codes}", "https://b.example/{year}?{from}", "https://b.example/{page}{offset}", "https://b.example/a b", "https:///x",
		"https://b.example/" + strings.Repeat("x", 2000), "https://b.example/{from:jj}", "https://b.example/{from:" + strings.Repeat("d", 50) + "}", "https://b.example:port/",
	} {
		if _, err := notation.ParseTemplate(text, dates); err == nil {
			t.Errorf("ParseTemplate(%q): no error", text)
		}
	}
}

func TestWindows(t *testing.T) {
	asked := span.Span{From: span.Date(2023, 11, 20), To: span.Date(2024, 2, 3)}
	for _, tt := range []struct {
		url, whole string
		longest    int
		want       string
	}{
		{"{from}{to}", "", 10, "2023-11-20/2024-02-03"},
		{"{from}{to}", notation.Month, 3650, "2023-11-01/2024-02-29"},
		{"{from}{to}", notation.Month, 62, "2023-11-01/2023-12-31 2024-01-01/2024-02-29"},
		{"{from}{to}", notation.Month, 60, "2023-11-01/2023-11-30 2023-12-01/2023-12-31 2024-01-01/2024-02-29"}, // 61 days, 62, and 60
		{"{from}{to}", notation.Month, 1, "2023-11-01/2023-11-30 2023-12-01/2023-12-31 2024-01-01/2024-01-31 2024-02-01/2024-02-29"},
		{"{from}{to}", notation.Quarter, 1, "2023-10-01/2023-12-31 2024-01-01/2024-03-31"},
		{"{from}{to}", notation.Year, 366, "2023-01-01/2023-12-31 2024-01-01/2024-12-31"},
		{"{from}", "", 10, "2023-11-20/9999-12-31"},
		{"{from}", notation.Year, 10, "2023-01-01/9999-12-31"},
		{"", "", 10, "0001-01-01/9999-12-31"},
		{"{year}", "", 10, "2023-01-01/2023-12-31 2024-01-01/2024-12-31"},
		{"{year}{month}", "", 10, "2023-11-01/2023-11-30 2023-12-01/2023-12-31 2024-01-01/2024-01-31 2024-02-01/2024-02-29"},
	} {
		dates, err := notation.ParseDates("yyyy-MM-dd")
		if err != nil {
			t.Fatal(err)
		}
		template, err := notation.ParseTemplate("https://b.example/"+tt.url, dates)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, w := range template.Windows(asked, tt.whole, tt.longest) {
			got = append(got, w.String())
		}
		if text := strings.Join(got, " "); text != tt.want {
			t.Errorf("%s in whole %q up to %d days: %s, want %s", tt.url, tt.whole, tt.longest, text, tt.want)
		}
	}
}

func TestPath(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []notation.Step
	}{
		{"$", nil}, {".", nil}, {"@", nil},
		{"$.data[*]", []notation.Step{{Name: "data"}, {All: true}}},
		{"data.obs[0]['4. close']", []notation.Step{{Name: "data"}, {Name: "obs"}, {}, {Name: "4. close"}}},
		{`[12]["a"].*`, []notation.Step{{Index: 12}, {Name: "a"}, {All: true}}},
		{"$.{code}.{day}", []notation.Step{{All: true, Capture: notation.Code}, {All: true, Capture: notation.Day}}},
		{"rate_{code}", []notation.Step{{Name: "rate_{code}"}}},
	} {
		p, err := notation.ParsePath(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if diff := cmp.Diff(tt.want, p.Steps); diff != "" || p.String() != tt.text {
			t.Errorf("%s is %s, mismatch (-want +got):\n%s", tt.text, p, diff)
		}
	}
	for _, text := range []string{"$..a", "$.", "a..b", "[", "['a", "[a]", "[-1]", "[?(@.a)]", "a[*", "$x[", strings.Repeat(".a", 21)} {
		if p, err := notation.ParsePath(text); err == nil {
			t.Errorf("ParsePath(%q) = %+v, want an error", text, p.Steps)
		}
	}
	row, err := notation.ParsePath("{code}.rate")
	if err != nil {
		t.Fatal(err)
	}
	if in, err := row.InRow(); err != nil || in.Steps[0].Name != "{code}" || !row.Captures(notation.Code) || row.Definite() == nil {
		t.Errorf("InRow = %+v, %v", in, err)
	}
}

func FuzzPath(f *testing.F) {
	f.Add("$.data[*]['x y'].{day}")
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := notation.ParsePath(text); err == nil && len(p.Steps) > 20 {
			t.Fatalf("%d steps", len(p.Steps))
		}
	})
}
