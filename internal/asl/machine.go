// Package asl reads Amazon States Language definitions in the JSONPath query
// language and refuses what AWS Step Functions would refuse, with AWS's codes and
// places. It never runs anything: a Machine is a value that does not change after
// Parse, so one Machine serves any number of concurrent runs.
package asl

import "lacuna/internal/jsonpath"

// Machine is a parsed state machine. Nothing in it may be changed.
type Machine struct {
	Graph
	Comment        string
	TimeoutSeconds int64 // of a whole execution; 0 is none
}

// Graph is a set of states with a first one: a whole machine, a branch of a Parallel
// state or the processor of a Map state.
type Graph struct {
	StartAt string
	States  []*State // in the order of the definition
	byName  map[string]*State
}

// State returns the state of that name in g itself, nil if there is none.
func (g *Graph) State(name string) *State { return g.byName[name] }

// State types.
const (
	Pass     = "Pass"
	Task     = "Task"
	Choice   = "Choice"
	Wait     = "Wait"
	Succeed  = "Succeed"
	Fail     = "Fail"
	Parallel = "Parallel"
	Map      = "Map"
)

// State is one state. Fields that its type does not have are zero. An absent
// InputPath, OutputPath or ResultPath is the path `$`.
type State struct {
	Name    string
	Type    string
	Comment string
	Next    string // "" at the end of its graph
	End     bool

	InputPath, OutputPath Selection
	ResultPath            Target
	Parameters            *Template // also ItemSelector of a Map
	ResultSelector        *Template
	Assign                []Assignment
	Retry                 []Retrier
	Catch                 []Catcher

	Result   *Template // Pass: a literal, nil if absent
	Task     *TaskFields
	Choices  []*Rule
	Default  string
	Wait     *WaitFields
	Fail     *FailFields
	Branches []*Graph
	Map      *MapFields
}

// Selection is InputPath or OutputPath: Null gives an empty object, a nil Expr the
// whole document.
type Selection struct {
	Null bool
	Expr *Expr
}

// Target is a ResultPath: Null drops the result, a nil Path replaces the input by it.
type Target struct {
	Null bool
	Path *jsonpath.Reference
}

// Assignment gives a variable a value.
type Assignment struct {
	Name  string
	Value *Template
}

// TaskFields are those of a Task state.
type TaskFields struct {
	Resource        string // as written
	Service         string // "sqs", "aws-sdk:dynamodb"; "" for the ARN of a function or an activity
	Action          string // "sendMessage.waitForTaskToken"; "" likewise
	Activity        bool   // Resource is the ARN of an activity
	WaitForToken    bool   // Resource ends in .waitForTaskToken
	Sync            bool   // Resource ends in .sync or .sync:2
	Timeout         Seconds
	Heartbeat       Seconds
	CredentialsRole *Template // nil without Credentials
}

// Seconds is a literal number of seconds or a path to one; neither if the field is
// absent.
type Seconds struct {
	Value int64
	Path  *Expr
}

// Retrier is one element of Retry with its defaults filled in.
type Retrier struct {
	ErrorEquals     []string
	IntervalSeconds int64
	MaxAttempts     int64
	BackoffRate     float64
	MaxDelaySeconds int64 // 0 is no limit
	FullJitter      bool
}

// Catcher is one element of Catch.
type Catcher struct {
	ErrorEquals []string
	Next        string
	ResultPath  Target
	Assign      []Assignment
}

// WaitFields are those of a Wait state; one of them is set.
type WaitFields struct {
	Seconds       *int64
	SecondsPath   *Expr
	Timestamp     string
	TimestampPath *Expr
}

// FailFields are those of a Fail state; nil is absent.
type FailFields struct {
	Error, Cause         *string
	ErrorPath, CausePath *Expr
}

// MapFields are those of a Map state.
type MapFields struct {
	Processor                      *Graph
	ItemsPath                      *Expr // nil is the whole input
	MaxConcurrency                 int64 // 0 is no limit
	MaxConcurrencyPath             *Expr
	Distributed                    bool
	Express                        bool // ExecutionType of a distributed map
	Label                          string
	ToleratedFailureCount          int64
	ToleratedFailureCountPath      *Expr
	ToleratedFailurePercentage     float64
	ToleratedFailurePercentagePath *Expr
	Batcher                        *Batcher // nil gives each item its own execution
	Reader                         *Reader  // nil takes the items from the input
	Writer                         *Writer  // nil leaves the results in the output
}

// Batcher is ItemBatcher: how the items of a distributed Map are put together. 0 and nil
// are no limit.
type Batcher struct {
	MaxItems     int64
	MaxItemsPath *Expr
	MaxBytes     int64 // of the JSON of a child's whole input
	MaxBytesPath *Expr
	Input        *Template // BatchInput, nil if absent
}

// TaskRef is a Task state and where it stands.
type TaskRef struct {
	Path string // "EachSource/EachSeries/Query"
	*State
}

// Tasks lists the Task states, also those inside Map and Parallel states, in the
// order of the definition.
func (m *Machine) Tasks() []TaskRef { return m.tasks("") }

func (g *Graph) tasks(prefix string) []TaskRef {
	var refs []TaskRef
	for _, s := range g.States {
		if s.Task != nil {
			refs = append(refs, TaskRef{Path: prefix + s.Name, State: s})
		}
		for _, inner := range s.Inner() {
			refs = append(refs, inner.tasks(prefix+s.Name+"/")...)
		}
	}
	return refs
}

// Inner gives the graphs inside a Parallel or Map state.
func (s *State) Inner() []*Graph {
	if s.Map != nil && s.Map.Processor != nil {
		return []*Graph{s.Map.Processor}
	}
	return s.Branches
}
