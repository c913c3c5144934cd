package jsonpath_test

import (
	"errors"
	"testing"

	"lacuna/internal/jsonpath"

	"github.com/google/go-cmp/cmp"
)

// TestFilters has the filters whose answers others have seen on AWS or in Step Functions
// Local, or that AWS's developer guide rules out, each with its kin.
func TestFilters(t *testing.T) {
	const (
		status   = `{"l":[{"Status":"Success","n":1},{"Status":"Failed","n":"2"},{"Status":"/eggs/cooked/like"},{"Status":"ecs.availability-zone"},{"Status":"two words"},{}]}`
		sessions = `{"l":[{"id":1,"s":null},{"id":2,"s":{"x":1}},{"id":3},{"id":4,"s":false}]}`
		scalars  = `{"m":"a","l":["a",1,null,true,{"a":"a","t":["x"]}]}`
		flags    = `{"l":[{"a":true,"b":true},{"a":true,"b":false},{"a":false,"b":false}]}`
	)
	tests := []struct{ name, doc, path, want string }{
		{"a text without quotes", status, `$.l[?(@.Status==Success)].n`, `[1]`},
		{"with blanks around the operator", status, `$.l[?( @.Status == Success )].n`, `[1]`},
		{"with slashes", status, `$.l[?(@.Status==/eggs/cooked/like)]`, `[{"Status":"/eggs/cooked/like"}]`},
		{"with dot and hyphen", status, `$.l[?(@.Status==ecs.availability-zone)]`, `[{"Status":"ecs.availability-zone"}]`},
		{"with a blank inside", status, `$.l[?(@.Status==two words)]`, `[{"Status":"two words"}]`},
		{"on the left", status, `$.l[?(Success == @.Status)].n`, `[1]`},
		{"unlike, which a missing member is not", status, `$.l[?(@.Status!=Success && @.n)].n`, `["2"]`},
		{"between others", status, `$.l[?(@.Status==Success||@.Status==Failed)].n`, `[1,"2"]`},
		{"a number matches a number and its text", status, `$.l[?(@.n == 1 || @.n == 2)].n`, `[1,"2"]`},
		{"a number as a text, too", status, `$.l[?(@.n == '1')].n`, `[1]`},
		{"a text is no number", status, `$.l[?(@.n == one)]`, `[]`},
		{"signs inside quotes", `{"l":[{"a":"x && y == (z)"}]}`, `$.l[?(@.a == 'x && y == (z)')].a`, `["x && y == (z)"]`},
		{"double quotes", status, `$.l[?(@.Status == "Success")].n`, `[1]`},
		{"an escaped quote", `{"l":[{"a":"it's"}]}`, `$.l[?(@.a == 'it\'s')].a`, `["it's"]`},

		{"without a member, or null", sessions, `$.l[?(!@.s)].id`, `[1,3]`},
		{"with a member that is not null", sessions, `$.l[?(@.s)].id`, `[2,4]`},
		{"without a member below", sessions, `$.l[?(!@.s.x)].id`, `[1,3,4]`},
		{"twice not", sessions, `$.l[?(!!@.s)].id`, `[2,4]`},
		{"not, in parentheses", sessions, `$.l[?(!(@.s))].id`, `[1,3]`},
		{"an item past the end is none", `{"l":[{"t":[]},{"t":[7]}]}`, `$.l[?(!@.t[0])]`, `[{"t":[]}]`},
		{"null", sessions, `$.l[?(@.s == null)].id`, `[1]`},
		{"not null, which a missing member is not", sessions, `$.l[?(@.s != null)].id`, `[2,4]`},

		{"scalars", scalars, `$.l[?(@ == 'a')]`, `[]`},
		{"scalars by order", scalars, `$.l[?(@ > 0)]`, `[]`},
		{"scalars without a member", scalars, `$.l[?(!@.b)]`, `[{"a":"a","t":["x"]}]`},
		{"the item alone", scalars, `$.l[?(@)]`, `[{"a":"a","t":["x"]}]`},
		{"a pattern", scalars, `$.l[?(@.a =~ /a/)]`, `[]`},
		{"not a pattern", scalars, `$.l[?(!(@.a =~ /b/i))]`, `[]`},
		{"in", scalars, `$.l[?(@.a in ['a'])]`, `[]`},
		{"nin", scalars, `$.l[?(@.a nin ['b'])]`, `[]`},
		{"subsetof", scalars, `$.l[?(@.t subsetof ['x','y'])]`, `[]`},
		{"anyof", scalars, `$.l[?(@.t anyof ['x'])]`, `[]`},
		{"noneof", scalars, `$.l[?(@.t noneof ['y'])]`, `[]`},
		{"contains", scalars, `$.l[?(@.t contains 'x')]`, `[]`},
		{"size", scalars, `$.l[?(@.t size 1)]`, `[]`},
		{"empty", scalars, `$.l[?(@.t empty false)]`, `[]`},
		{"another value of the document", scalars, `$.l[?(@.a == $.m)]`, `[]`},
		{"its presence", scalars, `$.l[?($.m)]`, `[]`},
		{"its absence", scalars, `$.l[?(!$.zz)]`, `[]`},
		{"beside a condition that holds", scalars, `$.l[?(@.a == $.m || @.a == a)].a`, `["a"]`},

		{"both", flags, `$.l[?(@.a == true && @.b == true)]`, `[{"a":true,"b":true}]`},
		{"either", flags, `$.l[?(@.a == true || @.b == true)]`, `[{"a":true,"b":true},{"a":true,"b":false}]`},
		{"nothing", flags, `$.l[?(@.a == true && @.a == false)]`, `[]`},
		{"false is present", flags, `$.l[?(@.a && @.b == false)]`, `[{"a":true,"b":false},{"a":false,"b":false}]`},
		{"and before or", flags, `$.l[?(@.a == false || @.a == true && @.b == true)].b`, `[true,false]`},
		{"parentheses", flags, `$.l[?((@.a == false || @.a == true) && @.b == true)].b`, `[true]`},
		{"not a group", flags, `$.l[?(!(@.a == true && @.b == true))].b`, `[false,false]`},
		{"any capital", flags, `$.l[?(@.b == TRUE)].b`, `[true]`},

		{"an object by itself", `{"Status":"200"}`, `$[?(@.Status != '200')]`, `[]`},
		{"two members", `{"l":[{"a":1,"b":1},{"a":1,"b":2}]}`, `$.l[?(@.a == @.b)].b`, `[1]`},
		{"a member in brackets", `{"l":[{"a b":1}]}`, `$.l[?(@['a b']==1)]`, `[{"a b":1}]`},
		{"a list in a list", `{"l":[[1],[2]]}`, `$.l[?(@[0] == 1)]`, `[[1]]`},
		{"objects are in no relation", `{"l":[{"a":{}},{"a":[1]}]}`, `$.l[?(@.a == x || @.a != x)]`, `[]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkGet(t, tt.doc, tt.path, tt.want)
		})
	}
}

// TestItemsThatAreNotThere: inside a projection an item past the end of its list is null,
// a member that is not there nothing.
func TestItemsThatAreNotThere(t *testing.T) {
	const rows = `{"rows":[[1],[],[2,{"a":3}]],"o":[{"v":null},{}]}`
	tests := []struct{ name, path, want string }{
		{"after a wildcard", `$.rows[*][0]`, `[1,null,2]`},
		{"a negative number", `$.rows[*][-1]`, `[null,null,null]`},
		{"from the end", `$.rows[*][(@.length-1)]`, `[1,null,{"a":3}]`},
		{"two numbers", `$.rows[*][0,1]`, `[1,null,null,null,2,{"a":3}]`},
		{"after a slice", `$.rows[0:2][0]`, `[1,null]`},
		{"after numbers", `$.rows[1,9]`, `[[],null]`},
		{"at every depth", `$.rows..[1]`, `[[],null,null,{"a":3}]`},
		{"after a filter", `$[?(@.rows)].rows[9]`, `[null]`},
		{"a slice is cut", `$.rows[*][0:1]`, `[1,2]`},
		{"a slice that begins before the list", `$.rows[-1:1]`, `[null,[1]]`},
		{"a member of one", `$.rows[*][1].a`, `[3]`},
		{"an item of one", `$.rows[*][5][0]`, `[]`},
		{"a member", `$.o[*].v`, `[null]`},
		{"the last", `$.rows[(@.length-1)][0]`, `2`},
		{"the last by size()", `$.rows[( @.size() - 1 )][0]`, `2`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkGet(t, rows, tt.path, tt.want)
		})
	}
}

// TestEscapes: in the brackets of a path a backslash stands for itself, as recorded on
// AWS in February 2025 (the first case), but for one before the quote around the name.
func TestEscapes(t *testing.T) {
	const doc = `{"Test\\\"\"Name\"":1,"a\\b":2,"a\\\\b":3,"\\u00e9":4,"it's":5,"a]b":6,"a'].b":7,"x":{"it's":[8],"\\n":9},"a\"b":10,"é":11}`
	tests := []struct{ name, path, want string }{
		{"before a double quote", `$['Test\""Name"']`, `1`},
		{"before a letter", `$['a\b']`, `2`},
		{"before a backslash", `$['a\\b']`, `3`},
		{"before a code", `$['\u00e9']`, `4`},
		{"before the quote around it", `$['it\'s']`, `5`},
		{"the quote inside the other quotes", `$["it's"]`, `5`},
		{"before the double quotes around it", `$["a\"b"]`, `10`},
		{"a bracket", `$['a]b']`, `6`},
		{"what looks like the end", `$['a\'].b']`, `7`},
		{"below", `$.x['it\'s'][0]`, `8`},
		{"after a dot", `$.x.['\n']`, `9`},
		{"several", `$['it\'s','a\b']`, `{"it's":5,"a\\b":2}`},
		{"in a filter", `$[?(@['it\'s'] == 5)].é`, `[11]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkGet(t, doc, tt.path, tt.want)
		})
	}
}

