package asl

import (
	"slices"
	"strings"
)

// Reader is ItemReader: the objects that a distributed Map takes its items from. Its
// place, Bucket and Key or Prefix, is built when the state begins.
type Reader struct {
	List         bool // Resource is s3:listObjectsV2, else s3:getObject
	Parameters   *Template
	InputType    string   // one of InputCSV, ...; "" lists objects, or takes the default of Manifest
	Manifest     string   // S3Inventory or AthenaData; "" if the object holds the items itself
	Flatten      bool     // LOAD_AND_FLATTEN: the items are in the objects of the list
	Headers      []string // of CSVHeaderLocation GIVEN; nil takes the first row
	Delimiter    byte     // between the fields of a CSV row
	Pointer      []string // ItemsPointer, a JSON Pointer, by its names
	MaxItems     int64    // 0 is no limit
	MaxItemsPath *Expr
}

// Values of Reader.InputType and Reader.Manifest.
const (
	InputCSV      = "CSV"
	InputJSON     = "JSON"
	InputJSONL    = "JSONL"
	InputParquet  = "PARQUET"
	inputManifest = "MANIFEST"
	S3Inventory   = "S3_INVENTORY"
	AthenaData    = "ATHENA_DATA"
)

// Limits of ReaderConfig (developer guide, "ItemReader").
const (
	maxReadItems  = 100_000_000
	maxHeaderSize = 10 << 10 // bytes
)

// Writer is ResultWriter: what becomes of the results of a distributed Map.
type Writer struct {
	Parameters     *Template // Bucket and Prefix; nil leaves the results in the output
	Transformation string    // one of TransformNone, ...
	Lines          bool      // OutputType is JSONL
}

// Values of Writer.Transformation.
const (
	TransformNone    = "NONE"
	TransformCompact = "COMPACT"
	TransformFlatten = "FLATTEN"
)

// action takes the name of an Amazon S3 action out of the Resource of f, "" if it is
// none of those allowed. Region and account may stand in it.
func (f *fields) action(allowed ...string) string {
	if !f.has("Resource") {
		f.p.fail(f.place, "These fields are required: [Resource]")
		return ""
	}
	parts := strings.Split(f.text("Resource"), ":")
	if len(parts) == 7 && parts[0] == "arn" && strings.HasPrefix(parts[1], "aws") && parts[2] == "states" && parts[5] == "s3" && slices.Contains(allowed, parts[6]) {
		return parts[6]
	}
	examples := make([]string, len(allowed))
	for i, name := range allowed {
		examples[i] = "arn:<partition>:states:::s3:" + name
	}
	f.p.fail(f.at("Resource"), "The field 'Resource' does not match any of the allowed values. Examples: [%s]", strings.Join(examples, ", "))
	return ""
}

// parameters reads the place of objects.
func (f *fields) parameters(required ...string) *Template {
	o, ok := f.object("Parameters")
	if !f.has("Parameters") {
		f.p.fail(f.place, "These fields are required: [Parameters]")
	}
	for _, name := range required {
		_, literal := o.Get(name)
		if _, dynamic := o.Get(name + ".$"); ok && !literal && !dynamic {
			f.p.fail(f.at("Parameters"), "These fields are required: [%s]", name)
		}
	}
	return f.template("Parameters")
}

// reader reads ItemReader.
func (p *parser) reader(f *fields) *Reader {
	r := &Reader{Delimiter: ','}
	action := f.action("getObject", "listObjectsV2")
	r.List = action == "listObjectsV2"
	if r.List {
		r.Parameters = f.parameters("Bucket")
	} else {
		r.Parameters = f.parameters("Bucket", "Key")
	}
	if config, ok := f.object("ReaderConfig"); ok {
		p.readerConfig(r, p.fields(config, f.at("ReaderConfig")))
	} else if action == "getObject" && !f.has("ReaderConfig") {
		p.fail(f.place, "These fields are required: [ReaderConfig]")
	}
	f.refuseOthers()
	return r
}

