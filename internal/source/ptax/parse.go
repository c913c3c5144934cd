package ptax

import (
	"encoding/json"
	"fmt"

	"lacuna/internal/fault"
	"lacuna/internal/source"
	"lacuna/internal/span"

	"github.com/cockroachdb/apd/v3"
)

// bulletin is one row: a day has up to five, and one of them is the closing.
type bulletin struct {
	Buy   json.RawMessage `json:"cotacaoCompra"`
	Sell  json.RawMessage `json:"cotacaoVenda"`
	At    string          `json:"dataHoraCotacao"` // local time; its date is the day
	Label string          `json:"tipoBoletim"`
}

// Parse reads a body of CotacaoMoedaPeriodo. Bulletins other than the closing
// are passed over. It does no I/O; its errors are named Malformed.
func Parse(body []byte, series source.Series, asked span.Span) (source.Answer, error) {
	var envelope struct {
		Value *[]bulletin `json:"value"`
		Next  string      `json:"@odata.nextLink"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return source.Answer{}, fault.New(fault.Malformed, "body of %d bytes: %w", len(body), err)
	}
	if envelope.Value == nil {
		return source.Answer{}, fault.New(fault.Malformed, "no value list in a body of %d bytes", len(body))
	}
	if envelope.Next != "" {
		return source.Answer{}, fault.New(fault.Malformed, "a page of %d rows, and more elsewhere", len(*envelope.Value))
	}
	rows := source.NewCollector(asked, len(*envelope.Value)*len(series.Fields))
	values := make([]string, len(series.Fields))
	for i := range *envelope.Value {
		b := &(*envelope.Value)[i]
		switch b.Label {
		case "Fechamento", "Fechamento PTAX":
		case "Abertura", "Intermediário", "Fechamento Interbancário":
			continue
		default: // perhaps the closing under another name
			return source.Answer{}, fault.New(fault.Malformed, "row %d: tipoBoletim %.50q", i+1, b.Label)
		}
		day, buy, sell, err := b.read()
		if err != nil {
			return source.Answer{}, fault.New(fault.Malformed, "row %d: %w", i+1, err)
		}
		for j, field := range series.Fields {
			if values[j] = sell; field == "buy" {
				values[j] = buy
			}
		}
		rows.Add(series.Key, day, series.Fields, values, swapped(buy, sell))
	}
	return rows.Answer()
}

func (b *bulletin) read() (day span.Day, buy, sell string, err error) {
	const date = len("2006-01-02")
	if day, err = span.Parse(b.At[:min(len(b.At), date)]); err != nil {
		return 0, "", "", fmt.Errorf("dataHoraCotacao: %w", err)
	}
	if buy, err = source.JSONDecimal(b.Buy); err != nil {
		return 0, "", "", fmt.Errorf("cotacaoCompra: %w", err)
	}
	if sell, err = source.JSONDecimal(b.Sell); err != nil {
		return 0, "", "", fmt.Errorf("cotacaoVenda: %w", err)
	}
	return day, buy, sell, nil
}

// swapped returns a reason when a bank would buy for more than it sells.
func swapped(buy, sell string) string {
	if buy == "" || sell == "" {
		return ""
	}
	var b, s apd.Decimal
	if _, _, err := b.SetString(buy); err != nil {
		return err.Error()
	}
	if _, _, err := s.SetString(sell); err != nil {
		return err.Error()
	}
	// A wrong sign is a matter of the catalogue's checks, not of columns.
	if !b.Negative && !s.Negative && b.Cmp(&s) > 0 {
		return fmt.Sprintf("buy %s is over sell %s", buy, sell)
	}
	return ""
}
