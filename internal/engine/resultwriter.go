package engine

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"lacuna/internal/asl"
	"lacuna/internal/engine/objects"
	"lacuna/internal/jsonpath"
)

// export is ResultWriter as evaluated. A nil one leaves the outputs as they are.
type export struct {
	writer         *asl.Writer
	bucket, prefix string
}

func (e *env) export(w *asl.Writer) (*export, error) {
	if w == nil {
		return nil, nil
	}
	out := &export{writer: w}
	if w.Parameters == nil {
		return out, nil
	}
	value, err := e.template(w.Parameters)
	if err != nil {
		return nil, err
	}
	parameters, _ := value.(*jsonpath.Object) // the parser takes nothing else
	for name, field := range map[string]*string{"Bucket": &out.bucket, "Prefix": &out.prefix} {
		value, given := parameters.Get(name)
		text, ok := value.(string)
		if given && !ok {
			return nil, stateErrorf("The parameter %s of ResultWriter is not a string.", name)
		}
		*field = text
	}
	return out, nil
}

// exports tells whether the results go into objects.
func (o *export) exports() bool { return o != nil && o.writer.Parameters != nil }

// documents are the results of a child that succeeded.
func (o *export) documents(child *Execution) ([]document, error) {
	transformation := asl.TransformCompact
	if o != nil {
		transformation = o.writer.Transformation
	}
	if transformation == asl.TransformNone {
		text, err := recordOf(child).encode()
		if err != nil {
			return nil, err
		}
		d, err := decode(text)
		return []document{d}, err
	}
	output, err := decode(child.Result().Output)
	list, isList := output.value.([]any)
	if err != nil || transformation == asl.TransformCompact || !isList {
		return []document{output}, err
	}
	flat := make([]document, len(list))
	for i, value := range list {
		if flat[i], err = (document{value: value}).encoded(); err != nil {
			return nil, err
		}
	}
	return flat, nil
}

// record is what is written of a child (developer guide, "ResultWriter").
type record struct {
	Cause               *string   `json:"Cause,omitempty"`
	Error               *string   `json:"Error,omitempty"`
	ExecutionARN        string    `json:"ExecutionArn,omitempty"`
	Input               string    `json:"Input"`
	InputDetails        included  `json:"InputDetails"`
	Name                string    `json:"Name,omitempty"`
	Output              *string   `json:"Output,omitempty"`
	OutputDetails       *included `json:"OutputDetails,omitempty"`
	RedriveCount        *int      `json:"RedriveCount,omitempty"`
	RedriveStatus       string    `json:"RedriveStatus,omitempty"`
	RedriveStatusReason string    `json:"RedriveStatusReason,omitempty"`
	StartDate           string    `json:"StartDate,omitempty"`
	StateMachineARN     string    `json:"StateMachineArn"`
	Status              string    `json:"Status"`
	StopDate            string    `json:"StopDate,omitempty"`
}

type included struct {
	Included bool `json:"Included"`
}

func recordOf(child *Execution) record {
	result := child.Result()
	r := record{
		Cause: result.Cause, Error: result.Error, ExecutionARN: child.ARN(), Input: child.input.text, InputDetails: included{true}, Name: child.Name(),
		RedriveCount: &result.RedriveCount, RedriveStatus: result.RedriveStatus, RedriveStatusReason: result.RedriveStatusReason,
		StartDate: timestamp(result.Start), StateMachineARN: child.MachineARN(), Status: result.Status, StopDate: timestamp(result.Stop),
	}
	if result.Output != nil {
		r.Output, r.OutputDetails = new(string(result.Output)), &included{true}
	}
	return r
}

// encode writes r as AWS does: <, > and & as they are.
func (r record) encode() ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	err := e.Encode(r)
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), err
}

// write writes the results, if that is wanted, and goes on with the place of their
// manifest as the state's result. Children that still run are waited for: the run has
// ended, and with it they do.
func (r *mapRun) write(next func(result document)) {
	if !r.export.exports() {
		next(document{})
		return
	}
	x := r.owner.x
	store, whole := x.engine.options.Objects, x.ctx // which goes on when the run has failed
	if store == nil {
		r.fail(asl.ErrorResultWriter, errNoObjects)
		return
	}
	pending, held, err := r.pending()
	if full := (*fullError)(nil); errors.As(err, &full) {
		r.owner.failState(full)
		return
	}
	if err != nil {
		r.fail(asl.ErrorResultWriter, err)
		return
	}
	r.aside(func(context.Context) func() {
		r.settle()
		result, err := r.put(whole, store, pending)
		return func() {
			x.release(held)
			if err != nil {
				r.fail(asl.ErrorResultWriter, err)
				return
			}
			next(result)
		}
	})
}

