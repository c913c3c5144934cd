package publisher

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"lacuna/internal/span"
)

var anpService = service{
	prefix: anpPrefix,
	path:   anpPrices + "/{file...}",
	column: averagePrice,
	kinds:  []Kind{Unit, MovedHeader, Renamed, Product},
	read:   readANP,
	write:  writeANP,
}

const (
	anpPrefix = "/anp/pt-br"
	anpPrices = "/assuntos/precos-e-defesa-da-concorrencia/precos"
	allWeeks  = "precos-revenda-e-de-distribuicao-combustiveis/shlp/semanal/"
	weekly    = "arquivos-lpc/" // with a folder for each year

	averagePrice = "PREÇO MÉDIO REVENDA"

	// firstSummary is the year of the oldest weekly workbooks here. That of the
	// real ones is not known.
	firstSummary = 2022
	perPage      = 20 // files of a folder's listing
)

// anpProducts are those with built-in prices, of Brazil alone.
var anpProducts = []string{"ETANOL HIDRATADO", "GASOLINA ADITIVADA", "GASOLINA COMUM", "GLP", "GNV", "OLEO DIESEL", "OLEO DIESEL S10"}

// anpLevel says how the prices of Brazil, regions or states are marked: between
// product and place in a code, in the name of a file, by a sheet.
type anpLevel struct{ infix, file, sheet string }

var anpLevels = []anpLevel{
	{"", "brasil", "BRASIL"}, {"/REGIAO/", "regioes", "REGIOES"}, {"/UF/", "estados", "ESTADOS"},
}

// anpCodes returns the codes of the series of a level that have data.
func (d *Data) anpCodes(level anpLevel) []string {
	for _, product := range anpProducts {
		d.Observations(ANP, product) // so that it is among the codes
	}
	return slices.DeleteFunc(d.codes(ANP), func(code string) bool {
		_, _, ok := d.Series(ANP, code)
		return !ok || levelOf(code) != level
	})
}

// WeeksSince takes away ANP's weeks before a day: the workbook of all of them takes long to
// make, and to read.
func (d *Data) WeeksSince(day span.Day) {
	for _, code := range d.anpCodes(anpLevels[0]) {
		d.Add(ANP, code, d.between(ANP, code, span.Span{From: day, To: d.today}))
	}
}

func levelOf(code string) anpLevel {
	for _, level := range anpLevels[1:] {
		if strings.Contains(code, level.infix) {
			return level
		}
	}
	return anpLevels[0]
}

// readANP reads a request for a workbook, by either of its names, or for a page
// of a folder's listing.
func readANP(d *Data, r *http.Request) (Request, *reply) {
	asked := Request{File: r.PathValue("file")}
	folder, name := path.Split(asked.File)
	if name == "" {
		asked.File += "?" + r.URL.RawQuery
	}
	if folder == allWeeks {
		return d.readAllWeeks(asked, name)
	}
	if year, err := strconv.Atoi(strings.Trim(strings.TrimPrefix(folder, weekly), "/")); err == nil && year >= firstSummary {
		return d.readYear(asked, name, year)
	}
	return asked, noFile(asked)
}

func (d *Data) readAllWeeks(asked Request, name string) (Request, *reply) {
	for _, level := range anpLevels {
		of := allWeeksName(level.file)
		if name != "" && name != of && name != renamed(of) {
			continue
		}
		for _, code := range d.anpCodes(level) {
			first, last, _ := d.Series(ANP, code)
			if asked.Codes == nil {
				asked.Span = span.Span{From: first, To: last}
			}
			asked.Span = span.Span{From: min(asked.Span.From, first), To: max(asked.Span.To, last)}
			asked.Codes = append(asked.Codes, code)
		}
	}
	if asked.Codes == nil {
		return asked, noFile(asked)
	}
	return asked, nil
}

// readYear is about the folder of the weeks whose Saturdays are in a year.
func (d *Data) readYear(asked Request, name string, year int) (Request, *reply) {
	for _, level := range anpLevels {
		asked.Codes = append(asked.Codes, d.anpCodes(level)...)
	}
	asked.Span = span.Span{From: span.Date(year, 1, 1) - 6, To: span.Date(year, 12, 31) - 6}
	if name == "" {
		return asked, nil
	}
	for week := asked.Span.From; week <= asked.Span.To; week++ {
		one := span.Span{From: week, To: week}
		if of := summaryName(week); name != of && name != renamed(of) {
			continue
		}
		asked.Span = one
		for _, code := range asked.Codes {
			if len(d.between(ANP, code, one)) > 0 {
				return asked, nil
			}
		}
	}
	return asked, noFile(asked)
}

func allWeeksName(level string) string { return "semanal-" + level + "-desde-2013.xlsx" }

func summaryName(week span.Day) string {
	return "resumo_semanal_lpc_" + week.String() + "_" + (week + 6).String() + ".xlsx"
}

// renamed returns the other name of a workbook, one of the ways in which the
// names of real ones deviate.
func renamed(name string) string {
	if week, ok := strings.CutPrefix(name, "resumo_semanal_lpc_"); ok {
		return "resumo_semanal_lpc_" + strings.Replace(week, "_", "-", 1)
	}
	return strings.TrimSuffix(name, ".xlsx") + "-2.xlsx"
}

