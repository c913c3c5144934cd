package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is a terminal and what a person sees and types there.
func terminal(t *testing.T) (program, person *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatalf("a terminal: %v", err)
	}
	t.Cleanup(func() { person.Close() })
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	return program, person
}

func TestQuestions(t *testing.T) {
	backfill := append([]string{"backfill", "--detach"}, days4...)
	act := append([]string{"mark", "missing", "--reason", "odd", "--by", "ana"}, days4...)
	tests := []struct {
		name, typed string
		args        []string
		code        int
		question    string // "": none is asked
		done        string // operation that is called when it is done
	}{
		{"yes", "y\n", backfill, 0, "1 request for 4 days in stack rates. It will cost about 0.002483 USD (prices of us-east-1, 2026-11; those of eu-west-1 are not known here), without retries. Start? [y/N]", "StartExecution"},
		{"in full", " Yes \n", []string{"dlq", "drop"}, 0, "Delete 1 dead letter of stack rates? [y/N]", "DeleteMessage"},
		{"no", "n\n", backfill, 4, "Start? [y/N]", ""},
		{"just return", "\n", []string{"dlq", "drop"}, 4, "Delete 1 dead letter", ""},
		{"a y that is not entered", "y\x04\x04", backfill, 4, "Start? [y/N]", ""},
		{"no, of an act", "n\n", act, 4, "mark missing: 1 day of ECB#USD in stack rates. Go on? [y/N]", ""},
		{"yes, of an act", "y\n", act, 0, "Go on? [y/N]", "TransactWriteItems"},
		{"no, when it should be quiet", "n\n", slices.Concat(backfill, []string{"--quiet"}), 4, "Start? [y/N]", ""},
		{"answered beforehand", "", append(backfill, "--yes"), 0, "", "StartExecution"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAccount(t)
			a.answer("StartExecution", `{"executionArn":"arn","startDate":1782864000.5}`)
			a.answer("TransactWriteItems", `{}`)
			if tt.args[0] == "mark" {
				a.answer("Query", `{"Items":[`+storedItem+`],"Count":1}`)
			}
			a.deadQueue(deadMessage("1", scrapeBody, 6, time.Now()))
			program, person := terminal(t)
			if _, err := person.WriteString(tt.typed); err != nil {
				t.Fatal(err)
			}
			var stdout bytes.Buffer
			code := run(t.Context(), append(tt.args, "--catalogue", catalogueFile(t)), program, &stdout, program, a.env)
			program.Close()               //nolint:errcheck // so that what is seen ends
			seen, _ := io.ReadAll(person) // it ends with EIO
			if code != tt.code || !strings.Contains(string(seen), tt.question) || strings.Contains(string(seen), "[y/N]") != (tt.question != "") {
				t.Errorf("exit code %d, want %d\n%s%s", code, tt.code, seen, stdout.String())
			}
			did := ""
			for _, operation := range []string{"StartExecution", "DeleteMessage", "TransactWriteItems"} {
				if len(a.of(operation)) > 0 {
					did = operation
				}
			}
			if did != tt.done {
				t.Errorf("done: %q, want %q", did, tt.done)
			}
		})
	}
}
