// Package dynamotest runs AWS's DynamoDB Local for tests, and makes tables
// there. Nothing here is for a table of AWS: Terraform makes that.
package dynamotest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// shared is the server of all tests of a process.
var shared = sync.OnceValues(Start)

var tables atomic.Int32

// NewTable returns a new table of a DynamoDB Local that runs until the test's
// process ends. When there is none to be had the test fails.
func NewTable(tb testing.TB) (client *dynamodb.Client, name string) {
	tb.Helper()
	server, err := shared()
	if err != nil {
		tb.Fatal(err)
	}
	client, name = server.Client(), fmt.Sprintf("lacuna-%d", tables.Add(1))
	if err := CreateTable(tb.Context(), client, name); err != nil {
		tb.Fatal(err)
	}
	return client, name
}

// startWithin bounds a start, of which the first downloads 51 MB.
const startWithin = 5 * time.Minute

// Server is a DynamoDB Local with an empty memory. Use Start.
type Server struct {
	URL string

	stdin io.Closer
	ended chan error
}

// Start runs integration/dynamodb-local on a free port and returns when it
// answers. It ends at Stop, and with the test's process. The error has what
// it printed.
func Start() (*Server, error) {
	script, err := findUp("integration/dynamodb-local")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, fmt.Errorf("free port: %w", err)
	}
	s := &Server{URL: fmt.Sprintf("http://127.0.0.1:%d", port), ended: make(chan error, 1)}
	var printed bytes.Buffer
	process := exec.Command(script, strconv.Itoa(port))
	process.Stdout, process.Stderr = &printed, &printed
	if s.stdin, err = process.StdinPipe(); err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, err
	}
	go func() { s.ended <- process.Wait() }()
	if err := s.untilItAnswers(); err != nil {
		err = errors.Join(err, s.Stop()) // after that nothing prints any more
		return nil, fmt.Errorf("dynamodb local: %w\n%s", err, &printed)
	}
	return s, nil
}

func (s *Server) untilItAnswers() error {
	poll := time.NewTicker(100 * time.Millisecond)
	defer poll.Stop()
	late := time.After(startWithin)
	for {
		select {
		case err := <-s.ended:
			s.ended <- err
			return errors.New("ended at its start")
		case <-late:
			return fmt.Errorf("no answer within %s", startWithin)
		case <-poll.C:
			if answer, err := http.Get(s.URL); err == nil {
				return answer.Body.Close()
			}
		}
	}
}

// Stop ends the server.
func (s *Server) Stop() error {
	if err := s.stdin.Close(); err != nil {
		return err
	}
	return <-s.ended
}

// Client returns a client of s.
func (s *Server) Client() *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String(s.URL), Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

// CreateTable makes a table as Terraform does, as far as DynamoDB Local knows
// its parts.
func CreateTable(ctx context.Context, client *dynamodb.Client, name string) error {
	key := func(name string, kind types.KeyType) types.KeySchemaElement {
		return types.KeySchemaElement{AttributeName: aws.String(name), KeyType: kind}
	}
	isText := func(name string) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: types.ScalarAttributeTypeS}
	}
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{key("info_type", types.KeyTypeHash), key("date", types.KeyTypeRange)},
		AttributeDefinitions: []types.AttributeDefinition{isText("info_type"), isText("date")},
	})
	if err != nil {
		return fmt.Errorf("create table %s: %w", name, err)
	}
	_, err = client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName:               &name,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("expires_at"), Enabled: aws.Bool(true)},
	})
	if err != nil {
		return fmt.Errorf("time to live of table %s: %w", name, err)
	}
	return nil
}

// findUp returns the path of a file of this checkout.
func findUp(name string) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("no %s above the working directory", name)
		}
		dir = parent
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}
