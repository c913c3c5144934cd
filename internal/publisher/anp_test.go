package publisher_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"lacuna/internal/publisher"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

const (
	anpFolder = "/assuntos/precos-e-defesa-da-concorrencia/precos/arquivos-lpc/"
	anpAll    = "/assuntos/precos-e-defesa-da-concorrencia/precos/precos-revenda-e-de-distribuicao-combustiveis/shlp/semanal/"
)

// read opens a workbook with a library that nothing here shares code with.
func read(t *testing.T, body string) *excelize.File {
	t.Helper()
	book, err := excelize.OpenReader(strings.NewReader(body), excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := book.Close(); err != nil {
			t.Error(err)
		}
	})
	return book
}

func rowsOf(t *testing.T, book *excelize.File, sheet string) [][]string {
	t.Helper()
	rows, err := book.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestANPWorkbookOfAWeek(t *testing.T) {
	p := start(t)
	week := span.Date(2026, 3, 8)
	p.Add(publisher.ANP, "GLP/UF/ACRE", []publisher.Observation{{Day: week, Values: []string{"130.5"}}})
	status, kind, body := get(t, p.URL(publisher.ANP)+anpFolder+"2026/resumo_semanal_lpc_2026-03-08_2026-03-14.xlsx")
	if status != 200 || kind != "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" {
		t.Fatalf("%d %s", status, kind)
	}
	book := read(t, body)
	if diff := cmp.Diff([]string{"ESTADOS", "REGIOES", "BRASIL"}, book.GetSheetList()); diff != "" {
		t.Errorf("sheets (-want +got):\n%s", diff)
	}
	brazil := rowsOf(t, book, "BRASIL")
	if diff := cmp.Diff([]string{"DATA INICIAL", "DATA FINAL", "PRODUTO", "NÚMERO DE POSTOS PESQUISADOS", "UNIDADE DE MEDIDA", "PREÇO MÉDIO REVENDA",
		"DESVIO PADRÃO REVENDA", "PREÇO MÍNIMO REVENDA", "PREÇO MÁXIMO REVENDA"}, brazil[6]); diff != "" {
		t.Errorf("row 7 (-want +got):\n%s", diff)
	}
	glp := slices.IndexFunc(brazil, func(cells []string) bool { return len(cells) > 2 && cells[2] == "GLP" })
	if diff := cmp.Diff([]string{"46089", "46095", "GLP", "3047", "R$/13kg", "109.89", "-", "79.989999999999995", "156"}, brazil[glp]); diff != "" || len(brazil) != 14 {
		t.Errorf("%d rows, GLP (-want +got):\n%s", len(brazil), diff)
	}
	if diff := cmp.Diff([]string{"46089", "46095", "ACRE", "GLP", "-", "R$/13kg", "130.5", "-", "-", "-"}, rowsOf(t, book, "ESTADOS")[7]); diff != "" {
		t.Errorf("ESTADOS (-want +got):\n%s", diff)
	}
	_, _, again := get(t, p.URL(publisher.ANP)+anpFolder+"2026/resumo_semanal_lpc_2026-03-08_2026-03-14.xlsx")
	if again != body {
		t.Error("the same workbook has other bytes the second time")
	}
}

func TestANPWorkbookOfAllWeeks(t *testing.T) {
	_, _, body := get(t, start(t).URL(publisher.ANP)+anpAll+"semanal-brasil-desde-2013.xlsx")
	rows := rowsOf(t, read(t, body), "BRASIL")
	if n := len(rows) - 18; n != 4361 || rows[17][0] != "DATA INICIAL" {
		t.Errorf("%d rows below %v, want 4361 below row 18", n, rows[17])
	}
	if diff := cmp.Diff([]string{"41273", "41279", "ETANOL HIDRATADO", "8173", "R$/l", "1.948", "-", "1.4790000000000001", "3"}, rows[18]); diff != "" {
		t.Errorf("first row (-want +got):\n%s", diff)
	}
	if !slices.ContainsFunc(rows, func(cells []string) bool { return len(cells) > 4 && cells[4] == "R$/m3" }) ||
		!slices.ContainsFunc(rows, func(cells []string) bool { return len(cells) > 4 && cells[4] == "R$/m³" }) {
		t.Error("a spelling of the unit is not there")
	}
}

func TestANPFiles(t *testing.T) {
	p := start(t)
	tests := []struct {
		path   string
		status int
		want   string // matches the body
	}{
		{anpFolder + "2026/resumo_semanal_lpc_2026-03-08_2026-03-14.xlsx", 200, `^PK`},
		{anpFolder + "2026/resumo_semanal_lpc_2026-03-15_2026-03-21.xlsx", 404, `^\{"message":"Resource not found: .*"type":"NotFound"\}$`},
		{anpFolder + "2025/resumo_semanal_lpc_2026-03-08_2026-03-14.xlsx", 404, `NotFound`},
		{anpFolder + "2026/resumo_semanal_lpc_2026-03-08-2026-03-14.xlsx", 404, `NotFound`}, // its other name
		{anpFolder + "2022/resumo_semanal_lpc_2021-12-26_2022-01-01.xlsx", 200, `^PK`},
		{anpFolder + "2022/resumo_semanal_lpc_2022-09-18_2022-09-24.xlsx", 200, `^PK`}, // without GLP
		{anpFolder + "2021/", 404, `NotFound`},
		{anpFolder + "2026/?b_start:int=0", 200, `resumo_semanal_lpc_2026-01-04_2026-01-10.xlsx/view`},
		{anpFolder + "2026/?b_start:int=20", 200, `revendas_lpc_2026-03-08_2026-03-14.xlsx/view`},
		{anpFolder + "2026/?b_start:int=40", 200, `^[^v]*<ul>\n[^\n]*\n</ul>`},
		{anpAll + "", 200, `semanal-brasil-desde-2013.xlsx/view`},
		{anpAll + "semanal-brasil-desde-2013-2.xlsx", 404, `NotFound`},
		{anpAll + "semanal-estados-desde-2013.xlsx", 404, `NotFound`}, // no data of states
		{"/assuntos/precos-e-defesa-da-concorrencia/precos/elsewhere.xlsx", 404, `NotFound`},
	}
	for _, tt := range tests {
		status, _, body := get(t, p.URL(publisher.ANP)+tt.path)
		if status != tt.status || !regexp.MustCompile(tt.want).MatchString(body) {
			t.Errorf("%s: %d %.300q, want %d %s", tt.path, status, body, tt.status, tt.want)
		}
	}
}

func TestANPRenamed(t *testing.T) {
	p := start(t)
	if err := p.Fail(publisher.Fault{Kind: publisher.Renamed, Source: publisher.ANP}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		anpFolder + "2026/resumo_semanal_lpc_2026-03-08_2026-03-14.xlsx": "NotFound",
		anpFolder + "2026/resumo_semanal_lpc_2026-03-08-2026-03-14.xlsx": "PK",
		anpFolder + "2026/?b_start:int=0":                                "resumo_semanal_lpc_2026-03-08-2026-03-14.xlsx/view",
		anpAll + "semanal-brasil-desde-2013.xlsx":                        "NotFound",
		anpAll + "semanal-brasil-desde-2013-2.xlsx":                      "PK",
	} {
		if _, _, body := get(t, p.URL(publisher.ANP)+path); !strings.Contains(body, want) {
			t.Errorf("%s: %.200q, want %q in it", path, body, want)
		}
	}
}

// The log tells workbooks and pages apart.
func TestANPRequestLog(t *testing.T) {
	p := start(t)
	get(t, p.URL(publisher.ANP)+anpFolder+"2026/?b_start:int=20")
	get(t, p.URL(publisher.ANP)+anpAll+"semanal-brasil-desde-2013.xlsx")
	var got []string
	for _, r := range p.Requests(publisher.ANP) {
		got = append(got, r.File+" "+r.Span.String())
	}
	want := []string{"arquivos-lpc/2026/?b_start:int=20 2025-12-26/2026-12-25", strings.TrimPrefix(anpAll, "/assuntos/precos-e-defesa-da-concorrencia/precos/") + "semanal-brasil-desde-2013.xlsx 2012-12-30/2026-03-08"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}
