package main

import (
	"os/exec"
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
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip(err)
	}
	for _, target := range []string{"deploy", "destroy"} {
		out, err := exec.CommandContext(t.Context(), "make", "-n", "-C", "../..", target, "REGION=eu-west-1").CombinedOutput()
		check := strings.Index(string(out), "AWS_REGION=eu-west-1 bin/lacuna --target aws doctor --credentials")
		if zips := strings.Index(string(out), "./internal/zips"); err != nil || check < 0 || zips < check {
			t.Errorf("make %s: %v, credentials at %d, zips at %d\n%s", target, err, check, zips, out)
		}
	}
}
