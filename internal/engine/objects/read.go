package objects

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"strings"

	"lacuna/internal/asl"
	"lacuna/internal/jsonpath"
)

// What one Map may read. AWS allows more: objects of gigabytes, and 100,000,000 items.
// Here all items are in memory at once.
const (
	maxBytes = 32 << 20 // of all objects, decompressed, or of the items made of them
	maxItems = 100_000
	// MaxItem is AWS's limit in bytes of an item that is read; that of a child's input,
	// which ItemSelector makes of it, is smaller.
	MaxItem = 8 << 20
)

// Item is an item that was read. It is kept as a text, which takes a twentieth of the memory
// that its value may take.
type Item struct {
	Text   string // JSON that jsonpath.Decode reads
	Source string // "s3://bucket/key" of its object, "s3://bucket" of an item of a list
}

// Read returns the items that r finds at the place that its Parameters came to. most is
// MaxItems as evaluated, 0 for all. Before it makes an item it asks hold for the bytes that
// the item takes at most; an error of hold ends it and is returned. Any other error is the
// cause of States.ItemReaderFailed.
func Read(ctx context.Context, store Store, r *asl.Reader, parameters any, most int64, hold func(bytes int64) error) ([]Item, error) {
	if most < 0 {
		return nil, Causef("field MaxItems must be positive")
	}
	place, err := placeOf(parameters, r.List)
	if err != nil {
		return nil, err
	}
	in := &reading{ctx: ctx, store: store, reader: r, most: most, left: maxBytes, hold: hold}
	err = in.from(place)
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	return in.items, nil
}

// errEnough says that MaxItems items are there.
var errEnough = errors.New("enough items")

// place is where objects are.
type place struct{ bucket, key, prefix, startAfter string }

func (p place) String() string {
	if p.key == "" {
		return "s3://" + p.bucket
	}
	return "s3://" + p.bucket + "/" + p.key
}

// placeOf reads Parameters. What it does not know may change what is to be read.
func placeOf(parameters any, list bool) (p place, err error) {
	o, _ := parameters.(*jsonpath.Object)
	if o == nil {
		return p, Causef("The Parameters of ItemReader are not an object.")
	}
	fields := map[string]*string{"Bucket": &p.bucket, "Key": &p.key}
	if list {
		fields = map[string]*string{"Bucket": &p.bucket, "Prefix": &p.prefix, "StartAfter": &p.startAfter}
	}
	for name, value := range o.All() {
		text, isText := value.(string)
		switch field := fields[name]; {
		case name == "ExpectedBucketOwner": // there is one account
		case field == nil:
			return p, Causef("The parameter %s of ItemReader is not supported by this engine.", name)
		case !isText:
			return p, Causef("The parameter %s of ItemReader is not a string.", name)
		default:
			*field = text
		}
	}
	return p, nil
}

// reading is one Read at work.
type reading struct {
	ctx    context.Context
	store  Store
	reader *asl.Reader
	most   int64
	left   int64 // bytes that may still be read
	hold   func(bytes int64) error
	items  []Item
	at     place  // of the newest item
	source string // its text
}

func (in *reading) from(p place) error {
	switch {
	case in.reader.List:
		return in.list(p)
	case in.reader.Manifest == asl.S3Inventory:
		return in.inventory(p)
	case in.reader.Manifest == asl.AthenaData:
		return in.athena(p)
	}
	return in.data(p)
}

// data reads the items of one object.
func (in *reading) data(p place) error {
	read := map[string]func(place, *bufio.Reader) error{asl.InputCSV: in.csv, asl.InputJSON: in.json, asl.InputJSONL: in.lines}[in.reader.InputType]
	if read == nil {
		return Causef("Attempting to read %s failed. InputType '%s' is not supported by this engine.", p, in.reader.InputType)
	}
	return in.open(p, func(text *bufio.Reader) error { return read(p, text) })
}

// open reads the text of an object: decompressed, without a byte order mark.
func (in *reading) open(p place, read func(*bufio.Reader) error) (err error) {
	object, err := in.store.Open(in.ctx, p.bucket, p.key)
	if err != nil {
		return Causef("Attempting to read %s failed. %s", p, err)
	}
	defer func() { err = errors.Join(err, object.Close()) }()
	text := bufio.NewReader(&counted{in: in, r: object})
	head, err := text.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return in.broken(p, err)
	}
	switch begins := func(s string) bool { return strings.HasPrefix(string(head), s) }; {
	case begins("\x1f\x8b"):
		plain, err := gzip.NewReader(text)
		if err != nil {
			return in.broken(p, err)
		}
		text = bufio.NewReader(&counted{in: in, r: plain})
	case begins("\x28\xb5\x2f\xfd"):
		return Causef("Attempting to read %s failed. It is compressed with Zstandard, which is not supported by this engine.", p)
	case begins("\xff\xfe"), begins("\xfe\xff"):
		return Causef("Attempting to read %s failed. It is UTF-16, not UTF-8.", p)
	}
	if mark, err := text.Peek(3); err == nil && string(mark) == "\xef\xbb\xbf" {
		if _, err := text.Discard(3); err != nil {
			return in.broken(p, err)
		}
	}
	return read(text)
}

// broken is an object that cannot be read to its end.
func (in *reading) broken(p place, err error) error {
	if c := cause(""); errors.As(err, &c) || errors.Is(err, errEnough) {
		return err
	}
	return Causef("Attempting to read %s failed. %s", p, err)
}

// counted reads what is left to read.
type counted struct {
	in *reading
	r  io.Reader
}

func (c *counted) Read(buf []byte) (int, error) {
	if err := errors.Join(c.in.ctx.Err(), c.in.take(0)); err != nil {
		return 0, err
	}
	n, err := c.r.Read(buf[:min(int64(len(buf)), c.in.left+1)])
	if tooMuch := c.in.take(n); tooMuch != nil {
		return 0, tooMuch
	}
	return n, err
}

func (in *reading) take(n int) error {
	if in.left -= int64(n); in.left < 0 {
		return Causef("The items are larger than %d bytes, which is as much as this engine reads. MaxItems makes them fewer.", maxBytes)
	}
	return nil
}

// addValue takes a value as an item.
func (in *reading) addValue(p place, value any) error {
	text, err := jsonpath.EncodeUpTo(MaxItem, value)
	if err != nil {
		return in.tooLarge(p)
	}
	return in.add(p, string(text))
}

// add takes an item of the object at p, unless it is one too many.
func (in *reading) add(p place, text string) error {
	if len(in.items) == maxItems {
		return Causef("There are more than %d items, which is as many as this engine reads. MaxItems makes them fewer.", maxItems)
	}
	in.items = append(in.items, Item{text, in.sourceOf(p)})
	if int64(len(in.items)) == in.most {
		return errEnough
	}
	return nil
}

// sourceOf is the text of p, the same one for all items of an object.
func (in *reading) sourceOf(p place) string {
	if p != in.at {
		in.at, in.source = p, p.String()
	}
	return in.source
}

// tooLarge is the item that would come next.
func (in *reading) tooLarge(p place) error {
	return Causef("Attempting to read %s failed. The item with index %d is larger than %d bytes.", p, len(in.items), MaxItem)
}
