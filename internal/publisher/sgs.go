package publisher

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"lacuna/internal/span"
)

var sgsService = service{
	prefix: "/dados/serie",
	path:   "/{series}/dados",
	column: "valor",
	read:   readSGS,
	write:  writeSGS,
}

const plainJSON = "application/json;charset=UTF-8"

func readSGS(d *Data, r *http.Request) (Request, *reply) {
	code, named := strings.CutPrefix(r.PathValue("series"), "bcdata.sgs.")
	asked := Request{Codes: []string{code}}
	if _, _, known := d.Series(SGS, code); !known || !named {
		return asked, new(htmlReply()) // so answers the real one, with 200
	}
	query := r.URL.Query()
	if !query.Has("dataInicial") || !query.Has("dataFinal") {
		return asked, tooLong()
	}
	from, errFrom := time.Parse("02/01/2006", query.Get("dataInicial"))
	to, errTo := time.Parse("02/01/2006", query.Get("dataFinal"))
	if errFrom != nil || errTo != nil {
		return asked, erro(http.StatusBadRequest, "Invalid initial date")
	}
	asked.Span = span.Span{From: span.DayOf(from), To: span.DayOf(to)}
	if to.After(from.AddDate(10, 0, 0)) {
		return asked, tooLong()
	}
	return asked, nil
}

func tooLong() *reply {
	return &reply{http.StatusNotAcceptable, plainJSON,
		[]byte(`{"error":"O sistema aceita uma janela de consulta de, no máximo, 10 anos em séries de periodicidade diária"}`)}
}

func erro(status int, detail string) *reply {
	return &reply{status, plainJSON, fmt.Appendf(nil,
		`{"erro":{"statusCode":%d,"detail":"br.gov.bcb.pec.sgs.comum.excecoes.SGSNegocioException: %s"}}`, status, detail)}
}

func writeSGS(_ Request, rows []line) reply {
	if len(rows) == 0 {
		return *erro(http.StatusNotFound, "Value(s) not found")
	}
	b := append(make([]byte, 0, 2+45*len(rows)), '[')
	for i, r := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		day, value := r.Day.Time().Format("02/01/2006"), r.Values[0]
		if r.swapped {
			day, value = value, day
		}
		b = append(b, `{"data":"`+day+`","valor":"`+value+`"}`...)
	}
	return reply{http.StatusOK, plainJSON, append(b, ']')}
}
