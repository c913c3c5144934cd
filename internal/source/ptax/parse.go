package ptax

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"lacuna/internal/fault"
	"lacuna/internal/source"
	"lacuna/internal/span"
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
	most := source.MaxRows(asked, 1)
	p := parser{
		series: series,
		rows:   source.NewCollector(asked, min(bytes.Count(body, []byte{'{'}), most)*len(series.Fields)),
		values: make([]string, len(series.Fields)),
	}
	lists, rows, next := 0, 0, ""
	err := source.ReadJSON(body, func(j *source.JSON) error {
		return j.Members(func(name string) error {
			switch {
			case strings.EqualFold(name, "value"):
				if lists++; lists > 1 {
					return errors.New("two value lists")
				}
				err := j.Rows(most, func() error { return p.row(j) })
				rows = j.Row()
				return err
			case strings.EqualFold(name, "@odata.nextLink"):
				return j.Decode(&next)
			}
			return j.Skip()
		})
	})
	switch {
	case err != nil:
		return source.Answer{}, err
	case lists == 0:
		return source.Answer{}, fault.New(fault.Malformed, "no value list in a body of %d bytes", len(body))
	case next != "":
		return source.Answer{}, fault.New(fault.Malformed, "a page of %d rows, and more elsewhere", rows)
	}
	return p.rows.Answer()
}

// parser takes the rows of a body.
type parser struct {
	series source.Series
	rows   *source.Collector
	values []string
	b      bulletin
}

// row reads the row that comes next in j.
func (p *parser) row(j *source.JSON) error {
	p.b = bulletin{Buy: p.b.Buy[:0], Sell: p.b.Sell[:0]}
	if err := j.Decode(&p.b); err != nil {
		return err
	}
	switch p.b.Label {
	case "Fechamento", "Fechamento PTAX":
	case "Abertura", "Intermediário", "Fechamento Interbancário":
		return nil
	default: // perhaps the closing under another name
		return fault.New(fault.Malformed, "row %d: tipoBoletim %.50q", j.Row(), p.b.Label)
	}
	const date = len("2006-01-02")
	day, err := span.Parse(p.b.At[:min(len(p.b.At), date)])
	if err != nil {
		return fault.New(fault.Malformed, "row %d: dataHoraCotacao: %w", j.Row(), err)
	}
	buy, sell, err := p.b.values()
	if err != nil {
		err = fmt.Errorf("row %d: %w", j.Row(), err)
	}
	switch {
	case errors.Is(err, source.ErrMissing):
		return fault.New(fault.Malformed, "%w", err)
	case err != nil:
		p.rows.Unreadable(p.series.Key, day, err)
		return nil
	}
	for i, field := range p.series.Fields {
		if p.values[i] = sell; field == "buy" {
			p.values[i] = buy
		}
	}
	p.rows.Add(p.series.Key, day, p.series.Fields, p.values, swapped(buy, sell))
	return nil
}

func (b *bulletin) values() (buy, sell string, err error) {
	if buy, err = source.JSONDecimal(b.Buy); err != nil {
		return "", "", fmt.Errorf("cotacaoCompra: %w", err)
	}
	if sell, err = source.JSONDecimal(b.Sell); err != nil {
		return "", "", fmt.Errorf("cotacaoVenda: %w", err)
	}
	return buy, sell, nil
}

// swapped returns a reason when a bank would buy for more than it sells.
func swapped(buy, sell string) string {
	if buy == "" || sell == "" {
		return ""
	}
	// A wrong sign is a matter of the catalogue's checks, not of columns.
	if buy[0] != '-' && sell[0] != '-' && over(buy, sell) {
		return fmt.Sprintf("buy %s is over sell %s", buy, sell)
	}
	return ""
}

// over compares two decimal texts without a sign.
func over(a, b string) bool {
	wholeA, fractionA, _ := strings.Cut(strings.TrimLeft(a, "0"), ".")
	wholeB, fractionB, _ := strings.Cut(strings.TrimLeft(b, "0"), ".")
	if len(wholeA) != len(wholeB) {
		return len(wholeA) > len(wholeB)
	}
	if wholeA != wholeB {
		return wholeA > wholeB
	}
	return strings.TrimRight(fractionA, "0") > strings.TrimRight(fractionB, "0")
}
