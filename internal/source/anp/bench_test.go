package anp

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"lacuna/internal/source"
	"lacuna/internal/source/anp/anptest"
	"lacuna/internal/span"
)

// statesFile makes the test binary a process that fetches a file and ends.
const statesFile = "LACUNA_TEST_STATES_FILE"

func TestMain(m *testing.M) {
	path := os.Getenv(statesFile)
	if path == "" {
		os.Exit(m.Run())
	}
	err := fetchStates(path)
	if err == nil {
		err = printPeak()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// printPeak writes the most resident memory that this process had, in KB. What
// wait4 tells a parent counts the parent's own, shared until the exec.
func printPeak() error {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	peak, _, _ := strings.Cut(after, "kB")
	fmt.Print(strings.TrimSpace(peak))
	return nil
}

// BenchmarkAllStates fetches a workbook of the size of that of the states since
// 2013, each time in a process of its own, whose peak of resident memory counts.
func BenchmarkAllStates(b *testing.B) {
	path := filepath.Join(b.TempDir(), "states.xlsx")
	if err := anptest.WriteStates(path, anptest.Weeks); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	peak := 0 // KB
	for b.Loop() {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), statesFile+"="+path)
		child.Stderr = os.Stderr
		out, err := child.Output()
		if err != nil {
			b.Fatal(err)
		}
		now, err := strconv.Atoi(string(out))
		if err != nil {
			b.Fatal(err)
		}
		peak = max(peak, now)
	}
	b.ReportMetric(float64(info.Size())/1e6, "MB-file")
	b.ReportMetric(float64(peak)/1024, "MB-peak")
	if peak > 100<<10 {
		b.Errorf("%d KB, want at most 100 MB", peak)
	}
}

// fetchStates asks a publisher that has only the file at path for one state.
func fetchStates(path string) error {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, path) }))
	defer server.Close()
	client, err := source.NewClient(server.URL, time.Minute, 1000)
	if err != nil {
		return err
	}
	got, err := New(client).Fetch(context.Background(), source.Request{
		Series: []source.Series{{Key: "SP", Code: "OLEO DIESEL S10/UF/SAO PAULO", Fields: []string{"value"}}},
		Span:   span.Span{From: anptest.First, To: anptest.First + 7*(anptest.Weeks-1)},
	})
	if err == nil && len(got.Observations) != anptest.Weeks {
		err = fmt.Errorf("%d weeks, want %d", len(got.Observations), anptest.Weeks)
	}
	return err
}
