package intake

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"lacuna/internal/bound"
	"lacuna/internal/export"
	"lacuna/internal/row"
)

// jsonl reads an object a line: as `export` writes it, or with --full, or flat, with the
// fields beside the others.
func (r *Reader) jsonl(name string, from io.Reader, yield func(Line) bool) error {
	series := r.seriesOf(name)
	var wholes export.WholeParser
	return eachLine(name, from, func(n int, text []byte) (more bool, err error) {
		if err := bound.JSON(text, maxValues, maxNested); err != nil {
			return false, err
		}
		l := Line{Series: series, N: n, size: len(text)}
		if bytes.HasPrefix(text, []byte(`{"schema_version":`)) {
			err = r.whole(&l, &wholes, text)
		} else {
			err = r.object(&l, text)
		}
		if err != nil {
			return false, err
		}
		return yield(l), nil
	})
}

// whole reads a line of `export --full`.
func (r *Reader) whole(l *Line, wholes *export.WholeParser, text []byte) error {
	w, err := wholes.Parse(text)
	if err != nil {
		return told(err)
	}
	l.Series, l.Day, l.Status, l.Whole = r.of(w.Series), w.Day, w.Status, w
	return checkWhole(w)
}

// checkWhole refuses what no store has.
func checkWhole(w *export.Whole) error {
	if w.SchemaVersion != export.WholeVersion {
		return fmt.Errorf("schema_version %d: this program knows %d", w.SchemaVersion, export.WholeVersion)
	}
	if w.Status == "" && len(w.Revisions) == 0 {
		return errors.New("has neither a status nor revisions")
	}
	rows := []row.Row{w.Row()}
	for _, old := range w.Past() {
		if old.Status == "" {
			return errors.New("a revision without a status")
		}
		rows = append(rows, old.Row)
	}
	for _, r := range rows {
		if r.Status == export.Missing {
			return errors.New("status missing: a day without a row has no line")
		}
		if r.Status != "" {
			if _, err := statusOf(string(r.Status)); err != nil {
				return err
			}
		}
		switch has := len(r.Fields) > 0; {
		case r.Status == row.Observed && !has:
			return errors.New("observed without a value")
		case (r.Status == row.Absent || r.Status == "") && has:
			return fmt.Errorf("%s with a value", cmp.Or(string(r.Status), "no status"))
		}
		for _, f := range r.Fields {
			if err := row.CheckPlain(f.Value); err != nil {
				return fmt.Errorf("%.80s: %w", f.Name, err)
			}
		}
	}
	return nil
}

// object reads any other line.
func (r *Reader) object(l *Line, text []byte) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	hasDay := false
	err := eachMember(dec, func(name string) error {
		column := r.of(name)
		if column == "fields" {
			return eachMember(dec, func(name string) error { return r.member(l, dec, r.of(name), &hasDay) })
		}
		return r.member(l, dec, column, &hasDay)
	})
	if err != nil {
		return told(err)
	}
	if dec.More() {
		return errors.New("more than one object in a line")
	}
	l.Series = r.of(l.Series)
	return l.complete(l.N, hasDay)
}

// eachMember reads an object, and lets do read the value of each name.
func eachMember(dec *json.Decoder, do func(name string) error) error {
	begin, err := dec.Token()
	if err != nil {
		return err
	}
	if begin != json.Delim('{') {
		return errors.New("want an object")
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		if err := do(name.(string)); err != nil { // a name is a text
			return err
		}
	}
	_, err = dec.Token()
	return err
}

func (r *Reader) member(l *Line, dec *json.Decoder, column string, hasDay *bool) error {
	var value any
	if err := dec.Decode(&value); err != nil {
		return err
	}
	if column == "" {
		return nil
	}
	text := ""
	switch v := value.(type) {
	case nil:
	case string:
		text = v
	case json.Number:
		text = v.String()
	default:
		return fmt.Errorf("%.80s: want a text or a number; --map %s= leaves it out", column, clip(column))
	}
	*hasDay = *hasDay || column == columnDay && text != ""
	return l.put(column, text)
}

// told is an error of a JSON library, in short.
func told(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errors.New("the JSON ends too early")
	}
	return fmt.Errorf("%.300s", err)
}
