package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"slices"
	"time"

	"lacuna/internal/catalogue"
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

Whoever reaches the address can run the pipeline: keep it on the loopback.`

func (a *app) serveCommand() *cobra.Command {
	var s serve
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "the Step Functions API for the AWS CLI and SDKs, on this machine",
		Long:  serveHelp,
		Args:  cobra.NoArgs,
		RunE: a.verb(func(cmd *cobra.Command, _ []string, _ string) error {
			return s.run(cmd.Context(), a)
		}, "table"),
	}
	cmd.Flags().StringVar(&s.addr, "addr", "127.0.0.1:8083", "`host:port` to listen on; port 0 takes a free one")
	cmd.Flags().StringVar(&s.mockConfig, "mock-config", "", "mock configuration `file` of Step Functions Local")
	cmd.Flags().StringVar(&s.s3, "s3", "", "`folder` that stands for Amazon S3, with a folder for each bucket")
	return cmd
}

// serve is the verb: its flags.
type serve struct{ addr, mockConfig, s3 string }

// Time that clients have: for a request, for an answer, of which that of GetActivityTask
// may take a minute, and for a request that is under way when the server ends.
const (
	requestTime  = 30 * time.Second
	answerTime   = time.Minute + requestTime
	shutdownTime = 5 * time.Second
)

func (s *serve) run(ctx context.Context, a *app) (err error) {
	if a.target != targetLocal {
		return usage("serve is for --target local: in AWS, Step Functions has an address of its own")
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
	listener, err := net.Listen("tcp", s.addr)
	if err != nil {
		return fmt.Errorf("--addr %s: %w", s.addr, err)
	}
	defer func() { err = errors.Join(err, ignoreClosed(listener.Close())) }()
	of, err := a.openSeries()
	if err != nil {
		return err
	}
	l, err := a.openLocal(ctx, of, usedSources(of), a.newProgress())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	options.Integrations, options.Log = l.bound.integration, l.history.log
	api := sfnapi.New(options)
	l.engine = api.Engine()
	keeper := &keeper{rows: l.rows, log: l.history.log}
	defer keeper.wait()
	defer api.Close()
	text, err := definition()
	if err != nil {
		return err
	}
	arn, err := api.CreateMachine(machineName, string(text), keeper)
	if err != nil {
		return err
	}
	if err := s.tell(a, listener.Addr().String(), arn, options.Region); err != nil {
		return err
	}
	return serveUntil(ctx, listener, api)
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// options are what flags and environment say of the API.
func (s *serve) options(a *app) (o sfnapi.Options, err error) {
	host, _, err := net.SplitHostPort(s.addr)
	if err != nil {
		return o, usage("--addr %s: want host:port, such as 127.0.0.1:8083", s.addr)
	}
	o = sfnapi.Options{AccountID: a.env["AWS_ACCOUNT_ID"], Region: a.env["AWS_DEFAULT_REGION"], Hosts: []string{host}, WaitScale: &a.waitScale}
	if o.AccountID != "" && !accountID.MatchString(o.AccountID) {
		return o, usage("AWS_ACCOUNT_ID=%s: want 12 digits", o.AccountID)
	}
	if o.Region == "" {
		o.Region = "us-east-1"
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
func usedSources(of *series) []*catalogue.Source {
	var list []*catalogue.Source
	for i := range of.Sources {
		source := &of.Sources[i]
		if slices.ContainsFunc(of.Series, func(s catalogue.Series) bool { return s.Source == source.Name }) {
			list = append(list, source)
		}
	}
	return list
}

// tell says where the API is and how to start a run.
func (s *serve) tell(a *app, address, arn, region string) error {
	return a.stdout.printf(`Step Functions API at http://%s

  aws stepfunctions start-execution --endpoint-url http://%s --region %s \
    --state-machine-arn %s --input '{"from":"-30d"}'

`, address, address, quote(region), quote(arn))
}

// serveUntil serves the API until ctx ends, or it cannot.
func serveUntil(ctx context.Context, listener net.Listener, api http.Handler) error {
	server := &http.Server{
		Handler: api, ReadHeaderTimeout: requestTime, ReadTimeout: requestTime, WriteTimeout: answerTime, IdleTimeout: answerTime,
		BaseContext: func(net.Listener) context.Context { return ctx }, // or a worker that polls would hold up the end
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	if err := server.Shutdown(ending); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}
