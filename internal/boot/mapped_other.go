//go:build !unix

package boot

import "os"

// mapped returns the text of a file. Functions run where it is read by pages.
func mapped(name string) ([]byte, error) { return os.ReadFile(name) }
