package message_test

import (
	"strings"
	"testing"

	"lacuna/internal/message"
)

func TestShardOf(t *testing.T) {
	long := strings.Repeat("r", 80)
	tests := []struct {
		execution string
		run       string
		n         int
	}{
		{"2026-07-01T000000Z-abcdef-shard-001", "2026-07-01T000000Z-abcdef", 1},
		{"x-shard-900", "x", 900},
		{"x-shard-001-shard-002", "x-shard-001", 2},
		{long[:70] + "-shard-012", long[:70], 12},
		{"2026-07-01T000000Z-abcdef", "", 0},
		{"x-shard-000", "", 0},
		{"x-shard-1", "", 0},
		{"x-shard-+01", "", 0},
		{"x-shard-001-more", "", 0},
		{"-shard-001", "", 0},
		{"", "", 0},
	}
	for _, tt := range tests {
		if run, n := message.ShardOf(tt.execution); run != tt.run || n != tt.n {
			t.Errorf("ShardOf(%q) = %q, %d; want %q, %d", tt.execution, run, n, tt.run, tt.n)
		}
	}
	for _, tt := range []struct {
		execution, run string
		want           bool
	}{
		{"x-shard-001", "x", true},
		{"x-shard-001", "xy", false},
		{"xy-shard-001", "x", false},
		{"x-shard-001-shard-002", "x", false},
		{"x", "x", false},
		{long[:70] + "-shard-012", long, true},
		{long[:69] + "-shard-012", long, false},
	} {
		if got := message.IsShardOf(tt.execution, tt.run); got != tt.want {
			t.Errorf("IsShardOf(%q, %q) = %t", tt.execution, tt.run, got)
		}
	}
}

// A name is no longer than AWS takes, and says whose shard it is.
func TestNameOfShard(t *testing.T) {
	for run, want := range map[string]string{
		"run": "run-shard-007", strings.Repeat("é", 40): strings.Repeat("é", 35) + "-shard-007",
	} {
		if got := message.NameOfShard(run, 7); got != want || !message.IsShardOf(got, run) || !message.IsShard(got) || message.IsShard(run) {
			t.Errorf("shard of %s: %s, want %s", run, got, want)
		}
	}
}
