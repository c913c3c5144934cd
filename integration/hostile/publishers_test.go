//go:build integration && linux

package hostile

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	builtin "lacuna"
	"lacuna/internal/boot/runtimetest"
	series "lacuna/internal/catalogue"
	"lacuna/internal/source"
	"lacuna/internal/source/registry"
	"lacuna/internal/span"
)

// What bodies have after decompression: that of the measured attacks, and less
// than the least bound of a body, so that the parser gets it.
const (
	bomb   = 32<<20 - 1<<10
	within = 4<<20 - 1<<10
)

// content is what a file has, written in pieces.
type content func(io.Writer) error

// text writes head, n units and tail; unit gets their numbers.
func text(head string, n int, unit func(i int) string, tail string) content {
	return func(w io.Writer) error {
		out := bufio.NewWriterSize(w, 1<<20)
		out.WriteString(head)
		for i := range n {
			out.WriteString(unit(i))
		}
		out.WriteString(tail)
		return out.Flush()
	}
}

// fill is text with so many equal units that they have size bytes.
func fill(size int, head, unit, tail string) content {
	return text(head, size/len(unit), func(int) string { return unit }, tail)
}

func says(s string) content { return fill(0, s, "-", "") }

// compressed writes body as the file body.gz.
func compressed(body content) func(dir string) error {
	return func(dir string) error {
		return create(filepath.Join(dir, "body.gz"), func(w io.Writer) error {
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

func create(name string, write content) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// ask has the real client of a publisher fetch, so many times at once, from a
// server that answers each request for what handles as answer does.
func ask(name string, request source.Request, times int) func(ctx context.Context, dir string) error {
	return func(ctx context.Context, dir string) error {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(w, r, dir) }))
		defer server.Close()
		defer server.CloseClientConnections()
		from, err := registry.Open(&series.Source{Name: name}, server.URL, 2*time.Minute, 1000)
		if err != nil {
			return err
		}
		errs := make([]error, times)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() {
				got, err := from.Fetch(ctx, request)
				errs[i] = err
				if err == nil && (len(got.Observations) > 0 || len(got.Damaged) > 0) {
					errs[i] = fmt.Errorf("taken: %d observations, %d damaged", len(got.Observations), len(got.Damaged))
				}
			})
		}
		all.Wait()
		for _, err := range errs[1:] {
			if (err == nil) != (errs[0] == nil) {
				return fmt.Errorf("%d at once end in different ways: %w", times, errors.Join(errs...))
			}
		}
		return errs[0]
	}
}

// answer sends the file body, or body.gz as one that is compressed. Where there is
// a listing, nothing else is.
func answer(w http.ResponseWriter, r *http.Request, dir string) {
	name := filepath.Join(dir, "body")
	if _, err := os.Stat(filepath.Join(dir, "listing")); err == nil && strings.HasSuffix(r.URL.Path, ".xlsx") {
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, "{}") //nolint:errcheck // the client may have gone
		return
	}
	if _, err := os.Stat(name); err != nil {
		name += ".gz"
		w.Header().Set("Content-Encoding", "gzip")
	}
	f, err := os.Open(name)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	io.Copy(w, f) //nolint:errcheck // a client that has read enough hangs up
}

// years is the longest range of a request of the shipped catalogue; weeks is one
// of ANP's.
var (
	years = span.Span{From: span.Date(2016, 1, 1), To: span.Date(2025, 12, 28)}
	weeks = span.Span{From: span.Date(2013, 1, 6), To: span.Date(2024, 9, 14)}
)

func one(code string, days span.Span, fields ...string) source.Request {
	return source.Request{Series: []source.Series{{Key: "X#" + code, Code: code, Fields: fields}}, Span: days}
}

var (
	usd    = one("USD", years, "buy", "sell")
	selic  = one("11", years, "value")
	brl    = one("BRL", years, "value")
	brent  = one("DCOILBRENTEU", years, "value")
	diesel = one("OLEO DIESEL S10/UF/SAO PAULO", weeks, "value")
)

const malformed = "Source.Malformed"

// day is the i-th day of years, again and again.
func day(i int) span.Day { return years.From + span.Day(i%years.Days()) }

func closing(buy, at, more string) string {
	return `,{"cotacaoCompra":` + buy + `,"cotacaoVenda":5.2,"dataHoraCotacao":"` + at + ` 13:09","tipoBoletim":"Fechamento"` + more + `}`
}

