package dynamo

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func TestItemBounds(t *testing.T) {
	good := item{"date": text("2024-01-02"), "status": text("observed")}
	many := map[string]types.AttributeValue{}
	for i := range 301 {
		many[strings.Repeat("f", i+1)] = &types.AttributeValueMemberN{Value: "1"}
	}
	long := strings.Repeat("7", 3<<20)
	steps := make([]types.AttributeValue, maxList+1)
	for i := range steps {
		steps[i] = &types.AttributeValueMemberM{}
	}
	tests := []struct {
		name  string
		value types.AttributeValue
		want  string
	}{
		{"reason", text(long), "reason: a text of 3145728 bytes"},
		{"attempts", &types.AttributeValueMemberN{Value: long}, "is no whole number"},
		{"fields", &types.AttributeValueMemberM{Value: many}, "fields: 301 of them: want at most 300"},
		{"fields", &types.AttributeValueMemberM{Value: item{"a": &types.AttributeValueMemberN{Value: long}}}, "a number of 3145728 bytes"},
		{"fields", &types.AttributeValueMemberM{Value: item{long: text("x")}}, "want a number"},
		{"trail", &types.AttributeValueMemberL{Value: steps}, "trail: 10001 entries: want at most 10000"},
		{"status", text(long[:300_000]), "want observed, absent"},
		{"fetched_at", text(long[:300_000]), "want RFC 3339 in UTC"},
	}
	for _, tt := range tests {
		it := item{tt.name: tt.value}
		for name, v := range good {
			if it[name] == nil {
				it[name] = v
			}
		}
		if _, err := decodeRow("A", it); err == nil || !strings.Contains(err.Error(), tt.want) || len(err.Error()) > 1000 {
			t.Errorf("%s: error %.1000v, want a short one with %s", tt.name, err, tt.want)
		}
	}
}

// Any attribute of any kind is read or refused in short, in a row, a revision, a
// run and a stream.
func FuzzAttributes(f *testing.F) {
	f.Add("trail", byte(0), "observed", "2024-01-02", "1")
	f.Add("fields", byte(1), "absent", "2024-01-02#2026", "1e3")
	f.Add("digits", byte(2), "x", "", "x")
	f.Add("series", byte(3), "observed", "2024-01-02", "-9223372036854775809")
	f.Add("attempts", byte(4), "observed", "2024-01-02", "1e400")
	f.Fuzz(func(t *testing.T, name string, kind byte, status, date, value string) {
		it := item{"status": text(status), "date": text(date), name: attributeOf(kind, name, value)}
		_, rowErr := decodeRow("A", it)
		_, revisionErr := decodeRevision("A", it)
		_, runErr := decodeRun(it)
		d := decoder{item: it}
		d.span("span")
		d.counts(name)
		d.texts(name)
		d.bool(name)
		for _, err := range []error{rowErr, revisionErr, runErr, d.err} {
			if err != nil && len(err.Error()) > 2000+3*len(name)+3*len(date) {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
		}
	})
}

// attributeOf returns an attribute of one of the kinds, with others inside.
func attributeOf(kind byte, name, value string) types.AttributeValue {
	switch inside := kind / 8; kind % 8 {
	case 0:
		return &types.AttributeValueMemberN{Value: value}
	case 1:
		return &types.AttributeValueMemberBOOL{Value: true}
	case 2:
		return &types.AttributeValueMemberNULL{Value: true}
	case 3:
		return &types.AttributeValueMemberB{Value: []byte(value)}
	case 4:
		return &types.AttributeValueMemberL{Value: []types.AttributeValue{attributeOf(inside, name, value), nil}}
	case 5:
		return &types.AttributeValueMemberM{Value: item{name: attributeOf(inside, name, value), value: nil}}
	}
	return text(value)
}
