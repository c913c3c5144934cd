package main

import (
	"bufio"
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTable(t *testing.T) {
	rows := newTable("key", "not_due", "title")
	rows.add("=1+1", 7, "Dólar")
	rows.add("A", 1234, `say "hi", you`)
	var out bytes.Buffer
	w := bufio.NewWriter(&out)
	rows.write(w)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	want := "KEY   NOT DUE  TITLE\n" +
		"=1+1        7  Dólar\n" +
		"A        1234  say \"hi\", you\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	out.Reset()
	if err := rows.writeCSV(&out); err != nil {
		t.Fatal(err)
	}
	want = "key,not_due,title\n'=1+1,7,Dólar\nA,1234,\"say \"\"hi\"\", you\"\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("CSV (-want +got):\n%s", diff)
	}
}

func TestNoFormula(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "5.1995": "5.1995", "-0.0512": "-0.0512", "CURRENCY#USD": "CURRENCY#USD", // as they are
		"=1+1": "'=1+1", "+1": "'+1", "-1+2": "'-1+2", "@SUM(A1)": "'@SUM(A1)", "\tx": "'\tx", "-": "'-", "-1.2.3": "'-1.2.3",
	} {
		if got := noFormula(text); got != want {
			t.Errorf("noFormula(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestQuote(t *testing.T) {
	for text, want := range map[string]string{
		"x.db": "x.db", "2024-01-05": "2024-01-05", "": "''", "CURRENCY#*": "'CURRENCY#*'", "it's": `'it'\''s'`, "a b": "'a b'",
	} {
		if got := quote(text); got != want {
			t.Errorf("quote(%q) = %s, want %s", text, got, want)
		}
	}
}
