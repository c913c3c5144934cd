package registry

import (
	"fmt"
	"strconv"
	"strings"

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

func variable(name, what string) string {
	return "LACUNA_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "_" + what
}

// Setting is what the environment says of a publisher.
type Setting struct {
	Base    string // "": its usual address
	Options []source.Option
	Warning string // for a person; "": none
}

// Configured reads the environment, env by name, for the publisher called name.
// Its errors name the variable and show no secret.
func Configured(name string, env func(string) string) (s Setting, err error) {
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
	switch {
	case insecure && s.Base != "":
		s.Options = append(s.Options, source.Private())
	case source.InClear(s.Base) && source.HasUser(s.Base):
		return s, fmt.Errorf("%s: a user and a password over plain http can be read on the way: want https, or %s=true", URLVariable(name), InsecureVariable(name))
	case source.InClear(s.Base):
		s.Warning = fmt.Sprintf("%s: plain http, so what is asked and answered can be read and changed on the way; %s=true says that this is meant", URLVariable(name), InsecureVariable(name))
	}
	return s, nil
}
