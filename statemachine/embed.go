// Package statemachine holds the definition of the pipeline: the one file that
// Terraform deploys and that the local target runs. It has no code.
package statemachine

import _ "embed"

// Pipeline is pipeline.asl.json. The placeholders in it, such as
// ${query_function_arn}, stand inside strings.
//
//go:embed pipeline.asl.json
var Pipeline string
