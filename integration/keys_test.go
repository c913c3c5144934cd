//go:build integration

package integration

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// keys holds what the functions ask DynamoDB for against the conditions on
// dynamodb:LeadingKeys in the policies of their roles, which the emulator does
// not know. Of a function without such a condition it holds nothing.
type keys struct {
	emulator *emulator
	policies map[string]policy // by function, as output role_policies names it

	mu      sync.Mutex
	callers map[string]string // functions by access key
	allowed map[string]int    // requests by function
	refused []string
}

type policy struct {
	Statement []struct {
		Effect    string
		Action    []string
		Condition map[string]map[string]any
	}
}

// holdKeys does so from now on.
func (s *stack) holdKeys(t *testing.T) {
	t.Helper()
	k := &keys{emulator: s.emulator, policies: map[string]policy{}, callers: map[string]string{}, allowed: map[string]int{}}
	for role, text := range output[map[string]string](t, s.terraform, "role_policies") {
		var p policy
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			t.Fatalf("policy of %s: %v", role, err)
		}
		k.policies[role] = p
	}
	s.keys.Store(k)
}

// refuse reports whether a request to DynamoDB is one that its caller may not
// make, and answers it then.
func (k *keys) refuse(w http.ResponseWriter, r *http.Request, operation string, body []byte) bool {
	function := k.caller(r)
	if function == "" {
		return false
	}
	of, err := partitions(body)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil && len(of) > 0 && k.policies[function].allows(operation, of) {
		k.allowed[function]++
		return false
	}
	k.refused = append(k.refused, fmt.Sprintf("%s: %s of %q: %v", function, operation, of, err))
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprintln(w, `{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"not its keys"}`) //nolint:errcheck // then the function sees an error too
	return true
}

var credential = regexp.MustCompile(`Credential=([^/]+)/`)

// caller returns the function whose credentials a request is signed with: its
// process waits for the answer.
func (k *keys) caller(r *http.Request) string {
	signed := credential.FindStringSubmatch(r.Header.Get("Authorization"))
	if signed == nil {
		return ""
	}
	k.mu.Lock()
	function, known := k.callers[signed[1]]
	k.mu.Unlock()
	if known {
		return function
	}
	for _, p := range k.emulator.functions() {
		if p.environ["AWS_ACCESS_KEY_ID"] == signed[1] {
			function = strings.TrimPrefix(p.environ["AWS_LAMBDA_FUNCTION_NAME"], "lacuna-")
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.callers[signed[1]] = function // "": a person
	return function
}

// partitions returns the partition keys that a request is of.
func partitions(body []byte) (of []string, err error) {
	type item struct {
		Partition struct{ S string } `json:"info_type"`
	}
	var in struct {
		Item, Key              *item
		RequestItems           map[string][]struct{ PutRequest struct{ Item item } }
		TransactItems          []struct{ Put struct{ Item item } }
		KeyConditionExpression string
		// Values that are no texts are no keys.
		ExpressionAttributeValues map[string]struct{ S string }
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	for _, it := range []*item{in.Item, in.Key} {
		if it != nil {
			of = append(of, it.Partition.S)
		}
	}
	for _, requests := range in.RequestItems {
		for _, r := range requests {
			of = append(of, r.PutRequest.Item.Partition.S)
		}
	}
	for _, x := range in.TransactItems {
		of = append(of, x.Put.Item.Partition.S)
	}
	if name, ok := strings.CutPrefix(in.KeyConditionExpression, "info_type = "); ok {
		name, _, _ = strings.Cut(name, " ")
		of = append(of, in.ExpressionAttributeValues[name].S)
	}
	return of, nil
}

// allows reports whether one statement of p allows an operation on all of the
// partitions.
func (p policy) allows(operation string, partitions []string) bool {
	action := "dynamodb:" + operation
	if operation == "TransactWriteItems" { // of puts
		action = "dynamodb:PutItem"
	}
	for _, s := range p.Statement {
		if s.Effect != "Allow" || !slices.Contains(s.Action, action) {
			continue
		}
		patterns, conditioned := s.Condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"].([]any)
		if !conditioned || !slices.ContainsFunc(partitions, func(key string) bool {
			return !slices.ContainsFunc(patterns, func(p any) bool { return like(key, p.(string)) })
		}) {
			return true
		}
	}
	return false
}

// like matches a pattern that may end with a *.
func like(key, pattern string) bool {
	prefix, open := strings.CutSuffix(pattern, "*")
	return key == pattern || open && strings.HasPrefix(key, prefix)
}

// Every scraper, Query and Report have asked for their own keys, and nobody has
// for others, which would have been refused.
func ownKeys(t *testing.T, s *stack) {
	k := s.keys.Load()
	k.mu.Lock()
	defer k.mu.Unlock()
	fmt.Printf("requests held against the keys of their role: %v\n", k.allowed)
	for _, function := range []string{"query", "report", "scrape-anp", "scrape-bcb-ptax", "scrape-bcb-sgs", "scrape-ecb", "scrape-fred"} {
		if k.allowed[function] == 0 {
			t.Errorf("%s has asked for nothing", function)
		}
	}
	if len(k.refused) > 0 {
		t.Errorf("%d requests refused: %.2000s", len(k.refused), strings.Join(k.refused, "\n"))
	}
	ecb := k.policies["scrape-ecb"]
	for _, no := range []struct {
		operation string
		of        []string
	}{
		{"PutItem", []string{"CURRENCY#USD"}},
		{"BatchWriteItem", []string{"ECB#USD", "SGS#1"}},
		{"TransactWriteItems", []string{"CURRENCY#USD", "CURRENCY#USD#REVISIONS"}},
		{"PutItem", []string{"SOURCE#bcb-sgs"}},
		{"PutItem", []string{"RUNS#2026-06"}},
		{"UpdateItem", []string{"ECB#USD"}},
		{"Query", []string{"CURRENCY#USD"}},
		{"Scan", nil},
		{"DeleteItem", []string{"ECB#USD"}},
	} {
		if ecb.allows(no.operation, no.of) {
			t.Errorf("the scraper of the ECB may %s %q", no.operation, no.of)
		}
	}
}
