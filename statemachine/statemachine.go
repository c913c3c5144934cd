// Package statemachine has the definition of the pipeline: the same text that
// Terraform deploys and that the local engine runs. It holds nothing but the
// file and the names in it.
package statemachine

import (
	_ "embed"
	"fmt"
	"regexp"
)

//go:embed pipeline.asl.json
var pipeline string

var placeholder = regexp.MustCompile(`\$\{([a-z_]+)\}`)

// Definition returns the definition with each placeholder ${name} replaced by
// value(name), which is a part of a JSON string: ${partition} is that of the
// stack (aws, aws-us-gov, aws-cn), the others are ARNs. A name that value does
// not know is an error.
func Definition(value func(name string) (string, bool)) ([]byte, error) {
	var unknown string
	text := placeholder.ReplaceAllStringFunc(pipeline, func(match string) string {
		name := placeholder.FindStringSubmatch(match)[1]
		replacement, ok := value(name)
		if !ok {
			unknown = name
		}
		return replacement
	})
	if unknown != "" {
		return nil, fmt.Errorf("pipeline definition: no value for ${%s}", unknown)
	}
	return []byte(text), nil
}
