package console

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net"
	"net/http"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"lacuna/internal/drawing"
	"lacuna/internal/loopback"

	"github.com/klauspost/compress/gzhttp"
)

//go:embed pages assets
var files embed.FS

// maxBody is how large a request may be, in bytes: a form with a reason and days.
const maxBody = 64 << 10

// Server is the console. Use New, and Run beside it.
type Server struct {
	o       Options
	pages   *template.Template
	index   *index
	known   known // runs
	live    live
	denials denials
	drafts  shelf[*draft]
	acts    shelf[*deed]
	looking sync.Mutex   // held while it is looked what has changed
	mark    int64        // of what was seen then
	inside  http.Handler // of those who are let in
	done    sync.WaitGroup

	compress  func(http.Handler) http.HandlerFunc
	assets    map[string]asset // by name
	assetPath string
}

// New returns a console. The error is one of its own pages.
func New(o Options) (*Server, error) {
	s := &Server{o: o, live: newLive(), index: newIndex(o.Catalogue, o.Rows, o.Now)}
	s.drafts.most, s.drafts.mostBytes, s.acts.most = maxDrafts, maxDraftBytes, maxActs
	err := s.readAssets()
	if err != nil {
		return nil, err
	}
	s.pages, err = template.New("").Funcs(s.words()).ParseFS(files, "pages/*.html")
	if err != nil {
		return nil, err
	}
	if s.compress, err = gzhttp.NewWrapper(gzhttp.MinSize(1024)); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	for pattern, do := range s.routes() {
		mux.Handle(pattern, s.compress(s.handle(do)))
	}
	if o.Stored != nil {
		mux.HandleFunc("GET /export", s.handle(s.export)) // whose deadline goes on with what is written
	}
	mux.HandleFunc("GET /live", s.stream) // whose lines must not wait for a full block
	mux.Handle("/", s.compress(s.handle(func(_ http.ResponseWriter, r *http.Request) error { return noPage(mux, r) })))
	s.inside = mux
	return s, nil
}

// routes are the pages for those who are let in. GET changes nothing.
func (s *Server) routes() map[string]handler {
	routes := map[string]handler{}
	if s.o.Rows != nil {
		routes["GET /{$}"] = s.overview
		routes["GET /coverage"] = s.coverage
		routes["POST /read"] = s.readAll
		routes["GET /held"] = s.heldPage
		routes["POST /acts"] = s.allowed(changing, s.actMake)
		routes["GET /acts/{id}"] = s.actShow
		routes["POST /acts/{id}/do"] = s.allowed(changing, s.actDo)
		routes["GET /series/{key}"] = s.series
		routes["GET /series/{key}/values"] = s.seriesValues
	}
	if s.o.Runs != nil {
		if s.o.Rows == nil { // there is nothing else
			routes["GET /{$}"] = func(w http.ResponseWriter, r *http.Request) error {
				http.Redirect(w, r, "/runs", http.StatusSeeOther)
				return nil
			}
		}
		routes["GET /runs"] = s.runList
		routes["GET /runs/{run}"] = s.runPage
		routes["GET /runs/{run}/event/{id}"] = s.eventPage
		routes["POST /runs/{run}/stop"] = s.allowed(stopping, s.runStop)
	}
	if s.o.Planner != nil {
		routes["GET /plans/new"] = s.planForm
		routes["POST /plans"] = s.planMake
		routes["GET /plans/{id}"] = s.planShow
		routes["POST /plans/{id}/start"] = s.allowed(starting, s.planStart)
	}
	return routes
}

// Run keeps what the pages show up to date until ctx ends.
func (s *Server) Run(ctx context.Context) {
	context.AfterFunc(ctx, func() { close(s.live.ended) })
	if s.o.Rows != nil {
		if s.o.Target.Kind == "local" { // where it costs nothing
			s.index.readAll()
		}
		s.done.Go(func() {
			s.catchUp(ctx) // what was written before need not be read twice
			s.index.run(ctx, s.live.tell)
		})
	}
	s.done.Go(func() { s.watch(ctx) })
	s.done.Wait()
}

// policy lets pages load what the console serves, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; " +
	"base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			panic(p) // the connection is cut, or half of an answer would pass for all of it
		default:
			s.o.Log.ErrorContext(r.Context(), "panic", "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
			s.refuse(w, r, &problem{Status: http.StatusInternalServerError, Text: "The console failed at this page; its log says where."})
		}
	}()
	if !loopback.Answers(r.Host, s.o.Hosts) {
		http.Error(w, "the console answers to localhost and to the names of --allow-host, and to no other", http.StatusForbidden)
		return
	}
	if err := new(http.CrossOriginProtection).Check(r); err != nil {
		s.refuse(w, r, &problem{Status: http.StatusForbidden, Text: "Pages of other sites may not use the console."})
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	switch {
	case strings.HasPrefix(r.URL.Path, "/assets/"):
		s.compress(s.handle(s.asset)).ServeHTTP(w, r)
	case r.URL.Path == "/login":
		s.handle(s.login)(w, r)
	case !s.letIn(r):
		s.refuse(w, r, errNotIn)
	default:
		h.Set(seenHeader, s.live.seen())
		s.inside.ServeHTTP(w, r)
	}
}

