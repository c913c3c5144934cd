package boot

import (
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
)

// share is how much of a function's memory Go may use before it collects garbage
// at any cost, in percent. The rest is for the program's own pages and stacks of
// the system. Without it Go would let garbage lie until there is as much of it as
// of what is in use, and AWS ends a function that uses more than its memory.
const share = 85

// limitMemory sets the limit of the garbage collector from the function's memory,
// which AWS tells in megabytes. GOMEMLIMIT, which Go reads itself, stays as it is;
// a process that AWS tells nothing has no limit.
func limitMemory() error {
	const name = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"
	text := os.Getenv(name)
	if text == "" || os.Getenv("GOMEMLIMIT") != "" {
		return nil
	}
	megabytes, err := strconv.ParseUint(text, 10, 20)
	if err != nil || megabytes == 0 {
		return fmt.Errorf("environment: %s: %.50q is no number of megabytes", name, text)
	}
	debug.SetMemoryLimit(int64(megabytes) << 20 * share / 100)
	return nil
}
