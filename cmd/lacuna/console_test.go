package main

import (
	"bufio"
	"io"
	"net/http"
	"net/http/cookiejar"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/choice"
	"lacuna/internal/exit"
)

// TestConsole opens the console as a browser does, over a database that does not exist
// yet: what a backfill beside it stores is told by the stream, and shown. A signal ends
// it, open streams and all.
func TestConsole(t *testing.T) {
	b := newBench(t)
	server := b.command("console", "--addr", "127.0.0.1:0")
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	server.Stderr = &stderr
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err, stderr.String())
	}
	address := strings.TrimSpace(strings.TrimPrefix(line, "Console at "))
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := http.Client{Jar: jar}
	get := func(path string) *http.Response {
		t.Helper()
		answer, err := browser.Get(path)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("GET %s: %v, %v", path, answer, err)
		}
		return answer
	}
	body := func(answer *http.Response) string {
		t.Helper()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	page := body(get(address))
	if !strings.Contains(page, "No rows yet") || strings.Contains(page, address[strings.Index(address, "=")+1:]) {
		t.Errorf("the first page: %s", page)
	}
	root, _, _ := strings.Cut(address, "login")
	stream := get(root + "live")
	if code, _, errs := b.run("backfill", "--series", "CURRENCY#USD", "--from", "2026-05-01", "--to", "2026-05-08"); code != 0 {
		t.Fatal(errs)
	}
	lines := bufio.NewScanner(stream.Body)
	for told := false; !told; {
		if !lines.Scan() {
			t.Fatal("the stream ended: ", lines.Err())
		}
		told = strings.Contains(lines.Text(), "CURRENCY#USD")
	}
	for tries := 0; ; tries++ { // a busy machine has it read a line later
		if page = body(get(root + "?q=CURRENCY%23USD")); strings.Contains(page, "2026-05-08") {
			break
		}
		if tries == 20 || !lines.Scan() {
			t.Fatalf("the overview has not what was stored: %s", page)
		}
	}
	begun := time.Now()
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil || time.Since(begun) > 5*time.Second {
		t.Errorf("%v after %s: %s", err, time.Since(begun), stderr.String())
	}
}

func TestConsoleUsage(t *testing.T) {
	for _, tt := range []struct {
		args []string
		env  string
		want string
	}{
		{[]string{"--addr", "localhost"}, "", "--addr localhost: want host:port"},
		{[]string{"--addr", "0.0.0.0:0"}, "", "the token goes there in clear"},
		{[]string{"--allow-host", "*"}, "", `--allow-host "*": want a name`},
		{[]string{"-o", "json"}, "", "console writes table"},
	} {
		var out, errs strings.Builder
		code := run(t.Context(), append([]string{"console"}, tt.args...), strings.NewReader(""), &out, &errs, []string{tt.env, "LACUNA_DB=" + filepath.Join(t.TempDir(), "x.db")})
		if code != exit.CodeUsage || !strings.Contains(errs.String(), tt.want) {
			t.Errorf("%v: exit code %d\n%s\nwant %s", tt.args, code, errs.String(), tt.want)
		}
	}
}

const ownSeries = "version: 1\nsources: {ecb: {}}\nseries:\n- {key: A, title: A, source: ecb, code: USD, unit: x, calendar: target, since: 2024-01-02}\n"

// A catalogue is looked at once a second.
func TestCatalogueChanged(t *testing.T) {
	file := filepath.Join(t.TempDir(), "own.yaml")
	writeFile(t, file, ownSeries)
	of, err := choice.Open(file, false, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		says := catalogueChanged(of)
		if text := says(); text != "" {
			t.Errorf("nobody has changed it: %s", text)
		}
		writeFile(t, file, strings.Replace(ownSeries, "key: A", "key: B", 1))
		time.Sleep(time.Second - time.Millisecond) // of the bubble's clock
		if text := says(); text != "" {
			t.Errorf("looked at before its time: %s", text)
		}
		time.Sleep(time.Millisecond)
		if text := says(); !strings.Contains(text, "("+file+")") {
			t.Errorf("says %q of a catalogue that was changed", text)
		}
		writeFile(t, file, ownSeries)
		time.Sleep(time.Second)
		if text := says(); text != "" {
			t.Errorf("changed back: %s", text)
		}
	})
}

// Every page says when the catalogue was edited after the console was started.
func TestConsoleSaysThatTheCatalogueHasChanged(t *testing.T) {
	b := newBench(t)
	file := filepath.Join(t.TempDir(), "own.yaml")
	writeFile(t, file, ownSeries)
	c := browse(t, b.env, "--db", b.db, "--catalogue", file)
	writeFile(t, file, strings.Replace(ownSeries, "key: A", "key: B", 1))
	const says = "The catalogue has changed (" // and which file
	c.until("/", says+file)                    // it is looked at once a second
	for _, path := range []string{"/held", "/runs", "/plans/new", "/series/A"} {
		if page := c.page(200, path); !strings.Contains(page, says+file) {
			t.Errorf("%s does not say that the catalogue has changed", path)
		}
	}
}
