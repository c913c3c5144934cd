package output

import (
	"cmp"
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
func (s *Screen) Width(env map[string]string) int { return cmp.Or(s.columns(env), usualWidth) }

// columns is Width, 0 where nothing is known.
func (s *Screen) columns(env map[string]string) int {
	if file := s.File(); file != nil {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	columns, err := strconv.Atoi(env["COLUMNS"])
	if err != nil {
		return 0
	}
	return max(columns, 0)
}
