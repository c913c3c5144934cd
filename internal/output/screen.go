// Package output writes what people, spreadsheets and programs read: text, tables, CSV
// and JSON. Whatever it writes, no terminal obeys it and no spreadsheet computes it.
package output

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
)

// Screen is stdout or stderr, and the only way to it. It is no io.Writer, so that
// what is printed goes through one of its methods: Printf and Lines for people, JSON
// and CSV for data, Foreign for what others print. None of them lets through what a
// terminal obeys. What we draw ourselves is marked as drawn.
type Screen struct {
	out   io.Writer
	width int // of lines for people, 0: not known

	mu     sync.Mutex
	pinned string // the line that stays below the others, on a terminal
}

// NewScreen returns the way to out.
func NewScreen(out io.Writer) *Screen { return &Screen{out: out} }

// File is where the screen writes to, nil when that is no file.
func (s *Screen) File() *os.File {
	f, _ := s.out.(*os.File)
	return f
}

// Drawn is text of our own with colours, which a terminal is to obey. Foreign text
// never becomes one.
type Drawn string

// Printf writes lines at once. Newlines come from format alone: those in args
// are made visible, so that no argument makes a line of its own.
func (s *Screen) Printf(format string, args ...any) error {
	if false {
		_ = fmt.Sprintf(format, args...) // so that vet checks the callers
	}
	return s.write(fold(sprintf(format, args), s.width))
}

// Lines returns a buffer for many lines, to be flushed.
func (s *Screen) Lines() *Lines { return &Lines{bufio.NewWriter(writer(s.write)), s.width} }

// JSON returns where encoding/json may write, whole documents or lines at a time.
func (s *Screen) JSON() io.Writer {
	return writer(func(text string) error { return s.write(visibleJSON(text)) })
}

// Foreign returns where libraries and loggers may write, whole lines at a time.
func (s *Screen) Foreign() io.Writer {
	return writer(func(text string) error { return s.write(visibleLines(text)) })
}

// Bytes returns where the bytes of another format than text may go. A terminal, which
// would obey some of them, is an error.
func (s *Screen) Bytes() (io.Writer, error) {
	if IsTerminal(s, nil) {
		return nil, errors.New("a terminal shows no bytes: send them to a file")
	}
	return writer(s.write), nil
}

const clearLine = "\r\x1b[K"

// Pin keeps line below what is written from now on, "" none. It must be shorter
// than the terminal is wide.
func (s *Screen) Pin(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if line = Visible(line); line != "" || s.pinned != "" {
		io.WriteString(s.out, clearLine+line) //nolint:errcheck // a terminal that is gone shows nothing
	}
	s.pinned = line
}

func (s *Screen) write(text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pinned != "" {
		text = clearLine + text + s.pinned
	}
	_, err := io.WriteString(s.out, text)
	return err
}

// writer makes an io.Writer of a function.
type writer func(text string) error

func (w writer) Write(p []byte) (int, error) {
	if err := w(string(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Lines is text for people on its way to a screen.
type Lines struct {
	out   *bufio.Writer
	width int // the screen's
}

// Printf is the screen's. An error is left for Flush.
func (l *Lines) Printf(format string, args ...any) {
	if false {
		_ = fmt.Sprintf(format, args...) // so that vet checks the callers
	}
	l.out.WriteString(fold(sprintf(format, args), l.width)) //nolint:errcheck // Flush has it
}

// Flush writes what is left. The error is the first one of writing.
func (l *Lines) Flush() error { return l.out.Flush() }

// maxShown is the most bytes of one text that is shown to people: as much as Step
// Functions gives a state, or CloudWatch a line. As JSON the whole of it is there.
const maxShown = 256 << 10

func sprintf(format string, args []any) string {
	args = slices.Clone(args)
	for i, arg := range args {
		if _, ours := arg.(Drawn); !ours {
			args[i] = shown{arg}
		}
	}
	return fmt.Sprintf(format, args...)
}

// shown is an argument that is made visible when it is formatted.
type shown struct{ of any }

// Format implements fmt.Formatter.
func (s shown) Format(f fmt.State, verb rune) {
	io.WriteString(f, Visible(Shorten(fmt.Sprintf(fmt.FormatString(f, verb), s.of), maxShown))) //nolint:errcheck // it is memory
}

// LinesOf returns what err says, with a line for each of the errors that
// errors.Join has put together.
func LinesOf(err error) []string {
	text := err.Error()
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var texts, lines []string
		for _, one := range joined.Unwrap() {
			texts = append(texts, one.Error())
			lines = append(lines, LinesOf(one)...)
		}
		if text == strings.Join(texts, "\n") {
			return lines
		}
	}
	if inner := errors.Unwrap(err); inner != nil {
		if before, ok := strings.CutSuffix(text, inner.Error()); ok {
			lines := LinesOf(inner)
			lines[0] = before + lines[0]
			return lines
		}
	}
	return []string{text}
}
