package publisher

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"lacuna/internal/span"
)

var ecbService = service{
	prefix: "/service/data",
	path:   "/EXR/{key}",
	column: "OBS_VALUE",
	read:   readECB,
	write:  writeECB,
}

func readECB(d *Data, r *http.Request) (Request, *reply) {
	var asked Request
	list, prefixed := strings.CutPrefix(r.PathValue("key"), "D.")
	list, suffixed := strings.CutSuffix(list, ".EUR.SP00.A")
	if prefixed && suffixed {
		asked.Codes = strings.Split(list, "+")
	}
	query := r.URL.Query()
	if prefixed && suffixed && list == "" && query.Get("lastNObservations") == "1" { // of every currency
		asked.Codes, asked.Newest, asked.Span = d.all(ECB), true, span.Span{From: span.Date(1999, 1, 1), To: d.today}
		return asked, nil
	}
	from, errFrom := span.Parse(query.Get("startPeriod"))
	to, errTo := span.Parse(query.Get("endPeriod"))
	if errFrom != nil || errTo != nil || query.Get("format") != "csvdata" || query.Get("detail") != "dataonly" {
		return asked, problem(r, http.StatusBadRequest, "Only csvdata, dataonly, with both periods.")
	}
	asked.Span = span.Span{From: from, To: to}
	for _, code := range asked.Codes {
		if _, _, known := d.Series(ECB, code); known {
			return asked, nil // the others are just not in the answer
		}
	}
	return asked, problem(r, http.StatusNotFound, "No results found.")
}

func problem(r *http.Request, status int, detail string) *reply {
	return &reply{status, "application/problem+json", fmt.Appendf(nil, `{"type":%[1]q,"title":%[2]q,"status":%[3]d,"detail":%[4]q,"instance":%[1]q}`,
		r.URL.Path, http.StatusText(status), status, detail)}
}

// writeECB answers nothing at all, not even a header, when there are no rows.
func writeECB(_ Request, rows []line) reply {
	if len(rows) == 0 {
		return reply{status: http.StatusOK, contentType: "text/csv"}
	}
	b := make([]byte, 0, 100+64*len(rows))
	b = append(b, "KEY,FREQ,CURRENCY,CURRENCY_DENOM,EXR_TYPE,EXR_SUFFIX,TIME_PERIOD,OBS_VALUE\n"...)
	code, key := "", ""
	for _, r := range rows {
		if r.code != code {
			code, key = r.code, "EXR.D."+r.code+".EUR.SP00.A,D,"+r.code+",EUR,SP00,A,"
		}
		b = appendCSV(append(b, key...), r, "NaN")
	}
	return reply{http.StatusOK, "text/csv", b}
}

// appendCSV writes the day and the value of a line, none where it has no value.
func appendCSV(b []byte, r line, none string) []byte {
	value := cmp.Or(r.Values[0], none)
	if r.swapped {
		return append(b, value+","+r.Day.String()+"\n"...)
	}
	b, _ = r.Day.AppendText(b)
	return append(append(append(b, ','), value...), '\n')
}
