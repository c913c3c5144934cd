//go:build integration && linux

package hostile

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"lacuna/internal/asl"
	"lacuna/internal/engine"
	"lacuna/internal/engine/objects"
	"lacuna/internal/engine/objects/folder"
	"lacuna/internal/jsonpath"
)

const nearPayload = 250_000 // bytes: nearly what an execution takes

// How an execution says that it has enough.
const (
	dataLimit     = "States.DataLimitExceeded"
	stepLimit     = "needs too many steps"
	fullHistory   = "maximum number of history events"
	badDefinition = "Invalid State Machine Definition"
)

// executes runs a definition and returns its failure, cut.
func executes(ctx context.Context, o engine.Options, definition, input string) error {
	m, err := asl.Parse([]byte(definition))
	if err != nil {
		return ends(err.Error())
	}
	none := 0.0
	o.WaitScale = &none
	o.Integrations = func(string) engine.Integration {
		return func(_ context.Context, c engine.Call) (json.RawMessage, error) { return c.Parameters, nil }
	}
	x, err := engine.New(o).Start(ctx, engine.StartInput{Name: "x", Machine: m, MachineName: "m", Input: json.RawMessage(input)})
	if err != nil {
		return ends(err.Error())
	}
	got, err := x.Wait(ctx)
	if err != nil || got.Status == engine.Succeeded {
		return err
	}
	text := got.Status
	for _, s := range []*string{got.Error, got.Cause} {
		if s != nil {
			text += " " + *s
		}
	}
	return ends(text)
}

// cut is an error with the beginning and the end of a text, which may quote an input.
func ends(text string) error {
	const most = 1000
	if len(text) > 2*most {
		text = text[:most] + "..." + text[len(text)-most:]
	}
	return errors.New(text)
}

// runs is an attack by a definition and an input.
func machine(name, says string, made func() (definition, input string)) attack {
	return attack{name: name, says: says, run: func(ctx context.Context, _ string) error {
		definition, input := made()
		return executes(ctx, engine.Options{}, definition, input)
	}}
}

// state is a definition of one state.
func oneState(fields string) string {
	return `{"StartAt":"A","States":{"A":{` + fields + `,"End":true}}}`
}

// evaluates is a definition that evaluates an expression and shows its length, so that its
// size alone is no reason to end.
func evaluates(expression string) string {
	text, err := json.Marshal(expression)
	if err != nil {
		panic(err) // a string
	}
	return oneState(`"Type":"Pass","Parameters":{"x.$":` + string(text) + `}`)
}

// list is a list of n times an item.
func jsonList(n int, item string) string { return "[" + joined(n, item) + "]" }

func joined(n int, item string) string { return strings.TrimSuffix(strings.Repeat(item+",", n), ",") }

func tower(n int, open, inner, closing string) string {
	return strings.Repeat(open, n) + inner + strings.Repeat(closing, n)
}

func jsonText(n int) string { return `"` + strings.Repeat("x", n) + `"` }

