package catalogue_test

import (
	"testing"

	"lacuna/internal/catalogue"

	"github.com/google/go-cmp/cmp"
)

func TestAppend(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"to the end", "series:\n- key: A\n  unit: x\n", "series:\n- key: A\n  unit: x\n- key: B\n  unit: y\n"},
		{"without a last line break", "series:\n- key: A", "series:\n- key: A\n- key: B\n  unit: y\n"},
		{"at its indentation", "series: # all of them\n    - key: A\n\n\n# about sources\nsources: {}\n", "series: # all of them\n    - key: A\n    - key: B\n      unit: y\n\n\n# about sources\nsources: {}\n"},
		{"behind the comments of the last one", "series:\n- key: A\n  # of A\n  # too\n\n  # not of A\n", "series:\n- key: A\n  # of A\n  # too\n- key: B\n  unit: y\n\n  # not of A\n"},
		{"before a comment at the margin", "series:\n- key: A\n# - key: C\n", "series:\n- key: A\n- key: B\n  unit: y\n# - key: C\n"},
		{"no list", "version: 1\ninclude: shipped", "version: 1\ninclude: shipped\nseries:\n- key: B\n  unit: y\n"},
		{"an empty list", "version: 1\nseries: [] # none\nsources: {}\n", "version: 1\nseries: # none\n- key: B\n  unit: y\nsources: {}\n"},
		{"an empty list at the end", "version: 1\nseries: []", "version: 1\nseries:\n- key: B\n  unit: y\n"},
		{"other line breaks", "series:\r\n- key: A\r\n", "series:\r\n- key: A\r\n- key: B\r\n  unit: y\r\n"},
		{"a list between brackets", "series: [{key: A}]\n", ""},
		{"a list with a line for each sign", "series:\n-\n  key: A\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := catalogue.Append([]byte(tt.text), func(indent string) []byte {
				return []byte(indent + "- key: B\n" + indent + "  unit: y\n")
			})
			if (err == nil) != (tt.want != "") {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("Append mismatch (-want +got):\n%s", diff)
			}
		})
	}
}
