// Package intrinsic parses and evaluates the intrinsic functions of the Amazon
// States Language, such as States.Format('{} of {}', $.a, $$.Execution.Name). A
// parsed Call never changes. The package does no I/O; only States.UUID and
// States.MathRandom without a seed give another answer the second time.
package intrinsic
