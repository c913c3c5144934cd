package bound_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lacuna/internal/bound"
)

func TestJSON(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"a few values", `{"a": [1, 2, {"b": null}], "c": "x"}`, ""},
		{"signs within a text", `"[[[[[,,,,,,,,,,,,,,,,,\"[[[[::::"`, ""},
		{"a text that ends within an escape", `"\`, ""},
		{"values", "[" + strings.Repeat("1,", 10) + "1]", "more than 10 values"},
		{"empty objects", "[" + strings.Repeat("{},", 5) + "{}]", "more than 10 values"},
		{"depth", strings.Repeat("[", 5), "nested more than 4 deep"},
	}
	for _, tt := range tests {
		err := bound.JSON(tt.text, 10, 4)
		if got := errText(err); got != tt.want {
			t.Errorf("%s: error %q, want %q", tt.name, got, tt.want)
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// What is let pass has no more values than allowed.
func FuzzJSON(f *testing.F) {
	f.Add(`{"a":[1,{"b":"\"]"}]}`)
	f.Add(`[[],[[]],{}]`)
	f.Fuzz(func(t *testing.T, text string) {
		var v any
		if json.Unmarshal([]byte(text), &v) != nil {
			return
		}
		values, depth := count(v)
		if bound.JSON(text, values-1, 1000) == nil {
			t.Errorf("%q has %d values and passes as %d", text, values, values-1)
		}
		if depth > 0 && bound.JSON(text, len(text)+1, depth-1) == nil {
			t.Errorf("%q is %d deep and passes as %d", text, depth, depth-1)
		}
	})
}

func count(v any) (values, depth int) {
	var inside []any
	switch v := v.(type) {
	case []any:
		inside = v
	case map[string]any:
		for _, x := range v {
			inside = append(inside, x)
		}
	default:
		return 1, 0
	}
	for _, x := range inside {
		n, d := count(x)
		values, depth = values+n, max(depth, d)
	}
	return values + 1, depth + 1
}

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		n    int
		want string // of the error
	}{{0, ""}, {1, ""}, {1000, ""}, {1001, "longer than 1000 bytes"}, {5000, "longer than 1000 bytes"}} {
		name := filepath.Join(dir, "file")
		whole := strings.Repeat("x", tt.n)
		if err := os.WriteFile(name, []byte(whole), 0o600); err != nil {
			t.Fatal(err)
		}
		text, err := bound.ReadFile(name, 1000)
		if tt.want == "" && (err != nil || string(text) != whole) || tt.want != "" && (err == nil || !strings.HasSuffix(err.Error(), name+": "+tt.want)) {
			t.Errorf("%d bytes: %d read, error %v", tt.n, len(text), err)
		}
	}
	if _, err := bound.ReadFile(filepath.Join(dir, "none"), 1000); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
