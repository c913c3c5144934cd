package stack

import (
	"errors"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// AskDoctor mends an error about a part that is not there.
const AskDoctor = "lacuna doctor --target aws tells which part of the stack is not there"

// Hints of credentials, which others may mend.
const (
	noCredentials      = "aws sso login or aws configure; AWS_PROFILE chooses a profile"
	expiredCredentials = "the credentials have expired: aws sso login, or new ones"
	unknownCredentials = "AWS does not know the credentials: AWS_PROFILE chooses others; the clock may be wrong"
)

// OfCredentials reports whether err is about the credentials.
func OfCredentials(err error) bool {
	return slices.Contains([]string{noCredentials, expiredCredentials, unknownCredentials}, Hint(err))
}

// Hint says what to do about an error of AWS; "" when the error says it.
func Hint(err error) string {
	if errors.As(err, new(*credentialsError)) {
		return noCredentials
	}
	if Unanswered(err) {
		return "the network, a proxy, or the endpoint (AWS_ENDPOINT_URL)"
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return ""
	}
	switch api.ErrorCode() {
	case "ExpiredToken", "ExpiredTokenException", "RequestExpired":
		return expiredCredentials
	case "InvalidClientTokenId", "UnrecognizedClientException", "InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignature":
		return unknownCredentials
	case "AccessDenied", "AccessDeniedException":
		return "the stack hands out what is needed: terraform output -raw reader_policy, and operator_policy to start, stop, mark and drop"
	case "StateMachineDoesNotExist", "ResourceNotFoundException", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue":
		return AskDoctor
	case "Throttling", "ThrottlingException", "TooManyRequestsException", "RequestThrottled", "ProvisionedThroughputExceededException":
		return "AWS asks to slow down: try again in a minute"
	}
	return ""
}

// maxAction is more than the longest name of an action has, in bytes.
const maxAction = 100

func isWord(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// Lacks returns the action of IAM whose lack err is about, "" when it is about another
// thing: as AWS names it, else the operation.
func Lacks(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "AccessDenied" && api.ErrorCode() != "AccessDeniedException" {
		return ""
	}
	_, found, _ := strings.Cut(api.ErrorMessage(), "not authorized to perform: ")
	action, _, _ := strings.Cut(found, " ")
	service, name, _ := strings.Cut(action, ":")
	if len(action) <= maxAction && isWord(service) && isWord(name) {
		return action
	}
	if of := (*smithy.OperationError)(nil); errors.As(err, &of) {
		return of.Operation()
	}
	return "an action that AWS does not name"
}

// Unanswered reports whether a request to AWS got no answer at all.
func Unanswered(err error) bool { return errors.As(err, new(*smithyhttp.RequestSendError)) }
