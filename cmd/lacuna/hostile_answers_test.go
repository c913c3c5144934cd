package main

import (
	"bytes"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"lacuna/internal/publisher"
	"lacuna/internal/source/registry"
)

// answer is what a publisher says.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// lies are what an evil publisher makes of a good answer.
func lies() map[string]func(a *answer) {
	made := map[string]func(a *answer){}
	for _, status := range []int{200, 400, 404, 429, 500} {
		made["all of it, "+http.StatusText(status)] = func(a *answer) { a.status, a.body = status, []byte(evil) }
		made["an error, "+http.StatusText(status)] = func(a *answer) {
			a.status = status
			a.body = []byte(poison(`{"error":{"code":"x","message":"x"},"erro":"x","error_message":"x","message":"x","codigo":"x"}`, ""))
		}
	}
	for _, name := range []string{"Content-Type", "Retry-After", "Location", "Content-Encoding"} {
		made["the header "+name] = func(a *answer) {
			a.header.Set(name, strings.Map(func(r rune) rune { // what net/http lets through
				if r < ' ' || r == 0x7f {
					return -1
				}
				return r
			}, evil))
			if name == "Location" {
				a.status = 302
			}
		}
	}
	made["a page"] = func(a *answer) {
		a.header.Set("Content-Type", "text/html")
		a.body = []byte("<html><head><title>" + evil + "</title></head><body><p>" + evil + "</p></body></html>")
	}
	made["after the rest"] = func(a *answer) { a.body = append(a.body, evil...) }
	made["before the rest"] = func(a *answer) { a.body = append([]byte(evil), a.body...) }
	for _, digit := range []string{"1.", "5.", ",", "2026", "\n", `"`} {
		made["for the first "+digit] = func(a *answer) { a.body = bytes.Replace(a.body, []byte(digit), []byte(digit+evil), 1) }
		made["in JSON for the first "+digit] = func(a *answer) { a.body = bytes.Replace(a.body, []byte(digit), []byte(digit+evilJSON), 1) }
	}
	made["for each text"] = func(a *answer) { a.body = []byte(poison(string(a.body), "")) }
	for _, name := range []string{"valor", "data", "cotacaoCompra", "dataHoraCotacao", "@odata.context"} {
		made["for each "+name] = func(a *answer) {
			if bytes.HasPrefix(bytes.TrimSpace(a.body), []byte("{")) || bytes.HasPrefix(bytes.TrimSpace(a.body), []byte("[")) {
				a.body = []byte(poison(string(a.body), name))
			}
		}
	}
	return made
}

// Whatever a publisher answers, neither asking it nor what is kept of it prints
// anything that commands.
func TestPublishersDoNotCommand(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.hurry("../../series.yaml")
	honest := b.Handler()
	var lie func(*answer)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		good := httptest.NewRecorder()
		honest.ServeHTTP(good, r)
		a := answer{good.Code, good.Header(), good.Body.Bytes()}
		lie(&a)
		a.header.Del("Content-Length")
		maps.Copy(w.Header(), a.header)
		w.WriteHeader(a.status)
		w.Write(a.body) //nolint:errcheck // the client may have enough of it
	}))
	defer server.Close()
	keys := map[string]string{
		publisher.PTAX: "CURRENCY#USD", publisher.ECB: "ECB#USD", publisher.SGS: "SGS#1", publisher.FRED: "OIL#BRENT",
	}
	for _, name := range publisher.Sources() {
		if keys[name] == "" && name != publisher.ANP {
			t.Fatalf("no series of %s", name)
		}
		path := strings.TrimPrefix(b.URL(name), "http://"+strings.Split(b.URL(name), "/")[2])
		b.env = append(b.env, registry.URLVariable(name)+"="+server.URL+path)
	}
	made := lies()
	for n, what := range slices.Sorted(maps.Keys(made)) {
		if !inTurn(n) {
			continue
		}
		lie = made[what]
		for source, key := range keys {
			harmless(t, source+": "+what, b.env, []string{"series", "try", key})
		}
		if strings.HasPrefix(what, "a page") || strings.HasPrefix(what, "all of it") { // a good workbook takes a second
			harmless(t, "anp: "+what, b.env, []string{"series", "try", "FUEL#DIESEL"})
		}
		all := []string{"--series", strings.Join(slices.Collect(maps.Values(keys)), ","), "--from", "2026-06-22", "--db", b.db}
		harmless(t, what, b.env, []string{"series", "try", "CURRENCY#USD", "-o", "json"})
		harmless(t, what, b.env, append([]string{"backfill", "--log-level", "debug", "--now", "2026-06-30"}, all...))
		stdout, _ := harmless(t, what, b.env, []string{"runs", "--limit", "1", "-o", "csv", "--db", b.db})
		run, _, _ := strings.Cut(strings.TrimPrefix(stdout[strings.IndexByte(stdout, '\n')+1:], "\n"), ",")
		for _, call := range [][]string{{"runs", run}, {"runs", run, "-o", "json"}, {"why", "ECB#USD", "2026-06-24"}, {"quarantine", "list"}} {
			harmless(t, what, b.env, append(call, "--db", b.db))
		}
	}
}
