package main

import (
	"os"
	"strconv"

	"golang.org/x/term"
)

// isTerminal reports whether stream is a terminal that can do more than print lines.
func isTerminal(stream any, env map[string]string) bool {
	if s, ok := stream.(*screen); ok {
		stream = s.out
	}
	file, ok := stream.(*os.File)
	return ok && env["TERM"] != "dumb" && term.IsTerminal(int(file.Fd()))
}

// width returns the columns of a terminal, of anything else what COLUMNS says, else 80.
func (s *screen) width(env map[string]string) int {
	if file, ok := s.out.(*os.File); ok {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	if columns, err := strconv.Atoi(env["COLUMNS"]); err == nil && columns > 0 {
		return columns
	}
	return 80
}
