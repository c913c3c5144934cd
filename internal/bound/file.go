package bound

import (
	"bytes"
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
	long := &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("longer than %d bytes", most)}
	var text bytes.Buffer
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() { // of a pipe or a device the size is not known
		if info.Size() > most {
			return nil, long
		}
		text.Grow(int(info.Size()) + bytes.MinRead) // not twice the memory for what grows by doubling
	}
	if _, err := text.ReadFrom(io.LimitReader(f, most+1)); err != nil {
		return nil, err
	}
	if int64(text.Len()) > most {
		return nil, long
	}
	return text.Bytes(), nil
}