// noPage is the error of a request that only the pattern / matches: there is no page, or it
// answers other methods.
func noPage(mux *http.ServeMux, r *http.Request) error {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		if _, pattern := mux.Handler(&http.Request{Method: method, URL: r.URL, Host: r.Host}); pattern != "/" {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		return errNoPage
	}
	return checkMethod(r, allowed...)
}

// checkMethod refuses a request with another method than those allowed.
func checkMethod(r *http.Request, allowed ...string) error {
	if slices.Contains(allowed, r.Method) {
		return nil
	}
	return &problem{Status: http.StatusMethodNotAllowed, Text: fmt.Sprintf("%.20q is not answered here: want %s.", r.Method, strings.Join(allowed, ", ")), allowed: allowed}
}

var (
	errNotIn  = &problem{Status: http.StatusUnauthorized, Text: "This browser has not shown the console's token. Open the address that the command printed, or give the token here.", login: true}
	errNoPage = &problem{Status: http.StatusNotFound, Text: "There is no such page."}
)

// cookie is called by the port, because browsers keep one set for all ports of a host.
func cookieName(r *http.Request) string {
	if _, port, err := net.SplitHostPort(r.Host); err == nil {
		return "lacuna-" + port
	}
	return "lacuna"
}

func (s *Server) isToken(given string) bool {
	return s.o.Token != "" && subtle.ConstantTimeCompare([]byte(given), []byte(s.o.Token)) == 1
}

func (s *Server) letIn(r *http.Request) bool {
	for _, c := range r.CookiesNamed(cookieName(r)) {
		if s.isToken(c.Value) {
			return true
		}
	}
	return false
}

// login takes the token, and sends the browser on. A link from elsewhere, such as one in
// a mail, comes with the cookie: SameSite is Lax. Secure it is not: Safari keeps no such
// cookie of http://localhost.
func (s *Server) login(w http.ResponseWriter, r *http.Request) error {
	if err := checkMethod(r, http.MethodGet, http.MethodHead, http.MethodPost); err != nil {
		return err
	}
	given := r.FormValue("token")
	if !s.isToken(strings.TrimSpace(given)) {
		if given == "" {
			return errNotIn
		}
		return &problem{Status: http.StatusUnauthorized, Text: "That is not the token of this console: each start has a new one.", login: true}
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName(r), Value: s.o.Token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

// handler makes an answer; its error becomes a page.
type handler func(w http.ResponseWriter, r *http.Request) error

func (s *Server) handle(do handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := do(w, r)
		if err == nil {
			return
		}
		var p *problem
		if !errors.As(err, &p) {
			if r.Context().Err() != nil {
				return // nobody waits for the answer any more
			}
			s.o.Log.WarnContext(r.Context(), "page", "path", r.URL.Path, "error", err)
			p = &problem{Status: http.StatusInternalServerError, Text: err.Error()}
		}
		s.refuse(w, r, p)
	}
}

// asset is a file of the pages.
type asset struct {
	kind string
	text []byte
}

// asset serves a file of the pages. Its address has the hash of all of them, so that it
// may be kept for ever, and a script finds those that it imports beside it.
func (s *Server) asset(w http.ResponseWriter, r *http.Request) error {
	a, ok := s.assets[strings.TrimPrefix(r.URL.Path, s.assetPath)]
	if !ok {
		return errNoPage
	}
	if err := checkMethod(r, http.MethodGet, http.MethodHead); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Content-Type", a.kind)
	_, err := w.Write(a.text)
	return err
}

// readAssets reads the files of the pages; their path ends with a slash.
func (s *Server) readAssets() error {
	kinds := map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
	list, err := fs.ReadDir(files, "assets")
	if err != nil {
		return err
	}
	drawn := drawing.Style + drawing.Shades
	s.assets = map[string]asset{"drawing.css": {kinds[".css"], []byte(drawn)}}
	hash := sha256.New()
	hash.Write([]byte(drawn))
	for _, e := range list {
		text, err := fs.ReadFile(files, "assets/"+e.Name())
		if err != nil {
			return err
		}
		fmt.Fprintf(hash, "%s %d ", e.Name(), len(text))
		hash.Write(text)
		s.assets[e.Name()] = asset{kinds[path.Ext(e.Name())], text}
	}
	s.assetPath = fmt.Sprintf("/assets/%x/", hash.Sum(nil)[:8])
	return nil
}
