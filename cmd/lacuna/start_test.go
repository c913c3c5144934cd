package main

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
)

// What packages make before main begins is made at each start, whatever the verb: tables
// and patterns that only some verbs need wait for those. The bytes are the same each
// time, which the time is not; decision 20 has both.
func TestNothingLargeIsMadeAtEachStart(t *testing.T) {
	const most, mostOfOne = 3_500_000, 700_000 // bytes, with what the tests' own packages make
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	made := regexp.MustCompile(`(?m)^init (\S+) .* ([0-9]+) bytes`).FindAllSubmatch(out, -1)
	sum := 0
	for _, of := range made {
		n, err := strconv.Atoi(string(of[2]))
		if err != nil {
			t.Fatal(err)
		}
		if sum += n; n > mostOfOne {
			t.Errorf("%s makes %d bytes, want at most %d", of[1], n, mostOfOne)
		}
	}
	if len(made) < 50 || sum > most {
		t.Errorf("%d packages make %d bytes, want at most %d", len(made), sum, most)
	}
}
