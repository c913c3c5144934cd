package boot

import (
	"math"
	"runtime/debug"
	"testing"
)

func TestLimitMemory(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	for _, tt := range []struct {
		size, own string
		want      int64
		wantErr   string
	}{
		{"256", "", 256 << 20 * 85 / 100, ""},
		{"128", "", 128 << 20 * 85 / 100, ""},
		{"10240", "", 10240 << 20 * 85 / 100, ""},
		{"256", "100MiB", math.MaxInt64, ""}, // Go has read it at the start
		{"", "", math.MaxInt64, ""},
		{"0", "", math.MaxInt64, `environment: AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "0" is no number of megabytes`},
		{"much", "", math.MaxInt64, `environment: AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "much" is no number of megabytes`},
	} {
		debug.SetMemoryLimit(math.MaxInt64)
		t.Setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", tt.size)
		t.Setenv("GOMEMLIMIT", tt.own)
		err := limitMemory()
		if got := debug.SetMemoryLimit(-1); got != tt.want || (err == nil) != (tt.wantErr == "") || err != nil && err.Error() != tt.wantErr {
			t.Errorf("of %q, GOMEMLIMIT %q: %d, error %v; want %d and %q", tt.size, tt.own, got, err, tt.want, tt.wantErr)
		}
	}
}
