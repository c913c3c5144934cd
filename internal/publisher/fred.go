package publisher

import (
	"net/http"

	"lacuna/internal/span"
)

var fredService = service{
	prefix: "/graph",
	path:   "/fredgraph.csv",
	column: "observation_date",
	kinds:  []Kind{OldStyle},
	read:   readFRED,
	write:  writeFRED,
}

// readFRED takes one id and both days; the real one is content with less.
func readFRED(d *Data, r *http.Request) (Request, *reply) {
	query := r.URL.Query()
	code := query.Get("id")
	asked := Request{Codes: []string{code}}
	if _, _, known := d.Series(FRED, code); !known {
		page := htmlReply()
		page.status = http.StatusNotFound
		return asked, &page
	}
	from, errFrom := span.Parse(query.Get("cosd"))
	to, errTo := span.Parse(query.Get("coed"))
	if errFrom != nil || errTo != nil {
		return asked, &reply{http.StatusBadRequest, "text/plain; charset=utf-8", []byte("Bad Request\n")}
	}
	asked.Span = span.Span{From: from, To: to}
	return asked, nil
}

func writeFRED(asked Request, rows []line) reply {
	date, none := "observation_date", ""
	if asked.Fault == OldStyle {
		date, none = "DATE", "."
	}
	b := make([]byte, 0, 40+20*len(rows))
	b = append(b, date+","+asked.Codes[0]+"\n"...)
	for _, r := range rows {
		b = appendCSV(b, r, none)
	}
	return reply{http.StatusOK, "text/csv", b}
}
