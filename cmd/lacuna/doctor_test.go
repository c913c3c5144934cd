package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lacuna"
	"lacuna/internal/choice"
	"lacuna/internal/publisher"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store/sqlite"
	"lacuna/statemachine"

	"github.com/google/go-cmp/cmp"
)

// healthy lays down a stack in which all is well.
func healthy(t *testing.T) *account {
	t.Helper()
	a := newAccount(t)
	a.answer("GetParameter", a.parameter(fmt.Sprintf(`,"catalogue":{"sha256":%q,"shipped_sha256":%[1]q}`, choice.Hash(lacuna.Series))))
	a.answer("GetCallerIdentity", `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
		<Arn>arn:aws:iam::123456789012:user/ana</Arn><UserId>AIDA</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
	a.answer("DescribeTable", describedTable("info_type", "ACTIVE"))
	a.answer("DescribeTimeToLive", `{"TimeToLiveDescription":{"AttributeName":"expires_at","TimeToLiveStatus":"ENABLED"}}`)
	a.answer("GetQueueAttributes", queueCounts(0, 0))
	a.answer("DescribeStateMachine", describedMachine(deployed(t, "aws")))
	a.reply("GetFunctionConfiguration", func(body map[string]any) string {
		return fmt.Sprintf(`{"FunctionName":%q,"Version":%q,"State":"Active"}`, body["name"], body["version"])
	})
	a.answer("Invoke", probed(`"values":10,"requests":1,"status":200,"bytes":1234,"took_ms":250`))
	return a
}

// probed is what a scraper of the ECB says of its publisher.
func probed(rest string) string {
	return `{"source":"ecb","key":"CURRENCY#BRL","span":"2026-06-17/2026-06-30",` + rest + `}`
}

// deployed is the definition as Terraform deploys it in a partition.
func deployed(t *testing.T, partition string) string {
	t.Helper()
	definition, err := statemachine.Definition(func(name string) (string, bool) {
		if name == "partition" {
			return partition, true
		}
		return versionARN(strings.TrimSuffix(name, "_function_arn")), true
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(definition)
}

func queueCounts(visible, hidden int) string {
	return fmt.Sprintf(`{"Attributes":{"ApproximateNumberOfMessages":"%d","ApproximateNumberOfMessagesNotVisible":"%d"}}`, visible, hidden)
}

func describedTable(key, status string) string {
	return fmt.Sprintf(`{"Table":{"TableName":"rates","TableStatus":%q,"KeySchema":[{"AttributeName":%q,"KeyType":"HASH"},{"AttributeName":"date","KeyType":"RANGE"}]}}`, status, key)
}

func describedMachine(definition string) string {
	return fmt.Sprintf(`{"stateMachineArn":%q,"name":"rates","status":"ACTIVE","definition":%q,"roleArn":"arn","type":"STANDARD","creationDate":1782864000.0}`, machineARN, definition)
}

// examine runs doctor and returns its failed lines, and all.
func (a *account) examine(code int) (failed, all []finding) {
	a.Helper()
	got, stdout, stderr := a.run("doctor", "-o", "json")
	var d diagnosis
	if err := json.Unmarshal([]byte(stdout), &d); err != nil || got != code {
		a.Fatalf("exit code %d, want %d, %v\n%s%s", got, code, err, stdout, stderr)
	}
	for _, f := range d.Findings {
		if !f.OK {
			failed = append(failed, f)
		}
	}
	return failed, d.Findings
}

func TestDoctorFindsNothing(t *testing.T) {
	a := healthy(t)
	_, got := a.examine(0)
	want := []finding{
		{Check: "credentials", OK: true, Says: "arn:aws:iam::123456789012:user/ana in eu-west-1"},
		{Check: "endpoints", OK: true, Says: a.url},
		{Check: "stack", OK: true, Says: "table rates, state machine " + machineARN},
		{Check: "table", OK: true, Says: "rates is active, its key is info_type HASH, date RANGE"},
		{Check: "time to live", OK: true, Says: "on expires_at"},
		{Check: "queue ecb", OK: true, Says: "0 messages waiting, 0 at work, no dead letters"},
		{Check: "definition", OK: true, Says: "the one of this lacuna"},
		{Check: "function detect", OK: true, Says: "version 7, which the definition names"},
		{Check: "function fanout", OK: true, Says: "version 7, which the definition names"},
		{Check: "function query", OK: true, Says: "version 7, which the definition names"},
		{Check: "function report", OK: true, Says: "version 7, which the definition names"},
		{Check: "function scrape-ecb", OK: true, Says: "version 7"},
		{Check: "function select", OK: true, Says: "version 7, which the definition names"},
		{Check: "publisher ecb", OK: true, Says: "answers its scraper: status 200, 1234 bytes in 250ms, 10 days of CURRENCY#BRL"},
		{Check: "catalogue", OK: true, Says: catalogueFile(t) + " is the one that was deployed"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestDoctorFindsWhatIsWrong(t *testing.T) {
	const deploy, notYours = "make deploy NAME=rates", "terraform output -raw reader_policy"
	tests := []struct{ name, operation, answer, check, says, mend string }{
		{"credentials that have expired", "GetCallerIdentity", `<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>expired</Message></Error></ErrorResponse>`, "credentials", "expired", "aws sso login"},
		{"no stack", "GetParameter", refused("ParameterNotFound", ""), "stack", "no stack rates", deploy},
		{"no table", "DescribeTable", refused("ResourceNotFoundException", "no such table"), "table", "no such table", deploy},
		{"a table with other keys", "DescribeTable", describedTable("id", "ACTIVE"), "table", "id HASH, date RANGE", "LACUNA_TABLE"},
		{"a table that is being made", "DescribeTable", describedTable("info_type", "CREATING"), "table", "CREATING", "wait"},
		{"no time to live", "DescribeTimeToLive", `{"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}}`, "time to live", "not enabled", deploy},
		{"a time to live that is not for you", "DescribeTimeToLive", refused("AccessDeniedException", "not authorized"), "time to live", "not authorized", notYours},
		{"dead letters", "GetQueueAttributes", queueCounts(1, 1), "queue ecb", "2 dead letters", "lacuna dlq drop"},
		{"no queue", "GetQueueAttributes", refused("QueueDoesNotExist", "no such queue"), "queue ecb", "no such queue", deploy},
		{"another definition", "DescribeStateMachine", describedMachine(`{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}`), "definition", "not the one of this lacuna", deploy},
		{"no function", "GetFunctionConfiguration", refused("ResourceNotFoundException", "Function not found"), "function detect", "Function not found", deploy},
		{"a function that failed", "GetFunctionConfiguration", `{"Version":"7","State":"Failed","StateReason":"InvalidImage"}`, "function detect", "version 7 failed: InvalidImage", deploy},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := healthy(t)
			a.answer(tt.operation, tt.answer)
			failed, _ := a.examine(1)
			if len(failed) == 0 {
				t.Fatal("nothing found")
			}
			if f := failed[0]; f.Check != tt.check || !strings.Contains(f.Says, tt.says) || !strings.Contains(f.Mend, tt.mend) {
				t.Errorf("found %+v", f)
			}
		})
	}
}

