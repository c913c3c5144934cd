package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"

	"lacuna/internal/catalogue"
	"lacuna/internal/choice"
	"lacuna/internal/exit"
	"lacuna/internal/lazy"
	"lacuna/internal/local"
	"lacuna/internal/output"
	"lacuna/internal/sfnapi"
	"lacuna/internal/sfnapi/mockfile"

	"github.com/spf13/cobra"
)

const serveHelp = `serve answers the AWS CLI and the SDKs as AWS Step Functions would, in the place
of Step Functions Local. The pipeline is there already, as the state machine
lacuna; its executions fetch and store for real, and lacuna runs shows them.
State machines of your own can be created beside it. All but the runs of the
pipeline lives in memory and ends with the server.

The mock configuration file is that of Step Functions Local, also by its variable
SFN_MOCK_CONFIG: StartExecution on <state machine ARN>#<test case> answers the
states that the case names from the file. --wait-time-scale scales Wait states
and the waits before retries. AWS_ACCOUNT_ID and AWS_DEFAULT_REGION stand in the
ARNs; any credentials do.

With --s3, a folder stands for Amazon S3: the ItemReader and the ResultWriter of a
distributed Map read and write there. Each folder in it is a bucket, and the path of
a file below that is its key. Nothing outside of it is touched.

--memory is how much memory the process may take: a number and KB, MB or GB, of 1,024
each. Within it the server keeps executions with their histories, definitions and
activities. When they become more, those executions that have ended are forgotten, the
oldest first; after that a new one is refused with ThrottlingException, and one that
grows while it runs fails with States.Runtime and a cause that says so.

--console opens pages in a browser that show each execution as a graph of its states, as
a table and as events, of your own state machines too. They are at 127.0.0.1:8084, or
where --console=HOST:PORT says, and let in the browser that shows the token of the
address that is printed.

There is no authentication: whoever reaches the port can start executions, and with
them store rows, call publishers and read and write the folder of --s3. So --addr is
an address of the loopback, which this machine alone reaches. Another one needs
--allow-host, the name by which clients reach the server; that is to say that everyone
in that network may do all of this. Requests to another name are refused, as are those
that a browser sends for a page of another site.`

func (a *app) serveCommand() *cobra.Command {
	s := serve{memory: 1 << 30}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "the Step Functions API for the AWS CLI and SDKs, on this machine",
		Long:  serveHelp,
		Args:  noArgs,
		RunE: a.verb(func(cmd *cobra.Command, _ []string, _ string) error {
			return s.run(cmd.Context(), a)
		}, "table"),
	}
	cmd.Flags().StringVar(&s.addr, "addr", "127.0.0.1:8083", "`host:port` to listen on; port 0 takes a free one")
	cmd.Flags().StringVar(&s.mockConfig, "mock-config", "", "mock configuration `file` of Step Functions Local")
	cmd.Flags().StringVar(&s.s3, "s3", "", "`folder` that stands for Amazon S3, with a folder for each bucket")
	cmd.Flags().Var(&s.memory, "memory", "most `memory` that the process takes, such as 512MB or 2GB")
	cmd.Flags().StringVar(&s.console, "console", "", "show executions in a browser, at `host:port`")
	cmd.Flags().Lookup("console").NoOptDefVal = consoleAddr
	cmd.Flags().StringSliceVar(&s.allowHosts, "allow-host", nil, "`name` beside localhost by which clients may reach the server; again for another one")
	return cmd
}

// serve is the verb: its flags.
type serve struct {
	addr, mockConfig, s3 string
	console              string // address of the runs' pages; "": none
	log                  *slog.Logger
	memory               memorySize
	allowHosts           []string
}

func (s *serve) run(ctx context.Context, a *app) (err error) {
	if a.target != targetLocal {
		return exit.Usage("serve is for --target local: in AWS, Step Functions has an address of its own")
	}
	options, err := s.options(a)
	if err != nil {
		return err
	}
	store, done, err := s3(s.s3)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	options.Objects = store
	listener, err := listen(s.addr, s.allowHosts, "whoever reaches it can start executions, there is no authentication")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ignoreClosed(listener.Close())) }()
	of, err := a.openSeries()
	if err != nil {
		return err
	}
	l, err := a.openPipeline(ctx, of, usedSources(of))
	if err != nil {
		return err
	}
	var api *sfnapi.Server
	defer func() {
		err = errors.Join(err, ended(func() error {
			if api != nil {
				api.Close()
			}
			l.history.Wait()
			return l.close()
		}))
	}()
	options.Integrations, options.Log = l.Integration, l.history.Log
	keep, restore, err := s.memory.limit()
	if err != nil {
		return err
	}
	defer restore()
	options.Keep = keep
	api = sfnapi.New(options)
	l.Answer(api.Engine())
	text, err := local.Definition()
	if err != nil {
		return err
	}
	arn, err := api.CreateMachine(local.MachineName, string(text), l.history)
	if err != nil {
		return err
	}
	if err := s.tell(a, listener.Addr().String(), arn, options.Region); err != nil {
		return err
	}
	if s.console == "" {
		return serveUntil(ctx, listener, api)
	}
	s.log = l.history.Log
	show, err := s.openConsole(a, api, listener.Addr().String())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	shown := make(chan error, 1)
	go func() {
		shown <- show(ctx)
		cancel()
	}()
	err = serveUntil(ctx, listener, api)
	cancel()
	return errors.Join(err, <-shown)
}

var accountID = lazy.Regexp(`^[0-9]{12}$`)

// options are what flags and environment say of the API.
func (s *serve) options(a *app) (o sfnapi.Options, err error) {
	o = sfnapi.Options{AccountID: a.env["AWS_ACCOUNT_ID"], Region: cmp.Or(a.env["AWS_DEFAULT_REGION"], "us-east-1"), Hosts: s.allowHosts, WaitScale: &a.waitScale}
	if o.AccountID != "" && !accountID().MatchString(o.AccountID) {
		return o, exit.Usage("AWS_ACCOUNT_ID=%s: want 12 digits", o.AccountID)
	}
	if a.now != "" || a.offline {
		o.StartTime = a.asOf
	}
	if s.mockConfig == "" {
		return o, nil
	}
	if o.Mocks, err = mockfile.Load(s.mockConfig); err != nil {
		return o, err
	}
	for _, warning := range o.Mocks.Warnings() {
		a.note("warning: %s", warning)
	}
	return o, nil
}

// usedSources are the sources of the catalogue's series.
func usedSources(of *choice.Catalogue) []*catalogue.Source {
	var list []*catalogue.Source
	for i := range of.Sources {
		source := &of.Sources[i]
		if slices.ContainsFunc(of.All(), func(s *catalogue.Series) bool { return s.Source == source.Name }) {
			list = append(list, source)
		}
	}
	return list
}

// tell says where the API is and how to start a run.
func (s *serve) tell(a *app, address, arn, region string) error {
	return a.stdout.Printf(`Step Functions API at http://%s

  aws stepfunctions start-execution --endpoint-url http://%s --region %s \
    --state-machine-arn %s --input '{"from":"-30d"}'

`, address, address, output.Quote(region), output.Quote(arn))
}
