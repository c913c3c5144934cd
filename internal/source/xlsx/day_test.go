package xlsx

import (
	"testing"

	"lacuna/internal/span"
)

func TestDay(t *testing.T) {
	for text, want := range map[string]span.Day{
		"61": span.Date(1900, 3, 1), "25569": 0, "46243": span.Date(2026, 8, 9), "46243.0": span.Date(2026, 8, 9), "109574": span.Date(2199, 12, 31),
	} {
		if got, ok := Day(text); got != want || !ok {
			t.Errorf("Day(%q) = %s, %v; want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "-", "0", "60", "109575", "99999999999999999999", "46243.5", "46243.05", "4.6243E4", "2026-08-09", " 46243"} {
		if got, ok := Day(text); ok {
			t.Errorf("Day(%q) = %s, want none", text, got)
		}
	}
}

func TestDayAndTime(t *testing.T) {
	for text, want := range map[string]string{
		"45292.75": "2024-01-01 18:00:00", "45292": "2024-01-01 00:00:00", "45292.041666666664": "2024-01-01 01:00:00", "45292.999999999": "2024-01-02 00:00:00", "45292.5416666666715173": "2024-01-01 13:00:00",
		"0.75": "", "60.5": "", "-1.5": "", "45292.-5": "", "45292.x": "", "": "",
	} {
		if got, ok := DayAndTime(text); got != want || ok != (want != "") {
			t.Errorf("DayAndTime(%q) = %q, %v; want %q", text, got, ok, want)
		}
	}
}
