package row_test

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"lacuna/internal/row"
)

func TestCanonical(t *testing.T) {
	nines := strings.Repeat("9", 38)
	tests := []struct{ text, want, wantErr string }{
		{text: "5.1995", want: "5.1995"},
		{text: "5.19950", want: "5.1995"},
		{text: "5.000", want: "5"},
		{text: "-0.500", want: "-0.5"},
		{text: "00.50", want: "0.5"},
		{text: "0.", want: "0"},
		{text: "1e2.0", wantErr: `"1e2.0" is not a decimal number`},
		{text: "100", want: "100"},
		{text: "005", want: "5"},
		{text: "005.5", want: "5.5"},
		{text: "+5", want: "5"},
		{text: "-1.50", want: "-1.5"},
		{text: "-0.00", want: "0"},
		{text: "-.50", want: "-0.5"},
		{text: ".5", want: "0.5"},
		{text: "5.", want: "5"},
		{text: "0", want: "0"},
		{text: "1E-7", want: "0.0000001"},
		{text: "1e2", want: "100"},
		{text: "-12.5E+1", want: "-125"},
		{text: "0e99", want: "0"},
		{text: "9.9e125", want: "99" + strings.Repeat("0", 124)},
		{text: "1e-130", want: "0." + strings.Repeat("0", 129) + "1"},
		{text: nines, want: nines},
		{text: nines + "00", want: nines + "00"},
		{text: nines + "0.1", wantErr: `"` + nines + `0.1": more than 38 significant digits`},
		{text: "1e126", wantErr: `"1e126": magnitude outside 1E-130 to 9.9E+125`},
		{text: "1e-131", wantErr: `"1e-131": magnitude outside 1E-130 to 9.9E+125`},
		{text: "1e999999999", wantErr: `"1e999999999" is not a decimal number`},
		{text: "", wantErr: `"" is not a decimal number`},
		{text: "-", wantErr: `"-" is not a decimal number`},
		{text: ".", wantErr: `"." is not a decimal number`},
		{text: "1,5", wantErr: `"1,5" is not a decimal number`},
		{text: "1.5.0", wantErr: `"1.5.0" is not a decimal number`},
		{text: "NaN", wantErr: `"NaN" is not a decimal number`},
		{text: "Infinity", wantErr: `"Infinity" is not a decimal number`},
		{text: " 1", wantErr: `" 1" is not a decimal number`},
		{text: "1e", wantErr: `"1e" is not a decimal number`},
		{text: "1_0", wantErr: `"1_0" is not a decimal number`},
		{text: "0x1F", wantErr: `"0x1F" is not a decimal number`},
		{text: "٣", wantErr: `"٣" is not a decimal number`},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got, err := row.Canonical(tt.text)
			if got != tt.want || errText(err) != tt.wantErr {
				t.Errorf("Canonical(%q) = %q, %v; want %q, %s", tt.text, got, err, tt.want, tt.wantErr)
			}
		})
	}
}