func TestPublishersJSON(t *testing.T) {
	var attacks []attack
	add := func(name, from string, request source.Request, begin, end string, bodies map[string]content) {
		for what, body := range bodies {
			attacks = append(attacks, attack{name: name + "/" + what, setup: compressed(body), run: ask(from, request, 1), says: malformed})
		}
		for _, size := range []int{within, bomb} {
			for what, unit := range map[string]string{"zeros": ",0", "nulls": ",null", "objects": ",{}", "lists": ",[]", "texts": `,""`, "deep lists": "[", "deep objects": `{"a":`} {
				first := strings.TrimPrefix(unit, ",")
				attacks = append(attacks, attack{name: fmt.Sprintf("%s/%s %d MB", name, what, size>>20), setup: compressed(fill(size, begin+first, unit, end)), run: ask(from, request, 1), says: malformed})
			}
		}
	}
	const head, tail = `{"value":[`, `]}`
	good := closing("5.1", "2020-03-02", "")
	first := head + good[1:]
	rows := func(n int, tail string, row func(i int) string) content { return text(first, n, row, tail) }
	add("ptax", "bcb-ptax", usd, head, tail, map[string]content{
		"equal rows":            fill(bomb, first, good, tail),
		"days again":            rows(60_000, tail, func(i int) string { return closing("5.1", day(i).String(), "") }),
		"one day, other values": rows(60_000, tail, func(i int) string { return closing(fmt.Sprint("5.", i), "2020-03-02", "") }),
		"swapped":               rows(60_000, tail, func(i int) string { return closing("9", day(i).String(), "") }),
		"outside":               text(head+closing("5.1", "1990-01-01", "")[1:], 60_000, func(i int) string { return closing("5.1", "1990-01-01", "") }, tail),
		"other bulletins":       text(head+`{"tipoBoletim":"Abertura"}`, 200_000, func(int) string { return `,{"tipoBoletim":"Abertura"}` }, tail),
		"a long number":         fill(within, head+`{"tipoBoletim":"Fechamento","dataHoraCotacao":"2020-03-02","cotacaoVenda":1,"cotacaoCompra":1`, "1", `}]}`),
		"a long exponent":       fill(within, head+`{"tipoBoletim":"Fechamento","dataHoraCotacao":"2020-03-02","cotacaoVenda":1,"cotacaoCompra":1e1`, "1", `}]}`),
		"a long text":           fill(within, head+`{"tipoBoletim":"`, "F", `"}]}`),
		"a long day":            fill(within, head+`{"tipoBoletim":"Fechamento","dataHoraCotacao":"`, "2", `"}]}`),
		"a long escaped text":   fill(within, head+`{"tipoBoletim":"`, `\u0001`, `"}]}`),
		"a long link":           fill(within, `{"value":[],"@odata.nextLink":"`, "x", `"}`),
		"a long name":           fill(within, `{"`, "x", `":1}`),
		"a member again":        fill(within, `{"value":[{"a":1`, `,"cotacaoCompra":1`, `}]}`),
		"a list again":          fill(within, `{"value":[]`, `,"value":[]`, `}`),
		"many members":          text(`{"value":[{"a":1`, 300_000, func(i int) string { return fmt.Sprintf(`,"a%d":{}`, i) }, `}]}`),
		"many members outside":  text(`{"a":1`, 300_000, func(i int) string { return fmt.Sprintf(`,"a%d":[[]]`, i) }, `}`),
		"deep beside":           fill(within, `{"value":[],"x":`, `[`, ``),
		"256 MB":                fill(256<<20, head+`0`, ",0", tail),
	})
	add("sgs", "bcb-sgs", selic, `[`, `]`, map[string]content{
		"equal rows": fill(bomb, `[{"data":"02/01/2020","valor":"1"}`, `,{"data":"02/01/2020","valor":"1"}`, `]`),
		"days again": text(`[{"data":"02/01/2020","valor":"1"}`, 80_000, func(i int) string { return `,{"data":"` + day(i).Time().Format("02/01/2006") + `","valor":""}` }, `]`),
		"values that cannot be read": text(`[{"data":"02/01/2020","valor":"x"}`, 40_000, func(i int) string {
			return `,{"data":"` + day(i).Time().Format("02/01/2006") + `","valor":"` + strings.Repeat("x", 60) + `"}`
		}, `]`),
		"a long number":       fill(within, `[{"data":"02/01/2020","valor":1`, "1", `}]`),
		"a long text":         fill(within, `[{"data":"02/01/2020","valor":"`, "1", `"}]`),
		"a long day":          fill(within, `[{"data":"`, "1", `"}]`),
		"half an error":       fill(within, `{"erro":{"detail":"`, "x", ``),
		"an error, then more": fill(within, `{"erro":{"detail":"Value(s) not found"},"x":[0`, ",0", `]}`),
	})
	try(t, attacks)
}

