package anp

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// form is how a cell shows its number.
type form struct {
	kind formKind
	code string // of the format, for a person
}

type formKind byte

const (
	asNumber formKind = iota // the number itself
	asDay
	asOther // as so many hundredths or thousands of it, or with a text that may say so
)

// readStyles reads the number formats of the cells' styles.
func (w *workbook) readStyles(part string) error {
	own := map[string]form{} // the formats that the workbook has for itself
	inCells := false
	return w.each(part, maxOther, func(t token) error {
		switch {
		case t.start == "numFmt" && !t.foreign:
			code := t.attr("formatCode")
			own[t.attr("numFmtId")] = form{kindOf(code), code}
			if len(own) > maxFormats {
				return fmt.Errorf("more than %d number formats", maxFormats)
			}
		case t.start == "cellXfs" || t.end == "cellXfs":
			inCells = t.end == ""
		case inCells && t.start == "xf" && !t.foreign:
			id := t.attr("numFmtId")
			f := own[id]
			if f.code == "" {
				f = form{builtIn(id), fmt.Sprintf("number %.10s", id)}
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
func builtIn(id string) formKind {
	n, err := strconv.Atoi(id)
	switch {
	case id == "":
		return asNumber
	case err != nil:
	case n >= 0 && n <= 8, n >= 11 && n <= 13, n >= 37 && n <= 44, n == 48, n == 49:
		return asNumber
	case n >= 14 && n <= 22, n >= 27 && n <= 36, n >= 45 && n <= 47, n >= 50 && n <= 58:
		return asDay
	}
	return asOther // 9 and 10 are percent
}

var (
	// What changes nothing: colours and currencies, a width, a filler.
	decoration = regexp.MustCompile(`(?i)\[(\$[^\]0-9]*(-[0-9a-f]+)?|black|blue|cyan|green|magenta|red|white|yellow|color ?[0-9]+)\]|[_*].|\\[ ()\-]|"(R\$|\$|€|[ ()\-])*"`)
	// One to four sections: digits, and commas between them but not after them.
	number  = regexp.MustCompile(`(?i)^[-+( $]*([#0?]([,.]?[#0?])*\.?(E\+0+)?|-|@|General)?[-)( $]*$`)
	quoted  = regexp.MustCompile(`"[^"0-9]*"`)
	dayForm = regexp.MustCompile(`(?i)^[-dmyhs/.:, ;@\\AP]*$`)
)

// kindOf judges a format's code.
func kindOf(code string) formKind {
	if len(code) > maxFormat {
		return asOther
	}
	rest := decoration.ReplaceAllString(code, "")
	if day := quoted.ReplaceAllString(rest, ""); strings.ContainsAny(strings.ToLower(day), "dy") && dayForm.MatchString(day) {
		return asDay
	}
	for section := range strings.SplitSeq(rest, ";") {
		if !number.MatchString(section) {
			return asOther
		}
	}
	return asNumber
}
