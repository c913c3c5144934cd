package anp

import (
	"fmt"
	"slices"
	"strings"
)

// level is what the prices of a table are averages of. Each has a workbook of
// all weeks and a sheet in the workbook of a week.
type level struct {
	code   string   // between product and place in a series' Code
	file   string   // in the name of the workbook of all weeks
	sheet  string   // in the workbook of a week
	column []string // names of the column with the place; none: there is one place
	places []string
}

var (
	brazil  = &level{file: "brasil", sheet: "BRASIL"}
	regions = &level{code: "REGIAO", file: "regioes", sheet: "REGIOES", column: []string{"REGIAO", "REGIOES"},
		places: []string{"CENTRO OESTE", "NORDESTE", "NORTE", "SUDESTE", "SUL"}}
	states = &level{code: "UF", file: "estados", sheet: "ESTADOS", column: []string{"ESTADO", "ESTADOS"},
		places: []string{"ACRE", "ALAGOAS", "AMAPA", "AMAZONAS", "BAHIA", "CEARA", "DISTRITO FEDERAL", "ESPIRITO SANTO",
			"GOIAS", "MARANHAO", "MATO GROSSO", "MATO GROSSO DO SUL", "MINAS GERAIS", "PARA", "PARAIBA", "PARANA",
			"PERNAMBUCO", "PIAUI", "RIO DE JANEIRO", "RIO GRANDE DO NORTE", "RIO GRANDE DO SUL", "RONDONIA", "RORAIMA",
			"SANTA CATARINA", "SAO PAULO", "SERGIPE", "TOCANTINS"}}
)

var levels = []*level{brazil, regions, states}

// units are the products and what a price of each is for, as normal writes it.
var units = map[string]string{
	"ETANOL HIDRATADO":   "R$/L",
	"GASOLINA ADITIVADA": "R$/L",
	"GASOLINA COMUM":     "R$/L",
	"GLP":                "R$/13KG",
	"GNV":                "R$/M3",
	"OLEO DIESEL":        "R$/L",
	"OLEO DIESEL S10":    "R$/L",
}

// key is a row's product and place, as normal writes them.
type key struct{ product, place string }

// parseCode reads a series' Code: a product, and /REGIAO/ or /UF/ with a place
// where the price is not Brazil's.
func parseCode(code string) (*level, key, error) {
	product, rest, inside := strings.Cut(code, "/")
	if _, ok := units[product]; !ok {
		return nil, key{}, fmt.Errorf("code %q: no product %q, only %s", code, product, list(units))
	}
	if !inside {
		return brazil, key{product: product}, nil
	}
	kind, place, _ := strings.Cut(rest, "/")
	for _, l := range levels[1:] {
		switch {
		case kind != l.code:
		case !slices.Contains(l.places, place):
			return nil, key{}, fmt.Errorf("code %q: no place %q, only %s", code, place, strings.Join(l.places, ", "))
		default:
			return l, key{product, place}, nil
		}
	}
	return nil, key{}, fmt.Errorf("code %q: want PRODUCT, PRODUCT/REGIAO/NAME or PRODUCT/UF/NAME", code)
}

var plain = strings.NewReplacer("Á", "A", "À", "A", "Â", "A", "Ã", "A", "É", "E", "Ê", "E", "Í", "I",
	"Ó", "O", "Ô", "O", "Õ", "O", "Ú", "U", "Ü", "U", "Ç", "C", "²", "2", "³", "3", "-", " ",
	// Accents that are letters of their own, and what has no width.
	"\u0300", "", "\u0301", "", "\u0302", "", "\u0303", "", "\u0308", "", "\u0327", "", "\u200b", "", "\ufeff", "")

// normal returns a name as codes have it: in capitals, without accents, one
// space between words. Spellings differ from week to week.
func normal(name string) string {
	return strings.Join(strings.Fields(plain.Replace(strings.ToUpper(name))), " ")
}
