package catalogue

import (
	"fmt"
	"strings"
)

// CheckKey returns why key cannot be the key of a series, nil when it can.
func CheckKey(key string) error {
	if !keyPattern().MatchString(key) {
		return fmt.Errorf("key %.80q: want %s", key, keyForm)
	}
	if what := reserved(key); what != "" {
		return fmt.Errorf("key %s: %s", key, what)
	}
	return nil
}

// IsCode reports whether text can be the code of a series.
func IsCode(text string) bool { return codePattern().MatchString(text) }

// reserved says why key names something else than a series in a table, "" when it does not.
func reserved(key string) string {
	for _, prefix := range []string{"RUN#", "RUNS#", "SOURCE#"} {
		if strings.HasPrefix(key, prefix) {
			return "keys that begin with " + prefix + " are reserved"
		}
	}
	if strings.HasSuffix(key, "#REVISIONS") {
		return "keys that end in #REVISIONS are reserved"
	}
	return ""
}
