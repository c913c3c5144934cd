package publisher

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"lacuna/internal/span"
)

var ptaxService = service{
	prefix: "/olinda/servico/PTAX/versao/v1/odata",
	path:   "/CotacaoMoedaPeriodo(moeda=@moeda,dataInicial=@dataInicial,dataFinalCotacao=@dataFinalCotacao)",
	list:   "/" + currencies,
	column: "cotacaoVenda",
	header: map[string]string{"Odata-Version": "4.0", "Content-Language": "en-US", "X-Cache": "CONFIG_NOCACHE", "Pragma": "no-cache", "Expires": "0"},
	read:   readPTAX,
	write:  writePTAX,
}

const (
	olindaJSON = "application/json;charset=UTF-8;odata.metadata=minimal"
	closing    = "Fechamento"
	currencies = "Moedas" // the resource that lists them
)

func readPTAX(d *Data, r *http.Request) (Request, *reply) {
	if path.Base(r.URL.Path) == currencies {
		return Request{File: currencies}, nil
	}
	query := r.URL.Query()
	code := unquote(query, "@moeda")
	asked := Request{Codes: []string{code}}
	from, errFrom := time.Parse("01-02-2006", unquote(query, "@dataInicial"))
	to, errTo := time.Parse("01-02-2006", unquote(query, "@dataFinalCotacao"))
	_, _, known := d.Series(PTAX, code)
	if errFrom != nil || errTo != nil || !known {
		return asked, &reply{http.StatusInternalServerError, olindaJSON,
			[]byte("/*{\n  \"codigo\" : 500,\n  \"mensagem\" : \"Erro desconhecido\"\n}*/\n")}
	}
	asked.Span = span.Span{From: span.DayOf(from), To: span.DayOf(to)}
	if filter := query.Get("$filter"); filter != "" && filter != "tipoBoletim eq '"+closing+"'" {
		return asked, new(writePTAX(asked, nil)) // a label that no row has
	}
	return asked, nil
}

func unquote(query url.Values, name string) string { return strings.Trim(query.Get(name), "'") }

func writePTAX(asked Request, rows []line) reply {
	if asked.File == currencies {
		return reply{http.StatusOK, olindaJSON, []byte(`{"@odata.context":"https://was-p.bcnet.bcb.gov.br/olinda/servico/PTAX/versao/v1/odata$metadata#Moedas","value":[` +
			strings.Join(ptaxCurrencies, ",") + "]}")}
	}
	b := make([]byte, 0, 200+170*len(rows))
	b = append(b, `{"@odata.context":"https://was-p.bcnet.bcb.gov.br/olinda/servico/PTAX/versao/v1/odata$metadata#_CotacaoMoedaPeriodo","value":[`...)
	for i, r := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		buy, sell := cmp.Or(r.Values[0], "null"), cmp.Or(r.Values[1], "null")
		if r.swapped {
			buy, sell = sell, buy
		}
		b = append(b, `{"paridadeCompra":1.0000,"paridadeVenda":1.0000,"cotacaoCompra":`...)
		b = append(b, buy...)
		b = append(b, `,"cotacaoVenda":`...)
		b = append(b, sell...)
		b = append(b, `,"dataHoraCotacao":"`...)
		b = appendClosingTime(b, r.Day)
		b = append(b, `","tipoBoletim":"`+closing+`"}`...)
	}
	return reply{http.StatusOK, olindaJSON, append(b, "]}"...)}
}

// ptaxCurrencies are those that the real service has. Only one has observations here.
var ptaxCurrencies = []string{
	`{"simbolo":"AUD","nomeFormatado":"Dólar australiano","tipoMoeda":"B"}`,
	`{"simbolo":"CAD","nomeFormatado":"Dólar canadense","tipoMoeda":"A"}`,
	`{"simbolo":"CHF","nomeFormatado":"Franco suíço","tipoMoeda":"A"}`,
	`{"simbolo":"DKK","nomeFormatado":"Coroa dinamarquesa","tipoMoeda":"A"}`,
	`{"simbolo":"EUR","nomeFormatado":"Euro","tipoMoeda":"B"}`,
	`{"simbolo":"GBP","nomeFormatado":"Libra Esterlina","tipoMoeda":"B"}`,
	`{"simbolo":"JPY","nomeFormatado":"Iene","tipoMoeda":"A"}`,
	`{"simbolo":"NOK","nomeFormatado":"Coroa norueguesa","tipoMoeda":"A"}`,
	`{"simbolo":"SEK","nomeFormatado":"Coroa sueca","tipoMoeda":"A"}`,
	`{"simbolo":"USD","nomeFormatado":"Dólar dos Estados Unidos","tipoMoeda":"A"}`,
}

// appendClosingTime makes up the minute, the second and the fraction, which
// has trailing zeros cut off, so that it varies as the real one does. The
// closing moved from the late afternoon to one o'clock on 2011-07-01.
func appendClosingTime(b []byte, day span.Day) []byte {
	const moved = span.Day(15156) // 2011-07-01
	b, _ = day.AppendText(b)
	hour := 13
	if day < moved {
		hour = 17
	}
	fraction := strings.TrimRight(fmt.Sprintf("%03d", int(day)*7%1000), "0")
	return fmt.Appendf(b, " %02d:%02d:%02d.%s", hour, 3+day%8, int(day)*13%60, fraction)
}
