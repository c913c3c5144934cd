// Package lazy makes what few calls need when it is needed first. A program starts with all
// that its packages declare: 30 compiled patterns were a tenth of the start of a verb.
package lazy

import (
	"regexp"
	"sync"
)

// Regexp returns a pattern that is compiled by its first call; it panics then if text is none.
func Regexp(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
