package sqlite_test

import "testing"

func asNobody(t *testing.T) {
	t.Helper()
	t.Skip("users without rights are Unix's")
}
