//go:build integration && linux

package hostile

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lacuna/internal/source"
	"lacuna/internal/source/registry"
	"lacuna/internal/span"
)

// honest is as much as the longest honest body would have to be times ten; what a
// bomb inflates to.
const bomb = 32 << 20

// text writes head, unit n times, and tail.
func text(head, unit string, n int, tail string) func(io.Writer) error {
	return func(w io.Writer) error {
		out := bufio.NewWriterSize(w, 1<<20)
		out.WriteString(head)
		for range n {
			out.WriteString(unit)
		}
		out.WriteString(tail)
		return out.Flush()
	}
}

// fill is text with so many units that they have size bytes.
func fill(size int, head, unit, tail string) func(io.Writer) error {
	return text(head, unit, size/len(unit), tail)
}

// counted writes head, n lines of line, which gets their numbers, and tail.
func counted(head string, n int, line func(i int) string, tail string) func(io.Writer) error {
	return func(w io.Writer) error {
		out := bufio.NewWriterSize(w, 1<<20)
		out.WriteString(head)
		for i := range n {
			out.WriteString(line(i))
		}
		out.WriteString(tail)
		return out.Flush()
	}
}

// zipped writes body as the file called name, in pieces.
func zipped(name string, body func(io.Writer) error) func(dir string) error {
	return func(dir string) error {
		return create(filepath.Join(dir, name), func(w io.Writer) error {
			z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
			if err == nil {
				err = body(z)
			}
			if err == nil {
				err = z.Close()
			}
			return err
		})
	}
}

func create(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// ask has the real client of a publisher fetch from a server that answers every
// request with the file called body, or body.gz, and nothing else.
func ask(name string, request source.Request) func(ctx context.Context, dir string) error {
	return func(ctx context.Context, dir string) error {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { serve(w, dir) }))
		defer server.Close()
		defer server.CloseClientConnections()
		from, err := registry.Open(name, server.URL, 2*time.Minute, 1000)
		if err != nil {
			return err
		}
		answer, err := from.Fetch(ctx, request)
		if err == nil {
			err = fmt.Errorf("taken: %d observations, %d damaged", len(answer.Observations), len(answer.Damaged))
		}
		return err
	}
}

func serve(w http.ResponseWriter, dir string) {
	f, err := os.Open(filepath.Join(dir, "body"))
	if err != nil {
		w.Header().Set("Content-Encoding", "gzip")
		f, err = os.Open(filepath.Join(dir, "body.gz"))
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusTeapot)
		return
	}
	defer f.Close()
	io.Copy(w, f) //nolint:errcheck // a client that has read enough hangs up
}

// years is the longest range of the shipped catalogue; weeks is one of ANP's.
var (
	years = span.Span{From: span.Date(2016, 1, 1), To: span.Date(2025, 12, 28)}
	weeks = span.Span{From: span.Date(2013, 1, 6), To: span.Date(2024, 9, 14)}
)

func one(key, code string, days span.Span, fields ...string) source.Request {
	return source.Request{Series: []source.Series{{Key: key, Code: code, Fields: fields}}, Span: days}
}

var (
	usd    = one("USD", "USD", years, "buy", "sell")
	selic  = one("SELIC", "11", years, "value")
	brl    = one("BRL", "BRL", years, "value")
	brent  = one("BRENT", "DCOILBRENTEU", years, "value")
	diesel = one("S10", "OLEO DIESEL S10/UF/SAO PAULO", weeks, "value")
)

const (
	malformed = "Source.Malformed"
	closing   = `{"cotacaoCompra":5.19950,"cotacaoVenda":5.20010,"dataHoraCotacao":"2020-03-02 13:09:26.433","tipoBoletim":"Fechamento"}`
	ecbHeader = "KEY,FREQ,CURRENCY,CURRENCY_DENOM,EXR_TYPE,EXR_SUFFIX,TIME_PERIOD,OBS_VALUE\n"
	ecbKey    = "EXR.D.BRL.EUR.SP00.A"
)