func TestLanguagePaths(t *testing.T) {
	items := `{"a":` + jsonList(20_000, "1") + `,"b":` + jsonList(20_000, "2") + `,"i":` + jsonList(20_000, `{"s":1}`) + `}`
	regex := `{"i":[` + joined(100, `{"s":"`+strings.Repeat("a", 2000)+`!"}`) + `]}`
	wide, deep := jsonList(125_000, "0"), tower(900, "[", jsonList(120_000, "0"), "]")
	objects := `{"i":` + jsonList(20_000, `{"a":1}`) + `,"b":1}`
	var attacks []attack
	for _, operator := range []string{"anyof", "subsetof", "noneof", "in", "nin", "contains", "all", "size", "matches"} {
		attacks = append(attacks, machine(operator, "", func() (string, string) { return evaluates(`$.i[?($.a ` + operator + ` $.b)]`), items }))
	}
	var names, indexes []string
	for i := range 60_000 {
		names = append(names, fmt.Sprintf("'n%d'", i))
		indexes = append(indexes, "0")
	}
	attacks = append(attacks,
		machine("regular expression", "", func() (string, string) { return evaluates(`$.i[?(@.s =~ /(a+)+(a+)+$/)]`), regex }),
		machine("regular expression of a megabyte", "", func() (string, string) {
			return evaluates(`$.i[?(@.s =~ /` + strings.Repeat("(a*)*", 180_000) + `/)]`), regex
		}),
		machine("descents", stepLimit, func() (string, string) { return evaluates(`$..*..*..*..*`), deep }),
		machine("descents over a wide list", "", func() (string, string) { return evaluates(`$..[0:]` + strings.Repeat("..*", 300)), wide }),
		machine("a thousand descents", "", func() (string, string) { return evaluates(`$` + strings.Repeat("..a", 500)), deep }),
		machine("descent into an ever larger text", dataLimit, func() (string, string) { return evaluates(`$..*`), deep }),
		machine("slice before the list", stepLimit, func() (string, string) { return evaluates(`$[-2147483648:0]`), wide }),
		machine("slices before the list", stepLimit, func() (string, string) { return evaluates(`$..[-2147483648:0][-2147483648:0]`), deep }),
		machine("thousands of indexes", stepLimit, func() (string, string) { return evaluates(`$..[` + strings.Join(indexes, ",") + `]`), deep }),
		machine("unions of unions", stepLimit, func() (string, string) {
			return evaluates(`$` + strings.Repeat(`[`+strings.Join(indexes[:1000], ",")+`]`, 9)), tower(20, "[", "0", "]")
		}),
		machine("thousands of names", stepLimit, func() (string, string) { return evaluates(`$.i[*][` + strings.Join(names, ",") + `]`), objects }),
		machine("thousands of names of a descent", stepLimit, func() (string, string) { return evaluates(`$..[` + strings.Join(names, ",") + `]`), objects }),
		machine("thousands of conditions", stepLimit, func() (string, string) {
			return evaluates(`$.i[?(` + strings.TrimSuffix(strings.Repeat("@.z==1||", 60_000), "||") + `)]`), objects
		}),
		machine("thousands of conditions that know nothing", stepLimit, func() (string, string) {
			return evaluates(`$.i[?(` + strings.TrimSuffix(strings.Repeat("@.z=~1||", 60_000), "||") + `)]`), objects
		}),
		machine("thousands of conditions without a path", stepLimit, func() (string, string) {
			return evaluates(`$.i[?(` + strings.TrimSuffix(strings.Repeat("1==1&&", 60_000), "&&") + `)]`), objects
		}),
		machine("number of a megabyte in a filter", stepLimit, func() (string, string) {
			return evaluates(`$.i[?(@.a<1` + strings.Repeat("0", 900_000) + `)]`), objects
		}),
		machine("text of a megabyte in a filter", "", func() (string, string) {
			return evaluates(`$.i[?(@.a=='` + strings.Repeat("0", 900_000) + `')]`), `{"i":[{"a":"0"}]}`
		}),
		machine("filters in filters", badDefinition, func() (string, string) { return evaluates(tower(100_000, "$[?(@", "", ")]")), "{}" }),
		machine("conditions in conditions", badDefinition, func() (string, string) { return evaluates("$[?" + tower(100_000, "(", "@.a", ")") + "]"), "{}" }),
		machine("negations", badDefinition, func() (string, string) { return evaluates("$[?(" + strings.Repeat("!", 900_000) + "@.a)]"), "{}" }),
		machine("path of a megabyte", badDefinition, func() (string, string) { return evaluates("$" + strings.Repeat(".a", 450_000)), "{}" }),
		machine("brackets without end", badDefinition, func() (string, string) { return evaluates("$" + strings.Repeat("[(@.length-1)", 70_000)), "{}" }),
		machine("from the end, blanks", badDefinition, func() (string, string) { return evaluates("$[(" + strings.Repeat(" ", 900_000)), "{}" }),
		machine("filters of filters", stepLimit, func() (string, string) { return evaluates("$.i" + strings.Repeat("[?(@.a==1)]", 400)), objects }),
	)
	try(t, attacks)
}

