package xlsx

import (
	"fmt"
	"strconv"
	"strings"

	"lacuna/internal/lazy"
)

// Form is how a cell shows its number.
type Form struct {
	Kind FormKind
	Code string // of the format, for a person
}

// FormKind is what the number that is shown means.
type FormKind byte

// The kinds of forms.
const (
	AsNumber FormKind = iota // the number itself
	AsDay
	AsPercent // its hundredfold
	AsOther   // as so many thousands of it, or with a text that may say so
)

// readStyles reads the number formats of the cells' styles.
func (w *Workbook) readStyles(part string) error {
	own := map[string]Form{} // the formats that the workbook has for itself
	inCells := false
	return w.each(part, maxOther, func(t token) error {
		switch {
		case t.start == "numFmt" && !t.foreign:
			code := t.attr("formatCode")
			own[t.attr("numFmtId")] = Form{kindOf(code), code}
			if len(own) > maxFormats {
				return fmt.Errorf("more than %d number formats", maxFormats)
			}
		case t.start == "cellXfs" || t.end == "cellXfs":
			inCells = t.end == ""
		case inCells && t.start == "xf" && !t.foreign:
			id := t.attr("numFmtId")
			f := own[id]
			if f.Code == "" {
				f = builtIn(id)
			}
			if w.forms = append(w.forms, f); len(w.forms) > maxForms {
				return fmt.Errorf("more than %d styles of cells", maxForms)
			}
		case inCells && t.foreign && t.start != "":
			return fmt.Errorf("a tag of another kind, %.50q", t.start)
		}
		return nil
	})
}

// builtIn is about the formats that have a number alone (ECMA-376, 18.8.30).
func builtIn(id string) Form {
	n, err := strconv.Atoi(id)
	f := Form{AsOther, fmt.Sprintf("number %.10s", id)}
	switch {
	case id == "":
		f.Kind = AsNumber
	case err != nil:
	case n == 9:
		f = Form{AsPercent, "0%"}
	case n == 10:
		f = Form{AsPercent, "0.00%"}
	case n >= 0 && n <= 8, n >= 11 && n <= 13, n >= 37 && n <= 44, n == 48, n == 49:
		f.Kind = AsNumber
	case n >= 14 && n <= 22, n >= 27 && n <= 36, n >= 45 && n <= 47, n >= 50 && n <= 58:
		f.Kind = AsDay
	}
	return f
}

var (
	// What changes nothing: colours and currencies, a width, a filler.
	decoration = lazy.Regexp(`(?i)\[(\$[^\]0-9]*(-[0-9a-f]+)?|black|blue|cyan|green|magenta|red|white|yellow|color ?[0-9]+)\]|[_*].|\\[ ()\-]|"(R\$|\$|€|[ ()\-])*"`)
	// One to four sections: digits, and commas between them but not after them.
	number = lazy.Regexp(`(?i)^[-+( $]*([#0?]([,.]?[#0?])*\.?(E\+0+)?|-|@|General)?[-)( $]*$`)
	// Each section with one sign of percent, behind its digits.
	percents = lazy.Regexp(`^([^%;]*[#0?] *%[^%;#0?]*(;|$))+$`)
	quoted   = lazy.Regexp(`"[^"0-9]*"`)
	dayForm  = lazy.Regexp(`(?i)^[-dmyhs/.:, ;@\\AP]*$`)
)

// kindOf judges a format's code.
func kindOf(code string) (kind FormKind) {
	if len(code) > maxFormat {
		return AsOther
	}
	rest := decoration().ReplaceAllString(code, "")
	if day := quoted().ReplaceAllString(rest, ""); strings.ContainsAny(strings.ToLower(day), "dy") && dayForm().MatchString(day) {
		return AsDay
	}
	if strings.Contains(rest, "%") {
		if !percents().MatchString(rest) { // in some sections, or twice
			return AsOther
		}
		kind, rest = AsPercent, strings.ReplaceAll(rest, "%", "")
	}
	for section := range strings.SplitSeq(rest, ";") {
		if !number().MatchString(section) {
			return AsOther
		}
	}
	return kind
}
