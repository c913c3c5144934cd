package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// On a terminal the picture is as wide as it, and colours are left out for those
// who want none.
func TestStatusOnATerminal(t *testing.T) {
	b := newBench(t)
	few := []string{"status", "--series", "CURRENCY#USD", "--from", "2026-01-01"}
	tests := []struct {
		name string
		env  string
		args []string
		want string // "": no picture
	}{
		{"colours", "TERM=xterm", few, "2026 " + strings.Repeat("\x1b[38;5;214m▒\x1b[0m", 11)},
		{"no colours", "NO_COLOR=1", few, "2026 " + strings.Repeat("m", 11)},
		{"a terminal that only prints lines", "TERM=dumb", few, ""},
		{"many series", "NO_COLOR=1", []string{"status", "--from", "2026-06-01"}, ""},
		{"many series, wanted", "NO_COLOR=1", []string{"status", "--from", "2026-06-29", "--heat", "--all"}, "2026 mm"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			program, person := terminal(t)
			if err := unix.IoctlSetWinsize(int(program.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 60}); err != nil {
				t.Fatal(err)
			}
			seen := make(chan string)
			go func() {
				text, _ := io.ReadAll(person) // it ends with EIO
				seen <- string(text)
			}()
			var stderr bytes.Buffer
			code := run(t.Context(), append(tt.args, "--db", b.db, "--catalogue", catalogueFile(t)), strings.NewReader(""), program, &stderr, append(b.env, tt.env))
			program.Close() //nolint:errcheck // so that what is seen ends
			text := <-seen
			if code != 0 || !strings.Contains(text, tt.want) || strings.Contains(text, "\n2026 ") != (tt.want != "") {
				t.Errorf("exit code %d\n%q\n%s", code, text, stderr.String())
			}
		})
	}
}