// What a scraper says of its publisher, and why it says nothing.
func TestDoctorProbesThePublishers(t *testing.T) {
	const down = `"requests":1,"status":403,"bytes":300,"error":"Source.Unavailable","message":"status 403, an HTML page (GET https://x)"`
	tests := []struct {
		name, answer string
		code         int
		says, mend   string
	}{
		{"refused", probed(down), 5, "does not answer its scraper: status 403, an HTML page (GET https://x) (status 403, 300 bytes in 0s, 0 days of CURRENCY#BRL)", "A publisher that refuses"},
		{"a status 403 that is no page", probed(`"status":403,"bytes":9,"error":"Source.Rejected","message":"m"`), 5, "does not answer its scraper: m", "A publisher that refuses"},
		{"no answer", probed(`"requests":1,"status":0,"bytes":0,"error":"Source.Unavailable","message":"no answer within 45s"`), 5, "no answer within 45s (no answer in 0s, 0 days", "` asks it from this machine"},
		{"an unreadable answer", probed(`"status":200,"bytes":20,"error":"Source.Malformed","message":"m"`), 1, "answers its scraper with m (status 200, 20 bytes in 0s", "series try"},
		{"damaged rows", probed(`"status":200,"bytes":20,"values":9,"damaged":1`), 1, "1 day that cannot be right", "series try"},
		{"a function that runs out of time", `{"errorType":"Sandbox.Timedout","errorMessage":"Task timed out"}`, 1, "its scraper failed: Sandbox.Timedout: Task timed out", "aws logs tail /aws/lambda/rates-scrape-ecb --since 10m"},
		{"a function of an older version", `{"batchItemFailures":[]}`, 1, "knows no probe", "make deploy NAME=rates"},
		{"no function", refused("ResourceNotFoundException", "Function not found"), 1, "Function not found", "make deploy NAME=rates"},
		{"no JSON", `hello`, 1, "answer of its scraper: invalid character", "make deploy NAME=rates"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := healthy(t)
			a.answer("Invoke", tt.answer)
			failed, _ := a.examine(tt.code)
			if len(failed) != 1 || failed[0].Check != "publisher ecb" || !strings.Contains(failed[0].Says, tt.says) || !strings.Contains(failed[0].Mend, tt.mend) {
				t.Errorf("found %+v", failed)
			}
		})
	}
}