func TestLanguageIntrinsics(t *testing.T) {
	long, numbers := `{"s":`+jsonText(nearPayload)+`}`, `{"l":`+jsonList(120_000, "0")+`,"m":1}`
	braces := `{"s":"` + strings.Repeat("{}", nearPayload/2) + `"}`
	same := `{"a":` + jsonList(30_000, "0") + `,"b":[` + joined(29_999, "0") + `,1]}`
	quoted := func(s string) string { return strings.ReplaceAll(s, `"`, `\"`) }
	every := func(call string, n int) string { return call + "(" + joined(n, "$") + ")" }
	parse := func(item string) string {
		return `{"s":"` + quoted("["+joined(nearPayload/(len(quoted(item))+1)-1, item)+"]") + `"}`
	}
	try(t, []attack{
		machine("States.Format of 20,000 places of 250 KB", dataLimit, func() (string, string) {
			return evaluates(`States.Format('` + strings.Repeat("{}", 20_000) + `', ` + joined(20_000, "$.s") + `)`), long
		}),
		machine("States.Format of values", dataLimit, func() (string, string) {
			return evaluates(`States.Format('` + strings.Repeat("{}", 20_000) + `', ` + joined(20_000, "$.l") + `)`), numbers
		}),
		machine("States.Format of States.Format", stepLimit, func() (string, string) {
			return evaluates(`States.Format('` + strings.Repeat("{}", 1000) + `', ` + joined(1000, `States.Format('{}{}{}', $.s, $.s, $.s)`) + `)`), long
		}),
		machine("ten States.Format inside each other", dataLimit, func() (string, string) { return evaluates(tower(10, "States.Format('{}{}', $.s, ", "$.s", ")")), long }),
		machine("States.Format with places from the input", "", func() (string, string) {
			return evaluates(`States.ArrayLength(States.Array(` + joined(10_000, `States.Format('{}', 1)`) + `))`), braces
		}),
		machine("places without values", "arguments for", func() (string, string) {
			return evaluates(`States.Array(` + joined(10_000, `States.Format($.s, 1)`) + `)`), braces
		}),
		machine("States.Array of the input", dataLimit, func() (string, string) { return evaluates(every("States.Array", 100_000)), long }),
		machine("the length of States.Array of the input", "", func() (string, string) {
			return evaluates("States.ArrayLength(" + every("States.Array", 100_000) + ")"), long
		}),
		machine("ten States.Array inside each other", dataLimit, func() (string, string) { return evaluates(tower(10, "States.Array($,$,$,$,$,$,$,", "$", ")")), long }),
		machine("States.ArrayUnique of large items", stepLimit, func() (string, string) {
			return evaluates("States.ArrayUnique(" + every("States.Array", 100_000) + ")"), numbers
		}),
		machine("States.ArrayUnique of an item without bounds", dataLimit, func() (string, string) {
			return evaluates("States.ArrayUnique(States.Array(" + every("States.Array", 100_000) + "))"), numbers
		}),
		machine("States.ArrayUnique of one list", "", func() (string, string) { return evaluates("States.ArrayUnique($.l)"), numbers }),
		machine("thousands of States.ArrayUnique", stepLimit, func() (string, string) {
			return evaluates("States.Array(" + joined(20_000, "States.ArrayUnique($.l)") + ")"), numbers
		}),
		machine("States.ArrayContains of large items", stepLimit, func() (string, string) {
			return evaluates("States.ArrayContains(States.Array(" + joined(100_000, "$.a") + "), $.b)"), same
		}),
		machine("thousands of States.ArrayContains", stepLimit, func() (string, string) {
			return evaluates("States.Array(" + joined(20_000, "States.ArrayContains($.l, 1)") + ")"), numbers
		}),
		machine("thousands of States.ArrayPartition", stepLimit, func() (string, string) {
			return evaluates("States.ArrayLength(States.Array(" + joined(20_000, "States.ArrayPartition($.l, 1)") + "))"), numbers
		}),
		machine("thousands of States.ArrayRange", stepLimit, func() (string, string) {
			return evaluates("States.ArrayLength(States.Array(" + joined(25_000, "States.ArrayRange(1, 1000, 1)") + "))"), "{}"
		}),
		machine("States.ArrayRange over all numbers", "more than 1000", func() (string, string) {
			return evaluates("States.ArrayRange(-9223372036854775808, 9223372036854775807, 1)"), "{}"
		}),
		machine("States.StringSplit at as many characters", "", func() (string, string) {
			return evaluates("States.ArrayLength(States.StringSplit($.s, $.s))"), `{"s":"` + strings.Repeat("ab", nearPayload/2) + `"}`
		}),
		machine("States.StringSplit at thousands of characters", "", func() (string, string) {
			return evaluates("States.ArrayLength(States.StringSplit($.s, $.d))"), `{"s":` + jsonText(100_000) + `,"d":"` + charactersOf(40_000) + `"}`
		}),
		machine("thousands of States.StringSplit", stepLimit, func() (string, string) {
			return evaluates("States.ArrayLength(States.Array(" + joined(20_000, "States.StringSplit($.s, ',')") + "))"), `{"s":"` + strings.Repeat("a,", nearPayload/2) + `"}`
		}),
		machine("thousands of States.StringToJson of objects", stepLimit, func() (string, string) {
			return evaluates("States.ArrayLength(States.Array(" + joined(20_000, "States.StringToJson($.s)") + "))"), parse(`{}`)
		}),
		machine("thousands of States.StringToJson of lists", stepLimit, func() (string, string) {
			return evaluates("States.ArrayLength(States.Array(" + joined(20_000, "States.StringToJson($.s)") + "))"), parse(`[[[[0]]]]`)
		}),
		machine("thousands of States.StringToJson of members", stepLimit, func() (string, string) {
			return evaluates("States.ArrayLength(States.Array(" + joined(20_000, "States.StringToJson($.s)") + "))"), parse(`{"":0}`)
		}),
		machine("States.StringToJson of a deep text", "nested too deep", func() (string, string) {
			return evaluates("States.StringToJson($.s)"), `{"s":"` + strings.Repeat("[", nearPayload) + `"}`
		}),
		machine("thousands of States.JsonToString", stepLimit, func() (string, string) {
			return evaluates("States.ArrayLength(States.Array(" + joined(20_000, "States.JsonToString($.l)") + "))"), numbers
		}),
		machine("States.JsonToString of an ever longer text", dataLimit, func() (string, string) {
			return evaluates(tower(10, "States.JsonToString(", `$.s`, ")")), `{"s":"` + strings.Repeat(`\"`, nearPayload/2) + `"}`
		}),
		machine("thousands of States.JsonMerge", stepLimit, func() (string, string) {
			return evaluates("States.ArrayLength(States.Array(" + joined(20_000, "States.JsonMerge($, $, false)") + "))"), objectOf(20_000)
		}),
		machine("thousands of States.Hash of a value", "characters", func() (string, string) {
			return evaluates("States.Array(" + joined(20_000, "States.Hash($.l, 'MD5')") + ")"), numbers
		}),
		machine("thousands of States.Base64Encode", stepLimit, func() (string, string) {
			return evaluates("States.Array(" + joined(20_000, "States.Base64Encode($.s)") + ")"), `{"s":` + jsonText(10_000) + `}`
		}),
		machine("thousands of States.UUID", dataLimit, func() (string, string) {
			return evaluates("States.Array(" + joined(60_000, "States.UUID()") + ")"), "{}"
		}),
		machine("calls inside each other", badDefinition, func() (string, string) { return evaluates(tower(100_000, "States.Array(", "", ")")), "{}" }),
		machine("quotes without end", badDefinition, func() (string, string) { return evaluates("States.Array('" + strings.Repeat("{}", 400_000)), "{}" }),
		machine("numbers of a million digits", badDefinition, func() (string, string) {
			return evaluates("States.MathAdd(" + strings.Repeat("9", 900_000) + ", 1"), "{}"
		}),
		machine("a number beyond all others", "out of range", func() (string, string) { return evaluates("States.MathAdd($.n, 1)"), `{"n":1e999999999}` }),
		machine("a number of 250,000 digits", "out of range", func() (string, string) {
			return evaluates("States.MathAdd($.n, 1)"), `{"n":` + strings.Repeat("9", nearPayload) + `}`
		}),
	})
}

