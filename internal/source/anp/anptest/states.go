// Package anptest makes a workbook of the size of ANP's largest, for benchmarks
// of memory and time. Its numbers are made up: the real one is not ours to keep.
package anptest

import (
	"fmt"
	"strconv"

	"lacuna/internal/span"

	"github.com/xuri/excelize/v2"
)

// First is the first week of the workbook, a Sunday; with Weeks of them it has
// 115,479 rows and 12 MB.
const (
	First = span.Day(15704) // 2012-12-30
	Weeks = 611

	numberOfStates = 27
)

var products = []string{"ETANOL HIDRATADO", "GASOLINA ADITIVADA", "GASOLINA COMUM", "GLP", "GNV", "OLEO DIESEL", "OLEO DIESEL S10"}

// WriteStates writes the workbook to path: a row for each week, each of 27 states
// (SAO PAULO is one) and each of seven products, below a header in row 18, with as
// many columns as the real one and numbers that pack no better.
func WriteStates(path string, weeks int) error {
	book := excelize.NewFile()
	out, err := book.NewStreamWriter("Sheet1")
	if err != nil {
		return err
	}
	header := []any{"DATA INICIAL", "DATA FINAL", "REGIÃO", "ESTADO", "PRODUTO", "NÚMERO DE POSTOS PESQUISADOS", "UNIDADE DE MEDIDA", "PREÇO MÉDIO REVENDA"}
	for i := range 10 {
		header = append(header, fmt.Sprint("OUTRA ", i))
	}
	number := 18
	if err := out.SetRow("A18", header); err != nil {
		return err
	}
	noise := uint32(1)
	for week := range weeks {
		serial := int(First) + 25569 + 7*week // spreadsheets count days from 1899-12-30
		for state := range numberOfStates {
			for _, product := range products {
				row := []any{serial, serial + 6, "REGIAO", stateName(state), product, week, "R$/l", 6.89}
				for range 10 {
					noise = noise*1664525 + 1013904223
					row = append(row, float64(noise>>12)/1000)
				}
				number++
				if err := out.SetRow("A"+strconv.Itoa(number), row); err != nil {
					return err
				}
			}
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return book.SaveAs(path)
}

func stateName(n int) string {
	if n == 0 {
		return "SAO PAULO"
	}
	return fmt.Sprint("ESTADO ", n)
}
