//go:build integration

package integration

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"lacuna/internal/store/dynamo/dynamotest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// person has lacuna in a folder of their own, and the rows of 30 currencies of the ECB.
type person struct {
	*testing.T
	dir string
	env []string
}

func newPerson(t *testing.T, env []string) *person {
	t.Helper()
	p := &person{t, t.TempDir(), env}
	run(t, os.Environ(), "..", "go", "build", "-o", filepath.Join(p.dir, "lacuna"), "./cmd/lacuna")
	catalogue, err := os.ReadFile("../examples/ecb.yaml")
	if err == nil {
		err = os.WriteFile(filepath.Join(p.dir, "series.yaml"), catalogue, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	p.do("./lacuna", "backfill", "--offline", "--db", "a.db", "--quiet")
	return p
}

// do runs a command in p's folder, and returns what it printed.
func (p *person) do(name string, args ...string) string {
	p.Helper()
	cmd := exec.CommandContext(p.Context(), name, args...)
	cmd.Dir, cmd.Env = p.dir, p.env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	begin := time.Now()
	out, err := cmd.Output()
	if err != nil {
		p.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, &stderr)
	}
	p.Logf("%s: %.200s %s", time.Since(begin).Round(time.Millisecond), name, strings.Join(args, " "))
	return string(out)
}

// same fails unless files are equal byte for byte.
func (p *person) same(one string, others ...string) {
	p.Helper()
	want, err := os.ReadFile(filepath.Join(p.dir, one))
	if err != nil {
		p.Fatal(err)
	}
	if n := bytes.Count(want, []byte("\n")); n != 138_528 {
		p.Errorf("%s has %d lines", one, n)
	}
	for _, other := range others {
		if got, err := os.ReadFile(filepath.Join(p.dir, other)); err != nil || !bytes.Equal(want, got) {
			p.Errorf("%s is another file than %s: %v, %d and %d bytes", other, one, err, len(got), len(want))
		}
	}
}

// All that is stored goes from a laptop to AWS and back, and is the same byte for byte; a
// table comes back by itself, too.
func TestAllRowsGoToAWSAndBack(t *testing.T) {
	server, err := dynamotest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop() }) //nolint:errcheck // it ends by a signal
	const table = "rates"
	if err := dynamotest.CreateTable(t.Context(), server.Client(), table); err != nil {
		t.Fatal(err)
	}
	p := newPerson(t, []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "USER=ana",
		"AWS_ENDPOINT_URL=" + server.URL, "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_EC2_METADATA_DISABLED=true",
		"LACUNA_TABLE=" + table, "LACUNA_STATE_MACHINE_ARN=arn:aws:states:us-east-1:123456789012:stateMachine:lacuna",
	})
	p.do("./lacuna", "mark", "missing", "--offline", "--db", "a.db", "--series", "ECB#USD", "--from", "2026-06-01", "--to", "2026-06-12", "--reason", "a past")
	full := []string{"export", "-o", "jsonl", "--full", "--out"}
	here := func(db string) []string { return []string{"--offline", "--db", db} }
	there := []string{"--target", "aws"}
	p.do("./lacuna", append(append(full, "full.jsonl"), here("a.db")...)...)
	p.do("./lacuna", append([]string{"import", "full.jsonl"}, here("b.db")...)...)
	p.do("./lacuna", append(append(full, "b.jsonl"), here("b.db")...)...)
	p.do("./lacuna", append([]string{"import", "full.jsonl"}, there...)...)
	p.do("./lacuna", append(append(full, "aws.jsonl"), there...)...)
	p.do("./lacuna", append([]string{"import", "aws.jsonl"}, here("c.db")...)...)
	p.do("./lacuna", append(append(full, "c.jsonl"), here("c.db")...)...)
	p.do("./lacuna", append([]string{"import", "--from-table", table}, here("d.db")...)...)
	p.do("./lacuna", append(append(full, "d.jsonl"), here("d.db")...)...)
	p.same("full.jsonl", "b.jsonl", "aws.jsonl", "c.jsonl", "d.jsonl")

	page, err := os.ReadFile("../docs/use-the-data.md")
	if err != nil {
		t.Fatal(err)
	}
	program := regexp.MustCompile("(?ms)^```python boto3\n(.*?)^```$").FindSubmatch(page)
	python, err := filepath.Abs("boto3")
	if err != nil || program == nil {
		t.Fatalf("no program for boto3, %v", err)
	}
	if got := p.do(python, "-W", "error", "-c", string(program[1])); !strings.Contains(got, "2026-06-30 1.1394") {
		t.Errorf("boto3 prints\n%s", got)
	}
}

