package intrinsic_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"lacuna/internal/jsonpath"
)

// TestFunctionsSpend: each function pays for what grows with its arguments.
func TestFunctionsSpend(t *testing.T) {
	many := func(s string) string { return strings.Repeat(s, 2000) }
	var members []string
	for i := range 3000 {
		members = append(members, fmt.Sprintf(`"m%d":0`, i))
	}
	doc, err := jsonpath.Decode([]byte(`{"l":[` + many("0,0,0,0,0,0,") + `0],"s":"` + many("abcdefghijklmnop") + `","j":"[` + many("0,") + `0]","p":"` + many("{}{}") + `","o":{` + strings.Join(members, ",") + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range []string{
		`States.Array(` + many("1,1,") + `1)`,
		`States.ArrayContains($.l, 1)`,
		`States.ArrayPartition($.l, 1)`,
		`States.ArrayUnique($.l)`,
		`States.ArrayUnique(States.Array($.s,$.s,$.s))`,
		`States.Array(` + strings.Repeat("States.ArrayRange(1, 2, 1),", 12) + `1)`,
		`States.Format('{}{}', $.s, $.s)`,
		`States.Format($.p, 1)`,
		`States.JsonToString(States.Array($.s, $.s))`,
		`States.StringSplit($.s, 'b')`,
		`States.StringSplit('b', $.s)`,
		`States.StringToJson($.j)`,
		`States.JsonMerge($.o, $.o, false)`,
		`States.Hash(States.Array($.s, $.s), 'MD5')`,
		`States.Array($.l[*])`,
	} {
		var total atomic.Int64
		total.Store(1)
		b := jsonpath.NewBudget(t.Context(), &total)
		if _, err := parse(t, call).Eval(&b, env{input: doc}); !errors.Is(err, jsonpath.ErrTooManySteps) {
			t.Errorf("%.60s: %v, want ErrTooManySteps", call, err)
		}
	}
}

func TestResultsAreBounded(t *testing.T) {
	e := env{input: strings.Repeat("x", 250_000)}
	for _, call := range []string{
		`States.Format('{}{}{}{}{}', $, $, $, $, $)`,
		`States.JsonToString(States.Array($, $, $, $, $))`,
		`States.ArrayUnique(States.Array(States.Array($, $, $, $, $)))`,
	} {
		if _, err := parse(t, call).Eval(own(), e); !errors.Is(err, jsonpath.ErrTooLarge) {
			t.Errorf("%s: %v, want ErrTooLarge", call, err)
		}
	}
	if _, err := parse(t, `States.Format('{}{}{}{}', $, $, $, $)`).Eval(own(), e); err != nil {
		t.Errorf("a text of a million characters: %v", err)
	}
}

// TestSplitAtManyCharacters holds whatever the number of delimiters is.
func TestSplitAtManyCharacters(t *testing.T) {
	got, err := parse(t, `States.StringSplit('aébñc', 'zñyéx')`).Eval(own(), env{})
	if err != nil {
		t.Fatal(err)
	}
	if !jsonpath.Equal(got, []any{"a", "b", "c"}) {
		t.Errorf("got %v", got)
	}
}