// A publisher that has nothing of those days answers all the same.
func TestDoctorOfAPublisherThatHasNothing(t *testing.T) {
	a := healthy(t)
	a.answer("Invoke", probed(`"requests":1,"status":404,"bytes":20`))
	_, all := a.examine(0)
	i := slices.IndexFunc(all, func(f finding) bool { return f.Check == "publisher ecb" })
	if i < 0 || !all[i].OK || !strings.Contains(all[i].Says, "with no value of 2026-06-17/2026-06-30: status 404") || !strings.Contains(all[i].Mend, "series try") {
		t.Errorf("found %+v", all)
	}
}

// A probe is an invocation of the scraper's version with nothing of a message in it.
func TestDoctorsProbe(t *testing.T) {
	a := healthy(t)
	a.examine(0)
	got := a.of("Invoke")
	if len(got) != 1 || got[0]["name"] != "rates-scrape-ecb" || got[0]["version"] != "7" {
		t.Fatalf("invoked %v", got)
	}
	event := got[0]["event"].(map[string]any)
	delete(event, "as_of")
	if diff := cmp.Diff(map[string]any{"probe": 1.0, "source": "ecb", "days": 10.0}, event); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
}

// A reader may not invoke functions: what doctor cannot look at is neither good nor bad.
func TestDoctorOfAReaderProbesNobody(t *testing.T) {
	a := healthy(t)
	a.answer("Invoke", refused("AccessDeniedException", "not authorized to perform: lambda:InvokeFunction"))
	_, all := a.examine(0)
	i := slices.IndexFunc(all, func(f finding) bool { return f.Check == "publisher ecb" })
	if i < 0 || !all[i].Skipped || !strings.Contains(all[i].Says, "not asked") || !strings.Contains(all[i].Mend, "operator_policy") {
		t.Errorf("found %+v", all)
	}
	if code, stdout, _ := a.run("doctor"); code != 0 || !strings.Contains(stdout, "skipped publisher ecb: not asked: ") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
}

func TestDoctorFindsOtherVersionsAndCatalogues(t *testing.T) {
	a := healthy(t)
	a.answer("GetParameter", strings.Replace(a.parameter(""), "rates-query:7", "rates-query:8", 1))
	failed, _ := a.examine(1)
	want := []finding{
		{Check: "function query", Says: "version 8 is not the one that the definition names", Mend: "make deploy NAME=rates"},
		{Check: "catalogue", Says: "which one was deployed is not known: it was by an older version", Mend: "make deploy NAME=rates"},
	}
	if diff := cmp.Diff(want, failed); diff != "" {
		t.Errorf("failed (-want +got):\n%s", diff)
	}
}

