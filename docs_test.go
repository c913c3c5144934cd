package lacuna_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Each alarm of the stack, each state that can fail and each error that a
// state retries or catches has its line in docs/operations.md.
func TestOperationsNamesWhatCanFail(t *testing.T) {
	page, err := os.ReadFile("docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	alarms, err := os.ReadFile("terraform/tests/alarms.tftest.hcl") // the names in full, of the source ecb
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^ +([a-z-]+) += "\w+ \w+ (?:Greater|Less)`).FindAllStringSubmatch(string(alarms), -1) {
		names = append(names, strings.Replace(m[1], "-ecb", "-SOURCE", 1))
	}
	if len(names) < 12 {
		t.Fatalf("alarms: %q", names)
	}
	file, err := os.ReadFile("statemachine/pipeline.asl.json")
	if err != nil {
		t.Fatal(err)
	}
	definition := string(file)
	failing := regexp.MustCompile(`"(\w+Failed|BadInput|Incomplete|Unreported)": \{`).FindAllStringSubmatch(definition, -1)
	if len(failing) != 7 {
		t.Fatalf("states: %q", failing)
	}
	for _, m := range failing {
		names = append(names, m[1])
	}
	for _, m := range regexp.MustCompile(`"((?:Source|Store|States|Lambda|SQS|Sandbox|Input|Lacuna)\.\w+)"`).FindAllStringSubmatch(definition, -1) {
		if m[1] != "States.ALL" {
			names = append(names, m[1])
		}
	}
	for _, name := range names {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("%s is not in docs/operations.md", name)
		}
	}
}

// examples/full is deployed with one provider, from whatever machine: a lock file
// made on one alone would be refused on the others.
func TestTheLockFileHoldsEveryPlatform(t *testing.T) {
	lock, err := os.ReadFile("examples/full/.terraform.lock.hcl")
	if err != nil {
		t.Fatal(err)
	}
	zips := regexp.MustCompile(`(?m)^    "zh:[0-9a-f]{64}",$`).FindAll(lock, -1) // the checksums of a release, a zip each
	if len(zips) < 10 || !strings.Contains(string(lock), `constraints = ">= 5.80.0, < 7.0.0"`) {
		t.Errorf("%d zips, want those of all platforms, and the module's constraints (make lock):\n%s", len(zips), lock)
	}
}

// What is linked into the program, on any system, and into the Lambdas is told of
// in the decision about dependencies.
func TestLinkedModulesAreTold(t *testing.T) {
	told, err := os.ReadFile("docs/decisions/0014-dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, system := range []string{"linux", "darwin", "windows"} {
		cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", "./cmd/lacuna", "./lambdas/...")
		cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list for %s: %v", system, err)
		}
		for _, module := range slices.Compact(strings.Fields(string(out))) {
			if !strings.HasPrefix(module, "github.com/aws/aws-sdk-go-v2") && !strings.Contains(string(told), "`"+module+"`") {
				t.Errorf("%s is linked on %s and not told of", module, system)
			}
		}
	}
}