func (p *parser) readerConfig(r *Reader, f *fields) {
	r.InputType = f.oneOf("InputType", inputManifest, InputJSON, InputCSV, InputJSONL, InputParquet)
	r.Manifest = f.oneOf("ManifestType", AthenaData, S3Inventory)
	r.Flatten = f.oneOf("Transformation", "NONE", "LOAD_AND_FLATTEN") == "LOAD_AND_FLATTEN"
	if r.InputType == inputManifest {
		r.InputType = ""
		if r.Manifest == "" {
			r.Manifest = S3Inventory
		}
	}
	r.MaxItems, r.MaxItemsPath = f.count("MaxItems", maxReadItems)
	p.csvConfig(r, f)
	r.Pointer = f.pointer("ItemsPointer")
	reads := !r.List || r.Flatten // data, of which the form must be known
	if reads && r.Manifest != S3Inventory && r.InputType == "" && !f.has("InputType") {
		p.fail(f.place, "These fields are required: [InputType]")
	}
	if r.Manifest == S3Inventory && r.InputType != "" {
		p.fail(f.place, "The field 'InputType' is not supported for ManifestType S3_INVENTORY")
	}
	if r.Manifest == AthenaData && (r.InputType == InputJSON || f.text("InputType") == inputManifest) {
		p.fail(f.at("InputType"), "The field 'InputType' should have one of these values: [CSV, JSONL, PARQUET]")
	}
	if f.has("ItemsPointer") && r.InputType != InputJSON {
		p.fail(f.place, "The field 'ItemsPointer' is only supported for InputType JSON")
	}
	for _, name := range []string{"CSVDelimiter", "CSVHeaderLocation", "CSVHeaders"} {
		if f.has(name) && r.InputType != InputCSV && r.Manifest != S3Inventory {
			p.fail(f.place, "The field '%s' is only supported for InputType CSV or MANIFEST", name)
		}
	}
	f.refuseOthers()
}

func (p *parser) csvConfig(r *Reader, f *fields) {
	names := map[string]byte{"COMMA": ',', "PIPE": '|', "SEMICOLON": ';', "SPACE": ' ', "TAB": '\t'}
	if delimiter, ok := names[f.oneOf("CSVDelimiter", "COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB")]; ok {
		r.Delimiter = delimiter
	}
	location := f.oneOf("CSVHeaderLocation", "FIRST_ROW", "GIVEN")
	headers, ok := f.list("CSVHeaders")
	if ok && len(headers) == 0 {
		p.fail(f.at("CSVHeaders"), "Value cannot be empty")
	}
	size := 0
	for i, value := range headers {
		header, ok := value.(string)
		if !ok {
			p.fail(element(f.at("CSVHeaders"), i), "Expected value of type STRING")
		}
		r.Headers = append(r.Headers, header)
		size += len(header)
	}
	if size > maxHeaderSize {
		p.fail(f.at("CSVHeaders"), "The headers are larger than %d bytes", maxHeaderSize)
	}
	switch given := f.has("CSVHeaders"); {
	case location == "GIVEN" && !given:
		p.fail(f.place, "These fields are required: [CSVHeaders]")
	case location != "GIVEN" && given:
		p.fail(f.place, "The field 'CSVHeaders' is only supported with CSVHeaderLocation GIVEN")
	}
}

// pointer reads a JSON Pointer (RFC 6901).
func (f *fields) pointer(name string) []string {
	text := f.text(name)
	if text == "" {
		return nil
	}
	rest, ok := strings.CutPrefix(text, "/")
	if !ok {
		f.p.fail(f.at(name), "Value is not a JSON Pointer")
		return nil
	}
	names := strings.Split(rest, "/")
	for i, name := range names {
		names[i] = strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~")
	}
	return names
}

// writer reads ResultWriter: WriterConfig, or Resource with Parameters, or all of them.
func (p *parser) writer(f *fields) *Writer {
	w := &Writer{Transformation: TransformNone}
	if !f.has("Resource") && !f.has("Parameters") && !f.has("WriterConfig") {
		p.fail(f.place, "There should be one of the following fields: [Resource, WriterConfig]")
	}
	if f.has("Resource") || f.has("Parameters") {
		f.action("putObject")
		w.Parameters = f.parameters("Bucket")
	}
	if config, ok := f.object("WriterConfig"); ok {
		c := p.fields(config, f.at("WriterConfig"))
		if t := c.oneOf("Transformation", TransformNone, TransformCompact, TransformFlatten); t != "" {
			w.Transformation = t
		}
		w.Lines = c.oneOf("OutputType", "JSON", "JSONL") == "JSONL"
		c.refuseOthers()
	}
	f.refuseOthers()
	return w
}
