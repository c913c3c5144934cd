package main

import (
	"bytes"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"lacuna/internal/publisher"
)

// ours are the sequences that we send to a terminal: the colours of the heat map,
// and the line of the progress bar.
var ours = regexp.MustCompile(`\x1b\[38;5;(32|245|214|175)m|\x1b\[0m|\r\x1b\[K|\r\n`)

// On a terminal there are colours and a bar: these, and nothing else.
func TestTerminalsGetOurSequencesAlone(t *testing.T) {
	b, _ := lived(t)
	for _, c := range columnsOf(t, b.db) {
		if c.name == "reason" || c.name == "trail" {
			b.poisonColumn(c, "reason", c.name == "reason")
		}
	}
	if err := b.Fail(publisher.Fault{Kind: publisher.Status, Source: publisher.SGS}); err != nil {
		t.Fatal(err)
	}
	stack := busy(t)
	file := filepath.Join(t.TempDir(), "c.yaml")
	writeFile(t, file, strings.NewReplacer("TITLE", evilWords, "UNIT", evilWords).Replace(textOf(t, oneSeries)))
	for _, tt := range []struct {
		name      string
		args, env []string
		want      string
	}{
		{"heat map", []string{"status", "--series", "ECB#USD", "--heat", "--db", b.db}, b.env, "\x1b[38;5;214m▒\x1b[0m"},
		{"question", []string{"dlq", "drop", "--stack=" + evil, "--catalogue", catalogueFile(t)}, stack.env, `of stack \nFAKE`},
		{"table", []string{"series", "list", "--catalogue", file}, b.env, `\u061c`},
		{"reasons", []string{"quarantine", "list", "--db", b.db}, b.env, `\nFAKE`},
		{"progress", append([]string{"backfill", "--db", b.db}, shortRange...), b.env, "\r\x1b[K2 of 3 streams ["},
	} {
		t.Run(tt.name, func(t *testing.T) {
			program, person := terminal(t)
			if tt.name == "question" {
				if _, err := person.WriteString("n\n"); err != nil {
					t.Fatal(err)
				}
			}
			seen := make(chan []byte)
			go func() {
				text, _ := io.ReadAll(person) // it ends with EIO
				seen <- text
			}()
			run(t.Context(), tt.args, program, program, program, append(tt.env, "TERM=xterm"))
			program.Close() //nolint:errcheck // so that what is seen ends
			text := <-seen
			if !bytes.Contains(text, []byte(tt.want)) {
				t.Errorf("%q is not in\n%q", tt.want, text)
			}
			if what := commanding(ours.ReplaceAllString(string(text), "\n"), false); what != "" {
				t.Errorf("there is %s", what)
			}
		})
	}
}
