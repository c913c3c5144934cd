package lacuna_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The parts of the program and what each may import of the others. "std" is
// the standard library alone. A package below a named folder has its rule.
var (
	domain   = []string{"internal/calendar", "internal/catalogue", "internal/gap", "internal/message", "internal/notation", "internal/row", "internal/stream"}
	machine  = []string{"internal/asl", "internal/engine", "internal/intrinsic", "internal/jsonpath"}
	api      = []string{"internal/sfnapi"}
	adapters = []string{"internal/boot", "internal/callback/", "internal/metric/", "internal/store/", "internal/source/", "internal/publisher", "internal/engine", "internal/asl", "internal/sfnapi"}
	doesIO   = []string{"bufio", "database/sql", "io/ioutil", "log", "log/slog", "net", "net/http", "os", "os/exec", "os/signal", "syscall"}
)

// rooms are what the command is made of, and what each may import of the others.
var rooms = map[string][]string{
	"internal/exit":     nil,
	"internal/output":   nil,
	"internal/choice":   {"internal/exit", "internal/output"},
	"internal/act":      {"internal/output"},
	"internal/export":   {"internal/output"},
	"internal/intake":   {"internal/export", "internal/output"},
	"internal/propose":  nil,
	"internal/standing": {"internal/output"},
	"internal/history":  {"internal/output"},
	"internal/story":    {"internal/history", "internal/output"},
	"internal/local":    {"internal/exit", "internal/history", "internal/output"},
	"internal/plan":     {"internal/local", "internal/output", "internal/standing"},
	"internal/drawing":  {"internal/history", "internal/output", "internal/standing"},
	"internal/console":  {"internal/act", "internal/drawing", "internal/export", "internal/history", "internal/output", "internal/plan", "internal/standing", "internal/story"},
	"internal/stack":    {"internal/choice", "internal/exit", "internal/history", "internal/output"},
}

type pkg struct {
	dir     string
	doc     bool
	tests   bool
	funcs   bool            // it does something: types, constants and embedded files do not
	imports map[string]bool // by the package's own files
	floats  []string        // places that name a float type
}

func TestImports(t *testing.T) {
	for _, p := range packages(t) {
		for imported := range p.imports {
			if why := forbidden(p.dir, imported); why != "" {
				t.Errorf("%s imports %s: %s", p.dir, imported, why)
			}
		}
	}
}