// characters are n different ones.
func charactersOf(n int) string {
	var b strings.Builder
	for i := range rune(n) {
		b.WriteRune(0x4E00 + i%0x5000 + i/0x5000*0x6000)
	}
	return b.String()
}

// members is an object of n.
func objectOf(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"m%d":0`, i)
	}
	return "{" + b.String()[1:] + "}"
}

func TestLanguageStates(t *testing.T) {
	long := `{"s":` + jsonText(nearPayload) + `}`
	deep := tower(900, "[", jsonList(120_000, "0"), "]")
	loop := func(fields string) string {
		return `{"StartAt":"A","States":{"A":{` + fields + `,"Next":"B"},"B":{"Type":"Choice","Choices":[{"Variable":"$$.Execution.Name","IsNull":true,"Next":"C"}],"Default":"A"},"C":{"Type":"Succeed"}}}`
	}
	choice := func(rules string) string {
		return `{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[` + rules + `],"Default":"B"},"B":{"Type":"Succeed"}}}`
	}
	rule := func(test string) string { return choice(joined(9_000, `{"Variable":"$.s",`+test+`,"Next":"B"}`)) }
	inner := `{"StartAt":"B","States":{"B":{"Type":"Pass","End":true}}}`
	retry := `"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":99999999,"BackoffRate":1,"IntervalSeconds":1}]`
	try(t, []attack{
		machine("template that repeats the input", dataLimit, func() (string, string) {
			return oneState(`"Type":"Pass","Parameters":{"l":[` + joined(40_000, `{"x.$":"$"}`) + `]}`), long
		}),
		machine("template that searches everywhere", stepLimit, func() (string, string) {
			return oneState(`"Type":"Pass","Parameters":{"l":[` + joined(40_000, `{"x.$":"$..*"}`) + `]}`), deep
		}),
		machine("template that fails in a large input", "could not be found", func() (string, string) { return oneState(`"Type":"Pass","Parameters":{"x.$":"$.z"}`), long }),
		machine("input of an ever larger text", dataLimit, func() (string, string) { return oneState(`"Type":"Pass","InputPath":"$..*"`), deep }),
		machine("a cause of an ever larger text", "could not be found", func() (string, string) {
			return oneState(`"Type":"Pass","InputPath":"$..*","Parameters":{"x.$":"$[0].z"}`), deep
		}),
		machine("a format of an ever larger text", dataLimit, func() (string, string) {
			return oneState(`"Type":"Pass","InputPath":"$..*","Parameters":{"x.$":"States.Format('{}', $)"}`), deep
		}),
		machine("result deep in the input", badDefinition, func() (string, string) {
			return oneState(`"Type":"Pass","ResultPath":"$` + strings.Repeat(".a", 450_000) + `"`), "{}"
		}),
		machine("loop of deeper and deeper results", "nest deeper", func() (string, string) {
			return loop(`"Type":"Pass","Parameters":{"a":` + tower(80, "[", `{"b.$":"$"}`, "]") + `}`), "{}"
		}),
		machine("loop of heavy states", stepLimit, func() (string, string) {
			return loop(`"Type":"Pass","Parameters":{"x.$":"States.ArrayLength($..*)"},"ResultPath":null`), jsonList(100_000, "0")
		}),
		machine("loop of parsing states", stepLimit, func() (string, string) {
			return loop(`"Type":"Pass","Parameters":{"x.$":"States.ArrayLength(States.StringToJson($))"},"ResultPath":null`), `"` + jsonList(100_000, "0") + `"`
		}),
		machine("retries that leave no event", stepLimit, func() (string, string) {
			return oneState(retry + `,"Parameters":{"l":[` + joined(100, `{"x.$":"$"}`) + `]}`), long
		}),
		machine("many rules about a long text", stepLimit, func() (string, string) { return rule(`"StringMatches":"*x*x*y"`), long }),
		machine("many rules about a long time", stepLimit, func() (string, string) { return rule(`"TimestampEquals":"2026-01-05T00:00:00Z"`), long }),
		machine("rules of a long pattern", "", func() (string, string) {
			return choice(joined(3, `{"Variable":"$.s","StringMatches":"`+strings.Repeat("*x", 125_000)+`y","Next":"B"}`)), long
		}),
		machine("rules inside each other", badDefinition, func() (string, string) {
			return choice(strings.Replace(tower(10_000, `{"Not":`, `{"Variable":"$.s","IsNull":true}`, "}"), "{", `{"Next":"B",`, 1)), "{}"
		}),
		machine("rules of rules", "", func() (string, string) {
			return choice(`{"Next":"B","And":[` + joined(15_000, `{"Not":{"Variable":"$.s","IsNull":true}}`) + `]}`), long
		}),
		machine("numbers of 250,000 digits", stepLimit, func() (string, string) {
			return choice(joined(2000, `{"Variable":"$","NumericLessThanPath":"$","Next":"B"}`)), strings.Repeat("9", nearPayload)
		}),
		machine("wait for ever", "too long", func() (string, string) { return oneState(`"Type":"Wait","SecondsPath":"$"`), "9223372036854775807" }),
		machine("wait until ever", "too long", func() (string, string) {
			return oneState(`"Type":"Wait","TimestampPath":"$"`), `"9999-12-31T23:59:59Z"`
		}),
		machine("wait until a long text", "ISO-8601", func() (string, string) { return oneState(`"Type":"Wait","TimestampPath":"$.s"`), long }),
		machine("input of 40 MB", "larger than", func() (string, string) { return oneState(`"Type":"Pass"`), jsonList(13<<20, "{}") }),
		machine("map of many items", fullHistory, func() (string, string) {
			return oneState(`"Type":"Map","ItemProcessor":` + inner), jsonList(120_000, "0")
		}),
		machine("map that repeats the input", dataLimit, func() (string, string) {
			return oneState(`"Type":"Map","MaxConcurrency":1,"ItemSelector":{"x.$":"$$.Map.Item.Index","a.$":"$","b.$":"$"},"ItemProcessor":` + inner), `[` + jsonText(nearPayload/2) + `,` + jsonText(nearPayload/3) + `]`
		}),
		machine("branches that repeat the input", dataLimit, func() (string, string) {
			return oneState(`"Type":"Parallel","Branches":[` + branchesOf(5_000) + `]`), long
		}),
		machine("thousands of branches", fullHistory, func() (string, string) {
			return oneState(`"Type":"Parallel","Branches":[` + branchesOf(15_000) + `]`), "{}"
		}),
		machine("batches that repeat the input", "batches are larger", func() (string, string) {
			return oneState(`"Type":"Map","ItemBatcher":{"MaxItemsPerBatch":1},"ItemsPath":"$.l","ItemSelector":{"x.$":"$"},"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED"},` + inner[1:]), `{"l":` + jsonList(60_000, "0") + `,"s":` + jsonText(120_000) + `}`
		}),
	})
}

// branches are n with states of different names.
func branchesOf(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,{"StartAt":"B%d","States":{"B%d":{"Type":"Pass","End":true}}}`, i, i)
	}
	return b.String()[1:]
}