func TestPublishersCSV(t *testing.T) {
	var attacks []attack
	const ecbHeader, fredHeader = "KEY,FREQ,CURRENCY,CURRENCY_DENOM,EXR_TYPE,EXR_SUFFIX,TIME_PERIOD,OBS_VALUE\n", "observation_date,DCOILBRENTEU\n"
	for _, p := range []struct {
		name, header, before string
		request              source.Request
	}{{"ecb", ecbHeader, "EXR.D.BRL.EUR.SP00.A,D,BRL,EUR,SP00,A,", brl}, {"fred", fredHeader, "", brent}} {
		add := func(what string, body content) {
			attacks = append(attacks, attack{name: p.name + "/" + what, setup: compressed(body), run: ask(p.name, p.request, 1), says: malformed})
		}
		add("33 million commas", fill(33_000_000, p.header, ",", "\n"))
		for _, size := range []int{within, bomb} {
			for what, unit := range map[string]string{"commas": ",", "ends of lines": "\n", "quotes": `"`, "quoted lines": "\"\n\",", "quoted ends": "\",\"\n", "letters": "a", "zeros": "\x00", "short lines": "a,b\n", "returns": "\r", "quoted fields": `"",`} {
				add(fmt.Sprintf("%s %d MB", what, size>>20), fill(size, p.header, unit, "\n"))
				add(fmt.Sprintf("%s first %d MB", what, size>>20), fill(size, "", unit, "\n"))
			}
		}
		line := func(day, value string) string { return p.before + day + "," + value + "\n" }
		add("equal rows", fill(bomb, p.header, line("2020-01-02", "1"), ""))
		add("days again", text(p.header, 70_000, func(i int) string { return line(day(i).String(), "1") }, ""))
		add("days again without values", text(p.header, 70_000, func(i int) string { return line(day(i).String(), "") }, ""))
		add("one day, other values", text(p.header, 60_000, func(i int) string { return line("2020-01-02", fmt.Sprint(i)) }, ""))
		add("values that cannot be read", text(p.header, 40_000, func(i int) string { return line(day(i).String(), strings.Repeat("x", 60)) }, ""))
		add("outside", text(p.header, 60_000, func(i int) string { return line("1990-01-02", "1") }, ""))
		add("a long number", fill(within, p.header+p.before+"2020-01-02,1", "1", "\n"))
		add("a long header", fill(7000, "\"", "\U0010ffff", "\",a,b,c,d,e,f\n"))
		add("long names", fill(7000, "", "\U0010ffff,", "\n"))
		add("256 MB", fill(256<<20, p.header, line("2020-01-02", "1"), ""))
	}
	try(t, attacks)
}

// forty are as many currencies as a request of the shipped catalogue may have.
func forty() source.Request {
	r := source.Request{Span: years}
	for i := range 40 {
		r.Series = append(r.Series, source.Series{Key: fmt.Sprint("X#", i), Code: fmt.Sprint("C", i), Fields: []string{"value"}})
	}
	return r
}

// Bodies up to their bounds, and as many at once as a catalogue may ask for.
func TestPublishersAtOnce(t *testing.T) {
	const rates = 180_000
	ecb := text("KEY,TIME_PERIOD,OBS_VALUE\n", rates, func(i int) string {
		return fmt.Sprintf("EXR.D.C%d.EUR.SP00.A,%s,%d.%d\n", i%40, day(i/40), i, i)
	}, "EXR.D.C1.EUR.SP00.A,2020-01-0x,1\n")
	ptax := text(`{"value":[`+closing("5.1", "2020-03-02", "")[1:], 40_000, func(i int) string { return closing(fmt.Sprint("5.", i), day(i).String(), "") }, `,0]}`)
	sgs := text(`[{"data":"02/01/2020","valor":"1"}`, 40_000, func(i int) string {
		return fmt.Sprintf(`,{"data":"%s","valor":"%d.%d"}`, day(i).Time().Format("02/01/2006"), i, i)
	}, `,0]`)
	fred := text("observation_date,DCOILBRENTEU\n", 40_000, func(i int) string { return fmt.Sprintf("%s,%d.%d\n", day(i), i, i) }, "2020-01-0x,1\n")
	big := fill(35<<20, rowsBegin+header, "<row><c><v>1</v></c></row>", "")
	five := []attack{
		{name: "ecb", setup: compressed(ecb), run: ask("ecb", forty(), 2)},
		{name: "ptax", setup: compressed(ptax), run: ask("bcb-ptax", usd, 2)},
		{name: "sgs", setup: compressed(sgs), run: ask("bcb-sgs", selic, 2)},
		{name: "fred", setup: compressed(fred), run: ask("fred", brent, 2)},
		{name: "anp", setup: stored(big), run: ask("anp", diesel, 2)},
	}
	try(t, []attack{
		{name: "all five publishers", setup: prepareAll(five), run: suffersAll(five), says: malformed},
		{name: "ecb", setup: compressed(ecb), run: ask("ecb", forty(), 8), says: malformed},
		{name: "ptax", setup: compressed(ptax), run: ask("bcb-ptax", usd, 16), says: malformed},
		{name: "sgs", setup: compressed(sgs), run: ask("bcb-sgs", selic, 16), says: malformed},
		{name: "fred", setup: compressed(fred), run: ask("fred", brent, 16), says: malformed},
		{name: "anp", setup: stored(big), run: ask("anp", diesel, 3), says: malformed},
	})
}