// Parquet is what its types say to other programs, and its sums are the CSV's.
func TestParquetOfAllRows(t *testing.T) {
	p := newPerson(t, os.Environ())
	p.do("./lacuna", "export", "--offline", "--db", "a.db", "--out", "rows.csv")
	p.do("./lacuna", "export", "--offline", "--db", "a.db", "-o", "parquet", "--out", "rows.parquet")
	p.do("./lacuna", "export", "--offline", "--db", "a.db", "-o", "parquet", "--out", "rates/")
	python, err := filepath.Abs("pandas")
	if err != nil {
		t.Fatal(err)
	}
	got := p.do(python, "-W", "error", "-c", `
import csv, decimal
import duckdb, pyarrow as pa, pyarrow.compute as pc, pyarrow.dataset as ds, pyarrow.parquet as pq
with open("rows.csv") as f:
    rows = list(csv.DictReader(f))
want = sum(decimal.Decimal(r["value"]) for r in rows if r["value"])
file = pq.ParquetFile("rows.parquet")
table = file.read()
schema = table.schema
assert schema.names == ["info_type", "date", "status", "value"], schema
assert schema.field("date").type == pa.date32(), schema
assert schema.field("info_type").type == pa.string(), schema
assert pa.types.is_decimal(schema.field("value").type) and schema.field("value").type.precision == 18, schema
assert file.metadata.row_group(0).column(0).compression == "ZSTD", file.metadata.row_group(0).column(0)
assert "RLE_DICTIONARY" in file.metadata.row_group(0).column(0).encodings
assert file.metadata.num_row_groups > 1
assert table.num_rows == len(rows) == 138528, table.num_rows
assert pc.sum(table["value"]).as_py() == want, (pc.sum(table["value"]), want)
assert [d.isoformat() for d in table["date"].to_pylist()] == [r["date"] for r in rows]
assert [None if v is None else v for v in table["value"].to_pylist()] == [decimal.Decimal(r["value"]) if r["value"] else None for r in rows]
folder = ds.dataset("rates", partitioning="hive").to_table()
assert folder.num_rows == len(rows) and pc.sum(folder["value"]).as_py() == want
assert set(folder["info_type"].to_pylist()) == set(r["info_type"] for r in rows)
for source in ("'rows.parquet'", "read_parquet('rates/**/*.parquet', hive_partitioning = true)"):
    n, total, kind, day = duckdb.sql(f"SELECT count(*), sum(value), any_value(typeof(value)), any_value(typeof(date)) FROM {source}").fetchall()[0]
    assert (n, total, day) == (len(rows), want, "DATE") and kind.startswith("DECIMAL(18,"), (n, total, kind, day)
assert duckdb.sql("SELECT count(DISTINCT info_type) FROM read_parquet('rates/**/*.parquet', hive_partitioning = true) WHERE info_type LIKE 'ECB#%'").fetchall() == [(30,)]
print(len(rows), want)
`)
	if !strings.HasPrefix(got, "138528 ") {
		t.Error(got)
	}
}

// The folder goes to Amazon S3, and a file of it comes back.
func TestExportToS3(t *testing.T) {
	e := startEmulator(t)
	client := s3.NewFromConfig(e.config(), func(o *s3.Options) { o.UsePathStyle = true })
	const bucket = "rates-of-ours"
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bucket)}); err != nil {
		t.Fatal(err)
	}
	p := newPerson(t, e.environ("USER=ana"))
	p.do("./lacuna", "export", "--offline", "--db", "a.db", "--series", "ECB#USD", "--from", "2025-06-01", "-o", "parquet", "--out", "s3://"+bucket+"/all/")
	p.do("./lacuna", "export", "--offline", "--db", "a.db", "--series", "ECB#USD", "--from", "2026-06-30", "--out", "s3://"+bucket+"/one.csv")
	list, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(bucket)})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, o := range list.Contents {
		keys = append(keys, *o.Key)
		got, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: o.Key})
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		if _, err := text.ReadFrom(got.Body); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(p.dir, filepath.FromSlash(*o.Key))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := fmt.Sprint(keys), "[all/info_type=ECB%23USD/year=2025/rows.parquet all/info_type=ECB%23USD/year=2026/rows.parquet one.csv]"; got != want {
		t.Errorf("objects %s, want %s", got, want)
	}
	if got := p.do("./lacuna", append([]string{"import", "--offline", "--db", "b.db"}, keys...)...); !strings.Contains(got, "stored in b.db") || !strings.Contains(got, "ECB#USD") {
		t.Error(got)
	}
}