func TestLanguageDefinitions(t *testing.T) {
	pass := `{"Type":"Pass","End":true}`
	states := func(s string) string { return `{"StartAt":"A","States":{` + s + `}}` }
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, ","+strings.ReplaceAll(format, "#", "%[1]d"), i)
		}
		return b.String()[1:]
	}
	// maps is a tower of Map states, each with a name of its own.
	maps := func(n int, config, name, top string) string {
		var b, end strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `{"StartAt":"%[1]d%[2]s","States":{"%[1]d%[2]s":{"Type":"Map","End":true,"ItemProcessor":`, i, name)
			end.WriteString("}}}")
		}
		return b.String() + `{` + config + `"StartAt":"A","States":{"A":` + pass + `,` + top + `}}` + end.String()
	}
	try(t, []attack{
		machine("nesting", badDefinition, func() (string, string) { return strings.Repeat(`{"States":`, 100_000), "{}" }),
		machine("brackets", badDefinition, func() (string, string) { return strings.Repeat(`[`, 1<<20), "{}" }),
		machine("more than a megabyte", badDefinition, func() (string, string) { return strings.Repeat(" ", 8<<20), "{}" }),
		machine("a word of a megabyte", badDefinition, func() (string, string) { return strings.Repeat("x", 1<<20), "{}" }),
		machine("values", badDefinition, func() (string, string) { return jsonList(500_000, "0"), "{}" }),
		machine("unknown fields", badDefinition, func() (string, string) {
			return states(`"A":{"Type":"Pass","End":true,` + many(60_000, `"f#":0`) + `}`), "{}"
		}),
		machine("unknown fields of a long name", badDefinition, func() (string, string) {
			return states(`"` + strings.Repeat("x", 400_000) + `":{"Type":"Pass","End":true,` + many(50_000, `"f#":0`) + `}`), "{}"
		}),
		machine("wrong states of a long name", badDefinition, func() (string, string) {
			return `{"StartAt":"` + strings.Repeat("x", 400_000) + `","States":{"` + strings.Repeat("x", 400_000) + `":{"Type":"Parallel","Branches":` + jsonList(90_000, "0") + `}}}`, "{}"
		}),
		machine("names that are no targets", badDefinition, func() (string, string) { return states(many(15_000, `"A#":{"Type":"Pass","Next":"x#"}`)), "{}" }),
		machine("states", badDefinition, func() (string, string) { return states(many(30_000, `"A#":`+pass)), "{}" }),
		machine("states below many maps", badDefinition, func() (string, string) { return maps(300, "", "x", many(15_000, `"A#":`+pass)), "{}" }),
		machine("states below many maps of long names", badDefinition, func() (string, string) {
			return maps(300, "", strings.Repeat("y", 76), many(15_000, `"A#":`+pass)), "{}"
		}),
		machine("states below many maps of too long names", badDefinition, func() (string, string) {
			return maps(300, "", strings.Repeat("y", 1500), many(3_000, `"A#":`+pass)), "{}"
		}),
		machine("tasks below many Express maps", badDefinition, func() (string, string) {
			return maps(250, `"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},`, "x", many(5_000, `"A#":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","End":true}`)), "{}"
		}),
		machine("variables inside variables", badDefinition, func() (string, string) {
			return states(`"A":{"Type":"Map","Assign":{` + many(30_000, `"v#":0`) + `},"End":true,"ItemProcessor":` + states(`"B":{"Type":"Pass","End":true,"Assign":{`+many(30_000, `"w#":0`)+`}}`) + `}`), "{}"
		}),
		machine("members of a template, one with a long name", "", func() (string, string) {
			return states(`"A":{"Type":"Pass","ResultPath":null,"Parameters":{"` + strings.Repeat("y", 400_000) + `.$":"$",` + many(25_000, `"m#.$":"$"`) + `},"End":true}`), "{}"
		}),
		machine("diagnostics of one list", badDefinition, func() (string, string) {
			return states(`"A":{"Type":"Pass","End":true,"Retry":0,"Parameters":` + jsonList(60_000, `{"x.$":0}`) + `}`), "{}"
		}),
		machine("a comment of a megabyte", "", func() (string, string) {
			return states(`"A":{"Type":"Pass","End":true,"Comment":` + jsonText(900_000) + `}`), "{}"
		}),
	})
}

