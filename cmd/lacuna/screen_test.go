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
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	around := regexp.MustCompile(`os\.Std(out|err)|fmt\.Print|\bprintln?\(|"log"|\bdrawn\(|screen\{|\bsyscall\.Write|/dev/(tty|std)`)
	allowed := map[string]string{
		"main.go": `os.Stdout os.Stderr screen{ "log"`, // hands them to run, and log a screen
		"heat.go": "drawn(",                            // colours
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
