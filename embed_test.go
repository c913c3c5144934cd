package lacuna_test

import (
	"bytes"
	"os"
	"testing"

	"lacuna"
	"lacuna/internal/catalogue"
)

// go test . -update compiles series.yaml once more.
func TestCompiledSeries(t *testing.T) {
	c, err := catalogue.Parse("series.yaml", lacuna.Series, nil)
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		err = os.WriteFile("series.jsonl", compiled, 0o644)
	} else if !bytes.Equal(compiled, lacuna.CompiledSeries) {
		t.Error("series.jsonl is not series.yaml compiled: go test . -update")
	}
	if err != nil {
		t.Fatal(err)
	}
}
