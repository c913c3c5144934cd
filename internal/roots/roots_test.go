package roots_test

import (
	"crypto/x509"
	"os"
	"os/exec"
	"testing"

	"lacuna/internal/roots"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// Where the machine has no certificates, those that are built in are believed.
func TestUse(t *testing.T) {
	const alone = "LACUNA_TEST_WITHOUT_ROOTS"
	if os.Getenv(alone) == "" { // a process reads once what its machine has
		cmd := exec.Command(os.Args[0], "-test.run=^TestUse$")
		cmd.Env = append(os.Environ(), alone+"=1", "SSL_CERT_FILE="+os.DevNull, "SSL_CERT_DIR="+t.TempDir(), "GODEBUG=x509usefallbackroots=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	roots.Use()
	roots.Use() // as each connection does
	believed := 0
	for root := range bundle.Roots() {
		certificate, err := x509.ParseCertificate(root.Certificate)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := certificate.Verify(x509.VerifyOptions{}); err == nil {
			believed++
		}
	}
	if believed < 100 { // the others have expired or are believed no longer
		t.Errorf("%d certificates are believed", believed)
	}
}
