package span_test

import (
	"testing"

	"lacuna/internal/span"
)

func TestParseAt(t *testing.T) {
	today, err := span.Parse("2026-07-01")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ text, want, wantErr string }{
		{text: "today", want: "2026-07-01"},
		{text: "-1d", want: "2026-06-30"},
		{text: "-400d", want: "2025-05-27"},
		{text: "-0d", want: "2026-07-01"},
		{text: "2024-01-05", want: "2024-01-05"},
		{text: "-d", wantErr: `day "-d": no such number of days`},
		{text: "-99999999d", wantErr: `day "-99999999d": no such number of days`},
		{text: "-2147483648d", wantErr: `day "-2147483648d": no such number of days`},
		{text: "--5d", wantErr: `day "--5d": no such number of days`},
		{text: "30d", wantErr: `day "30d": want YYYY-MM-DD, today or -30d`},
		{text: "2024-02-30", wantErr: `day "2024-02-30": no such date`},
		{text: "yesterday", wantErr: `day "yesterday": want YYYY-MM-DD, today or -30d`},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got, err := span.ParseAt(tt.text, today)
			if errText(err) != tt.wantErr || err == nil && got.String() != tt.want {
				t.Errorf("ParseAt(%q) = %s, %v; want %s, %s", tt.text, got, err, tt.want, tt.wantErr)
			}
		})
	}
}