// A rollback turns the alias back: what counts is the version that it leads to.
func TestDoctorLooksAtTheVersionOfTheAlias(t *testing.T) {
	a := healthy(t)
	a.answer("GetParameter", a.parameter(fmt.Sprintf(`,"state_machine_alias_arn":"%s:live","catalogue":{"sha256":%q,"shipped_sha256":%[2]q}`, machineARN, choice.Hash(lacuna.Series))))
	leadsTo := func(weights string) string {
		return fmt.Sprintf(`{"stateMachineAliasArn":"%s:live","name":"live","routingConfiguration":[%s]}`, machineARN, weights)
	}
	version := func(n, weight int) string {
		return fmt.Sprintf(`{"stateMachineVersionArn":"%s:%d","weight":%d}`, machineARN, n, weight)
	}
	a.reply("DescribeStateMachine", func(body map[string]any) string {
		if body["stateMachineArn"] == machineARN+":3" {
			return describedMachine(deployed(t, "aws"))
		}
		return describedMachine(`{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}`)
	})
	for _, tt := range []struct{ name, alias, says string }{
		{"the version of this lacuna", leadsTo(version(3, 100)), ""},
		{"most runs by that version", leadsTo(version(2, 10) + "," + version(3, 90)), ""},
		{"an older version", leadsTo(version(2, 100)), "not the one of this lacuna"},
		{"no version", leadsTo(""), "leads to no version"},
		{"no alias", refused("ResourceNotFound", "no such alias"), "no such alias"},
	} {
		a.answer("DescribeStateMachineAlias", tt.alias)
		code := 0
		if tt.says != "" {
			code = 1
		}
		failed, _ := a.examine(code)
		if tt.says != "" && (len(failed) == 0 || failed[0].Check != "definition" || !strings.Contains(failed[0].Says, tt.says)) {
			t.Errorf("%s: %+v, want %q", tt.name, failed, tt.says)
		}
	}
}

func TestDoctorKnowsTheDefinitionOfEachPartition(t *testing.T) {
	const gov = "arn:aws-us-gov:states:us-gov-west-1:123456789012:stateMachine:rates"
	a := healthy(t)
	a.answer("GetParameter", strings.Replace(a.parameter(fmt.Sprintf(`,"catalogue":{"sha256":%q,"shipped_sha256":%[1]q}`, choice.Hash(lacuna.Series))), machineARN, gov, 1))
	a.answer("DescribeStateMachine", describedMachine(deployed(t, "aws-us-gov")))
	a.examine(0)
	a.answer("DescribeStateMachine", describedMachine(deployed(t, "aws")))
	if failed, _ := a.examine(1); len(failed) != 1 || failed[0].Check != "definition" {
		t.Errorf("failed %+v, want the definition of another partition", failed)
	}
}

func TestDoctorWithoutANetwork(t *testing.T) {
	a := healthy(t)
	t.Setenv("AWS_ENDPOINT_URL_SSM", "http://127.0.0.1:1")
	failed, all := a.examine(5)
	if len(failed) != 1 || failed[0].Check != "stack" || !strings.Contains(failed[0].Mend, "AWS_ENDPOINT_URL") {
		t.Errorf("failed %+v", failed)
	}
	if where := all[1].Says; !strings.Contains(where, "SSM: http://127.0.0.1:1") || !strings.Contains(where, "DynamoDB, Lambda, SQS, STS, Step Functions: "+a.url) {
		t.Errorf("endpoints: %s", where)
	}
}

