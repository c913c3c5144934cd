package main

import (
	"runtime"
	"runtime/debug"

	"lacuna/internal/output"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "show which version this is",
		Args:  noArgs,
		RunE: a.verb(func(_ *cobra.Command, _ []string, format string) error {
			v := build()
			if format == "json" {
				return output.WriteJSON(a.stdout, v)
			}
			return a.stdout.Printf("%s\n", v)
		}, "table", "json"),
	}
}

type version struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func (v version) String() string { return "lacuna " + v.Version + " " + v.Go + " " + v.Platform }

// build is what the Go command has noted in the program.
func build() version {
	v := version{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v.Revision = s.Value
		}
	}
	return v
}
