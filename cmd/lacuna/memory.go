package main

import (
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"lacuna/internal/exit"
)

// memorySize is the value of --memory: bytes, written as 512MB or 1GB.
type memorySize int64

// The units are those of memory: a MB is 1,048,576 bytes.
var memoryUnits = []struct {
	name  string
	bytes int64
}{{"GB", 1 << 30}, {"MB", 1 << 20}, {"KB", 1 << 10}}

// leastMemory is what the server needs for itself, a few large requests and one execution
// of the largest input.
const leastMemory = 128 << 20

// leastKept is what has to be left to keep: an execution of the largest input, with all that
// its values can take.
const leastKept = 32 << 20

func (m *memorySize) String() string {
	for _, unit := range memoryUnits {
		if int64(*m)%unit.bytes == 0 {
			return fmt.Sprint(int64(*m)/unit.bytes, unit.name)
		}
	}
	return fmt.Sprint(int64(*m))
}

func (m *memorySize) Type() string { return "size" }

// Set implements pflag.Value.
func (m *memorySize) Set(text string) error {
	for _, unit := range memoryUnits {
		digits, ok := strings.CutSuffix(strings.ToUpper(text), unit.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		switch {
		case err != nil || n < 0 || n > math.MaxInt64/unit.bytes:
			return fmt.Errorf("want a whole number before %s", unit.name)
		case n*unit.bytes < leastMemory:
			return fmt.Errorf("want at least %dMB", leastMemory>>20)
		}
		*m = memorySize(n * unit.bytes)
		return nil
	}
	return fmt.Errorf("want a number and a unit, such as 512MB or 1GB (KB, MB and GB)")
}

// apart is what the process takes that the garbage collector does not see: the program
// itself as far as it is in memory, and pages that the system has not taken back yet.
const apart = 56 << 20

// limit makes the garbage collector keep to m, and returns how much may be kept beside
// what is there already, such as the mock configuration: as much again is for what requests
// and states have in hand, and for what is garbage.
func (m memorySize) limit() (keep int64, restore func(), err error) {
	runtime.GC()
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	keep = (int64(m) - apart - int64(now.HeapAlloc)) / 2
	if keep < leastKept {
		return 0, nil, exit.Usage("--memory %s: the catalogue, the mock configuration and the rest of the program take %dMB already", &m, (apart+now.HeapAlloc)>>20)
	}
	before := debug.SetMemoryLimit(int64(m) - apart)
	return keep, func() { debug.SetMemoryLimit(before) }, nil
}
