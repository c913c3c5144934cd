package output

import (
	"os"
	"strconv"

	"golang.org/x/term"
)

// IsTerminal reports whether stream is a terminal that can do more than print lines.
func IsTerminal(stream any, env map[string]string) bool {
	if s, ok := stream.(*Screen); ok {
		stream = s.out
	}
	file, ok := stream.(*os.File)
	return ok && env["TERM"] != "dumb" && term.IsTerminal(int(file.Fd()))
}

// Width returns the columns of a terminal, of anything else what COLUMNS says, else 80.
func (s *Screen) Width(env map[string]string) int {
	if columns, ok := s.columns(env); ok {
		return columns
	}
	return usualWidth
}

func (s *Screen) columns(env map[string]string) (int, bool) {
	if file, ok := s.out.(*os.File); ok {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil && columns > 0 {
			return columns, true
		}
	}
	columns, err := strconv.Atoi(env["COLUMNS"])
	if err != nil || columns <= 0 {
		return 0, false
	}
	return columns, true
}
