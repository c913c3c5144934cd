package publisher_test

import (
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"lacuna/internal/publisher"
	"lacuna/internal/source/anp"
	"lacuna/internal/source/ecb"
	"lacuna/internal/source/fred"
	"lacuna/internal/source/ptax"
	"lacuna/internal/source/sgs"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

func start(t *testing.T) *publisher.Publisher {
	t.Helper()
	p, err := publisher.Start(publisher.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// get returns the status line's number, the content type and the body.
func get(t *testing.T, address string) (status int, contentType, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header.Get("Content-Type"), string(text)
}

func sample(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "samples", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const resource = "/CotacaoMoedaPeriodo(moeda=@moeda,dataInicial=@dataInicial,dataFinalCotacao=@dataFinalCotacao)?$format=json&"

func TestURLsHaveTheRealPrefixes(t *testing.T) {
	p := start(t)
	real := map[string]string{publisher.PTAX: ptax.DefaultURL, publisher.SGS: sgs.DefaultURL, publisher.ECB: ecb.DefaultURL, publisher.FRED: fred.DefaultURL, publisher.ANP: anp.DefaultURL}
	for _, source := range publisher.Sources() {
		ours, err := url.Parse(p.URL(source))
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := url.Parse(real[source])
		if err != nil {
			t.Fatal(err)
		}
		if ours.Path != theirs.Path || ours.Hostname() != "127.0.0.1" {
			t.Errorf("%s is at %s, the real one at %s", source, ours, theirs)
		}
	}
	if got := p.URL("nowhere"); got != "" || len(publisher.Sources()) != len(real) {
		t.Errorf("URL of nowhere = %q, sources %v", got, publisher.Sources())
	}
}

func TestAnswers(t *testing.T) {
	p := start(t)
	const (
		olinda   = "application/json;charset=UTF-8;odata.metadata=minimal"
		dataonly = "&format=csvdata&detail=dataonly"
		march    = "@dataInicial='03-01-2026'&@dataFinalCotacao='03-07-2026'"
	)
	week := shape(sample(t, "ptax-period.json"))
	tests := []struct {
		name, source, path string
		status             int
		contentType        string
		body               string // "*": any
	}{
		{"closings", publisher.PTAX, resource + "@moeda='USD'&" + march + "&$filter=tipoBoletim%20eq%20'Fechamento'", 200, olinda, week},
		{"quotes and signs escaped", publisher.PTAX, resource + strings.NewReplacer("@", "%40", "'", "%27").Replace("@moeda='USD'&"+march), 200, olinda, week},
		{"a label of another resource", publisher.PTAX, resource + "@moeda='USD'&" + march + "&$filter=tipoBoletim%20eq%20'Fechamento%20PTAX'", 200, olinda, sample(t, "ptax-empty.json")},
		{"a weekend", publisher.PTAX, resource + "@moeda='USD'&@dataInicial='03-07-2026'&@dataFinalCotacao='03-08-2026'", 200, olinda, sample(t, "ptax-empty.json")},
		{"the end before the start", publisher.PTAX, resource + "@moeda='USD'&@dataInicial='03-07-2026'&@dataFinalCotacao='03-01-2026'", 200, olinda, sample(t, "ptax-empty.json")},
		{"an unknown currency", publisher.PTAX, resource + "@moeda='BRX'&" + march, 500, olinda, sample(t, "ptax-error-500.txt")},
		{"another resource", publisher.PTAX, "/Bancos?$format=json", 404, "text/plain; charset=utf-8", "404 page not found\n"},

		{"the currencies", publisher.PTAX, "/Moedas?$format=json", 200, olinda, "*"},

		{"rows", publisher.SGS, "/bcdata.sgs.1/dados?formato=json&dataInicial=02/01/2024&dataFinal=12/01/2024", 200, "application/json;charset=UTF-8", sample(t, "sgs-range.json")},
		{"nothing there", publisher.SGS, "/bcdata.sgs.1/dados?formato=json&dataInicial=06/01/2024&dataFinal=07/01/2024", 404, "application/json;charset=UTF-8", sample(t, "sgs-404.json")},
		{"ten years", publisher.SGS, "/bcdata.sgs.1/dados?formato=json&dataInicial=29/03/2015&dataFinal=29/03/2025", 200, "application/json;charset=UTF-8", "*"},
		{"ten years and a day", publisher.SGS, "/bcdata.sgs.1/dados?formato=json&dataInicial=29/03/2015&dataFinal=30/03/2025", 406, "application/json;charset=UTF-8", "*"},
		{"no dates", publisher.SGS, "/bcdata.sgs.1/dados?formato=json", 406, "application/json;charset=UTF-8", "*"},
		{"an ISO date", publisher.SGS, "/bcdata.sgs.1/dados?formato=json&dataInicial=2024-01-02&dataFinal=12/01/2024", 400, "application/json;charset=UTF-8", "*"},
		{"an unknown code", publisher.SGS, "/bcdata.sgs.999999/dados?formato=json&dataInicial=02/01/2024&dataFinal=12/01/2024", 200, "text/html; charset=utf-8", "*"},

		{"a currency", publisher.ECB, "/EXR/D.BRL.EUR.SP00.A?startPeriod=2025-04-10&endPeriod=2025-05-05" + dataonly, 200, "text/csv", sample(t, "ecb-brl-dataonly.csv")},
		{"two currencies and an unknown one", publisher.ECB, "/EXR/D.BRL+BRX+USD.EUR.SP00.A?startPeriod=2026-06-30&endPeriod=2026-07-31" + dataonly, 200, "text/csv",
			"KEY,FREQ,CURRENCY,CURRENCY_DENOM,EXR_TYPE,EXR_SUFFIX,TIME_PERIOD,OBS_VALUE\n" +
				"EXR.D.BRL.EUR.SP00.A,D,BRL,EUR,SP00,A,2026-06-30,5.9003\nEXR.D.USD.EUR.SP00.A,D,USD,EUR,SP00,A,2026-06-30,1.1394\n"},
		{"every currency", publisher.ECB, "/EXR/D..EUR.SP00.A?lastNObservations=1" + dataonly, 200, "text/csv", "*"},
		{"a Sunday", publisher.ECB, "/EXR/D.BRL.EUR.SP00.A?startPeriod=2026-06-28&endPeriod=2026-06-28" + dataonly, 200, "text/csv", ""},
		{"an unknown key", publisher.ECB, "/EXR/M.BRL.EUR.SP00.A?startPeriod=2026-06-28&endPeriod=2026-06-28" + dataonly, 404, "application/problem+json",
			`{"type":"/service/data/EXR/M.BRL.EUR.SP00.A","title":"Not Found","status":404,"detail":"No results found.","instance":"/service/data/EXR/M.BRL.EUR.SP00.A"}`},
		{"a date that is none", publisher.ECB, "/EXR/D.BRL.EUR.SP00.A?startPeriod=01/02/2024&endPeriod=2026-06-28" + dataonly, 400, "application/problem+json", "*"},

		{"a turn of the year", publisher.FRED, "/fredgraph.csv?id=DCOILBRENTEU&cosd=2020-12-22&coed=2021-01-05", 200, "text/csv", sample(t, "fredgraph-brent.csv")},
		{"a weekend", publisher.FRED, "/fredgraph.csv?id=DCOILBRENTEU&cosd=2026-06-27&coed=2026-06-28", 200, "text/csv", "observation_date,DCOILBRENTEU\n"},
		{"an unknown id", publisher.FRED, "/fredgraph.csv?id=BRENT&cosd=2026-06-27&coed=2026-06-28", 404, "text/html; charset=utf-8", "*"},
		{"a date that is none", publisher.FRED, "/fredgraph.csv?id=DCOILBRENTEU&cosd=27/06/2026&coed=2026-06-28", 400, "text/plain; charset=utf-8", "Bad Request\n"},
	}
	for _, tt := range tests {
		t.Run(tt.source+" "+tt.name, func(t *testing.T) {
			status, contentType, body := get(t, p.URL(tt.source)+tt.path)
			if status != tt.status || contentType != tt.contentType {
				t.Errorf("%d %s, want %d %s", status, contentType, tt.status, tt.contentType)
			}
			if diff := cmp.Diff(strings.TrimSpace(tt.body), strings.TrimSpace(shape(body))); diff != "" && tt.body != "*" {
				t.Errorf("body mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// A body in the older style of FRED is as one that was recorded.
func TestOldStyle(t *testing.T) {
	p := start(t)
	if err := p.Fail(publisher.Fault{Kind: publisher.OldStyle, Source: publisher.FRED}); err != nil {
		t.Fatal(err)
	}
	_, _, body := get(t, p.URL(publisher.FRED)+"/fredgraph.csv?id=DCOILBRENTEU&cosd=2012-12-21&coed=2013-01-02")
	if diff := cmp.Diff(sample(t, "fredgraph-brent-old.csv"), body); diff != "" {
		t.Errorf("body mismatch (-want +got):\n%s", diff)
	}
}

// shape leaves out what is made up or varies in a PTAX body: the time of day
// and zeros at the end of numbers.
func shape(body string) string {
	body = regexp.MustCompile(`(\d{4}-\d\d-\d\d) 1\d:\d\d:\d\d(\.\d+)?"`).ReplaceAllString(body, `$1"`)
	return regexp.MustCompile(`(:\d+\.\d*?)0+([,}])`).ReplaceAllString(body, "$1$2")
}

func TestRequestLog(t *testing.T) {
	p := start(t)
	if err := p.Fail(publisher.Fault{Kind: publisher.Status, Source: publisher.ECB}); err != nil {
		t.Fatal(err)
	}
	get(t, p.URL(publisher.ECB)+"/EXR/D.BRL+USD.EUR.SP00.A?startPeriod=2026-06-01&endPeriod=2026-06-05&format=csvdata&detail=dataonly")
	get(t, p.URL(publisher.SGS)+"/bcdata.sgs.1/dados?dataInicial=06/01/2024&dataFinal=07/01/2024")
	get(t, p.URL(publisher.PTAX)+resource+"@moeda='BRX'&@dataInicial='03-07-2026'&@dataFinalCotacao='03-01-2026'")
	want := []publisher.Request{
		{Source: publisher.ECB, Codes: []string{"BRL", "USD"}, Span: span.Span{From: span.Date(2026, 6, 1), To: span.Date(2026, 6, 5)}, Status: 503, Fault: publisher.Status},
		{Source: publisher.SGS, Codes: []string{"1"}, Span: span.Span{From: span.Date(2024, 1, 6), To: span.Date(2024, 1, 7)}, Status: 404},
		{Source: publisher.PTAX, Codes: []string{"BRX"}, Status: 500},
	}
	if diff := cmp.Diff(want, p.Requests("")); diff != "" {
		t.Errorf("log mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[1:2], p.Requests(publisher.SGS)); diff != "" {
		t.Errorf("log of %s mismatch (-want +got):\n%s", publisher.SGS, diff)
	}
}

func TestCloseEndsWhatHangs(t *testing.T) {
	p, err := publisher.Start(publisher.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Fail(publisher.Fault{Kind: publisher.Hang}); err != nil {
		t.Fatal(err)
	}
	written, ended := make(chan struct{}), make(chan error)
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { close(written) },
	})
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL(publisher.SGS)+"/bcdata.sgs.1/dados", nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, err := http.DefaultClient.Do(request)
		ended <- err
	}()
	<-written
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err == nil {
		t.Error("the hanging request got an answer")
	}
}
