package intrinsic

import (
	"errors"
	"fmt"
	"strings"

	"lacuna/internal/jsonpath"
)

// stringToJSON gives null for a text without any JSON in it.
func stringToJSON(b *jsonpath.Budget, args []any) (any, error) {
	s, err := text(args, 0)
	if err != nil {
		return nil, err
	}
	if err := b.SpendText(bytesPerByte * len(s)); err != nil {
		return nil, err
	}
	if strings.TrimSpace(s) == "" {
		return nil, nil
	}
	value, err := jsonpath.Decode([]byte(s))
	if err != nil {
		return nil, fmt.Errorf("argument 1 is not JSON: %w", err)
	}
	return value, nil
}

func jsonToString(b *jsonpath.Budget, args []any) (any, error) {
	encoded, err := jsonpath.Encode(args[0])
	if err != nil {
		return nil, err
	}
	return string(encoded), b.SpendText(growth * len(encoded))
}

// jsonMerge puts the members of the second object over those of the first. Deep
// merging is refused, as AWS does.
func jsonMerge(b *jsonpath.Budget, args []any) (any, error) {
	first, err := argumentOf[*jsonpath.Object](args, 0, "object")
	if err != nil {
		return nil, err
	}
	second, err := argumentOf[*jsonpath.Object](args, 1, "object")
	if err != nil {
		return nil, err
	}
	deep, err := argumentOf[bool](args, 2, "boolean")
	if err != nil {
		return nil, err
	}
	if deep {
		return nil, errors.New("deep merging is not supported: the third argument must be false")
	}
	if err := b.Spend(jsonpath.MemberSteps * (first.Len() + second.Len())); err != nil {
		return nil, err
	}
	merged := &jsonpath.Object{}
	for _, o := range []*jsonpath.Object{first, second} {
		for key, value := range o.All() {
			merged.Set(key, value)
		}
	}
	return merged, nil
}
