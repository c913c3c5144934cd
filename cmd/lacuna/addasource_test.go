//go:build !windows

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lacuna/internal/source/registry"

	"golang.org/x/text/encoding/charmap"
)

const bankKey = "the-key-that-the-bank-gave"

// bank is the publisher of docs/add-a-source.md: semicolons, decimal commas,
// dd.MM.yyyy, latin-1, pages of 300 rows, and a key.
func bank(t *testing.T, asked *atomic.Int64) *httptest.Server {
	t.Helper()
	const form = "02.01.2006"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if key := r.Header.Get("X-Api-Key"); key != bankKey {
			http.Error(w, "nobody knows "+key, http.StatusUnauthorized)
			return
		}
		q, page := r.URL.Query(), 0
		from, err1 := time.Parse(form, q.Get("von"))
		to, err2 := time.Parse(form, q.Get("bis"))
		if _, err := fmt.Sscan(q.Get("seite"), &page); err != nil || err1 != nil || err2 != nil {
			http.Error(w, "from when to when?", http.StatusBadRequest)
			return
		}
		body := "Devisenkurse der Börse Zürich\n\nDatum;Währung;Kurs\n"
		for n := 0; !from.After(to); from = from.AddDate(0, 0, 1) {
			if from.Weekday()%6 == 0 { // Saturday and Sunday
				continue
			}
			if n/300 == page-1 {
				body += fmt.Sprintf("%s;%s;1.%03d,%02d\n", from.Format(form), q.Get("cur"), from.YearDay(), from.Day())
			}
			n++
		}
		latin, err := charmap.ISO8859_1.NewEncoder().String(body)
		if err != nil {
			t.Error(err)
		}
		fmt.Fprint(w, latin)
	}))
	t.Cleanup(server.Close)
	return server
}

// docs/add-a-source.md is followed word by word: its catalogue has at most twenty
// lines and fills a series of a publisher that the program has never seen. The key is
// sent, and nowhere else: not said, and in no file.
func TestAddASource(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var asked atomic.Int64
	b.env = []string{registry.URLVariable("my-bank") + "=" + bank(t, &asked).URL, "LACUNA_NOW=2026-07-01", "LACUNA_WAIT_TIME_SCALE=0", "LACUNA_LOG_LEVEL=debug", "LACUNA_MY_BANK_SECRET=" + bankKey}
	file, commands := "", []string{}
	for _, block := range codeBlock.FindAllStringSubmatch(textOf(t, filepath.Join("..", "..", "docs", "add-a-source.md")), -1) {
		switch {
		case block[1] == "yaml" && block[2] != "":
			file = filepath.Join(filepath.Dir(b.db), block[2])
			writeFile(t, file, block[3])
			if n := strings.Count(block[3], "\n"); n > 20 {
				t.Errorf("%d lines of YAML", n)
			}
		case block[1] == "sh":
			commands = append(commands, strings.Split(strings.TrimSpace(block[3]), "\n")...)
		}
	}
	said := ""
	run := func(args ...string) string {
		t.Helper()
		code, stdout, stderr := b.run(append(args, "--catalogue", file)...)
		if code != 0 {
			t.Fatalf("lacuna %s: exit code %d\n%s%s", strings.Join(args, " "), code, stdout, stderr)
		}
		said += stdout + stderr
		return stdout + stderr
	}
	ran := 0
	for _, command := range commands {
		if words := strings.Fields(strings.ReplaceAll(command, "'", "")); words[0] == "lacuna" {
			run(words[1:]...)
			ran++
		}
	}
	if !strings.Contains(said, "X-Api-Key: ***") || !strings.Contains(said, `value: Kurs "1.`) || !strings.Contains(said, "Devisenkurse der Börse Zürich") {
		t.Errorf("series try does not show what is sent and read:\n%s", said)
	}
	if got := run("export", "-o", "csv"); ran < 5 || strings.Count(got, "observed") != 651 || !strings.Contains(got, "BANK#USD,2024-01-02,observed,1002.02\n") {
		t.Errorf("%d commands, %d days are there, want 651:\n%s", ran, strings.Count(got, "observed"), got[:min(len(got), 300)])
	}
	run("plan", "--out", filepath.Join(filepath.Dir(b.db), "plan.json"), "--only", "all")
	run("runs")
	b.env[len(b.env)-1] = "LACUNA_MY_BANK_SECRET=" + bankKey + "-no-more"
	if code, stdout, stderr := b.run("backfill", "--only", "all", "--catalogue", file); code != 3 || !strings.Contains(stdout+stderr, "is the secret right?") {
		t.Errorf("with a wrong key: exit code %d\n%s%s", code, stdout, stderr)
	} else {
		said += stdout + stderr
	}
	if strings.Contains(said, bankKey) {
		t.Errorf("the key is said:\n%s", said)
	}
	files, err := os.ReadDir(filepath.Dir(b.db))
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if strings.Contains(textOf(t, filepath.Join(filepath.Dir(b.db), f.Name())), bankKey) {
			t.Errorf("the key is in %s", f.Name())
		}
	}
}
