package stack

import (
	"encoding/json"
	"strings"
	"testing"
)

// Any parameter is the parts of a stack, or is refused.
func FuzzParts(f *testing.F) {
	f.Add(`{"table":"t","state_machine_arn":"arn:aws:states:eu-west-1:1:stateMachine:x","queues":{"ecb":{"url":"u","dlq_url":"d"}},"catalogue":{"sha256":"a"}}`)
	f.Add(`{"queues":null,"functions":{"":""}}`)
	f.Add(strings.Repeat("[", 100))
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parseParts(text)
		if err != nil {
			return
		}
		if len(text) > maxParts {
			t.Errorf("%d bytes are accepted", len(text))
		}
		if again, err := json.Marshal(p); err != nil {
			t.Errorf("%s: %v", again, err)
		}
	})
}
