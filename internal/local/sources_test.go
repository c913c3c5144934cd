package local

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/publisher"
	"lacuna/internal/source"
	"lacuna/internal/span"
)

// opened opens the sources called names with an environment, and returns what was noted.
func opened(o SourceOptions, env map[string]string, timeout time.Duration, names ...string) (s *Sources, noted []string, err error) {
	o.Getenv = func(name string) string { return env[name] }
	o.Note = func(format string, args ...any) { noted = append(noted, fmt.Sprintf(format, args...)) }
	var list []*catalogue.Source
	for _, name := range names {
		list = append(list, &catalogue.Source{Name: name, Timeout: timeout, RatePerS: 1000})
	}
	s, err = OpenSources(o, list)
	return s, noted, err
}

var usd = source.Request{
	Series: []source.Series{{Key: "ECB#USD", Code: "USD", Fields: []string{"value"}}},
	Span:   span.Span{From: span.Date(2026, 6, 1), To: span.Date(2026, 6, 5)},
}

// A request may last what the catalogue says, or what the call says instead.
func TestARequestMayLast(t *testing.T) {
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer hanging.Close()
	for name, of := range map[string]struct{ catalogue, call time.Duration }{
		"what the catalogue says": {50 * time.Millisecond, 0},
		"what the call says":      {time.Hour, 50 * time.Millisecond},
	} {
		s, _, err := opened(SourceOptions{Timeout: of.call}, map[string]string{"LACUNA_ECB_URL": hanging.URL}, of.catalogue, "ecb")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		_, err = s.ByName["ecb"].Fetch(ctx, usd)
		if ctx.Err() != nil || fault.NameOf(err) != fault.Unavailable {
			t.Errorf("%s: %v, want %s before the test gives up", name, err, fault.Unavailable)
		}
		cancel()
	}
}

// Who is asked in clear is told, unless that is meant.
func TestPlainHTTPIsNoted(t *testing.T) {
	env := map[string]string{"LACUNA_ECB_URL": "http://publisher.invalid"}
	if _, noted, err := opened(SourceOptions{}, env, time.Second, "ecb"); err != nil || len(noted) != 1 || !strings.HasPrefix(noted[0], "LACUNA_ECB_URL: plain http") {
		t.Errorf("noted %q, error %v", noted, err)
	}
	env["LACUNA_ECB_INSECURE"] = "true"
	if _, noted, err := opened(SourceOptions{}, env, time.Second, "ecb"); err != nil || noted != nil {
		t.Errorf("noted %q, error %v, of what is meant", noted, err)
	}
}

// Offline the built-in publisher answers, but for those that have an address; one that it
// has no data of is an error, and live nobody is built in.
func TestOfflineSources(t *testing.T) {
	s, _, err := opened(SourceOptions{Offline: true}, nil, time.Minute, "ecb", "bcb-sgs")
	if err != nil {
		t.Fatal(err)
	}
	answer, err := s.ByName["ecb"].Fetch(t.Context(), usd)
	if err != nil || len(answer.Observations) != 5 || len(s.ByName) != 2 {
		t.Errorf("%d of 5 days, %d sources, %v", len(answer.Observations), len(s.ByName), err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if answer, err := s.ByName["ecb"].Fetch(t.Context(), usd); fault.NameOf(err) != fault.Unavailable {
		t.Errorf("closed, it answers with %d days, %v", len(answer.Observations), err)
	}
	own, err := publisher.Start(publisher.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	s, _, err = opened(SourceOptions{Offline: true}, map[string]string{"LACUNA_ECB_URL": own.URL("ecb")}, time.Minute, "ecb")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ByName["ecb"].Fetch(t.Context(), usd); err != nil || len(own.Requests("ecb")) != 1 {
		t.Errorf("the address of the environment was asked %d times, %v", len(own.Requests("ecb")), err)
	}
	if _, _, err := opened(SourceOptions{Offline: true}, nil, time.Minute, "ecb", "my-bank"); err == nil || !strings.Contains(err.Error(), "source my-bank: there is no built-in data of it") {
		t.Errorf("without data: %v", err)
	}
	if s, _, err := opened(SourceOptions{}, nil, time.Minute, "ecb"); err != nil || s.publisher != nil {
		t.Errorf("live: publisher %v, error %v", s.publisher, err)
	}
}

// An address that cannot be one is named by its variable; no address is at fault where none
// was said.
func TestWhoseAddressIsWrong(t *testing.T) {
	if _, _, err := opened(SourceOptions{}, map[string]string{"LACUNA_ECB_URL": "ftp://host"}, time.Second, "ecb"); err == nil || !strings.HasPrefix(err.Error(), "LACUNA_ECB_URL: ") {
		t.Errorf("of an address: %v", err)
	}
	if _, _, err := opened(SourceOptions{}, nil, time.Second, "nobody"); err == nil || strings.Contains(err.Error(), "_URL") {
		t.Errorf("of a source without a client: %v", err)
	}
}
