package statemachine_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"lacuna/internal/asl"
	"lacuna/internal/fault"

	"github.com/google/go-cmp/cmp"
)

// namesOfAWS are the names of others in ErrorEquals, each with its source. A name
// is matched to the letter, so one that nobody wrote down is one that never matches.
var namesOfAWS = map[string]string{
	"States.ALL":              "developer guide, Handling errors: the wildcard, alone and last",
	"States.Timeout":          "developer guide, Handling errors; recorded on AWS",
	"States.HeartbeatTimeout": "developer guide, Handling errors",

	"Lambda.ClientExecutionTimeoutException": "developer guide, Best practices: transient Lambda exceptions",
	"Lambda.ServiceException":                "developer guide, Best practices: transient Lambda exceptions",
	"Lambda.AWSLambdaException":              "developer guide, Best practices: transient Lambda exceptions",
	"Lambda.SdkClientException":              "developer guide, Best practices: transient Lambda exceptions",
	"Lambda.TooManyRequestsException":        "developer guide, Best practices: status 429 of Invoke",
	"Lambda.Unknown":                         "developer guide, Handling errors: out of memory, unhandled failures, older time-outs; recorded on AWS",
	"Sandbox.Timedout":                       "Lambda's errorType of a function whose time was up; internal/boot gives it too",

	"StepFunctions.AWSStepFunctionsException":       "as that of SQS: states:startExecution that Step Functions refuses",
	"StepFunctions.SdkClientException":              "as that of SQS: states:startExecution that does not reach Step Functions",
	"StepFunctions.ExecutionLimitExceededException": "API reference, StartExecution: too many executions are open",

	"SQS.AmazonSQSException": "recorded on AWS: sqs:sendMessage that SQS refuses",
	"SQS.SdkClientException": "recorded on AWS: sqs:sendMessage that does not reach SQS",
}

// The names of package fault: those that a state may retry, and those that it never does.
var (
	retriedFaults = []fault.Name{fault.Throttled, fault.Unavailable, fault.Malformed, fault.StoreThrottled, fault.StoreUnavailable}
	finalFaults   = []fault.Name{fault.Down, fault.Rejected, fault.InputInvalid, fault.Internal, fault.StoreUnusable}
	endOfRun      = []fault.Name{fault.InputInvalid, fault.StoreUnusable} // of finalFaults: those that are caught by name
)

// Every name in ErrorEquals, of a Retry or a Catch, stands in a list that says where
// it comes from, and every name of the lists is used or one that must not be.
func TestErrorNames(t *testing.T) {
	used := map[string]bool{}
	for _, task := range catchers(&machine(t).Graph) {
		for _, r := range task.Retry {
			for _, name := range r.ErrorEquals {
				used[name] = true
				if r.MaxAttempts > 0 && namesOfAWS[name] == "" && !slices.Contains(retriedFaults, fault.Name(name)) {
					t.Errorf("%s retries %s, which is not an error to retry", task.Name, name)
				}
			}
		}
		for _, c := range task.Catch {
			for _, name := range c.ErrorEquals {
				used[name] = true
				if namesOfAWS[name] == "" && !slices.Contains(endOfRun, fault.Name(name)) {
					t.Errorf("%s catches %s, an unknown name", task.Name, name)
				}
			}
		}
	}
	want := maps.Clone(used)
	for name := range namesOfAWS {
		want[name] = true
	}
	for _, name := range slices.Concat(retriedFaults, endOfRun) {
		want[string(name)] = true
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(used))); diff != "" {
		t.Errorf("names in ErrorEquals (-listed +used):\n%s", diff)
	}
	for _, name := range finalFaults {
		if used[string(name)] && !slices.Contains(endOfRun, name) {
			t.Errorf("%s is named, and is for Catch by States.ALL alone", name)
		}
	}
}

// catchers returns the states of g, inner ones too, that may retry or catch.
func catchers(g *asl.Graph) (all []*asl.State) {
	for _, s := range g.States {
		all = append(all, s)
		for _, inner := range s.Inner() {
			all = append(all, catchers(inner)...)
		}
	}
	return all
}

type policy struct {
	name                    string
	attempts, interval, max int64
}

// What each task does about an error, by its name.
func TestRetryPolicies(t *testing.T) {
	var transient []policy
	for name := range namesOfAWS {
		if strings.HasPrefix(name, "Lambda.") || strings.HasPrefix(name, "Sandbox.") {
			transient = append(transient, policy{name, 6, 1, 0})
		}
	}
	store := []policy{{string(fault.StoreThrottled), 5, 2, 60}, {string(fault.StoreUnavailable), 5, 2, 60}}
	lambda := append(transient, policy{"States.Timeout", 2, 1, 0})
	tests := map[string][]policy{
		"Select": lambda,
		"Query":  slices.Concat(lambda, store),
		"Detect": lambda,
		"FanOut": lambda,
		"Shard":  {{"StepFunctions.AWSStepFunctionsException", 6, 5, 0}, {"StepFunctions.SdkClientException", 6, 5, 0}, {"StepFunctions.ExecutionLimitExceededException", 6, 5, 0}},
		"Report": slices.Concat(transient, store, []policy{{string(fault.StoreUnusable), 0, 1, 0}, {"States.ALL", 2, 5, 0}}),
		"Scrape": slices.Concat(store, []policy{
			{string(fault.Throttled), 6, 30, 900},
			{string(fault.Unavailable), 5, 5, 300},
			{string(fault.Malformed), 1, 60, 0},
			{"States.HeartbeatTimeout", 2, 10, 0},
			{"States.Timeout", 2, 10, 0},
			{"SQS.SdkClientException", 6, 1, 0},
			{"SQS.AmazonSQSException", 6, 1, 0},
		}),
	}
	byName := func(a, b policy) int { return strings.Compare(a.name, b.name) }
	for _, task := range machine(t).Tasks() {
		var got []policy
		for _, r := range task.Retry {
			for _, name := range r.ErrorEquals {
				got = append(got, policy{name, r.MaxAttempts, r.IntervalSeconds, r.MaxDelaySeconds})
			}
		}
		slices.SortFunc(got, byName)
		want := slices.SortedFunc(slices.Values(tests[task.Name]), byName)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(policy{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", task.Path, diff)
		}
	}
}