// objectWithoutEnd is a store of one object, made of a head and what follows for ever.
type objectWithoutEnd struct{ head, again string }

func (p objectWithoutEnd) Open(context.Context, string, string) (io.ReadCloser, error) {
	return io.NopCloser(io.MultiReader(strings.NewReader(p.head), &textWithoutEnd{text: p.again})), nil
}

func (p objectWithoutEnd) List(ctx context.Context, _, _ string) iter.Seq2[objects.Object, error] {
	return func(yield func(objects.Object, error) bool) {
		for i := 0; yield(objects.Object{Key: fmt.Sprintf("%s%d", p.again, i)}, nil); i++ {
		}
	}
}

func (p objectWithoutEnd) Put(context.Context, string, string, func(io.Writer) error) (int64, error) {
	return 0, errors.New("nothing is written")
}

type textWithoutEnd struct {
	text string
	at   int
}

func (f *textWithoutEnd) Read(buf []byte) (int, error) {
	n := 0
	for n < len(buf) {
		part := copy(buf[n:], f.text[f.at:])
		n, f.at = n+part, (f.at+part)%len(f.text)
	}
	return n, nil
}

func TestLanguageItems(t *testing.T) {
	machine := func(reader string) string {
		return oneState(`"Type":"Map","ItemReader":{` + reader + `,"Parameters":{"Bucket":"bbb","Key":"k"}},"ItemSelector":{"i.$":"$$.Map.Item.Index"},
			"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true,"Parameters":{"n.$":"$$.Map.Item.Index"}}}}`)
	}
	reads := func(name, says, config, head, again string) attack {
		return attack{name: name, says: says, run: func(ctx context.Context, _ string) error {
			return executes(ctx, engine.Options{Objects: objectWithoutEnd{head, again}}, machine(`"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{`+config+`}`), "{}")
		}}
	}
	const csv, jsonItems, lines = `"InputType":"CSV"`, `"InputType":"JSON"`, `"InputType":"JSONL"`
	// A line of 8 MiB at most, then others.
	line := func(item string) string { return jsonList((8<<20-2)/(len(item)+1), item) + "\n" }
	try(t, []attack{
		reads("a header of a million columns", "header is larger", csv, "", ","),
		reads("a row of a million columns", "larger than 8388608", csv, "a,b\n", ","),
		reads("a row without end", "larger than 8388608", csv, "a,b\n\"", "x"),
		reads("rows of a thousand columns", "as much as this engine reads", csv, columnsOf(1000)+"\n", "1,2,3\n"),
		reads("rows of many columns", "as much as this engine reads", csv, columnsOf(1000)+"\n", strings.Repeat("a,", 100_000)+"\n"),
		reads("rows", "more than 100000 items", csv, "a\n", "1\n"),
		reads("items of objects", "too many values", lines, line("{}"), line("{}")),
		reads("items of lists", "too many values", lines, line("[0]"), line("[0]")),
		reads("items of as many values as may be", "as much as this engine reads", lines, jsonList(349_000, "[[0]]")+"\n", jsonList(349_000, "[[0]]")+strings.Repeat(" ", 6<<20)+"\n"),
		reads("items that nest", "nested too deep", lines, strings.Repeat("[", 1<<20)+"\n", "1\n"),
		reads("one item", "larger than", jsonItems, `["`, "x"),
		reads("items of an array", "as much as this engine reads", jsonItems, "[1", `,`+jsonList(100_000, "[]")),
		reads("a key before the items", "larger than", jsonItems+`,"ItemsPointer":"/b"`, `{"a":1`, `,"a":{"a":1,"b":[1,2,3]}`),
		reads("brackets", "exceeded max depth", jsonItems, "", "["),
		reads("a manifest", "manifest is larger", `"InputType":"MANIFEST"`, `{"files":[{}`, `,{}`),
		reads("a manifest of addresses", "lists more than 100000", `"ManifestType":"ATHENA_DATA","InputType":"CSV"`, "", "s3://b/k\n"),
		{name: "a list without end", says: "more than 100000", run: func(ctx context.Context, _ string) error {
			return executes(ctx, engine.Options{Objects: objectWithoutEnd{"", "key"}}, strings.Replace(machine(`"Resource":"arn:aws:states:::s3:listObjectsV2"`), `,"Key":"k"`, "", 1), "{}")
		}},
		{name: "large items, each of which is asked for", setup: largeItems, run: func(ctx context.Context, dir string) error {
			store, err := folder.Open(dir)
			if err != nil {
				return err
			}
			definition := machine(`"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{` + lines + `}`)
			err = executes(ctx, engine.Options{Objects: store}, definition, "{}")
			return errors.Join(err, store.Close())
		}},
	})
}

