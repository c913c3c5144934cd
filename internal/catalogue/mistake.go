package catalogue

import (
	_ "embed"
	"fmt"
	"strings"

	"lacuna/internal/lazy"
)

var (
	twoColons = lazy.Regexp(`^[ -]*([A-Za-z_]+): ([^"'\[{|>&*!#].*:(?: .*)?)$`)
	noSpace   = lazy.Regexp(`^[ -]*([A-Za-z_]+):([^ "'].*)$`)
	cutOff    = lazy.Regexp(`([^\s,:{\[]*) (#[^\s,}\]]+)`)
)

// mistake says what a person most likely did in a line of text that the library
// cannot read, and what to write; nothing when it is none of the usual mistakes.
func mistake(text []byte, line int) string {
	lines := strings.SplitN(string(text), "\n", line+2)
	if line > len(lines) || len(lines[line-1]) > maxScalar {
		return ""
	}
	of, indent := strings.TrimRight(lines[line-1], " \r"), 0
	for indent < len(of) && (of[indent] == ' ' || of[indent] == '\t') {
		indent++
	}
	switch two, none, cut := twoColons().FindStringSubmatch(of), noSpace().FindStringSubmatch(of), cutOff().FindStringSubmatch(of); {
	case strings.Contains(of[:indent], "\t"):
		return "a tab indents the line: YAML wants spaces"
	case two != nil:
		return fmt.Sprintf("a colon within a text: put the text in quotes, %s: %q", two[1], two[2])
	case none != nil:
		return fmt.Sprintf("no space after the colon: want %s: %s", none[1], none[2])
	case cut != nil && strings.ContainsAny(of[:strings.Index(of, cut[0])], "{["):
		return fmt.Sprintf("`#` after a space begins a comment: put the text in quotes, %q", strings.TrimSpace(cut[0]))
	case line < len(lines) && strings.Contains(of, ": ") && strings.HasPrefix(lines[line], of[:indent]+" ") && strings.Contains(lines[line], ": ") && !strings.HasPrefix(of[indent:], "-"):
		return "the line below is indented deeper than this one, which has a text already"
	}
	return ""
}

// zonesText has the names of time zones, one a line: those that the standard
// library embeds, which it does not list.
//
//go:embed zones.txt
var zonesText string

// nearZones says which zone a name may stand for: one that is a letter or two away,
// one of the place at its end, or one of a place that is spelt nearly so in the
// same part of the world.
func nearZones(name string) string {
	zones := strings.Fields(zonesText)
	if near := nearest(name, zones, 1); len(near) > 0 && distance(strings.ToLower(name), strings.ToLower(near[0])) <= 2 {
		return ": did you mean " + near[0] + "?"
	}
	at := strings.LastIndexByte(name, '/') + 1
	area, place := name[:at], strings.ReplaceAll(name[at:], " ", "_")
	zoneOf := map[string]string{}
	var places []string
	for _, zone := range zones {
		of := zone[strings.LastIndexByte(zone, '/')+1:]
		if of == place {
			return ": did you mean " + zone + "?"
		}
		if strings.HasPrefix(zone, area) && zoneOf[of] == "" {
			zoneOf[of], places = zone, append(places, of)
		}
	}
	if near := nearest(place, places, 1); len(near) > 0 {
		return ": did you mean " + zoneOf[near[0]] + "?"
	}
	return ": want a name such as America/Sao_Paulo or UTC"
}
