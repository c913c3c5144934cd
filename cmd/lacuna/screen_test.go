package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestScreenIsTheOnlyWay: the types keep what is printed from another way to a
// terminal; these are the ways around them.
func TestScreenIsTheOnlyWay(t *testing.T) {
	around := regexp.MustCompile(`os\.Std(out|err)|fmt\.Print|\bprintln?\(|"log"|\bDrawn\(|NewScreen\(|\bsyscall\.Write|/dev/(tty|std)`)
	allowed := map[string]string{
		"main.go":                         `os.Stdout os.Stderr NewScreen( "log"`, // hands them to run, and log a screen
		"out.go":                          "NewScreen(",                           // the file of --out
		"../../internal/standing/heat.go": "Drawn(",                               // colours
	}
	for _, room := range []string{".", "choice", "history", "local", "plan", "stack", "standing", "story"} {
		if room != "." {
			room = "../../internal/" + room
		}
		files, err := filepath.Glob(room + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, error %v", room, len(files), err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, found := range around.FindAllString(textOf(t, file), -1) {
				if !strings.Contains(allowed[file], found) {
					t.Errorf("%s: %s goes around the screen", file, found)
				}
			}
		}
	}
}
