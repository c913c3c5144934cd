package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"lacuna/internal/publisher"
)

func TestRunServesUntilInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	out, stdout := io.Pipe()
	var stderr strings.Builder
	code := make(chan int)
	go func() {
		c := run(ctx, []string{"--today", "2024-01-03", "--latency", "1ms", "--fault", "404:ecb", "--fault", "503:bcb-sgs:1"}, stdout, &stderr)
		stdout.Close()
		code <- c
	}()
	url := map[string]string{}
	lines := bufio.NewScanner(out)
	for range publisher.Sources() {
		if !lines.Scan() {
			t.Fatalf("output ends early: %v; stderr: %s", lines.Err(), &stderr)
		}
		name, value, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "=")
		url[name] = value
	}
	const days = "/bcdata.sgs.1/dados?dataInicial=02/01/2024&dataFinal=31/01/2024"
	for _, want := range []struct {
		address, body string
		status        int
	}{
		{url["LACUNA_BCB_SGS_URL"] + days, "", 503},
		{url["LACUNA_BCB_SGS_URL"] + days, `[{"data":"02/01/2024","valor":"4.8916"}]`, 200},
		{url["LACUNA_ECB_URL"] + "/EXR/x", "", 404},
		{url["LACUNA_BCB_PTAX_URL"] + "/Nothing", "404 page not found\n", 404},
	} {
		response, err := http.Get(want.address)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || string(body) != want.body || response.StatusCode != want.status {
			t.Errorf("%s: %d %q, error %v; want %d %q", want.address, response.StatusCode, body, err, want.status, want.body)
		}
	}
	interrupt()
	if c := <-code; c != 0 || stderr.String() != "" {
		t.Errorf("exit %d, stderr %q", c, stderr.String())
	}
}

func TestRunRefuses(t *testing.T) {
	tests := []struct {
		args   []string
		code   int
		stderr string
	}{
		{[]string{"--help"}, 0, "Usage of serve"},
		{[]string{"--fault", "fire"}, 64, `fault "fire": want one of`},
		{[]string{"--today", "yesterday"}, 64, `day "yesterday": want YYYY-MM-DD`},
		{[]string{"--addr", "nowhere"}, 1, "missing port in address"},
	}
	for _, tt := range tests {
		var stderr strings.Builder
		if code := run(t.Context(), tt.args, io.Discard, &stderr); code != tt.code || !strings.Contains(stderr.String(), tt.stderr) {
			t.Errorf("%q: exit %d, stderr %q; want %d, %q", tt.args, code, stderr.String(), tt.code, tt.stderr)
		}
	}
}
