package choice

import (
	"lacuna"
	"lacuna/internal/catalogue"
)

// Labels returns the keys and units of the catalogue that Read reads, in its order,
// and what it is called.
func Labels(file string) ([]catalogue.Label, string, error) {
	name, text, err := Text(file)
	if err != nil {
		return nil, "", err
	}
	list, err := catalogue.Labels(name, text, lacuna.Series)
	return list, name, err
}
