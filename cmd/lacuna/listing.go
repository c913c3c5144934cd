package main

import (
	"lacuna/internal/output"
	"lacuna/internal/span"

	"github.com/spf13/pflag"
)

// bindAll adds the flag that has people see the whole of a long list.
func (a *app) bindAll(f *pflag.FlagSet) {
	f.BoolVar(&a.all, "all", false, "show all of a list, of more than 40 series too")
}

// listing is how a list that tells of so many series is shown: whole where programs or
// spreadsheets read it.
func (a *app) listing(series int) output.Listing {
	l := output.Listing{Series: series, All: a.all || a.output != "" && a.output != "table", Has: "-o json"}
	if a.flags != nil && a.flags.Lookup("all") != nil {
		l.Has = "--all or -o json"
	}
	return l
}

// dayCell is a day in a table, nothing where there is none.
func dayCell(d span.Day) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

// few is a Part of lines that are told one by one, as they come.
type few struct {
	output.Listing
	said, left int
}

// say reports whether to tell one more.
func (f *few) say() bool {
	if f.Long() && f.said == output.MaxListed {
		f.left++
		return false
	}
	f.said++
	return true
}
