package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"lacuna/internal/asl"
	"lacuna/internal/engine"
	"lacuna/internal/engine/objects"
	"lacuna/internal/engine/objects/folder"

	"github.com/google/go-cmp/cmp"
)

// distributed is a machine of one distributed Map: items of 2 fail, the others are kept.
func distributed(t *testing.T, fields string) *asl.Machine {
	t.Helper()
	m, err := asl.Parse([]byte(`{"StartAt": "A", "States": {"A": {"Type": "Map", "Label": "L", "End": true, "MaxConcurrency": 1, ` + fields + `,
		"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "C", "States": {
			"C": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "F"}], "Default": "P"},
			"F": {"Type": "Fail", "Error": "Bad", "Cause": "<two>"},
			"P": {"Type": "Pass", "End": true}}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const intoResults = `"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "results", "Prefix": "p/"}`

// results opens a folder with the empty buckets.
func results(t *testing.T, buckets ...string) (store *folder.Folder, dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, bucket := range buckets {
		if err := os.Mkdir(filepath.Join(dir, bucket), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	store, err := folder.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store, dir
}

func startWith(t *testing.T, store objects.Store, m *asl.Machine, input string) *engine.Execution {
	t.Helper()
	x, err := engine.New(engine.Options{Objects: store}).Start(t.Context(), engine.StartInput{Name: "run", Machine: m, MachineName: "m", Input: json.RawMessage(input)})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

var sizes = regexp.MustCompile(`"Size":[0-9]+`)

var changing = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z`)

// written are the files of the results, with ids, times and sizes as #. The sizes in the
// manifest are those of the files.
func written(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	paths, err := filepath.Glob(filepath.Join(dir, "results", "p", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(path)] = sizes.ReplaceAllString(changing.ReplaceAllString(strings.TrimSpace(string(text)), "#"), `"Size":#`)
		if filepath.Base(path) == "manifest.json" {
			checkSizes(t, dir, text)
		}
	}
	return files
}

func checkSizes(t *testing.T, dir string, manifest []byte) {
	t.Helper()
	var m struct {
		ResultFiles map[string][]struct {
			Key  string
			Size int64
		}
	}
	if err := json.Unmarshal(manifest, &m); err != nil {
		t.Fatal(err)
	}
	for _, list := range m.ResultFiles {
		for _, file := range list {
			info, err := os.Stat(filepath.Join(dir, "results", filepath.FromSlash(file.Key)))
			if err != nil || info.Size() != file.Size {
				t.Errorf("%s has %d bytes in the manifest, %v, %v", file.Key, file.Size, info, err)
			}
		}
	}
}

const (
	succeededRecord = `{"ExecutionArn":"arn:aws:states:us-east-1:123456789012:execution:m/L:#","Input":"1","InputDetails":{"Included":true},"Name":"#","Output":"1","OutputDetails":{"Included":true},` +
		`"RedriveCount":0,"RedriveStatus":"NOT_REDRIVABLE","RedriveStatusReason":"Execution is SUCCEEDED and cannot be redriven","StartDate":"#","StateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:m/L","Status":"SUCCEEDED","StopDate":"#"}`
	failedRecord = `{"Cause":"<two>","Error":"Bad","ExecutionArn":"arn:aws:states:us-east-1:123456789012:execution:m/L:#","Input":"2","InputDetails":{"Included":true},"Name":"#",` +
		`"RedriveCount":0,"RedriveStatus":"REDRIVABLE_BY_MAP_RUN","RedriveStatusReason":"Execution is a child of a Map Run: redrive its parent","StartDate":"#","StateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:m/L","Status":"FAILED","StopDate":"#"}`
	pendingRecord = `{"Input":"3","InputDetails":{"Included":true},"StateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:m/L","Status":"PENDING"}`
)

// TestResultWriterFiles: what is written of children that succeeded, failed and never
// began, of runs that succeed and that fail.
func TestResultWriterFiles(t *testing.T) {
	manifest := func(files string) string {
		return `{"DestinationBucket":"results","MapRunArn":"arn:aws:states:us-east-1:123456789012:mapRun:m/L:#","ResultFiles":` + files + `}`
	}
	tests := []struct {
		name, fields, input, status string
		want                        map[string]string
	}{
		{"records of all", `"ToleratedFailureCount": 1, ` + intoResults + `}`, `[1,2]`, engine.Succeeded, map[string]string{
			"SUCCEEDED_0.json": "[" + succeededRecord + "]", "FAILED_0.json": "[" + failedRecord + "]",
			"manifest.json": manifest(`{"FAILED":[{"Key":"p/#/FAILED_0.json","Size":#}],"PENDING":[],"SUCCEEDED":[{"Key":"p/#/SUCCEEDED_0.json","Size":#}]}`),
		}},
		{"a run that fails", intoResults + `}`, `[1,2,3]`, engine.Failed, map[string]string{
			"SUCCEEDED_0.json": "[" + succeededRecord + "]", "FAILED_0.json": "[" + failedRecord + "]", "PENDING_0.json": "[" + pendingRecord + "]",
			"manifest.json": manifest(`{"FAILED":[{"Key":"p/#/FAILED_0.json","Size":#}],"PENDING":[{"Key":"p/#/PENDING_0.json","Size":#}],"SUCCEEDED":[{"Key":"p/#/SUCCEEDED_0.json","Size":#}]}`),
		}},
		{"nothing", intoResults + `}`, `[]`, engine.Succeeded, map[string]string{"manifest.json": manifest(`{"FAILED":[],"PENDING":[],"SUCCEEDED":[]}`)}},
		{"outputs as lines", intoResults + `, "WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSONL"}}`, `[1,[3,"a b"]]`, engine.Succeeded, map[string]string{
			"SUCCEEDED_0.jsonl": "1\n[3,\"a b\"]", "manifest.json": manifest(`{"FAILED":[],"PENDING":[],"SUCCEEDED":[{"Key":"p/#/SUCCEEDED_0.jsonl","Size":#}]}`),
		}},
		{"flat outputs", intoResults + `, "WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSON"}}`, `[1,[3,4],[]]`, engine.Succeeded, map[string]string{
			"SUCCEEDED_0.json": "[1,3,4]", "manifest.json": manifest(`{"FAILED":[],"PENDING":[],"SUCCEEDED":[{"Key":"p/#/SUCCEEDED_0.json","Size":#}]}`),
		}},
		{"flat outputs without an element", intoResults + `, "WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSON"}}`, `[[]]`, engine.Succeeded, map[string]string{
			"SUCCEEDED_0.json": "[]", "manifest.json": manifest(`{"FAILED":[],"PENDING":[],"SUCCEEDED":[{"Key":"p/#/SUCCEEDED_0.json","Size":#}]}`),
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store, dir := results(t, "results")
			x := startWith(t, store, distributed(t, tt.fields), tt.input)
			<-x.Done()
			if got := x.Result(); got.Status != tt.status {
				t.Errorf("status %s, want %s (cause %v)", got.Status, tt.status, got.Cause)
			}
			if diff := cmp.Diff(tt.want, written(t, dir)); diff != "" {
				t.Errorf("files mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRedriveWritesResultsAgain: the children of a run whose results could not be written
// are done; a redrive only writes.
func TestRedriveWritesResultsAgain(t *testing.T) {
	store, dir := results(t)
	x := startWith(t, store, distributed(t, intoResults+`}`), `[1,3]`)
	<-x.Done()
	if got := x.Result(); got.Status != engine.Failed || *got.Error != "States.ResultWriterFailed" {
		t.Fatalf("result %+v, want States.ResultWriterFailed", got)
	}
	if err := os.Mkdir(filepath.Join(dir, "results"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := x.Redrive(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-x.Done()
	if got := x.Result(); got.Status != engine.Succeeded {
		t.Errorf("status after the redrive %s", got.Status)
	}
	runs := x.MapRuns()
	if len(runs) != 1 || runs[0].RedriveCount != 1 || runs[0].Executions.Succeeded != 2 || written(t, dir)["manifest.json"] == "" {
		t.Errorf("map runs %+v, want one with both children", runs)
	}
}

// TestRedriveReadsItemsAgain: without its items a run cannot be continued.
func TestRedriveReadsItemsAgain(t *testing.T) {
	store, dir := results(t, "data")
	x := startWith(t, store, distributed(t, `"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}, "Parameters": {"Bucket": "data", "Key": "k"}}`), `{}`)
	<-x.Done()
	if got := x.Result(); got.Status != engine.Failed || *got.Error != "States.ItemReaderFailed" {
		t.Fatalf("result %+v, want States.ItemReaderFailed", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "data", "k"), []byte("[7]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := x.Redrive(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-x.Done()
	if got := x.Result(); got.Status != engine.Succeeded || string(got.Output) != "[7]" {
		t.Errorf("after the redrive %s: %s (cause %s)", got.Status, got.Output, deref(got.Cause))
	}
	if runs := x.MapRuns(); len(runs) != 2 || runs[0].Status != engine.Failed || runs[1].Items.Succeeded != 1 {
		t.Errorf("map runs %+v, want a failed one and another with its item", runs)
	}
}

// waiting is a store whose objects come when ctx ends.
type waiting struct{}

func (waiting) Open(ctx context.Context, _, _ string) (io.ReadCloser, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (waiting) List(context.Context, string, string) iter.Seq2[objects.Object, error] {
	return func(func(objects.Object, error) bool) {}
}

func (waiting) Put(context.Context, string, string, func(io.Writer) error) (int64, error) {
	return 0, errors.New("nothing is written")
}

// TestStopWhileItemsAreRead: an execution does not wait for its objects.
func TestStopWhileItemsAreRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := startWith(t, waiting{}, distributed(t, `"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}, "Parameters": {"Bucket": "data", "Key": "k"}}`), `{}`)
		synctest.Wait()
		if runs := x.MapRuns(); len(runs) != 1 || runs[0].Status != engine.Running || runs[0].Items.Total != 0 {
			t.Errorf("map runs %+v while items are read", runs)
		}
		x.Stop("", "")
		<-x.Done()
		if got := x.Result(); got.Status != engine.Aborted {
			t.Errorf("status %s", got.Status)
		}
		if runs := x.MapRuns(); runs[0].Status != engine.Aborted {
			t.Errorf("map run %s", runs[0].Status)
		}
	})
}

// TestParallelBranchFailsWhileItemsAreRead: the aborted branch says nothing more.
func TestParallelBranchFailsWhileItemsAreRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, err := asl.Parse([]byte(`{"StartAt": "A", "States": {"A": {"Type": "Parallel", "End": true, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Z"}], "Branches": [
			{"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}, "Parameters": {"Bucket": "data", "Key": "k"}},
				"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}}}},
			{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "Next": "F"}, "F": {"Type": "Fail", "Error": "E"}}}]}, "Z": {"Type": "Wait", "Seconds": 1, "End": true}}}`))
		if err != nil {
			t.Fatal(err)
		}
		x := startWith(t, waiting{}, m, `{}`)
		<-x.Done()
		if got := x.Result(); got.Status != engine.Succeeded {
			t.Errorf("result %+v", got)
		}
		for _, e := range x.History() {
			if strings.HasPrefix(e.Type, "MapRunF") || e.Type == "MapStateFailed" {
				t.Errorf("event %s of the aborted branch", e.Type)
			}
		}
	})
}

// TestNoObjects: an engine without objects fails a state that needs them.
func TestNoObjects(t *testing.T) {
	const reader = `"ItemReader": {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "b"}}`
	for fields, want := range map[string]string{reader: "States.ItemReaderFailed", intoResults + "}": "States.ResultWriterFailed"} {
		x := startWith(t, nil, distributed(t, fields), `[1]`)
		<-x.Done()
		if got := x.Result(); got.Error == nil || *got.Error != want || !strings.Contains(*got.Cause, "Nothing stands for Amazon S3") {
			t.Errorf("result %+v, want %s", got, want)
		}
	}
}

// TestItemLargerThanAnInput: an item of more than 256 KiB is read, and is too large for a
// child unless ItemSelector makes it smaller.
func TestItemLargerThanAnInput(t *testing.T) {
	store, dir := results(t, "data")
	item := `[{"big": "` + strings.Repeat("x", 300_000) + `", "small": 1}]`
	if err := os.WriteFile(filepath.Join(dir, "data", "k"), []byte(item), 0o600); err != nil {
		t.Fatal(err)
	}
	const reader = `"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}, "Parameters": {"Bucket": "data", "Key": "k"}}`
	x := startWith(t, store, distributed(t, reader), `{}`)
	<-x.Done()
	if got := x.Result(); got.Status != engine.Failed || deref(got.Error) != "States.DataLimitExceeded" {
		t.Errorf("result %+v, want States.DataLimitExceeded", got)
	}
	x = startWith(t, store, distributed(t, reader+`, "ItemSelector": {"s.$": "$$.Map.Item.Value.small"}`), `{}`)
	<-x.Done()
	if got := x.Result(); got.Status != engine.Succeeded || string(got.Output) != `[{"s":1}]` {
		t.Errorf("result %s: %s (cause %s)", got.Status, got.Output, deref(got.Cause))
	}
}
