package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

func readPlan(file string) (plan, error) {
	var p plan
	text, err := os.ReadFile(file)
	if err != nil {
		return p, fmt.Errorf("--plan: %w", err)
	}
	if err := json.Unmarshal(text, &p); err != nil {
		return p, fmt.Errorf("--plan %s is no plan: %w", file, err)
	}
	if p.SchemaVersion != schemaVersion {
		return p, fmt.Errorf("--plan %s: schema_version %d, this program reads %d", file, p.SchemaVersion, schemaVersion)
	}
	return p, nil
}

// changed says in which streams now differs from the plan p; "" if in none.
func (p *plan) changed(now plan) string {
	was, is := p.asked(), now.asked()
	var parts []string
	say := func(lines, other []string, what string) {
		var only []string
		for _, line := range lines {
			if !slices.Contains(other, line) {
				only = append(only, line)
			}
		}
		const some = 5
		if n := len(only); n > some {
			only = append(only[:some], fmt.Sprintf("and %d more", n-some))
		}
		if len(only) > 0 {
			parts = append(parts, what+" "+strings.Join(only, ", "))
		}
	}
	say(was, is, "no longer needed:")
	say(is, was, "not in it:")
	return strings.Join(parts, "; ")
}

// asked names each stream by what it asks for.
func (p *plan) asked() []string {
	var lines []string
	for _, s := range p.Streams {
		lines = append(lines, fmt.Sprintf("%s %s from %s to %s (%s)", s.Source, strings.Join(s.Series, " "), s.From, s.To, count(s.Days, "day")))
	}
	return lines
}