// TestSliceOfNoList: AWS fails for a slice of an object, and finds nothing where there is
// nothing to slice.
func TestSliceOfNoList(t *testing.T) {
	const doc = `{"o":{"x":1},"l":[[1],"s"],"n":null}`
	for path, want := range map[string]string{
		`$[1:5]`:      `Filter: [1:5] can only be applied to arrays. Current context is: ` + doc,
		`$.o[1:].x`:   `Filter: [1:]['x'] can only be applied to arrays. Current context is: {"x":1}`,
		`$.l[*][:1]`:  `Filter: [:1] can only be applied to arrays. Current context is: s`,
		`$.o.x[0:1]`:  `Filter: [0:1] can only be applied to arrays. Current context is: 1`,
		`$[0:1][0:1]`: `Filter: [0:1][0:1] can only be applied to arrays. Current context is: ` + doc,
	} {
		compiled, err := jsonpath.Compile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := compiled.Get(own(), decode(t, doc))
		if missing, ok := errors.AsType[*jsonpath.MissingError](err); !ok || missing.Msg != want {
			t.Errorf("%s = %v, %v, want %s", path, got, err, want)
		}
	}
	for path, want := range map[string]string{`$.none[1:]`: `[]`, `$.n[1:]`: `[]`, `$.none.x[:1].y`: `[]`, `$..[0:1]`: `[[1],1]`, `$.l[0:9]`: `[[1],"s"]`} {
		checkGet(t, doc, path, want)
	}
}

func checkGet(t *testing.T, doc, text, want string) {
	t.Helper()
	path, err := jsonpath.Compile(text)
	if err != nil {
		t.Fatal(err)
	}
	got, err := path.Get(own(), decode(t, doc))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, encode(t, got)); diff != "" {
		t.Errorf("%s mismatch (-want +got):\n%s", text, diff)
	}
}
