package exit_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"lacuna/internal/exit"
)

func TestErrorsHaveACode(t *testing.T) {
	err := fmt.Errorf("plan: %w", exit.New(exit.CodeRefused, "stale: %w", fs.ErrNotExist))
	if coded := (*exit.Error)(nil); !errors.As(err, &coded) || coded.Code != exit.CodeRefused || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %#v", err)
	}
	if coded := (*exit.Error)(nil); !errors.As(exit.Usage("--from"), &coded) || coded.Code != exit.CodeUsage || coded.Error() != "--from" {
		t.Errorf("got %#v", coded)
	}
	if err := (&exit.Error{Code: exit.CodeGaps}); err.Error() != "" || err.Unwrap() != nil {
		t.Errorf("an error without a text says %q", err)
	}
}