func TestCheckPlain(t *testing.T) {
	for text, want := range map[string]bool{
		"5.19950": true, "-0.0512": true, "007": true, "-0.00": true, strings.Repeat("9", 38): true,
		strings.Repeat("9", 39): false, "": false, "-": false, "+1.1": false, "1.": false, ".5": false, "1.1e0": false, "1,5": false, " 1": false, "1.2.3": false, "٣": false,
	} {
		if err := row.CheckPlain(text); (err == nil) != want {
			t.Errorf("CheckPlain(%q) = %v", text, err)
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// plain is what Canonical may return.
var plain = regexp.MustCompile(`^(0|-?(0|[1-9][0-9]*)\.[0-9]*[1-9]|-?[1-9][0-9]*)$`)

// exact reads a short decimal as a fraction; exponents that would make a huge
// one are left to the tables.
func exact(text string) (*big.Rat, bool) {
	if len(text) > 100 || strings.ContainsAny(text, "eExXbBoOpP_/") {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// Against fractions of big integers: the value stays and the form is plain.
func FuzzCanonical(f *testing.F) {
	for _, text := range []string{"5.19950", "-0", "+.5", "1E-7", "-12.5e+1", ".50", "0.001", "1e400", "99e124", "--1", "1_0", "12345678901234567890123456789012345678901"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := row.Canonical(text)
		want, known := exact(text)
		if err != nil {
			if known && len(text) <= 38 {
				t.Fatalf("Canonical(%q): %v", text, err)
			}
			return
		}
		if !plain.MatchString(got) {
			t.Fatalf("Canonical(%q) = %q", text, got)
		}
		if again, err := row.Canonical(got); err != nil || again != got {
			t.Fatalf("Canonical(%q) = %q, %v", got, again, err)
		}
		if back, ok := exact(got); known && ok && back.Cmp(want) != 0 {
			t.Fatalf("Canonical(%q) = %q", text, got)
		}
	})
}

func FuzzCompare(f *testing.F) {
	f.Add("5.1", "5.10")
	f.Add("-5", "4.99")
	f.Add("-5", "-51")
	f.Add("0.049", "0.05")
	f.Add("-0", "0")
	f.Add("123456789.5", "123456789.50")
	f.Add("0.00001", "-0.00001")
	f.Fuzz(func(t *testing.T, a, b string) {
		got, err := row.Compare(a, b)
		x, okA := exact(a)
		y, okB := exact(b)
		if okA && okB && (err != nil || got != x.Cmp(y)) {
			t.Fatalf("Compare(%q, %q) = %d, %v; want %d", a, b, got, err, x.Cmp(y))
		}
	})
}

func TestExceeds(t *testing.T) {
	tests := []struct {
		a, b, percent string
		steps         int
		want          bool
	}{
		{"5.15", "5", "3", 1, false},
		{"5.1501", "5", "3", 1, true},
		{"4.8499", "5", "3", 1, true},
		{"4.8499", "5", "3", 2, false},
		{"-5", "5", "199", 1, true},
		{"-5", "5", "200", 1, false},
		{"1.0000000001", "1", "0.00000001", 1, false},
		{"1.00000000011", "1", "0.00000001", 1, true},
		{"7", "0", "3", 1, false},
		{"5.15", "5", "1e2", 1, false},
		{"99999999", "0.0001", "9999.9999", 100, true},
		{"1e125", "1e-130", "15", 1, true},
	}
	for _, tt := range tests {
		if got, err := row.Exceeds(tt.a, tt.b, tt.percent, tt.steps); got != tt.want || err != nil {
			t.Errorf("Exceeds(%s, %s, %s, %d) = %v, %v; want %v", tt.a, tt.b, tt.percent, tt.steps, got, err, tt.want)
		}
	}
	for _, text := range []string{"x", "x5", "1.5.0", "-", "5-"} {
		for i := range 3 {
			of := [3]string{"5", "5", "3"}
			of[i] = text
			if _, err := row.Exceeds(of[0], of[1], of[2], 1); errText(err) != fmt.Sprintf("%q is not a decimal number", text) {
				t.Errorf("Exceeds of %q: %v", of, err)
			}
		}
	}
}

func FuzzExceeds(f *testing.F) {
	f.Add("5.15", "5", "3", uint8(1))
	f.Add("99999999", "-0.0001", "9999.9999", uint8(100))
	f.Add("1.23456789", "-1", "0.5", uint8(7))
	f.Add("0", "0", "0", uint8(0))
	f.Fuzz(func(t *testing.T, a, b, percent string, steps uint8) {
		got, err := row.Exceeds(a, b, percent, int(steps))
		x, okX := exact(a)
		y, okY := exact(b)
		p, okP := exact(percent)
		if !okX || !okY || !okP || p.Sign() < 0 {
			return
		}
		change := new(big.Rat).Sub(x, y)
		change.Abs(change).Mul(change, big.NewRat(100, 1))
		allowed := new(big.Rat).Mul(y, p)
		allowed.Abs(allowed).Mul(allowed, big.NewRat(int64(steps), 1))
		if want := y.Sign() != 0 && change.Cmp(allowed) > 0; err != nil || got != want {
			t.Fatalf("Exceeds(%q, %q, %q, %d) = %v, %v; want %v", a, b, percent, steps, got, err, want)
		}
	})
}

func BenchmarkCanonical(b *testing.B) {
	for _, text := range []string{"5.1995", "5.19950", "1.5e3"} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := row.Canonical(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCompare(b *testing.B) {
	for _, with := range []string{"5.20", "5.200000001"} {
		b.Run(with, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if c, err := row.Compare("5.1995", with); c != -1 || err != nil {
					b.Fatal(c, err)
				}
			}
		})
	}
}

// A number of some megabytes is refused before it is computed with.
func TestLongNumbers(t *testing.T) {
	long := strings.Repeat("7", 3<<20)
	if _, err := row.Canonical(long); err == nil || !strings.Contains(errText(err), "a number of 3145728 bytes: want at most 512") || len(errText(err)) > 200 {
		t.Errorf("Canonical: %.300v", err)
	}
	if _, err := row.Compare("1", long); err == nil {
		t.Error("Compare takes it")
	}
	if _, err := row.Exceeds("1", "2", "0."+long, 1); err == nil {
		t.Error("Exceeds takes it")
	}
	if got, err := row.Canonical("-" + strings.Repeat("0", 300) + "1." + strings.Repeat("0", 200)); got != "-1" || err != nil {
		t.Errorf("a number with needless zeros: %q, %v", got, err)
	}
	if got, err := row.Canonical("2." + strings.Repeat("0", 510)); got != "2" || err != nil {
		t.Errorf("512 bytes: %q, %v", got, err)
	}
}