// forbidden returns why the package in dir must not import the path imported.
func forbidden(dir, imported string) string {
	own, isOwn := strings.CutPrefix(imported, "lacuna/")
	below := func(s string, dirs []string) bool {
		return slices.ContainsFunc(dirs, func(d string) bool { return s == d || strings.HasPrefix(s, strings.TrimSuffix(d, "/")+"/") })
	}
	allowed, isRoom := rooms[dir]
	_, ofRoom := rooms[own]
	switch {
	case isRoom && ofRoom && !slices.Contains(allowed, own):
		return "the rooms of the command have an order"
	case below(dir, []string{"internal", "lambdas"}) && !isRoom && ofRoom:
		return "rooms are for the command"
	case (isRoom && dir != "internal/stack" || dir == "cmd/lacuna") && (strings.HasPrefix(imported, "github.com/aws/aws-sdk-go-v2") || strings.HasPrefix(imported, "github.com/aws/smithy-go")):
		return "AWS is asked by the stack and the doctor alone"
	case below(dir, []string{"internal/act", "internal/drawing", "internal/standing", "internal/story", "internal/plan", "internal/propose"}) && slices.Contains(doesIO, imported):
		return "what is said of days, and proposed, does no I/O"
	case below(dir, []string{"internal/local", "internal/plan"}) && below(own, []string{"lambdas"}):
		return "" // the pipeline on this machine calls the tasks
	case below(dir, []string{"internal/span", "internal/fault", "internal/bound", "internal/lazy", "internal/loopback"}) && (isOwn || strings.Contains(imported, ".")):
		return "days, error names, bounds, patterns and the loopback stand on the standard library alone"
	case own == "internal/lazy":
		return "" // the standard library's patterns, a little later
	case below(dir, domain) && slices.Contains(doesIO, imported):
		return "the domain does no I/O"
	case below(dir, domain) && isOwn && !below(own, append(domain, "internal/span", "internal/fault")):
		return "the domain knows the domain alone"
	case below(dir, machine) && isOwn && !below(own, machine):
		return "the engine knows nothing of the domain"
	case below(dir, api) && isOwn && !below(own, append(api, machine...)) && own != "internal/loopback":
		return "the API of Step Functions knows the engine alone"
	case below(dir, []string{"internal"}) && isOwn && below(own, []string{"lambdas", "cmd"}):
		return "internal never imports lambdas or cmd"
	case path.Base(dir) == "bootstrap" && (own == path.Dir(dir) || isOwn && !below(own, []string{"lambdas", "cmd"})):
		return "" // a program wires its task to the adapters
	case below(dir, []string{"lambdas"}) && isOwn && below(own, []string{"lambdas", "cmd"}):
		return "a task never imports another"
	case below(dir, []string{"lambdas"}) && isOwn && below(own, adapters):
		return "a task knows small interfaces, not their adapters"
	case !isRoom && !below(dir, append([]string{"cmd/lacuna", "internal/engine"}, api...)) && own == "internal/engine":
		return "only the command and the API run the engine"
	case strings.HasSuffix(own, "/enginetest"):
		return "only tests compare recordings"
	}
	return ""
}

func TestDomainHasNoFloats(t *testing.T) {
	for _, p := range packages(t) {
		if slices.Contains(append(domain, "internal/span"), p.dir) {
			for _, place := range p.floats {
				t.Errorf("%s: values are decimal text and days are integers", place)
			}
		}
	}
}

func TestEveryPackageHasTestsAndADoc(t *testing.T) {
	for _, p := range packages(t) {
		suite := strings.HasSuffix(p.dir, "test")  // it is for the tests of others
		program := path.Base(p.dir) == "bootstrap" // internal/boot runs each as a process
		if p.funcs && !p.tests && !suite && !program {
			t.Errorf("%s has no test", p.dir)
		}
		if !p.doc {
			t.Errorf("%s: no package comment says what it is for", p.dir)
		}
	}
}

// packages returns the packages of this module, by folder.
func packages(t *testing.T) []*pkg {
	t.Helper()
	byDir := map[string]*pkg{}
	fset := token.NewFileSet()
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && name != "." && strings.HasPrefix(e.Name(), ".") {
			return fs.SkipDir
		}
		if e.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		file, err := parser.ParseFile(fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir := path.Dir(name)
		if byDir[dir] == nil {
			byDir[dir] = &pkg{dir: dir, imports: map[string]bool{}}
		}
		return byDir[dir].add(fset, name, file)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(byDir) < 20 {
		t.Fatalf("only %d packages found: the walk is wrong", len(byDir))
	}
	return slices.SortedFunc(maps.Values(byDir), func(a, b *pkg) int { return strings.Compare(a.dir, b.dir) })
}

func (p *pkg) add(fset *token.FileSet, name string, file *ast.File) error {
	if strings.HasSuffix(name, "_test.go") {
		p.tests = true
		return nil
	}
	p.doc = p.doc || file.Doc != nil
	if p.dir == "cmd/lacuna" && strings.HasPrefix(path.Base(name), "doctor") {
		return nil // it asks every service itself
	}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		p.imports[imported] = true
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if _, ok := n.(*ast.FuncDecl); ok {
			p.funcs = true
		}
		if id, ok := n.(*ast.Ident); ok && (id.Name == "float64" || id.Name == "float32") {
			p.floats = append(p.floats, fset.Position(id.Pos()).String())
		}
		return true
	})
	return nil
}
