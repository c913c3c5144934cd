package engine

import (
	"strings"

	"lacuna/internal/asl"
)

// childInputs says what the child executions of a distributed Map work on: an item each,
// or a batch. What they hold besides the items has a weight, of which the execution's Hold
// is told.
func (t *thread) childInputs(items []*mapItem, input document) (inputs []childInput, weight int64, err error) {
	if b := t.state.Map.Batcher; b != nil {
		return t.batches(b, items, input)
	}
	inputs = make([]childInput, len(items))
	for i, item := range items {
		inputs[i] = childInput{items: 1, item: item, build: func() (document, error) { return t.selectItem(item, input) }}
	}
	return inputs, 0, nil
}

// maxBatches bounds the items of all batches together, in bytes of JSON: twice what an
// ItemReader reads, for ItemSelector may add to it. They wait in memory for their children.
const maxBatches = 64 << 20

// batches puts the items, each as ItemSelector makes it, into as few inputs of the form
// {"BatchInput":...,"Items":[...]} as the limits allow, in their order.
func (t *thread) batches(b *asl.Batcher, items []*mapItem, input document) (inputs []childInput, total int64, err error) {
	e := t.env(input)
	most, err := e.positive(b.MaxItems, b.MaxItemsPath, "MaxItemsPerBatchPath", int64(len(items)))
	if err != nil {
		return nil, 0, err
	}
	size, err := e.positive(b.MaxBytes, b.MaxBytesPath, "MaxInputBytesPerBatchPath", asl.MaxPayload)
	if err != nil {
		return nil, 0, err
	}
	head := `{`
	if b.Input != nil {
		shared, err := t.built(b.Input, input)
		if err == nil {
			shared, err = t.encoded(shared)
		}
		if err != nil {
			return nil, 0, err
		}
		head += `"BatchInput":` + shared.text + `,`
	}
	head += `"Items":`

	var batch []string
	length, held := 0, 0
	cut := func() {
		list := batch
		inputs = append(inputs, childInput{items: len(list), build: func() (document, error) {
			return decode([]byte(head + "[" + strings.Join(list, ",") + "]}"))
		}})
		batch = nil
	}
	for i, item := range items {
		item, err := t.selectItem(item, input)
		if err != nil {
			return nil, 0, err
		}
		alone := len(head) + len("[]}") + len(item.text)
		if int64(alone) > size {
			return nil, 0, stateErrorf("The batch of item %d alone is larger than %d bytes.", i, size)
		}
		if batch != nil && (int64(len(batch)) == most || int64(length+len(",")+len(item.text)) > size) {
			cut()
		}
		if batch == nil {
			length = alone
		} else {
			length += len(",") + len(item.text)
		}
		if held += len(item.text); held > maxBatches {
			return nil, 0, stateErrorf("The batches are larger than %d bytes together, which is as much as this engine holds.", maxBatches)
		}
		weight := textBytes(item.text) + resultBytes
		if err := t.x.hold(weight); err != nil {
			return nil, 0, &fullError{err}
		}
		t.x.loose += weight
		total += weight
		batch = append(batch, item.text)
	}
	if batch != nil {
		cut()
	}
	return inputs, total, nil
}

// positive is a whole number above 0: n, or what path leads to, or most if neither is
// given or the number is larger.
func (e *env) positive(n int64, path *asl.Expr, field string, most int64) (int64, error) {
	if path != nil {
		var err error
		if n, err = e.whole(path, field); err != nil {
			return 0, err
		}
		if n <= 0 {
			return 0, stateErrorf("The %s field must be positive: %s == %d", field, path.Text, n)
		}
	}
	if n == 0 || n > most {
		n = most
	}
	return n, nil
}