// prepareAll and suffersAll do attacks side by side, each in a folder of its own, with
// the limit of memory that the command sets for itself.
func prepareAll(attacks []attack) func(dir string) error {
	return func(dir string) error {
		for _, a := range attacks {
			folder := filepath.Join(dir, a.name)
			if err := errors.Join(os.Mkdir(folder, 0o700), a.setup(folder)); err != nil {
				return err
			}
		}
		return nil
	}
}

func suffersAll(attacks []attack) func(ctx context.Context, dir string) error {
	return func(ctx context.Context, dir string) error {
		debug.SetMemoryLimit(192 << 20)
		errs := make([]error, len(attacks))
		var all sync.WaitGroup
		for i, a := range attacks {
			all.Go(func() { errs[i] = a.run(ctx, filepath.Join(dir, a.name)) })
		}
		all.Wait()
		for i, err := range errs {
			if err == nil {
				return fmt.Errorf("%s says nothing", attacks[i].name)
			}
		}
		return errors.Join(errs...)
	}
}

const (
	sheetSpace = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	rowsBegin  = `<worksheet ` + sheetSpace + `><sheetData>`
	rowsEnd    = `</sheetData></worksheet>`
	header     = `<row><c t="str"><v>DATA INICIAL</v></c><c t="str"><v>DATA FINAL</v></c><c t="str"><v>ESTADO</v></c><c t="str"><v>PRODUTO</v></c><c t="str"><v>UNIDADE DE MEDIDA</v></c><c t="str"><v>PRECO MEDIO REVENDA</v></c></row>`
)

// noted is a row of eighteen cells without a product and a price, which a table may
// have below its rows.
var noted = "<row>" + strings.Repeat("<c><v>1</v></c>", 3) + "<c/><c><v>1</v></c><c/>" + strings.Repeat("<c><v>1</v></c>", 12) + "</row>"

// priced is a row of the week that begins so many days after the first.
func priced(week int, price string) string {
	return fmt.Sprintf(`<row><c><v>%d</v></c><c><v>%d</v></c><c t="str"><v>SAO PAULO</v></c><c t="str"><v>OLEO DIESEL S10</v></c><c t="str"><v>R$/L</v></c>%s</row>`,
		41280+week*7, 41286+week*7, price)
}

type part struct {
	name string
	body content
}

