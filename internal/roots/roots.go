// Package roots has Mozilla's certificates, for machines that have none of their own,
// such as a container made from scratch. They are read when the first connection is about
// to be made with TLS: reading them takes as long as all else at a start.
package roots

import (
	"crypto/x509"
	"sync"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// Use makes them those of the process, where the machine has none. A GODEBUG of
// x509usefallbackroots=1 prefers them to the machine's. It panics when another package
// of the process has set some.
var Use = sync.OnceFunc(func() {
	pool := x509.NewCertPool()
	for root := range bundle.Roots() {
		certificate, err := x509.ParseCertificate(root.Certificate)
		if err != nil {
			panic(err) // what is built in is the same in each process
		}
		if root.Constraint == nil {
			pool.AddCert(certificate)
		} else {
			pool.AddCertWithConstraint(certificate, root.Constraint)
		}
	}
	x509.SetFallbackRoots(pool)
})
