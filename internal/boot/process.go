package boot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"lacuna/internal/catalogue"
)

// Process is what a task's handler is made from.
type Process struct {
	Log *slog.Logger // JSON lines on stdout, at LACUNA_LOG_LEVEL (default info)
}

func newProcess(stdout io.Writer) (*Process, error) {
	var level slog.Level
	var err error
	if text := os.Getenv("LACUNA_LOG_LEVEL"); text != "" {
		if err = level.UnmarshalText([]byte(text)); err != nil {
			err = fmt.Errorf("environment: LACUNA_LOG_LEVEL: %w", err)
		}
	}
	return &Process{slog.New(slog.NewJSONHandler(stdout, &slog.HandlerOptions{Level: level}))}, err
}

// Env returns the environment variable called name, which must be set.
func (p *Process) Env(name string) (string, error) {
	if value := p.Optional(name); value != "" {
		return value, nil
	}
	return "", fmt.Errorf("environment: %s is not set", name)
}

// Optional returns the environment variable called name, "" when it is not set.
func (p *Process) Optional(name string) string { return os.Getenv(name) }

// EnvJSON reads the environment variable called name, which must be set, into v.
func (p *Process) EnvJSON(name string, v any) error {
	text, err := p.Env(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return fmt.Errorf("environment: %s: %w", name, err)
	}
	return nil
}

// Catalogue opens the compiled catalogue that lies beside the program. A series is
// read when it is asked for.
func (p *Process) Catalogue() (*catalogue.Catalogue, error) {
	root, err := p.Env("LAMBDA_TASK_ROOT")
	if err != nil {
		return nil, err
	}
	text, err := mapped(filepath.Join(root, catalogue.CompiledName))
	if err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	c, err := catalogue.Open(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: make the zips anew", catalogue.CompiledName, err)
	}
	return c, nil
}

// refuse ends the process because it cannot serve: err becomes the answer to
// whoever waits for the function.
func (p *Process) refuse(ctx context.Context, err error) {
	p.Log.ErrorContext(ctx, "start refused", "error", err)
	if tellErr := tell(ctx, os.Getenv("AWS_LAMBDA_RUNTIME_API"), err); tellErr != nil {
		p.Log.ErrorContext(ctx, "the Runtime API was not told", "error", tellErr)
	}
	os.Exit(1)
}

// tell reports a failed start to the Runtime API; the library only does it for
// failed events.
func tell(ctx context.Context, api string, err error) error {
	if api == "" {
		return errors.New("environment: AWS_LAMBDA_RUNTIME_API is not set")
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	named := failure(err)
	body, err := json.Marshal(named)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+api+"/2018-06-01/runtime/init/error", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Lambda-Runtime-Function-Error-Type", named.Type)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusAccepted {
		return fmt.Errorf("POST %s: %s", request.URL, response.Status)
	}
	return nil
}