func TestPublishersText(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) }
	var attacks []attack
	add := func(name, from string, request source.Request, body func(io.Writer) error) {
		attacks = append(attacks, attack{name: from + "/" + name, setup: zipped("body.gz", body), run: ask(from, request), says: malformed})
	}
	add("zeros", "bcb-ptax", usd, fill(bomb, `{"value":[0`, ",0", `]}`))
	add("zeros", "bcb-sgs", selic, fill(bomb, `[0`, ",0", `]`))
	add("empty rows", "bcb-sgs", selic, fill(bomb, `[{}`, ",{}", `]`))
	add("deep", "bcb-ptax", usd, fill(bomb, `{"value":`+deep(1000), "[", ``))
	add("commas", "fred", brent, fill(33<<20, "observation_date,DCOILBRENTEU\n", ",", "\n"))
	add("commas", "ecb", brl, fill(33<<20, ecbHeader, ",", "\n"))
	try(t, attacks)
}

const (
	sheetSpace = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	rowsBegin  = `<worksheet ` + sheetSpace + `><sheetData>`
	rowsEnd    = `</sheetData></worksheet>`
)

type part struct {
	name string
	body func(io.Writer) error
}

func says(s string) func(io.Writer) error { return text(s, "", 0, "") }

// workbook writes a workbook of one sheet; more replaces its other parts.
func workbook(sheet func(io.Writer) error, more ...part) func(dir string) error {
	parts := map[string]func(io.Writer) error{
		"_rels/.rels":     says(`<Relationships><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`),
		"xl/workbook.xml": says(`<workbook ` + sheetSpace + ` xmlns:r="r"><sheets><sheet name="ESTADOS" r:id="a"/></sheets></workbook>`),
		"xl/_rels/workbook.xml.rels": says(`<Relationships><Relationship Id="a" Type="x/worksheet" Target="s.xml"/>` +
			`<Relationship Id="b" Type="x/sharedStrings" Target="texts.xml"/><Relationship Id="c" Type="x/styles" Target="styles.xml"/></Relationships>`),
		"xl/texts.xml":  says(`<sst ` + sheetSpace + `/>`),
		"xl/styles.xml": says(`<styleSheet ` + sheetSpace + `/>`),
		"xl/s.xml":      sheet,
	}
	for _, p := range more {
		parts[p.name] = p.body
	}
	return func(dir string) error {
		return create(filepath.Join(dir, "body"), func(w io.Writer) error {
			z := zip.NewWriter(w)
			z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
			for name, body := range parts {
				part, err := z.Create(name)
				if err == nil {
					err = body(part)
				}
				if err != nil {
					return err
				}
			}
			return z.Close()
		})
	}
}

func TestPublishersWorkbook(t *testing.T) {
	var attacks []attack
	add := func(name string, sheet func(io.Writer) error, more ...part) {
		attacks = append(attacks, attack{name: name, setup: workbook(sheet, more...), run: ask("anp", diesel), says: malformed})
	}
	const size = 62 << 20
	add("nested a", fill(size, rowsBegin, "<a>", ``))
	add("nested a in value", fill(size, rowsBegin+`<row><c><v>`, "<a>", ``))
	add("nested a in f", fill(size, rowsBegin+`<row><c><f>`, "<a>", ``))
	add("nested ext", fill(size, rowsBegin+`<extLst>`, "<a>", ``))
	add("attrs", fill(size, rowsBegin+`<row `, "a='' ", ``))
	add("rows", fill(size, rowsBegin, "<row/>", rowsEnd))
	add("cells", fill(size, rowsBegin, "<row><c/><c/></row>", rowsEnd))
	add("texts", says(rowsBegin), part{"xl/texts.xml", fill(16<<20, `<sst `+sheetSpace+`>`, "<si/>", ``)})
	add("sheets", says(rowsBegin), part{"xl/workbook.xml", fill(16<<20, `<workbook ><sheets>`, "<sheet/>", ``)})
	add("rels", says(rowsBegin), part{"_rels/.rels", counted(`<r>`, 400000, func(i int) string { return fmt.Sprintf(`<Relationship Id="%d"/>`, i) }, ``)})
	try(t, attacks)
}