// A database in which older versions settled days by one answer: doctor names one
// of each series, and the command that it prints asks for that day again.
func TestDoctorFindsDaysThatOneAnswerSettled(t *testing.T) {
	b := newBench(t)
	b.env = append(b.env, "LACUNA_CATALOGUE="+smallCatalogue(t))
	rows, err := sqlite.Open(b.db, sqlite.Live)
	if err != nil {
		t.Fatal(err)
	}
	at := publisher.Today.Time()
	put := func(day span.Day, r row.Row) {
		r.Series, r.Day, r.Source, r.FetchedAt = "ECB#USD", day, "ecb", at
		if err := rows.Change(t.Context(), row.Row{Series: r.Series, Day: day}, r); err != nil {
			t.Fatal(err)
		}
	}
	value := row.Row{Status: row.Observed, Run: "first", Fields: row.Fields{{Name: "value", Value: "1.1"}}}
	empty := func(run string) row.Row {
		return row.Row{Status: row.Absent, Run: run, Attempts: 1, Reason: "no value between published days, taken for a holiday", Trail: []row.Step{{At: at, Run: run, Answer: "absent"}}}
	}
	monday := publisher.Today - 30 // 2026-06-01
	put(monday, value)
	put(monday+1, empty("first"))
	put(monday+2, value)
	examine := func(code int) string {
		got, stdout, stderr := b.run("doctor")
		if got != code {
			t.Errorf("exit code %d, want %d\n%s%s", got, code, stdout, stderr)
		}
		return stdout
	}
	if said := examine(0); !strings.Contains(said, "ok      settled days of ECB#USD: 1 day settled as absent by one answer, such as 2026-06-02, all with values of the same run around: most likely holidays\n") {
		t.Errorf("beside values of its run:\n%s", said)
	}
	put(monday+3, empty("second"))
	put(monday+4, value)
	said := examine(1)
	if !strings.Contains(said, "failed  settled days of ECB#USD: 1 day settled as absent by one answer, with values of other runs around (and 1 more ") || !strings.Contains(said, ", such as 2026-06-04: ") {
		t.Errorf("alone:\n%s", said)
	}
	_, command, _ := strings.Cut(said, "mend: lacuna ")
	if !strings.HasPrefix(command, "mark missing --series 'ECB#USD' --from 2026-06-04 --to 2026-06-04 --reason 'one answer settled it' ") {
		t.Errorf("mend: %s", command)
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := b.run("mark", "missing", "--series", "ECB#USD", "--from", "2026-06-04", "--to", "2026-06-04", "--reason", "one answer settled it", "--by", "ana"); code != 0 {
		t.Errorf("mark missing: exit code %d\n%s%s", code, stdout, stderr)
	}
	if said := examine(0); strings.Contains(said, "2026-06-04") {
		t.Errorf("after mark missing:\n%s", said)
	}
}

// In AWS the series whose holidays are learned are looked at.
func TestDoctorFindsDaysThatOneAnswerSettledInTheTable(t *testing.T) {
	a := healthy(t)
	a.reply("Query", func(body map[string]any) string {
		if text, err := json.Marshal(body); err != nil || !strings.Contains(string(text), "OIL#BRENT") {
			return `{"Items":[],"Count":0}`
		}
		return `{"Count":1,"Items":[{"info_type":{"S":"OIL#BRENT"},"date":{"S":"2026-01-20"},"status":{"S":"absent"},"source":{"S":"fred"},"run":{"S":"r1"},
			"fetched_at":{"S":"2026-03-01T00:00:00Z"},"attempts":{"N":"1"},"reason":{"S":"no value between published days, taken for a holiday"},
			"trail":{"L":[{"M":{"at":{"S":"2026-03-01T00:00:00Z"},"run":{"S":"r1"},"answer":{"S":"absent"}}}]}}]}`
	})
	failed, _ := a.examine(1)
	if len(failed) != 1 || failed[0].Check != "settled days of OIL#BRENT" || !strings.Contains(failed[0].Says, "1 day settled as absent by one answer") ||
		!strings.Contains(failed[0].Mend, "mark missing --series 'OIL#BRENT' --from 2026-01-20 --to 2026-01-20 ") {
		t.Errorf("failed %+v", failed)
	}
}

func TestDoctorOnThisMachine(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	diesel := slices.Clone(b.Observations(publisher.ANP, "OLEO DIESEL")) // its real prices end months before today
	for week := diesel[len(diesel)-1].Day + 7; week < publisher.Today-7; week += 7 {
		diesel = append(diesel, publisher.Observation{Day: week, Values: []string{"6.80"}})
	}
	b.Add(publisher.ANP, "OLEO DIESEL", diesel)
	code, stdout, stderr := b.run("doctor", "--catalogue", catalogueFile(t))
	for _, want := range []string{"ok      catalogue: ", "ok      database: " + b.db + " is not there yet", "ok      publisher ecb: answers: 10 days of "} {
		if !strings.Contains(stdout, want) {
			t.Errorf("exit code %d, no %q in\n%s%s", code, want, stdout, stderr)
		}
	}
	if code != 0 {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
	if err := b.Fail(publisher.Fault{Source: publisher.ECB, Kind: publisher.Status, Status: 503, Times: 1}); err != nil {
		t.Fatal(err)
	}
	code, stdout, _ = b.run("doctor", "--catalogue", catalogueFile(t))
	if code != 5 || strings.Count(stdout, "failed") != 1 || !strings.Contains(stdout, "failed  publisher ecb: ecb cannot be reached: ") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
	broken := filepath.Join(t.TempDir(), "broken.yaml")
	if err := os.WriteFile(broken, []byte("version: 9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, _ = b.run("doctor", "--catalogue", broken)
	if code != 1 || !strings.Contains(stdout, "failed  catalogue: ") || !strings.Contains(stdout, "mend: lacuna series validate") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
}
