package stack

import (
	"errors"

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
	switch Hint(err) {
	case noCredentials, expiredCredentials, unknownCredentials:
		return true
	}
	return false
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

// Unanswered reports whether a request to AWS got no answer at all.
func Unanswered(err error) bool { return errors.As(err, new(*smithyhttp.RequestSendError)) }
