package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lacuna/internal/bound"
	"lacuna/internal/output"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "write the manual, a page for each verb, into a folder, which is made if it is not there",
		Args:  cobra.ExactArgs(1),
		RunE: a.verb(func(cmd *cobra.Command, args []string, _ string) error {
			if err := os.Mkdir(args[0], 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
				return inFolder(args[0], err)
			}
			pages := 0
			for _, c := range documented(cmd.Root()) {
				if err := a.writeFile(filepath.Join(args[0], manName(c)+".1"), manPage(c), isManPage); err != nil {
					return err
				}
				pages++
			}
			return a.stdout.Printf("%s in %s. Read one: man %s\n", output.Count(pages, "page"), args[0], filepath.Join(args[0], "lacuna.1"))
		}, "table"),
	}
}

// documented returns c and the verbs below it that people are shown.
func documented(c *cobra.Command) []*cobra.Command {
	list := []*cobra.Command{c}
	for _, below := range c.Commands() {
		if below.IsAvailableCommand() {
			list = append(list, documented(below)...)
		}
	}
	return list
}

// manMark begins each page: a file that has it may be replaced.
const manMark = ".\\\" Written by lacuna man.\n"

func isManPage(name string) error {
	text, err := bound.ReadFile(name, 1<<20)
	if err == nil && !bytes.HasPrefix(text, []byte(manMark)) {
		err = fmt.Errorf("it is no page of lacuna man")
	}
	return err
}

func manName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// manPage returns a page in the language of man(7). The same program writes the same.
func manPage(c *cobra.Command) []byte {
	var b bytes.Buffer
	section := func(name string) { fmt.Fprintf(&b, ".SH %s\n", name) }
	b.WriteString(manMark)
	fmt.Fprintf(&b, ".TH %q 1 \"\" %q\n", strings.ToUpper(manName(c)), "lacuna "+build().Version)
	section("NAME")
	fmt.Fprintf(&b, "%s \\- %s\n", roff(manName(c)), roff(c.Short))
	section("SYNOPSIS")
	fmt.Fprintf(&b, "\\fB%s\\fR\n", roff(c.UseLine()))
	if c.Long != "" {
		section("DESCRIPTION")
		b.WriteString(roff(strings.ReplaceAll(c.Long, "\n\n", "\n.PP\n")) + "\n")
	}
	manFlags(&b, "OPTIONS", c.NonInheritedFlags())
	manFlags(&b, "OPTIONS OF EVERY VERB", c.InheritedFlags())
	section("SEE ALSO")
	var others []string
	if c.HasParent() {
		others = append(others, manName(c.Parent()))
	}
	for _, below := range c.Commands() {
		if below.IsAvailableCommand() {
			others = append(others, manName(below))
		}
	}
	for i, other := range others {
		others[i] = fmt.Sprintf("\\fB%s\\fR(1)", roff(other))
	}
	b.WriteString(strings.Join(others, ",\n") + "\n")
	return b.Bytes()
}

func manFlags(b *bytes.Buffer, title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	fmt.Fprintf(b, ".SH %s\n", title)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		fmt.Fprintf(b, ".TP\n\\fB%s\\fR \\fI%s\\fR\n%s\n", roff(name), roff(value), roff(usage))
	})
}

// roff returns text for troff, which takes a point or an apostrophe that begins a line
// for a command, and a hyphen for one of a word's. Commands of ours have two letters.
func roff(text string) string {
	lines := strings.Split(strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "'") || strings.HasPrefix(line, ".") && line != ".PP" {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
