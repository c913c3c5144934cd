package sfnapi

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// AWS's limits, in bytes of UTF-8 or in characters.
const (
	maxName        = 80
	maxARN         = 256
	maxLongARN     = 2000
	maxDefinition  = 1 << 20
	maxErrorName   = 256
	maxCause       = 32_768
	maxDescription = 256
	maxPage        = 1000
	defaultPage    = 100
)

// validation collects what a request's members do against the API's model, in AWS's
// words.
type validation struct{ problems []string }

func (v *validation) add(value, field, constraint string, args ...any) {
	if value != "null" {
		value = "'" + value + "'"
	}
	v.problems = append(v.problems, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: Member must %s", value, field, fmt.Sprintf(constraint, args...)))
}

// required wants a value that is not empty.
func (v *validation) required(field string, value *string) {
	switch {
	case value == nil:
		v.add("null", field, "not be null")
	case *value == "":
		v.add("", field, "have length greater than or equal to 1")
	}
}

// most wants at most so many characters.
func (v *validation) most(field string, value *string, most int) {
	if value != nil && utf8.RuneCountInString(*value) > most {
		v.add(*value, field, "have length less than or equal to %d", most)
	}
}

// oneOf wants one of the values, or none.
func (v *validation) oneOf(field, value string, values ...string) {
	if value != "" && !slices.Contains(values, value) {
		v.add(value, field, "satisfy enum value set: [%s]", strings.Join(values, ", "))
	}
}

// count wants a number from 0 to most.
func (v *validation) count(field string, value, most int) {
	switch {
	case value < 0:
		v.add(fmt.Sprint(value), field, "have value greater than or equal to 0")
	case value > most:
		v.add(fmt.Sprint(value), field, "have value less than or equal to %d", most)
	}
}

// page wants the members that ask for a page of a list.
func (v *validation) page(p page, mostToken int) {
	v.count("maxResults", p.MaxResults, maxPage)
	if p.NextToken != nil {
		v.required("nextToken", p.NextToken)
		v.most("nextToken", p.NextToken, mostToken)
	}
}

// failure wants the error and the cause that a caller gives.
func (v *validation) failure(name, cause *string) {
	v.most("error", name, maxErrorName)
	v.most("cause", cause, maxCause)
}

func (v *validation) err() error {
	if len(v.problems) == 0 {
		return nil
	}
	plural := ""
	if len(v.problems) > 1 {
		plural = "s"
	}
	return fail("ValidationException", "%d validation error%s detected: %s", len(v.problems), plural, strings.Join(v.problems, "; "))
}

// checkName refuses a name of a machine or an execution that AWS refuses.
func checkName(name string) error {
	n := utf8.RuneCountInString(name)
	if n == 0 || n > maxName || !utf8.ValidString(name) || strings.IndexFunc(name, notInName) >= 0 {
		return fail("InvalidName", "Invalid Name: '%s'", name)
	}
	return nil
}

func notInName(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("<>{}[]?*\"#%\\^|~`$&,;:/", r) ||
		r >= 0xFFFE && r <= 0xFFFF || r == utf8.MaxRune
}

// The kinds of resources an ARN names.
const (
	kindMachine   = "stateMachine"
	kindExecution = "execution"
	kindMapRun    = "mapRun"
	kindActivity  = "activity"
)

// arn is the ARN of one of the server's resources.
func (s *Server) arn(kind, name string) string {
	return "arn:aws:states:" + s.options.Region + ":" + s.options.AccountID + ":" + kind + ":" + name
}

func (s *Server) dummyRole() string {
	return "arn:aws:iam::" + s.options.AccountID + ":role/DummyRole"
}

// checkARN refuses what is no ARN of one of the kinds. It does not tell whether there is
// such a resource.
func checkARN(field string, arn *string, kinds ...string) error {
	var v validation
	return v.arn(field, arn, kinds...)
}

// arn is checkARN at the end of a validation: the model comes first, then what the ARN says.
func (v *validation) arn(field string, arn *string, kinds ...string) error {
	v.required(field, arn)
	most := maxARN
	if kinds[0] == kindMapRun || kinds[0] == kindExecution {
		most = maxLongARN
	}
	v.most(field, arn, most)
	if err := v.err(); err != nil {
		return err
	}
	if !strings.HasPrefix(*arn, "arn:") {
		return fail("InvalidArn", "Invalid Arn: 'Invalid ARN prefix: %s'", *arn)
	}
	parts := strings.SplitN(*arn, ":", 7)
	switch {
	case len(parts) < 7 || parts[6] == "":
		return fail("InvalidArn", "Invalid Arn: 'Invalid ARN: %s'", *arn)
	case parts[2] != "states":
		return fail("InvalidArn", "Invalid Arn: 'Invalid service name in ARN: %s'", parts[2])
	case !slices.Contains(kinds, parts[5]):
		return fail("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: %s'", parts[5])
	}
	return nil
}

// checkRole refuses what is no ARN.
func checkRole(arn string) error {
	var v validation
	if v.most("roleArn", &arn, maxARN); len(v.problems) > 0 {
		return v.err()
	}
	if !strings.HasPrefix(arn, "arn:") {
		return fail("InvalidArn", "Invalid Arn: 'Invalid ARN prefix: %s'", arn)
	}
	return nil
}