// largeItems writes four items of as many values as may be.
func largeItems(dir string) error {
	if err := os.Mkdir(filepath.Join(dir, "bbb"), 0o700); err != nil {
		return err
	}
	file, err := os.Create(filepath.Join(dir, "bbb", "k"))
	if err != nil {
		return err
	}
	for range 3 {
		if _, err := io.WriteString(file, jsonList(349_000, "[[0]]")+"\n"); err != nil {
			return err
		}
	}
	return file.Close()
}

func columnsOf(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ",c%d", i)
	}
	return b.String()[1:]
}

// TestLanguageStops stops executions that evaluate, and ends their contexts: they end
// within half a second.
func TestLanguageStops(t *testing.T) {
	heavy := map[string]struct{ fields, input string }{
		"descents":           {`"Parameters":{"x.$":"States.ArrayLength($..*)"}`, jsonList(120_000, "0")},
		"parsing":            {`"Parameters":{"x.$":"States.ArrayLength(States.StringToJson($))"}`, `"` + jsonList(120_000, "0") + `"`},
		"equality":           {`"Parameters":{"x.$":"States.ArrayContains(States.Array(` + joined(100, "$") + `), 1)"}`, jsonList(100_000, "0")},
		"conditions":         {`"Parameters":{"x.$":"$[?(@.b==1||@.c==1)]"}`, jsonList(30_000, `{"a":1}`)},
		"a heavy evaluation": {`"Parameters":{"x.$":"$..*..*"}`, jsonList(120_000, "0")},
	}
	for name, h := range heavy {
		definition := `{"StartAt":"A","States":{"A":{"Type":"Pass",` + h.fields + `,"ResultPath":null,"Next":"B"},"B":{"Type":"Pass","Next":"A"},"C":{"Type":"Succeed"},"D":{"Type":"Pass","Next":"C"}}}`
		for _, way := range []string{"stop", "context"} {
			t.Run(name+", "+way, func(t *testing.T) {
				m, err := asl.Parse([]byte(strings.Replace(definition, `"Next":"A"},"C"`, `"Next":"E"},"E":{"Type":"Choice","Choices":[{"Variable":"$$.Execution.Name","IsNull":true,"Next":"D"}],"Default":"A"},"C"`, 1)))
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				entered := make(chan bool, 25_000)
				e := engine.New(engine.Options{OnEvent: func(string, engine.Event) { entered <- true }})
				x, err := e.Start(ctx, engine.StartInput{Name: "x", Machine: m, MachineName: "m", Input: json.RawMessage(h.input)})
				if err != nil {
					t.Fatal(err)
				}
				for range 2 { // it has entered its first state
					<-entered
				}
				begun := time.Now()
				if way == "stop" {
					x.Stop("Stopped", "by hand")
				} else {
					cancel()
				}
				<-x.Done()
				if took := time.Since(begun); took > 500*time.Millisecond {
					t.Errorf("it took %s", took)
				}
				got := x.Result()
				if got.Status != engine.Aborted || (got.Error != nil) != (way == "stop") {
					t.Errorf("%s, %v", got.Status, got.Error)
				}
			})
		}
	}
}