// pending are the records of the children that have not begun, and how many bytes of them
// the execution holds.
func (r *mapRun) pending() (list []record, held int64, err error) {
	for i, child := range r.children {
		if child != nil {
			continue
		}
		input, err := r.inputs[i].build()
		if err != nil {
			return nil, held, err
		}
		n := textBytes(input.text) + itemBytes
		if err := r.owner.x.hold(n); err != nil {
			return nil, held, &fullError{err}
		}
		held += n
		list = append(list, record{
			Input: input.text, InputDetails: included{true}, Status: "PENDING",
			StateMachineARN: r.owner.x.engine.arn("stateMachine", r.owner.x.owner+"/"+r.label),
		})
	}
	return list, held, nil
}

// resultFile is a file of results in the manifest.
type resultFile struct {
	Key  string
	Size int64
}

type manifest struct {
	DestinationBucket string
	MapRunARN         string `json:"MapRunArn"`
	ResultFiles       struct {
		Failed    []resultFile `json:"FAILED"`
		Pending   []resultFile `json:"PENDING"`
		Succeeded []resultFile `json:"SUCCEEDED"`
	}
}

// put writes the files and then their manifest. The result names the manifest.
func (r *mapRun) put(ctx context.Context, store objects.Store, pending []record) (document, error) {
	folder := r.arn[strings.LastIndexByte(r.arn, ':')+1:] + "/"
	if prefix := r.export.prefix; prefix != "" {
		folder = strings.TrimSuffix(prefix, "/") + "/" + folder
	}
	m := manifest{DestinationBucket: r.export.bucket, MapRunARN: r.arn}
	succeeded := r.succeeded()
	for _, file := range []struct {
		name    string
		results int
		texts   iter.Seq2[[]byte, error]
		into    *[]resultFile
	}{
		{"FAILED", len(r.children) - len(pending) - succeeded, r.failures, &m.ResultFiles.Failed},
		{"PENDING", len(pending), recordTexts(pending), &m.ResultFiles.Pending},
		{"SUCCEEDED", succeeded, r.successes, &m.ResultFiles.Succeeded},
	} {
		*file.into = []resultFile{}
		if file.results == 0 {
			continue
		}
		key := folder + file.name + "_0.json"
		if r.export.writer.Lines {
			key += "l"
		}
		size, err := r.export.put(ctx, store, key, func(w io.Writer) error { return r.export.print(ctx, w, file.texts) })
		if err != nil {
			return document{}, err
		}
		*file.into = append(*file.into, resultFile{key, size})
	}
	key := folder + "manifest.json"
	_, err := r.export.put(ctx, store, key, func(w io.Writer) error { return json.NewEncoder(w).Encode(m) })
	return document{value: object("MapRunArn", r.arn, "ResultWriterDetails", object("Bucket", r.export.bucket, "Key", key))}, err
}

func (o *export) put(ctx context.Context, store objects.Store, key string, write func(io.Writer) error) (int64, error) {
	size, err := store.Put(ctx, o.bucket, key, write)
	if err != nil {
		err = objects.Causef("Attempting to write s3://%s/%s failed. %s", o.bucket, key, err)
	}
	return size, err
}

// succeeded counts the children that did.
func (r *mapRun) succeeded() int {
	n := 0
	for _, child := range r.children {
		if child != nil && child.Result().Status == Succeeded {
			n++
		}
	}
	return n
}

// print writes texts as one JSON array, or as one line each.
func (o *export) print(ctx context.Context, w io.Writer, texts iter.Seq2[[]byte, error]) error {
	begin, between, end := "[", ",", "]"
	if o.writer.Lines {
		begin, between, end = "", "\n", "\n"
	}
	out := bufio.NewWriter(w)
	next := begin
	for text, err := range texts {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		out.WriteString(next) //nolint:errcheck // Flush returns it
		out.Write(text)       //nolint:errcheck // likewise
		next = between
	}
	if next == begin {
		end = begin + strings.TrimSpace(end) // nothing was written
	}
	out.WriteString(end) //nolint:errcheck // likewise
	return out.Flush()
}

func recordTexts(list []record) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, r := range list {
			if !yield(r.encode()) {
				return
			}
		}
	}
}

// failures are the records of children that failed, ran out of time or were aborted: a
// failure stays as it is in each transformation.
func (r *mapRun) failures(yield func([]byte, error) bool) {
	for _, child := range r.children {
		if child != nil && child.Result().Status != Succeeded && !yield(recordOf(child).encode()) {
			return
		}
	}
}

// successes are the results of the children that succeeded.
func (r *mapRun) successes(yield func([]byte, error) bool) {
	for i, child := range r.children {
		if child == nil || child.Result().Status != Succeeded {
			continue
		}
		list, err := r.export.documents(child)
		if err != nil {
			yield(nil, fmt.Errorf("output of iteration %d: %w", i, err))
			return
		}
		for _, d := range list {
			if !yield([]byte(d.text), nil) {
				return
			}
		}
	}
}