// book has the parts of a workbook of one sheet; more replaces some or adds others.
func book(sheet content, more []part) map[string]content {
	parts := map[string]content{
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
	return parts
}

func pack(w io.Writer, method uint16, parts map[string]content) error {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	for name, body := range parts {
		part, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err == nil {
			err = body(part)
		}
		if err != nil {
			return err
		}
	}
	return z.Close()
}

// workbook writes a workbook as the file body; stored does not compress it.
func workbook(sheet content, more ...part) func(dir string) error {
	return func(dir string) error {
		return create(filepath.Join(dir, "body"), func(w io.Writer) error { return pack(w, zip.Deflate, book(sheet, more)) })
	}
}

func stored(sheet content) func(dir string) error {
	return func(dir string) error {
		return create(filepath.Join(dir, "body"), func(w io.Writer) error { return pack(w, zip.Store, book(sheet, nil)) })
	}
}

// lying writes a workbook whose list of parts is changed: change gets the entries.
func lying(sheet content, change func(entries map[string][]byte), more ...part) func(dir string) error {
	return func(dir string) error {
		var file bytes.Buffer
		if err := pack(&file, zip.Deflate, book(sheet, more)); err != nil {
			return err
		}
		body, entries := file.Bytes(), map[string][]byte{}
		for at := bytes.Index(body, []byte("PK\x01\x02")); ; {
			entry := body[at:]
			if !bytes.HasPrefix(entry, []byte("PK\x01\x02")) {
				break
			}
			name := int(binary.LittleEndian.Uint16(entry[28:]))
			entries[string(entry[46:46+name])] = entry[:46]
			at += 46 + name + int(binary.LittleEndian.Uint16(entry[30:])) + int(binary.LittleEndian.Uint16(entry[32:]))
		}
		change(entries)
		return os.WriteFile(filepath.Join(dir, "body"), body, 0o600)
	}
}

func TestPublishersWorkbook(t *testing.T) {
	const size = 200 << 20
	var attacks []attack
	add := func(name string, sheet content, more ...part) {
		attacks = append(attacks, attack{name: name, setup: workbook(sheet, more...), run: ask("anp", diesel, 1), says: malformed})
	}
	for what, unit := range map[string]string{
		"nested": "<a>", "nested cells": "<c>", "nested rows": "<row>", "tags": "<a/>", "comments": "<!---->", "instructions": "<?a?>", "spaces": " ", "text": "x", "entities": "&amp;", "own entities": "&lol;",
		"texts": "<![CDATA[]]>", "ends": "</a>", "attributes": ` a="1"`, "namespaces": ` xmlns:a="1"`, "rows": "<row/>", "cells": "<c/>", "cells in rows": "<row><c/><c/></row>",
	} {
		const size = 8 << 20
		add(what+" in the rows", fill(size, rowsBegin, unit, ""))
		add(what+" in a cell", fill(size, rowsBegin+"<row><c><v>", unit, ""))
		add(what+" in an extension", fill(size, rowsBegin+"<extLst>", unit, ""))
		add(what+" in a tag", fill(size, rowsBegin+"<row", unit, ""))
		add(what+" in the texts", says(rowsBegin+rowsEnd), part{"xl/texts.xml", fill(size, `<sst `+sheetSpace+`>`, unit, ``)})
		add(what+" in the relations", says(rowsBegin+rowsEnd), part{"_rels/.rels", fill(size, `<r>`, unit, ``)})
	}
	for _, unit := range []string{"<a/>", "<!---->", "<?a?>", "<c/>", "<![CDATA[]]>"} {
		add(strings.Trim(unit, "<>")+" of 200 MB", fill(size, rowsBegin+"<row>", unit, ""))
	}
	add("nested of 62 MB", fill(62<<20, rowsBegin, "<a>", ""))
	add("nested of 200 MB", fill(size, rowsBegin, "<a>", ""))
	add("namespaces, nested", fill(size, rowsBegin, `<a xmlns:b="1" xmlns:c="2" xmlns:d="3">`, ""))
	add("rows of eighteen cells", fill(size, rowsBegin+header, noted, rowsEnd))
	add("rows of prices", text(rowsBegin+header, 330_000, func(i int) string { return priced(i%600, fmt.Sprintf("<c><v>6.%d</v></c>", i)) }, rowsEnd))
	add("rows of one price", text(rowsBegin+header, 330_000, func(int) string { return priced(1, "<c><v>6.1</v></c>") }, ""))
	add("rows of damaged prices", text(rowsBegin+header, 330_000, func(i int) string { return priced(i%600, `<c t="b"><v>1</v></c>`) }, rowsEnd))
	add("rows of weeks outside", text(rowsBegin+header, 330_000, func(i int) string { return priced(800+i%600, "<c><v>6.1</v></c>") }, rowsEnd))
	attacks[len(attacks)-1].says = "" // what is of other weeks than those asked for is not looked at
	add("a long cell", fill(size, rowsBegin+`<row><c t="inlineStr"><is>`, "<t>123456789</t>", ""))
	add("columns", fill(size, rowsBegin, `<row r="1">`+strings.Repeat("<c/>", 300)+`</row>`, rowsEnd))
	add("a column far away", says(rowsBegin+`<row r="1"><c r="ZZZZZZZZZZZZ1"/></row>`+rowsEnd))
	add("a row far away", says(rowsBegin+`<row r="9223372036854775807"><c/></row>`+rowsEnd))
	add("a dimension", says(`<worksheet `+sheetSpace+`><dimension ref="A1:XFD1048576"/><sheetData><row spans="1:16384" r="1048576"/>`+rowsEnd))
	add("merged cells", fill(size, rowsBegin+`</sheetData><mergeCells count="4294967295">`, `<mergeCell ref="A1:XFD1048576"/>`, ""))
	add("a document type", says(`<!DOCTYPE a [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]>`+rowsBegin+`<row><c><v>&b;</v></c></row>`+rowsEnd))
	add("rows before the header", fill(size, rowsBegin, `<row>`+strings.Repeat(`<c t="s"><v>0</v></c>`, 200)+`</row>`, rowsEnd), part{"xl/texts.xml", fill(60_000, `<sst `+sheetSpace+`><si><t>`, "ç ", `</t></si></sst>`)})
	add("rows of long names", text(rowsBegin+header, 330_000, func(i int) string {
		return strings.ReplaceAll(priced(1, "<c/>"), `<c t="str"><v>SAO PAULO</v></c>`, `<c t="s"><v>0</v></c>`)
	}, rowsEnd),
		part{"xl/texts.xml", fill(60_000, `<sst `+sheetSpace+`><si><t>`, " ", `x</t></si></sst>`)})
	texts := func(unit string) part {
		return part{"xl/texts.xml", fill(16<<20, `<sst `+sheetSpace+`>`, unit, `</sst>`)}
	}
	add("empty texts", says(rowsBegin+rowsEnd), texts("<si/>"))
	add("short texts", says(rowsBegin+rowsEnd), texts("<si><t>abc</t></si>"))
	add("one text", says(rowsBegin+rowsEnd), part{"xl/texts.xml", fill(16<<20, `<sst `+sheetSpace+`><si>`, "<t>123456789</t>", `</si></sst>`)})
	add("escaped texts", says(rowsBegin+rowsEnd), texts("<si><t>"+strings.Repeat("_x0041_", 1000)+"</t></si>"))
	styles := func(body content) part { return part{"xl/styles.xml", body} }
	add("styles", says(rowsBegin+rowsEnd), styles(fill(16<<20, `<styleSheet `+sheetSpace+`><cellXfs>`, "<xf/>", ``)))
	add("formats", says(rowsBegin+rowsEnd), styles(text(`<styleSheet `+sheetSpace+`><numFmts>`, 400_000, func(i int) string { return fmt.Sprintf(`<numFmt numFmtId="%d" formatCode="0"/>`, i) }, ``)))
	add("a long format for all", says(rowsBegin+rowsEnd), styles(text(`<styleSheet `+sheetSpace+`><numFmts><numFmt numFmtId="1" formatCode="`+strings.Repeat("[_*", 20_000)+`"/></numFmts><cellXfs>`, 60_000, func(int) string { return `<xf numFmtId="1"/>` }, `</cellXfs></styleSheet>`)))
	list := func(unit func(i int) string) part {
		return part{"xl/workbook.xml", text(`<workbook `+sheetSpace+` xmlns:r="r"><sheets>`, 400_000, unit, `</sheets></workbook>`)}
	}
	add("sheets", says(rowsBegin+rowsEnd), list(func(i int) string { return "<sheet/>" }))
	add("one sheet often", fill(62<<20, rowsBegin+header, "<row><c/></row>", rowsEnd), part{"xl/workbook.xml", text(`<workbook `+sheetSpace+` xmlns:r="r"><sheets>`, 900, func(i int) string { return `<sheet name="S" r:id="a"/>` }, `</sheets></workbook>`)})
	add("relations", says(rowsBegin+rowsEnd), part{"_rels/.rels", text(`<r>`, 400_000, func(i int) string { return fmt.Sprintf(`<Relationship Id="%d"/>`, i) }, ``)})
	add("a long name of a part", says(rowsBegin+rowsEnd), part{"_rels/.rels", fill(50_000, `<Relationships><Relationship Id="a" Type="x/officeDocument" Target="`, "x", `"/></Relationships>`)})
	more := make([]part, 20_000)
	for i := range more {
		more[i] = part{fmt.Sprint("x", i), says("")}
	}
	add("parts", says(rowsBegin+rowsEnd), more...)
	try(t, attacks)
}

// What a ZIP may say that is not so, and other files than workbooks.
func TestPublishersZIP(t *testing.T) {
	bigSheet := fill(62<<20, rowsBegin+header, "<row><c/></row>", rowsEnd)
	var sheets, rels strings.Builder
	copies := make([]part, 50)
	for i := range copies {
		copies[i] = part{fmt.Sprintf("xl/c%d.xml", i), says("<a/>")}
		fmt.Fprintf(&sheets, `<sheet name="S%d" r:id="c%[1]d"/>`, i)
		fmt.Fprintf(&rels, `<Relationship Id="c%d" Type="x/worksheet" Target="c%[1]d.xml"/>`, i)
	}
	copies = append(copies, part{"xl/workbook.xml", says(`<workbook ` + sheetSpace + ` xmlns:r="r"><sheets>` + sheets.String() + `</sheets></workbook>`)},
		part{"xl/_rels/workbook.xml.rels", says(`<Relationships>` + rels.String() + `</Relationships>`)})
	overlap := func(entries map[string][]byte) {
		for name, entry := range entries {
			if strings.HasPrefix(name, "xl/c") {
				copy(entry[8:28], entries["xl/s.xml"][8:28])
				copy(entry[42:46], entries["xl/s.xml"][42:46])
			}
		}
	}
	size := func(at int, n uint32) func(map[string][]byte) {
		return func(entries map[string][]byte) { binary.LittleEndian.PutUint32(entries["xl/s.xml"][at:], n) }
	}
	raw := func(body content) func(dir string) error {
		return func(dir string) error { return create(filepath.Join(dir, "body"), body) }
	}
	end := "PK\x05\x06\x00\x00\x00\x00\xff\xfe\xff\xfe" + "\xff\xff\xff\x00" + "\x00\x00\x00\x00" + "\x00\x00"
	ask := func(name string, setup func(string) error) attack {
		return attack{name: name, setup: setup, run: ask("anp", diesel, 1), says: malformed}
	}
	try(t, []attack{
		ask("parts that overlap", lying(bigSheet, overlap, copies...)),
		ask("less than there is", lying(bigSheet, size(24, 10))),
		ask("more than there is", lying(bigSheet, size(24, 1<<32-2))),
		ask("less that is compressed", lying(bigSheet, size(20, 10))),
		ask("more that is compressed", lying(bigSheet, size(20, 1<<32-2))),
		ask("a part far away", lying(bigSheet, size(42, 1<<32-2))),
		ask("another method", lying(bigSheet, size(10, 99))),
		ask("entries alone", raw(fill(35<<20, "", "PK\x01\x02", ""))),
		ask("an end alone", raw(fill(35<<20, "PK\x03\x04", "x", end))),
		ask("letters", raw(fill(35<<20, "PK", "x", ""))),
		ask("more than any workbook", raw(fill(100<<20, "PK", "x", ""))),
		ask("256 MB that is compressed again", func(dir string) error { return compressed(fill(256<<20, "PK", "x", ""))(dir) }),
		ask("nothing", raw(says(""))),
	})
}

// A folder's listing is a page of HTML, page after page.
func TestPublishersListing(t *testing.T) {
	const folder = "<html>/assuntos/precos-e-defesa-da-concorrencia/precos/precos-revenda-e-de-distribuicao-combustiveis/shlp/semanal "
	var attacks []attack
	for name, body := range map[string]content{
		"one long name":  fill(2_000_000, folder, "a", ".xlsx"),
		"names":          text(folder, 100_000, func(i int) string { return fmt.Sprintf("%d.xlsx ", i) }, ""),
		"ends of names":  fill(2_000_000, folder, ".xlsx", ""),
		"one name often": fill(2_000_000, folder, "a.xlsx ", ""),
		"tags":           fill(bomb, folder, "<", ""),
		"256 MB":         fill(256<<20, folder, "<a>", ""),
	} {
		attacks = append(attacks, attack{name: name, run: ask("anp", diesel, 1), says: "Source.", setup: func(dir string) error {
			return errors.Join(create(filepath.Join(dir, "listing"), says("")), compressed(body)(dir))
		}})
	}
	try(t, attacks)
}

// What is in the headers of an answer.
func TestPublishersHeaders(t *testing.T) {
	var attacks []attack
	for name, header := range map[string]func(http.Header){
		"a long one": func(h http.Header) { h.Set("X", strings.Repeat("x", 60<<20)) },
		"many": func(h http.Header) {
			for i := range 200_000 {
				h.Set(fmt.Sprint("X-", i), "1")
			}
		},
		"a long wish": func(h http.Header) { h.Set("Retry-After", strings.Repeat("9", 50_000)) },
		"a redirect":  func(h http.Header) { h.Set("Location", "https://%"+strings.Repeat("x", 50_000)) },
	} {
		attacks = append(attacks, attack{name: name, says: "Source.Unavailable", peak: 2 * maxPeak /* with the server */, run: func(ctx context.Context, dir string) error {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				header(w.Header())
				w.WriteHeader(http.StatusFound)
			}))
			defer server.Close()
			from, err := registry.Open(&series.Source{Name: "fred"}, server.URL, time.Minute, 1000)
			if err != nil {
				return err
			}
			_, err = from.Fetch(ctx, brent)
			return err
		}})
	}
	try(t, attacks)
}

