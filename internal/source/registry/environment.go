package registry

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"lacuna/internal/catalogue"
	"lacuna/internal/source"
)

// ContactVariable is the environment variable that tells publishers where to
// complain: a mail address, or a web address.
const ContactVariable = "LACUNA_CONTACT"

// URLVariable returns the environment variable that replaces the usual address
// of the publisher called name, such as LACUNA_BCB_PTAX_URL.
func URLVariable(name string) string { return variable(name, "URL") }

// InsecureVariable returns the environment variable that says, with true, that
// the one of URLVariable is meant as it is: over plain http, or at a name that has
// private addresses.
func InsecureVariable(name string) string { return variable(name, "INSECURE") }

// SecretVariable returns the environment variable that has the secret of a declared
// source, such as LACUNA_MY_BANK_SECRET; "" for one without a secret.
func SecretVariable(of *catalogue.Source) string {
	if of.Declared == nil || of.Declared.Secret == nil {
		return ""
	}
	return cmp.Or(of.Declared.Secret.Variable, variable(of.Name, "SECRET"))
}

func variable(name, what string) string {
	return "LACUNA_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "_" + what
}

// Setting is what the environment says of a publisher.
type Setting struct {
	Base    string // "": its usual address
	Options []source.Option
	Warning string // for a person; "": none
}

// Configured reads the environment, env by name, for a source of the catalogue.
// Its errors name the variable and show no secret.
func Configured(of *catalogue.Source, env func(string) string) (s Setting, err error) {
	name := of.Name
	s.Base = env(URLVariable(name))
	insecure := false
	if text := env(InsecureVariable(name)); text != "" {
		if insecure, err = strconv.ParseBool(text); err != nil {
			return s, fmt.Errorf("%s: want true or false", InsecureVariable(name))
		}
	}
	if text := env(ContactVariable); text != "" {
		if err := source.CheckContact(text); err != nil {
			return s, fmt.Errorf("%s: %w", ContactVariable, err)
		}
		s.Options = append(s.Options, source.Contact(text))
	}
	base, secret, err := s.declared(of, env)
	if err != nil {
		return s, err
	}
	switch {
	case insecure && s.Base != "":
		s.Options = append(s.Options, source.Private())
	case source.InClear(base) && secret != "":
		return s, fmt.Errorf("%s: a secret over plain http can be read on the way: want https, or %s, and %s=true", secret, URLVariable(name), InsecureVariable(name))
	case source.InClear(s.Base) && source.HasUser(s.Base):
		return s, fmt.Errorf("%s: a user and a password over plain http can be read on the way: want https, or %s=true", URLVariable(name), InsecureVariable(name))
	case source.InClear(s.Base):
		s.Warning = fmt.Sprintf("%s: plain http, so what is asked and answered can be read and changed on the way; %s=true says that this is meant", URLVariable(name), InsecureVariable(name))
	}
	return s, nil
}

// declared adds what a declared source sends with each request, and returns where it
// is asked and the variable of its secret, "" without one.
func (s *Setting) declared(of *catalogue.Source, env func(string) string) (base, secret string, err error) {
	d := of.Declared
	if d == nil {
		return s.Base, "", nil
	}
	var headers []source.Header
	for _, h := range d.Headers {
		headers = append(headers, source.Header(h))
	}
	s.Options = append(s.Options, source.Headers(headers))
	base = cmp.Or(s.Base, d.URL.Origin())
	if secret = SecretVariable(of); secret == "" {
		return base, "", nil
	}
	value := env(secret)
	if value == "" {
		return base, secret, fmt.Errorf("%s: not set: the source %s wants a secret", secret, of.Name)
	}
	with := source.Secret{Header: d.Secret.Header, Query: d.Secret.Query, Prefix: d.Secret.Prefix, Value: value}
	if err := source.CheckSecret(with); err != nil {
		return base, secret, fmt.Errorf("%s: %w", secret, err)
	}
	s.Options = append(s.Options, source.WithSecret(with))
	return base, secret, nil
}
