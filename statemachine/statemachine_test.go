package statemachine_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"lacuna/internal/asl"
	"lacuna/statemachine"
)

// arn is the value of a placeholder: "partition", or "query_function_arn" for a
// function's ARN.
func arn(name string) (string, bool) {
	if name == "partition" {
		return "aws", true
	}
	task, ok := strings.CutSuffix(name, "_function_arn")
	return "arn:aws:lambda:us-east-1:123456789012:function:lacuna-" + task + ":1", ok
}

func machine(t *testing.T) *asl.Machine {
	t.Helper()
	text, err := statemachine.Definition(arn)
	if err != nil {
		t.Fatal(err)
	}
	m, err := asl.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDefinitionNamesAPlaceholderWithoutValue(t *testing.T) {
	_, err := statemachine.Definition(func(name string) (string, bool) { return "", name != "query_function_arn" })
	if err == nil || !strings.Contains(err.Error(), "${query_function_arn}") {
		t.Errorf("Definition = %v", err)
	}
}

func TestEveryTaskHasItsFolder(t *testing.T) {
	var folders []string
	for _, task := range machine(t).Tasks() {
		name := task.Path[strings.LastIndex(task.Path, "/")+1:]
		if task.Task.Service == "states" { // it starts the machine itself
			continue
		}
		folder := strings.ToLower(name)
		folders = append(folders, folder)
		if _, err := os.Stat("../lambdas/" + folder + "/handler.go"); err != nil {
			t.Errorf("state %s: %v", task.Path, err)
		}
		want, _ := arn(folder + "_function_arn")
		named := func(m asl.TemplateMember) bool { return m.Key == "FunctionName" && m.Value.Literal == want }
		if !task.Task.WaitForToken && !slices.ContainsFunc(task.Parameters.Members, named) {
			t.Errorf("state %s does not invoke %s, the function of its name", task.Path, want)
		}
	}
	entries, err := os.ReadDir("../lambdas")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(folders, e.Name()) {
			t.Errorf("lambdas/%s is no state of the pipeline", e.Name())
		}
	}
}

func TestEveryTaskHasTimeouts(t *testing.T) {
	m := machine(t)
	if m.TimeoutSeconds == 0 {
		t.Error("the machine has no time-out")
	}
	for _, task := range m.Tasks() {
		if task.Task.Timeout.Value == 0 {
			t.Errorf("%s has no time-out", task.Path)
		}
		if h := task.Task.Heartbeat.Value; task.Task.WaitForToken && task.Task.Timeout.Value < 2*h {
			t.Errorf("%s: heartbeat %d s, time-out %d s", task.Path, h, task.Task.Timeout.Value)
		}
	}
}

// A message waits for its turn, and nobody beats for it meanwhile: that of a run which
// divides itself behind those of all shards at once, each of which takes all of its
// scraper's time, as when the publisher does not answer.
func TestNoMessageOutlivesItsHeartbeat(t *testing.T) {
	const (
		scraperTime = 120 // seconds, see terraform/function.tf
		workers     = 2   // at least, of a queue
	)
	m := machine(t)
	shards := m.State("EachShard").Map.MaxConcurrency
	stream := m.State("EachSource").Inner()[0].State("EachStream")
	messages := shards * stream.Map.MaxConcurrency
	heartbeat := stream.Inner()[0].State("Scrape").Task.Heartbeat.Value
	if wait := messages * scraperTime / workers; messages == 0 || wait >= heartbeat {
		t.Errorf("%d messages of %d s wait up to %d s, the heartbeat is %d s", messages, scraperTime, wait, heartbeat)
	}
	// One worker, as a source may have on a laptop, does too.
	if wait := messages * scraperTime; wait >= heartbeat {
		t.Errorf("one worker: %d messages of %d s wait up to %d s, the heartbeat is %d s", messages, scraperTime, wait, heartbeat)
	}
}

func TestEveryStateHasAComment(t *testing.T) {
	var walk func(g *asl.Graph)
	walk = func(g *asl.Graph) {
		for _, s := range g.States {
			if s.Comment == "" {
				t.Errorf("state %s has no comment", s.Name)
			}
			for _, inner := range s.Inner() {
				walk(inner)
			}
		}
	}
	walk(&machine(t).Graph)
}
