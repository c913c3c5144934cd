package bound

import (
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ReadFile reads the file of that name, unless it has more than most bytes.
func ReadFile(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(text)) > most {
		err = &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("longer than %d bytes", most)}
	}
	return text, err
}
