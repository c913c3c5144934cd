package stack

import (
	"errors"
	"fmt"
	"testing"

	"github.com/aws/smithy-go"
)

// What is lacking is named as AWS names it, and never at more length.
func TestLacks(t *testing.T) {
	denied := func(code, message string) error {
		return fmt.Errorf("start: %w", &smithy.OperationError{ServiceID: "SFN", OperationName: "StartExecution", Err: &smithy.GenericAPIError{Code: code, Message: message}})
	}
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"named", denied("AccessDeniedException", "User: arn:aws:iam::1:user/a is not authorized to perform: states:StartExecution on resource: arn:aws:states:x because no identity-based policy allows it"), "states:StartExecution"},
		{"in a transaction", denied("AccessDenied", "is not authorized to perform: dynamodb:PutItem on resource"), "dynamodb:PutItem"},
		{"not named", denied("AccessDeniedException", "no"), "StartExecution"},
		{"evil", denied("AccessDeniedException", "not authorized to perform: <script>:x"), "StartExecution"},
		{"without an operation", &smithy.GenericAPIError{Code: "AccessDenied"}, "an action that AWS does not name"},
		{"of another kind", denied("ThrottlingException", "not authorized to perform: states:StartExecution"), ""},
		{"not of AWS", errors.New("not authorized to perform: states:StartExecution"), ""},
	} {
		if got := Lacks(tt.err); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
