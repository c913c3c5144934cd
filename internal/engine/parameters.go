package engine

import (
	"fmt"
	"strings"

	"lacuna/internal/asl"
	"lacuna/internal/jsonpath"
)

// unusable says why AWS would not start a task with parameters, in its words. It looks at
// those of optimized integrations, once they are built.
func unusable(task *asl.TaskFields, parameters any) []string {
	if task.Service == "" || strings.HasPrefix(task.Service, "aws-sdk:") {
		return nil
	}
	problems := unevaluated(nil, parameters)
	if o, ok := parameters.(*jsonpath.Object); ok && task.Service == "apigateway" {
		for _, name := range []string{"Headers", "QueryParameters"} {
			if value, ok := o.Get(name); ok && !holdsLists(value) {
				problems = append(problems, fmt.Sprintf("The value of the field '%s' has an invalid format", name))
			}
		}
	}
	return problems
}

// unevaluated adds the members of v whose names still end in .$, which came out of an
// expression, and which lead to no expression.
func unevaluated(problems []string, v any) []string {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			problems = unevaluated(problems, item)
		}
	case *jsonpath.Object:
		for key, member := range v.All() {
			text, _ := member.(string)
			if strings.HasSuffix(key, ".$") && !asl.IsExpression(text) {
				problems = append(problems, asl.NoExpression(key))
				continue
			}
			problems = unevaluated(problems, member)
		}
	}
	return problems
}

// holdsLists tells whether v is an object of lists, as API Gateway takes headers; null
// stands for nothing.
func holdsLists(v any) bool {
	o, ok := v.(*jsonpath.Object)
	if !ok {
		return v == nil
	}
	for _, member := range o.All() {
		if _, ok := member.([]any); !ok && member != nil {
			return false
		}
	}
	return true
}
