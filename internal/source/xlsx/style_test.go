package xlsx

import (
	"strings"
	"testing"
)

func TestKindOf(t *testing.T) {
	for code, want := range map[string]FormKind{
		"General": AsNumber, "0": AsNumber, "0.00": AsNumber, "#,##0.000": AsNumber, "0.00E+00": AsNumber, "@": AsNumber,
		`_-"R$"\ * #,##0.00_-;\-"R$"\ * #,##0.00_-;_-"R$"\ * "-"??_-;_-@_-`: AsNumber,
		`[$R$-416]\ #,##0.00;[Red]\-[$R$-416]\ #,##0.00`:                    AsNumber,
		`#,##0.00_);(#,##0.00)`:                                             AsNumber,
		"dd/mm/yyyy":                                                        AsDay, "[$-416]d\\-mmm\\-yy;@": AsDay, `d" de "mmmm" de "yyyy`: AsDay, "m/d/yy h:mm": AsDay,
		"0%": AsPercent, "0.00 %": AsPercent, "#,##0.0%": AsPercent, `0.00%;[Red]\-0.00%`: AsPercent, `0\ %;(0\ %)`: AsPercent,
		"0.00;0%": AsOther, "0%;0.00": AsOther, "0%%": AsOther, "%": AsOther, "%0": AsOther, "0,%": AsOther, "0%;;-": AsOther, `0%" of GDP"`: AsOther, "0%;": AsPercent,
		"0,": AsOther, "#,##0,,": AsOther, "0.0,": AsOther, `0.00" x1000"`: AsOther, `0" mil"`: AsOther,
		`[>=1000]0.0,"k";0`: AsOther, "h:mm": AsOther, "# ?/?": AsOther,
	} {
		if got := kindOf(code); got != want {
			t.Errorf("kindOf(%q) = %d, want %d", code, got, want)
		}
	}
	for id, want := range map[string]FormKind{"": AsNumber, "2": AsNumber, "4": AsNumber, "9": AsPercent, "10": AsPercent, "11": AsNumber, "14": AsDay, "22": AsDay, "49": AsNumber, "163": AsOther, "x": AsOther} {
		if got := builtIn(id); got.Kind != want {
			t.Errorf("builtIn(%q) = %+v, want kind %d", id, got, want)
		}
	}
}

// A number format is judged once, and not at all when no program writes such.
func TestALongFormat(t *testing.T) {
	if got := kindOf(strings.Repeat("0", maxFormat+1)); got != AsOther {
		t.Errorf("kind %d", got)
	}
}
