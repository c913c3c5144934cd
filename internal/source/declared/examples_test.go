package declared_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lacuna/internal/catalogue"
	"lacuna/internal/publisher"
	"lacuna/internal/source"
	"lacuna/internal/source/registry"
	"lacuna/internal/source/sourcetest"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

// Each catalogue of examples/sources reads an answer of its publisher's shape.
func TestExamples(t *testing.T) {
	january := span.Span{From: span.Date(2024, 1, 1), To: span.Date(2024, 1, 5)}
	usd := " 1.0956 1.0919 1.0953 1.0921"
	tests := []struct {
		name, sample string
		days         span.Span
		want         []string // by series: its key and the values of its first field
		asked        string
	}{
		{"frankfurter", "frankfurter.json", january, []string{"FRANKFURTER#BRL 5.3562 5.3859 5.3761 5.3724", "FRANKFURTER#USD" + usd}, "/v1/2024-01-01..2024-01-05?base=EUR&symbols=USD,BRL"},
		{"ecb-csv", "ecb-two.csv", january, []string{"ECB#BRL 5.3562 5.3859 5.3761 5.3724", "ECB#USD" + usd}, "/service/data/EXR/D.USD+BRL.EUR.SP00.A?startPeriod=2024-01-01&endPeriod=2024-01-05&format=csvdata&detail=dataonly"},
		{"sdmx", "ecb-sdmx.json", january, []string{"SDMX#USD" + usd}, "/service/data/EXR/D.USD.EUR.SP00.A?startPeriod=2024-01-01&endPeriod=2024-01-05&format=jsondata&detail=dataonly"},
		{"fred-api", "fred-api.json", january, []string{"FRED#BRENT 76.24 77.18 75.79 78.31"}, "/fred/series/observations?series_id=DCOILBRENTEU&observation_start=2024-01-01&observation_end=2024-01-05&file_type=json&api_key=sesame-open"},
		{"sidra", "sidra-ipca.json", span.Span{From: span.Date(2024, 1, 1), To: span.Date(2024, 3, 1)}, []string{"IPCA#MONTHLY 0.42 0.83 0.16"}, "/values/t/1737/n1/all/v/63/p/202401-202403/h/n"},
		{"bcb-daily", "bcb-daily.csv", span.Span{From: span.Date(2024, 1, 2), To: span.Date(2024, 1, 2)}, []string{"CLOSING#EUR 5.3523", "CLOSING#USD 4.8910"}, "/Download/fechamento/20240102.csv"},
	}
	var ran []string
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			asked := ""
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = r.URL.String()
				w.Write(sourcetest.Sample(t, tt.sample))
			}))
			defer server.Close()
			answer := fetchExample(t, tt.name, server.URL, tt.days)
			var got []string
			for _, o := range answer.Observations {
				if len(got) == 0 || !strings.HasPrefix(got[len(got)-1], o.Key+" ") {
					got = append(got, o.Key)
				}
				got[len(got)-1] += " " + o.Fields[0].Value
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || asked != tt.asked || len(answer.Damaged)+len(answer.Warnings) > 0 {
				t.Errorf("asked %s, want %s; %v %v; mismatch (-want +got):\n%s", asked, tt.asked, answer.Damaged, answer.Warnings, diff)
			}
		})
		ran = append(ran, tt.name+".yaml")
	}
	t.Run("anp-xlsx", func(t *testing.T) { // at the imitation, which has the real form
		p, err := publisher.Start(publisher.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		answer := fetchExample(t, "anp-xlsx", strings.TrimSuffix(p.URL(publisher.ANP), "/anp/pt-br"), span.Span{From: span.Date(2024, 1, 7), To: span.Date(2024, 1, 21)})
		if len(answer.Observations) != 3 || answer.Observations[0].Key != "WORKBOOK#LPG" || len(answer.Damaged) > 0 {
			t.Errorf("%+v", answer)
		}
	})
	ran = append(ran, "anp-xlsx.yaml")
	files, err := filepath.Glob("../../../examples/sources/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !slices.Contains(ran, filepath.Base(file)) {
			t.Errorf("%s is tried by no test", file)
		}
	}
}

func fetchExample(t *testing.T, name, server string, days span.Span) source.Answer {
	t.Helper()
	path := filepath.Join("../../../examples/sources", name+".yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalogue.Parse(path, text, nil)
	if err != nil {
		t.Fatal(err)
	}
	of := &c.Sources[0]
	set, err := registry.Configured(of, func(name string) string {
		return map[string]string{registry.URLVariable(of.Name): server, "FRED_API_KEY": "sesame-open"}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := registry.Open(of, set.Base, of.Timeout, 1000, set.Options...)
	if err != nil {
		t.Fatal(err)
	}
	r := source.Request{Span: days}
	for _, one := range c.All()[:min(len(c.All()), of.MaxSeries)] {
		r.Series = append(r.Series, source.Series{Key: one.Key, Code: one.Code, Fields: one.Fields})
	}
	answer, err := s.Fetch(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}