// The middle of a sheet of 200 MB is left within half a second.
func TestPublishersCancel(t *testing.T) {
	const at, within = 1500 * time.Millisecond, 500 * time.Millisecond
	try(t, []attack{{
		name:  "a sheet of 200 MB",
		setup: workbook(fill(200<<20, rowsBegin+header, noted, rowsEnd)),
		says:  context.DeadlineExceeded.Error(),
		run: func(ctx context.Context, dir string) error {
			ctx, cancel := context.WithTimeout(ctx, at)
			defer cancel()
			start := time.Now()
			err := ask("anp", diesel, 1)(ctx, dir)
			if late := time.Since(start) - at; late > within || late < 0 {
				return fmt.Errorf("%s after the end: %v", late, err)
			}
			return err
		},
	}})
}

// The real scrape function, which AWS would end above its 256 MB, says no and does
// the next message.
func TestPublishersScrape(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "bootstrap")
	if out, err := exec.Command("go", "build", "-o", bin, "lacuna/lambdas/scrape/bootstrap").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	root := t.TempDir()
	catalogue, err := series.Parse("series.yaml", builtin.Series, nil)
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := catalogue.Compile()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, series.CompiledName), compiled, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, source, series string
		setup                func(dir string) error
	}{
		{"ptax", "bcb-ptax", "CURRENCY#USD", compressed(fill(bomb, `{"value":[0`, ",0", `]}`))},
		{"sgs", "bcb-sgs", "SGS#1", compressed(fill(within, `[0`, ",0", `]`))},
		{"ecb", "ecb", "ECB#USD", compressed(fill(within, "KEY,TIME_PERIOD,OBS_VALUE\n", ",", "\n"))},
		{"fred", "fred", "OIL#BRENT", compressed(fill(33_000_000, "observation_date,DCOILBRENTEU\n", ",", "\n"))},
		{"anp", "anp", "FUEL#DIESEL", workbook(fill(62<<20, rowsBegin, "<a>", ""))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := tt.setup(dir); err != nil {
				t.Fatal(err)
			}
			publisher := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(w, r, dir) }))
			defer publisher.Close()
			var failed, calls atomic.Int32
			aws := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				text, err := io.ReadAll(r.Body)
				calls.Add(1)
				if err == nil && strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".SendTaskFailure") && bytes.Contains(text, []byte(malformed)) {
					failed.Add(1)
				}
				w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte("{}"))), 10))
				io.WriteString(w, "{}") //nolint:errcheck // the function may have ended
			}))
			defer aws.Close()
			api := runtimetest.Start(t)
			function := exec.Command(bin)
			function.Dir = t.TempDir()
			function.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + api.Addr(), "LAMBDA_TASK_ROOT=" + root, "AWS_REGION=us-east-1", "AWS_ENDPOINT_URL=" + aws.URL,
				"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_LAMBDA_FUNCTION_NAME=lacuna-scrape", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256",
				"LACUNA_TABLE=lacuna", "LACUNA_SOURCE=" + tt.source, registry.URLVariable(tt.source) + "=" + publisher.URL}
			var log bytes.Buffer
			function.Stdout, function.Stderr = &log, &log
			if err := function.Start(); err != nil {
				t.Fatal(err)
			}
			body, err := json.Marshal(fmt.Sprintf(`{"v":1,"run":"r1","as_of":"2026-07-01T00:00:00Z","only":"due","source":%q,"token":"token","attempt":0,
				"stream":{"id":"%[1]s-001","series":[%q],"from":"2016-01-04","to":"2025-12-26","days":2}}`, tt.source, tt.series))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			for range 2 {
				a, err := api.Invoke(ctx, fmt.Appendf(nil, `{"Records":[{"messageId":"m1","body":%s}]}`, body), time.Minute)
				if err != nil || a.Error != nil || !strings.Contains(string(a.Output), `"batchItemFailures":[]`) {
					t.Errorf("answer %s, %+v, error %v", a.Output, a.Error, err)
				}
			}
			if err := function.Process.Signal(syscall.SIGTERM); err != nil {
				t.Error(err)
			}
			if err := function.Wait(); err != nil {
				t.Errorf("the end: %v", err)
			}
			measure(t, function, 0)
			if failed.Load() != 2 {
				t.Errorf("%d of 2 attempts failed as %s, in %d calls of AWS; the log:\n%.3000s", failed.Load(), malformed, calls.Load(), log.String())
			}
		})
	}
}
