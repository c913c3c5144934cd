package boot_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"lacuna/internal/boot"
	"lacuna/internal/boot/runtimetest"
)

// TestTerminatedFunctionAnswersFirst ends a function in the middle of an event, which learns it
// and takes its time: its answer is sent, and then the process ends. The function is this
// program once more.
func TestTerminatedFunctionAnswersFirst(t *testing.T) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		boot.Start(func(context.Context, *boot.Process) (boot.Handle[string, string], error) { return lastWords, nil })
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	server := runtimetest.Start(t)
	function := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+t.Name()+"$")
	function.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + server.Addr()}
	stdin, err := function.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := function.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := function.Start(); err != nil {
		t.Fatal(err)
	}
	answer, err := server.Begin(ctx, []byte(`"event"`), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	says := func(word string) {
		for lines.Scan() {
			if strings.Contains(lines.Text(), word) {
				return
			}
		}
		t.Errorf("the process ended and did not say %q", word)
	}
	says("begun")
	if err := function.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	says("learned")
	if _, err := io.WriteString(stdin, "go on\n"); err != nil {
		t.Error(err)
	}
	if a, err := answer(ctx); err != nil || string(a.Output) != `"go on"` {
		t.Errorf("answer %s, %+v, %v", a.Output, a.Error, err)
	}
	says("terminated")
	if err := function.Wait(); err != nil {
		t.Error(err)
	}
}

// lastWords waits until its process is to end, and then for a line to answer.
func lastWords(ctx context.Context, _ string) (string, error) {
	fmt.Println("begun")
	<-ctx.Done()
	fmt.Println("learned")
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	return strings.TrimSpace(line), err
}
