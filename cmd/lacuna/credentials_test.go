package main

import (
	"regexp"
	"strings"
	"testing"
)

// Before the first deployment there is no stack: who calls, and where, is all there is
// to look at.
func TestDoctorLooksAtCredentialsAlone(t *testing.T) {
	a := healthy(t)
	a.answer("GetParameter", refused("ParameterNotFound", ""))
	code, stdout, stderr := a.run("doctor", "--credentials")
	if want := "ok      credentials: arn:aws:iam::123456789012:user/ana in eu-west-1\n"; code != 0 || stdout != want {
		t.Errorf("exit code %d, %q, want %q\n%s", code, stdout, want, stderr)
	}
	a.answer("GetCallerIdentity", `<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>expired</Message></Error></ErrorResponse>`)
	if code, stdout, _ := a.run("doctor", "--credentials"); code != 1 || !strings.Contains(stdout, "aws sso login") {
		t.Errorf("exit code %d, %q; want 1, and what to do", code, stdout)
	}
}

// Who has no credentials does not wait for six programs to be built.
func TestDeployChecksCredentialsFirst(t *testing.T) {
	text := textOf(t, "../../Makefile")
	for _, target := range []string{"deploy", "destroy"} {
		first := regexp.MustCompile(`(?m)^` + target + `: .*\bhas-credentials\b.*\bzips\b`)
		if !first.MatchString(text) {
			t.Errorf("make %s builds the zips before it checks the credentials", target)
		}
	}
	if !strings.Contains(text, "\nhas-credentials: has-region build\n\t@AWS_REGION=$(REGION) bin/lacuna --target aws doctor --credentials\n") {
		t.Error("make has-credentials does not ask the doctor")
	}
}
