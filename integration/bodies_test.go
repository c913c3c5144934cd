//go:build integration

package integration

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

const bank = `version: 1
sources:
  bank: {kind: http-csv, url: "https://bank.example.org/rates?from={from}&to={to}", day: day, values: {value: COLUMN}, keep: bodies}
series:
- {key: BANK#USD, title: dollar, unit: x, source: bank, code: USD, calendar: weekdays, since: 2024-01-02, until: 2024-01-05}
`

// A scraper keeps what its publisher sends in the stack's bucket, and reparse makes revisions
// of it when the catalogue was mended. A stack without protection goes with what it has kept.
func TestBodiesInAWS(t *testing.T) {
	requests := 0
	publisher := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		fmt.Fprint(w, "day,buy,sell\n2024-01-02,1.10,1.20\n2024-01-03,2.10,2.10\n2024-01-04,3.10,3.20\n2024-01-05,4.10,4.20\n") //nolint:errcheck // the scraper tells
	}))
	defer publisher.Close()
	e := startEmulator(t)
	s := &stack{terraform: newTerraform(t, e), machine: sfn.NewFromConfig(e.config())}
	file := filepath.Join(s.dir, "..", "bank.yaml")
	write := func(column string) {
		if err := os.WriteFile(file, []byte(strings.Replace(bank, "COLUMN", column, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("buy")
	run(t, e.environ(), "..", "go", "run", "./internal/zips", "-arch", runtime.GOARCH, "-catalogue", file, "-out", filepath.Join(s.dir, "..", "dist"))
	s.apply(t, map[string]any{"catalogue": file, "insecure_publisher_urls": map[string]string{"bank": publisher.URL}, "deletion_protection": false})
	s.alias = output[string](t, s.terraform, "state_machine_alias_arn")
	for address, differ := range s.changes(t) {
		if strings.HasPrefix(address, "aws_s3_") {
			t.Errorf("a second plan changes %s: %s", address, differ)
		}
	}

	succeeds(t, s.execute(t, "bodies", `{}`))
	bucket := output[string](t, s.terraform, "bodies")
	list, err := s3.NewFromConfig(e.config(), func(o *s3.Options) { o.UsePathStyle = true }).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(bucket)})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Contents) != 2 || slices.ContainsFunc(list.Contents, func(o s3types.Object) bool { return !strings.HasPrefix(*o.Key, "bank/") }) {
		t.Errorf("%d objects, want the body and what it answers", len(list.Contents))
	}
	asked := requests
	write("sell") // the mistake is mended
	began := time.Now()
	for _, want := range []int{3, 0} { // then they are as they should be
		var done struct {
			Gone   int
			Series []struct {
				Same    int
				Changed []string
			}
		}
		text := run(t, e.environ(), "..", "go", "run", "./cmd/lacuna", "--target", "aws", "--catalogue", file, "reparse", "-o", "json")
		if err := json.Unmarshal(text, &done); err != nil {
			t.Fatal(err)
		}
		if len(done.Series) != 1 || done.Series[0].Same != 4-want || done.Gone != 0 {
			t.Errorf("reparse: %s, want %d days changed", text, want)
		}
	}
	if requests != asked {
		t.Errorf("reparse made %d requests", requests-asked)
	}
	fmt.Printf("bodies: %d objects, twice read again in %s\n", len(list.Contents), time.Since(began).Round(time.Second))
	s.run(t, "destroy", "-auto-approve", "-input=false", "-no-color", "-parallelism=30")
	if left := s.resources(t); len(left) != 0 {
		t.Errorf("destroy left %s", left)
	}
}
