package registry_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/source"
	"lacuna/internal/source/registry"
	"lacuna/internal/span"
)

func TestConfigured(t *testing.T) {
	const plain = "LACUNA_BCB_SGS_URL: plain http, so what is asked and answered can be read and changed on the way; LACUNA_BCB_SGS_INSECURE=true says that this is meant"
	for _, tt := range []struct {
		name                         string
		url, insecure, contact       string
		wantOptions                  int
		wantWarning, wantErr, secret string
	}{
		{name: "nothing"},
		{name: "https", url: "https://proxy.example/sgs"},
		{name: "https with a password", url: "https://alice:s3cr3t@proxy.example/sgs"},
		{name: "http on this machine", url: "http://127.0.0.1:80/sgs"},
		{name: "http on this machine with a password", url: "http://alice:s3cr3t@localhost/sgs"},
		{name: "http", url: "http://proxy.example/sgs", wantWarning: plain},
		{name: "http that is meant", url: "http://proxy.example/sgs", insecure: "true", wantOptions: 1},
		{name: "http that is not meant", url: "http://proxy.example/sgs", insecure: "false", wantWarning: plain},
		{name: "http with a password", url: "http://alice:s3cr3t@proxy.example/sgs", wantErr: "LACUNA_BCB_SGS_URL: a user and a password over plain http"},
		{name: "http with a password that is meant", url: "http://alice:s3cr3t@proxy.example/sgs", insecure: "1", wantOptions: 1},
		{name: "the usual address cannot be insecure", insecure: "true"},
		{name: "insecure, perhaps", insecure: "maybe", wantErr: "LACUNA_BCB_SGS_INSECURE: want true or false"},
		{name: "a contact", contact: "data@bank.example", wantOptions: 1},
		{name: "no contact", contact: "data", wantErr: "LACUNA_CONTACT: want one mail address"},
		{name: "a contact of two lines", contact: "data@bank.example\nX: y", wantErr: "LACUNA_CONTACT: want one mail address"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env := map[string]string{"LACUNA_BCB_SGS_URL": tt.url, "LACUNA_BCB_SGS_INSECURE": tt.insecure, "LACUNA_CONTACT": tt.contact}
			got, err := registry.Configured(&catalogue.Source{Name: "bcb-sgs"}, func(name string) string { return env[name] })
			if (err == nil) != (tt.wantErr == "") || err != nil && (!strings.HasPrefix(err.Error(), tt.wantErr) || strings.Contains(err.Error(), "s3cr3t")) {
				t.Errorf("error %v, want %q", err, tt.wantErr)
			}
			if err == nil && (got.Base != tt.url || len(got.Options) != tt.wantOptions || got.Warning != tt.wantWarning) {
				t.Errorf("Configured = %+v, want %d options and the warning %q", got, tt.wantOptions, tt.wantWarning)
			}
		})
	}
}

// What the environment says reaches the publisher, whoever it is.
func TestOpenTellsTheContact(t *testing.T) {
	for _, name := range []string{"anp", "bcb-ptax", "bcb-sgs", "ecb", "fred"} {
		var agent, user string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			agent = r.UserAgent()
			user, _, _ = r.BasicAuth()
			w.WriteHeader(http.StatusServiceUnavailable)
		}))
		env := map[string]string{registry.ContactVariable: "data@bank.example", registry.URLVariable(name): strings.Replace(server.URL, "//", "//alice:s3cr3t@", 1)}
		set, err := registry.Configured(&catalogue.Source{Name: name}, func(name string) string { return env[name] })
		if err != nil {
			t.Fatal(err)
		}
		s, err := registry.Open(&catalogue.Source{Name: name}, set.Base, time.Minute, 10, set.Options...)
		if err != nil {
			t.Fatal(err)
		}
		day := span.Date(2024, 3, 10)
		one := source.Series{Key: "K", Code: "GLP", Fields: []string{"value"}}
		if name == "bcb-ptax" {
			one.Fields = []string{"buy", "sell"}
		}
		_, err = s.Fetch(t.Context(), source.Request{Series: []source.Series{one}, Span: span.Span{From: day, To: day}})
		server.Close()
		if !strings.HasPrefix(agent, "lacuna/") || !strings.HasSuffix(agent, " (data@bank.example)") || user != "alice" {
			t.Errorf("%s is asked as %q by %q", name, agent, user)
		}
		if err == nil || strings.Contains(err.Error(), "s3cr3t") || strings.Contains(err.Error(), "alice") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
