package lacuna_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
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
	failing := regexp.MustCompile(`"(\w+Failed|NoStore\w*|BadInput|Incomplete|Unreported)": \{`).FindAllStringSubmatch(definition, -1)
	if len(failing) != 11 {
		t.Fatalf("states: %q", failing)
	}
	for _, m := range failing {
		names = append(names, m[1])
	}
	for _, m := range regexp.MustCompile(`"((?:Source|Store|States|Lambda|SQS|StepFunctions|Sandbox|Input|Lacuna)\.\w+)"`).FindAllStringSubmatch(definition, -1) {
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

// A root is deployed with one provider, from whatever machine: a lock file made on
// one alone would be refused on the others.
func TestTheLockFilesHoldEveryPlatform(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	roots := regexp.MustCompile(`(?m)^TF_ROOTS +:= (.+)$`).FindSubmatch(makefile)
	if roots == nil {
		t.Fatal("Makefile: no TF_ROOTS")
	}
	for _, root := range strings.Fields(string(roots[1])) {
		lock, err := os.ReadFile(root + "/.terraform.lock.hcl")
		if err != nil {
			t.Error(err)
			continue
		}
		zips := regexp.MustCompile(`(?m)^    "zh:[0-9a-f]{64}",$`).FindAll(lock, -1) // the checksums of a release, a zip each
		if len(zips) < 10 || !regexp.MustCompile(`constraints = ">= 5\.80\.0, (>= 5\.81\.0, )?< 7\.0\.0"`).Match(lock) {
			t.Errorf("%s: %d zips, want those of all platforms, and the root's constraints (make lock):\n%s", root, len(zips), lock)
		}
	}
}

// An action's tag can be moved, a commit cannot. What a job may do stands in the
// job, and every job ends.
func TestWorkflowsArePinned(t *testing.T) {
	files, err := filepath.Glob(".github/workflows/*.yml")
	if err != nil || len(files) < 2 {
		t.Fatalf("workflows: %q, %v", files, err)
	}
	pinned := regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		count := map[string]int{}
		for line := range strings.Lines(string(text)) {
			line = strings.TrimRight(line, "\n")
			if _, action, ok := strings.Cut(line, "uses: "); ok {
				if !pinned.MatchString(action) {
					t.Errorf("%s: %s: want a commit and its version", file, action)
				}
				name, _, _ := strings.Cut(action, "@")
				count[name]++
			}
			count[strings.TrimRight(line, "0123456789")]++
		}
		jobs := count["    runs-on: ubuntu-24."]
		for _, each := range []string{"    permissions:", "    timeout-minutes: ", "actions/checkout", "          persist-credentials: false"} {
			if count[each] != jobs {
				t.Errorf("%s: %d of %d jobs have %q", file, count[each], jobs, strings.TrimSpace(each))
			}
		}
		if jobs == 0 || count["permissions: {} # a job has what it names"] != 1 {
			t.Errorf("%s: %d jobs, and not every job starts without permissions", file, jobs)
		}
	}
}

// SECURITY.md names tests and files that there are.
func TestSecurityNamesTestsThatExist(t *testing.T) {
	page, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err = filepath.WalkDir(".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := os.ReadFile(name)
		for _, m := range declared.FindAllSubmatch(text, -1) {
			tests[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, m := range regexp.MustCompile("`([^`]+)`|\\]\\(([^)]+)\\)").FindAllStringSubmatch(string(page), -1) {
		name := m[1] + m[2]
		switch {
		case strings.HasPrefix(name, "Test"), strings.HasPrefix(name, "Fuzz"):
			named++
			if !tests[name] {
				t.Errorf("there is no test %s", name)
			}
		case strings.Contains(name, "/") && !strings.Contains(name, " "):
			if _, err := os.Stat(name); err != nil {
				t.Error(err)
			}
		}
	}
	if named < 5 {
		t.Errorf("only %d tests are named: the pattern is wrong", named)
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

// README.pt-BR.md has the commands of README.md, in their order, to the letter.
func TestTheReadmesHaveTheSameCommands(t *testing.T) {
	commands := func(file string) []string {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return regexp.MustCompile("(?ms)^```sh( run)?$.*?^```$").FindAllString(string(text), -1)
	}
	en, pt := commands("README.md"), commands("README.pt-BR.md")
	if len(en) < 5 || !slices.Equal(en, pt) {
		t.Errorf("README.pt-BR.md has other commands than README.md:\n%s\n\nwant\n%s", strings.Join(pt, "\n"), strings.Join(en, "\n"))
	}
}