// TestLanguageSignal ends a server whose executions evaluate without a rest.
func TestLanguageSignal(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(lacuna(t), "serve", "--addr", "127.0.0.1:0", "--offline", "--db", filepath.Join(dir, "x.db"))
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	t.Cleanup(func() {
		if !ended {
			t.Log(errors.Join(cmd.Process.Kill(), cmd.Wait()))
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url := strings.TrimSpace(strings.TrimPrefix(line, "Step Functions API at "))
	search := `"Parameters":{"x.$":"States.ArrayLength($..*)"},"ResultPath":null`
	definition := `{"StartAt":"A","States":{"A":{"Type":"Pass",` + search + `,"Next":"B"},"B":{"Type":"Choice","Choices":[{"Variable":"$$.Execution.Name","IsNull":true,"Next":"C"}],"Default":"A"},"C":{"Type":"Succeed"}}}`
	created := languageAsks(t, url, "CreateStateMachine", map[string]string{"name": "m", "definition": definition, "roleArn": "arn:aws:iam::123456789012:role/r"})
	for i := range 4 {
		languageAsks(t, url, "StartExecution", map[string]string{"name": fmt.Sprint(i), "stateMachineArn": created["stateMachineArn"].(string), "input": jsonList(100_000, "0")})
	}
	begun, before := time.Now(), processorTime(t, cmd.Process.Pid)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	err, ended = cmd.Wait(), true
	// Half a second of two cores; by the clock it is more where others want them too.
	used, took := cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()-before, time.Since(begun)
	if err != nil || used > time.Second || took > 5*time.Second {
		t.Errorf("it took %s of processor time and %s, %v", used, took, err)
	}
}

// processorTime returns what a process that runs has used.
func processorTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:])) // behind the name, from the third on
	var sum time.Duration
	for _, field := range fields[11:13] { // user and system, in hundredths of a second
		n, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		sum += time.Duration(n) * 10 * time.Millisecond
	}
	return sum
}

// languageAsks calls an action of the API.
func languageAsks(t *testing.T, url, action string, in any) map[string]any {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Amz-Target", "AWSStepFunctions."+action)
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v, %v", action, response.Status, answer, err)
	}
	return answer
}

// TestLanguagePathAlone asks the package that evaluates paths, without an execution.
func TestLanguagePathAlone(t *testing.T) {
	try(t, []attack{{name: "descents in descents", says: stepLimit, run: func(ctx context.Context, _ string) error {
		doc, err := jsonpath.Decode([]byte(tower(900, "[", "0", "]")))
		if err != nil {
			return err
		}
		p, err := jsonpath.Compile("$..*..*..*")
		if err != nil {
			return err
		}
		budget := jsonpath.NewBudget(ctx, nil)
		_, err = p.Get(&budget, doc)
		return err
	}}})
}