func noFile(asked Request) *reply {
	return &reply{http.StatusNotFound, "application/json", fmt.Appendf(nil, `{"message":%q,"type":"NotFound"}`, "Resource not found: "+asked.File)}
}

func writeANP(asked Request, rows []line) reply {
	folder, name := path.Split(asked.File)
	if start, ok := strings.CutPrefix(name, "?"); ok {
		return writeListing(folder, start, namesIn(asked, folder, rows))
	}
	of := summaryName(asked.Span.From)
	header, sheets := 7, anpLevels
	if folder == allWeeks {
		level := levelOf(asked.Codes[0])
		of, header, sheets = allWeeksName(level.file), 18, []anpLevel{level}
	}
	if (name != of) != (asked.Fault == Renamed) {
		return *noFile(asked)
	}
	if asked.Fault == MovedHeader {
		header += 3
	}
	slices.SortStableFunc(rows, func(a, b line) int { return int(a.Day - b.Day) })
	book := book{number: map[string]int{}}
	for _, level := range slices.Backward(sheets) { // the real ones end with Brazil
		book.sheet(level.sheet)
		for range header - 1 {
			book.row("IMITAÇÃO DO LEVANTAMENTO DE PREÇOS DE COMBUSTÍVEIS")
		}
		book.row(headers(level.infix, asked.Fault == Columns)...)
		for _, r := range rows {
			if levelOf(r.code) == level {
				book.row(cells(r)...)
			}
		}
	}
	return reply{http.StatusOK, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", book.bytes()}
}

// headers are the names of a table's columns, the same ones that cells fills.
func headers(infix string, other bool) []any {
	list := []any{"DATA INICIAL", "DATA FINAL"}
	switch infix {
	case "/REGIAO/":
		list = append(list, "REGIÃO")
	case "/UF/":
		list = append(list, "ESTADO")
	}
	price := averagePrice
	if other {
		price += "2"
	}
	return append(list, "PRODUTO", "NÚMERO DE POSTOS PESQUISADOS", "UNIDADE DE MEDIDA", price,
		"DESVIO PADRÃO REVENDA", "PREÇO MÍNIMO REVENDA", "PREÇO MÁXIMO REVENDA")
}

// cells are a row of a table. What is not known is "-".
func cells(r line) []any {
	parts := strings.Split(r.code, "/")
	day, average := any(serial(r.Day)), amount(r.Values[0])
	if r.swapped {
		day, average = average, day
	}
	list := []any{day, serial(r.Day + 6)}
	if len(parts) == 3 {
		list = append(list, parts[2])
	}
	value := func(i int) any {
		if i < len(r.Values) {
			return amount(r.Values[i])
		}
		return "-"
	}
	if r.renamed {
		parts[0] += " NOVO"
	}
	return append(list, parts[0], value(1), unit(r), average, "-", value(2), value(3))
}

// serial counts a day as spreadsheets do, from 1899-12-30.
func serial(d span.Day) numeral { return numeral(strconv.Itoa(int(d) + 25569)) }

// amount is a cell with a number as spreadsheets write it, to the last digit of
// its binary form; a text when it has a comma, "-" without a value.
func amount(value string) any {
	number, err := strconv.ParseFloat(value, 64)
	switch {
	case value == "":
		return "-"
	case err != nil:
		return value
	}
	return numeral(strconv.FormatFloat(number, 'g', 17, 64))
}

// unit is spelled in two ways, the old one until the survey paused in 2020.
func unit(r line) string {
	const paused = span.Day(18476) // 2020-08-02
	product, _, _ := strings.Cut(r.code, "/")
	switch {
	case r.unit:
		return "R$/kg"
	case product == "GLP" && r.Day < paused:
		return "R$/13Kg"
	case product == "GLP":
		return "R$/13kg"
	case product == "GNV" && r.Day < paused:
		return "R$/m3"
	case product == "GNV":
		return "R$/m³"
	}
	return "R$/l"
}

// namesIn lists a folder. Beside each weekly summary lies a workbook of stations,
// which nobody here asks for.
func namesIn(asked Request, folder string, rows []line) []string {
	var names []string
	add := func(name string) {
		if asked.Fault == Renamed {
			name = renamed(name)
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, r := range rows {
		if folder == allWeeks {
			add(allWeeksName(levelOf(r.code).file))
			continue
		}
		add(summaryName(r.Day))
		if stations := "revendas_lpc_" + r.Day.String() + "_" + (r.Day + 6).String() + ".xlsx"; !slices.Contains(names, stations) {
			names = append(names, stations)
		}
	}
	slices.Sort(names)
	return names
}

func writeListing(folder, query string, names []string) reply {
	start, _ := strconv.Atoi(strings.TrimPrefix(query, "b_start:int=")) // 0 where there is none
	names = names[min(max(0, start), len(names)):]
	names = names[:min(perPage, len(names))]
	page := "<!DOCTYPE html>\n<html lang=\"pt-br\"><head><meta charset=\"utf-8\"><title>" + path.Base(folder) + "</title></head>\n<body><ul>\n"
	base := "https://www.gov.br" + anpPrefix + anpPrices + "/" + folder
	page += "<!-- " + base + " -->\n"
	for _, name := range names {
		page += `<li><a href="` + base + name + `/view">` + name + "</a></li>\n"
	}
	return reply{http.StatusOK, "text/html; charset=utf-8", []byte(page + "</ul></body></html>\n")}
}
