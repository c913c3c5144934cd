package source_test

import (
	"regexp"
	"strings"
	"testing"

	"lacuna/internal/source"
)

func TestDecimal(t *testing.T) {
	tests := []struct{ text, want, wantErr string }{
		{text: "5.19950", want: "5.19950"},
		{text: "-37.63", want: "-37.63"},
		{text: "0", want: "0"},
		{text: "20275.17", want: "20275.17"},
		{text: strings.Repeat("9", 38), want: strings.Repeat("9", 38)},
		{text: ""},
		{text: "."},
		{text: "NaN"},
		{text: "null"},
		{text: "5,1995", wantErr: `"5,1995" is not a decimal number`},
		{text: "1e5", wantErr: `"1e5" is not a decimal number`},
		{text: "+1", wantErr: `"+1" is not a decimal number`},
		{text: ".5", wantErr: `".5" is not a decimal number`},
		{text: "5.", wantErr: `"5." is not a decimal number`},
		{text: "--5", wantErr: `"--5" is not a decimal number`},
		{text: "1.2.3", wantErr: `"1.2.3" is not a decimal number`},
		{text: " 1", wantErr: `" 1" is not a decimal number`},
		{text: "Infinity", wantErr: `"Infinity" is not a decimal number`},
		{text: strings.Repeat("9", 39), wantErr: `"` + strings.Repeat("9", 39) + `" is not a decimal number`},
	}
	for _, tt := range tests {
		got, err := source.Decimal(tt.text)
		if got != tt.want || errText(err) != tt.wantErr {
			t.Errorf("Decimal(%q) = %q, %v; want %q, %s", tt.text, got, err, tt.want, tt.wantErr)
		}
	}
}

func TestPlainNumber(t *testing.T) {
	for text, want := range map[string]string{
		"6.89": "6.89", "-0.5": "-0.5", "5.1E0": "5.1", "6.8799999999999994E-1": "0.68799999999999994", "4.6243E4": "46243", "1E2": "100",
		"12.5e+1": "125", "1.25E-3": "0.00125", "-1E-2": "-0.01", "0E5": "0", "1.5E3": "1500", "1E99": "", "E5": "", "1E": "", "1E1.5": "", "": "", ".": "", "0x1": "", "1_0": "",
	} {
		if got := source.PlainNumber(text); got != want {
			t.Errorf("PlainNumber(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestJSONDecimal(t *testing.T) {
	tests := []struct{ raw, want, wantErr string }{
		{raw: `5.19950`, want: "5.19950"},
		{raw: `"0.052531"`, want: "0.052531"},
		{raw: `null`},
		{raw: `""`},
		{raw: `"NaN"`},
		{raw: `1e5`, wantErr: `"1e5" is not a decimal number`},
		{raw: `true`, wantErr: `"true" is not a decimal number`},
		{raw: `{}`, wantErr: `"{}" is not a decimal number`},
		{raw: `"\u0031"`, wantErr: `"\\u0031" is not a decimal number`},
	}
	for _, tt := range tests {
		got, err := source.JSONDecimal([]byte(tt.raw))
		if got != tt.want || errText(err) != tt.wantErr {
			t.Errorf("JSONDecimal(%s) = %q, %v; want %q, %s", tt.raw, got, err, tt.want, tt.wantErr)
		}
	}
	if _, err := source.JSONDecimal(nil); errText(err) != "missing" {
		t.Errorf("JSONDecimal(nil): error %v, want missing", err)
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func FuzzDecimal(f *testing.F) {
	for _, text := range []string{"1.5", "-0.0", ".", "NaN", "1.", "-", "٣"} {
		f.Add(text)
	}
	number := regexp.MustCompile(`\A-?[0-9]+(\.[0-9]+)?\z`)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := source.Decimal(text)
		digits := len(strings.NewReplacer("-", "", ".", "").Replace(text))
		if want := number.MatchString(text) && digits <= 38; want != (got != "") || want && got != text {
			t.Errorf("Decimal(%q) = %q, %v; a number: %v", text, got, err, want)
		}
	})
}
