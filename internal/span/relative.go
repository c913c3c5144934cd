package span

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ParseAt reads a day as people give it: YYYY-MM-DD, `today`, or `-30d` for
// thirty days before today.
func ParseAt(text string, today Day) (Day, error) {
	if text == "today" {
		return today, nil
	}
	if count, ok := strings.CutSuffix(text, "d"); ok && strings.HasPrefix(text, "-") {
		n, err := strconv.ParseInt(count, 10, 32)
		if err != nil || today+Day(n) < minDay {
			return 0, fmt.Errorf("day %.80q: no such number of days", text)
		}
		return today + Day(n), nil
	}
	d, err := Parse(text)
	if errors.Is(err, errForm) {
		err = fmt.Errorf("%w, today or -30d", err)
	}
	return d, err
}
