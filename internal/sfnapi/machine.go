package sfnapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"lacuna/internal/asl"

	"github.com/google/uuid"
)

// machine is a state machine. Server.mu guards what can change.
type machine struct {
	revision
	name, arn string
	seq       int64
	created   time.Time
	asked     publication // when it was created
	tags      map[string]string
	keeper    Keeper
	held      int64        // bytes that are counted of it
	runs      []*execution // in the order they were started
	versions  []*version   // in the order of their numbers
	published int64        // number of the last version
	aliases   []*alias     // in the order they were created
}

// revision is what executions of a machine run.
type revision struct {
	id      string // "" until the first update that changes something
	updated time.Time
	*program
	role    string
	logging json.RawMessage
	tracing json.RawMessage
}

// program is a definition that revisions, versions and executions share.
type program struct {
	definition string
	parsed     *asl.Machine
	bytes      int64
	users      int
}

var (
	noLogging = json.RawMessage(`{"level":"OFF","includeExecutionData":false}`)
	noTracing = json.RawMessage(`{"enabled":false}`)
)

// add puts a new machine into the server. s.mu is held.
func (s *Server) add(m *machine) {
	s.seq++
	m.seq, m.created = s.seq, time.Now()
	m.updated = m.created
	m.orDefaults()
	if m.tags == nil {
		m.tags = map[string]string{}
	}
	s.use(m.program)
	if m.asked.Publish {
		s.publish(m, m.asked.Description)
	}
	s.machines[m.name] = m
	s.counted(m)
}

// orDefaults sets what was not given.
func (r *revision) orDefaults() {
	if r.logging == nil {
		r.logging = noLogging
	}
	if r.tracing == nil {
		r.tracing = noTracing
	}
}

// machine finds a state machine by its ARN. s.mu is held.
func (s *Server) machine(arn string) (*machine, error) {
	if m := s.machines[arn[strings.LastIndexByte(arn, ':')+1:]]; m != nil && m.arn == arn {
		return m, nil
	}
	return nil, errNoMachine(arn)
}

func errNoMachine(arn string) error {
	return fail("StateMachineDoesNotExist", "State Machine Does Not Exist: '%s'", arn)
}

type createStateMachineInput struct {
	Name       *string         `json:"name"`
	Definition *string         `json:"definition"`
	RoleARN    *string         `json:"roleArn"`
	Type       string          `json:"type"`
	Logging    json.RawMessage `json:"loggingConfiguration"`
	Tracing    json.RawMessage `json:"tracingConfiguration"`
	Tags       []tag           `json:"tags"`
	publication
}

type createStateMachineOutput struct {
	ARN        string  `json:"stateMachineArn"`
	Created    seconds `json:"creationDate"`
	VersionARN string  `json:"stateMachineVersionArn,omitempty"`
}

func (s *Server) createStateMachine(_ context.Context, in createStateMachineInput) (out createStateMachineOutput, err error) {
	program, err := s.parse(*in.Definition, in.Type)
	if err != nil {
		return out, err
	}
	if in.Type == typeExpress {
		return out, fail("StateMachineTypeNotSupported", "Express workflows are not supported here, only STANDARD")
	}
	m := &machine{
		revision: revision{program: program, role: *in.RoleARN, logging: given(in.Logging), tracing: given(in.Tracing)},
		name:     *in.Name, arn: s.arn(kindMachine, *in.Name), asked: in.publication, tags: tagMap(in.Tags),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.machines[m.name]; !ok {
		if len(s.machines) >= maxMachines {
			return out, fail("StateMachineLimitExceeded", "State Machine Limit Exceeded: 'There are %d state machines, and may not be more: delete one first'", maxMachines)
		}
		if err := s.room(program.bytes+m.bytesHeld()+versionBytes, s.share(7)); err != nil {
			return out, err
		}
		s.add(m)
	} else if m.orDefaults(); old.sameAs(&m.revision) && old.asked == m.asked {
		m = old // idempotent, whatever role and tags are
	} else {
		return out, fail("StateMachineAlreadyExists", "State Machine Already Exists: '%s'", old.arn)
	}
	out = createStateMachineOutput{ARN: m.arn, Created: seconds(m.created)}
	if in.Publish {
		out.VersionARN = m.versionARN(firstVersion)
	}
	return out, nil
}

// sameAs tells whether two revisions do the same, whatever their roles are.
func (r *revision) sameAs(other *revision) bool {
	return r.definition == other.definition && sameJSON(r.logging, other.logging) && sameJSON(r.tracing, other.tracing)
}

func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

// maxMachines and maxActivities are AWS's quotas of them.
const (
	maxMachines   = 10_000
	maxActivities = 10_000
)

const (
	typeStandard = "STANDARD"
	typeExpress  = "EXPRESS"
)

func (in createStateMachineInput) check() error {
	var v validation
	v.required("name", in.Name)
	v.required("definition", in.Definition)
	v.required("roleArn", in.RoleARN)
	v.oneOf("type", in.Type, typeStandard, typeExpress)
	v.most("versionDescription", &in.Description, maxDescription)
	if err := v.err(); err != nil {
		return err
	}
	if err := in.publication.check(); err != nil {
		return err
	}
	return errors.Join(checkName(*in.Name), checkRole(*in.RoleARN), checkTags(in.Tags), checkConfiguration(in.Logging, in.Tracing))
}

// maxConfiguration is how many bytes the configuration of logs or of traces has at most;
// AWS's has a level, two flags and one destination.
const maxConfiguration = 16 << 10

func checkConfiguration(logging, tracing json.RawMessage) error {
	if len(logging) > maxConfiguration || len(tracing) > maxConfiguration {
		return fail("ValidationException", "loggingConfiguration or tracingConfiguration is larger than %d bytes", maxConfiguration)
	}
	return nil
}

// given is nil for JSON that is absent or null.
func given(text json.RawMessage) json.RawMessage {
	if string(text) == "null" {
		return nil
	}
	return text
}

// parse reads a definition for a type of machine, if there is room for it. Otherwise the
// error is InvalidDefinition.
func (s *Server) parse(definition, machineType string) (*program, error) {
	if len(definition) > maxDefinition {
		return nil, fail("InvalidDefinition", "Invalid State Machine Definition: 'the definition is larger than %d bytes'", maxDefinition)
	}
	bytes := programBytes(definition)
	s.mu.Lock()
	err := s.room(bytes, s.share(7))
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	m, err := parseAs(definition, machineType)
	if err != nil {
		return nil, fail("InvalidDefinition", "%s", err)
	}
	return &program{definition: definition, parsed: m, bytes: bytes}, nil
}

func parseAs(definition, machineType string) (*asl.Machine, error) {
	m, err := asl.Parse([]byte(definition))
	if err == nil && machineType == typeExpress {
		err = m.CheckExpress()
	}
	return m, err
}

type updateStateMachineInput struct {
	ARN        *string         `json:"stateMachineArn"`
	Definition *string         `json:"definition"`
	RoleARN    *string         `json:"roleArn"`
	Logging    json.RawMessage `json:"loggingConfiguration"`
	Tracing    json.RawMessage `json:"tracingConfiguration"`
	publication
}

type updateStateMachineOutput struct {
	Updated    seconds `json:"updateDate"`
	Revision   string  `json:"revisionId,omitempty"`
	VersionARN string  `json:"stateMachineVersionArn,omitempty"`
}

// updateStateMachine changes what later executions run; those that run go on as
// they began.
func (s *Server) updateStateMachine(_ context.Context, in updateStateMachineInput) (out updateStateMachineOutput, err error) {
	var program *program
	if in.Definition != nil {
		if program, err = s.parse(*in.Definition, typeStandard); err != nil {
			return out, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m, err := s.machine(*in.ARN)
	if err != nil {
		return out, err
	}
	next := m.revision
	more := int64(2 * versionBytes)
	if program != nil {
		next.program, more = program, more+program.bytes
	}
	if in.RoleARN != nil {
		next.role = *in.RoleARN
	}
	if logging := given(in.Logging); logging != nil {
		next.logging = logging
	}
	if tracing := given(in.Tracing); tracing != nil {
		next.tracing = tracing
	}
	if !next.sameAs(&m.revision) || next.role != m.role {
		next.id = uuid.NewString()
	}
	next.updated = time.Now()
	if in.Publish {
		if err := m.mayPublish(next.id); err != nil {
			return out, err
		}
	}
	if err := s.room(more+next.revisionBytes(), s.share(7)); err != nil {
		return out, err
	}
	s.use(next.program)
	s.drop(m.program)
	m.revision = next
	defer s.counted(m)
	out = updateStateMachineOutput{Updated: seconds(m.updated), Revision: m.id}
	if in.Publish {
		out.VersionARN = m.versionARN(s.publish(m, in.Description).number)
	}
	return out, nil
}

func (in updateStateMachineInput) check() error {
	var v validation
	v.most("versionDescription", &in.Description, maxDescription)
	if err := v.arn("stateMachineArn", in.ARN, kindMachine); err != nil {
		return err
	}
	if in.Definition == nil && in.RoleARN == nil && given(in.Logging) == nil && given(in.Tracing) == nil {
		return fail("MissingRequiredParameter", "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified")
	}
	if err := in.publication.check(); err != nil {
		return err
	}
	if in.RoleARN != nil {
		if err := checkRole(*in.RoleARN); err != nil {
			return err
		}
	}
	return checkConfiguration(in.Logging, in.Tracing)
}

// The two values of includedData.
const (
	allData      = "ALL_DATA"
	metadataOnly = "METADATA_ONLY"
)

type describeStateMachineInput struct {
	ARN      *string `json:"stateMachineArn"`
	Included string  `json:"includedData"`
}

func (in describeStateMachineInput) check() error {
	return checkDescribe("stateMachineArn", in.ARN, kindMachine, in.Included)
}

type describeStateMachineOutput struct {
	ARN         string          `json:"stateMachineArn"`
	Name        string          `json:"name"`
	Status      string          `json:"status"`
	Definition  string          `json:"definition,omitempty"`
	RoleARN     string          `json:"roleArn"`
	Type        string          `json:"type"`
	Created     seconds         `json:"creationDate"`
	Logging     json.RawMessage `json:"loggingConfiguration"`
	Tracing     json.RawMessage `json:"tracingConfiguration"`
	Revision    string          `json:"revisionId,omitempty"`
	Description string          `json:"description,omitempty"` // of a version
}

// describeStateMachine describes a machine, or one of its versions. s.mu is held.
func (s *Server) describeStateMachine(in describeStateMachineInput) (out describeStateMachineOutput, err error) {
	t, err := s.target(*in.ARN)
	if err != nil {
		return out, err
	}
	m, r := t.machine, t.revision()
	out = describeStateMachineOutput{
		ARN: m.arn, Name: m.name, Status: "ACTIVE", Definition: r.definition, RoleARN: r.role, Type: typeStandard,
		Created: seconds(m.created), Logging: r.logging, Tracing: r.tracing, Revision: r.id,
	}
	if v := t.version; v != nil {
		out.ARN, out.Created, out.Description = m.versionARN(v.number), seconds(v.created), v.description
	}
	if in.Included == metadataOnly {
		out.Definition = ""
	}
	return out, nil
}

func checkDescribe(field string, arn *string, kind, included string) error {
	var v validation
	v.oneOf("includedData", included, allData, metadataOnly)
	return v.arn(field, arn, kind)
}

type stateMachineItem struct {
	ARN     string  `json:"stateMachineArn"`
	Name    string  `json:"name"`
	Type    string  `json:"type"`
	Created seconds `json:"creationDate"`
}

// listStateMachines lists the machines in the order they were created. s.mu is held.
func (s *Server) listStateMachines(in page) (list, error) {
	all := slices.SortedFunc(maps.Values(s.machines), func(a, b *machine) int { return int(a.seq - b.seq) })
	return part(s, "stateMachines", in, "machines", all, func(m *machine) int64 { return m.seq }, func(m *machine) any {
		return stateMachineItem{m.arn, m.name, typeStandard, seconds(m.created)}
	})
}

type machineInput struct {
	ARN *string `json:"stateMachineArn"`
}

func (in machineInput) check() error { return checkARN("stateMachineArn", in.ARN, kindMachine) }

type empty struct{}

// deleteStateMachine stops the machine's executions and forgets them, its versions and its
// aliases. A machine that is not there is deleted already. s.mu is held.
func (s *Server) deleteStateMachine(in machineInput) (empty, error) {
	t, err := s.target(*in.ARN)
	if err != nil {
		return empty{}, nil //nolint:nilerr // as AWS answers
	}
	if t.version != nil {
		return empty{}, fail("ValidationException", "stateMachineArn: '%s' is not the ARN of a state machine but of a version or an alias", *in.ARN)
	}
	m := t.machine
	delete(s.machines, m.name)
	for _, x := range m.runs {
		delete(s.runs, x.ARN())
		x.Stop("", "")
	}
	s.ended = slices.DeleteFunc(s.ended, func(x *execution) bool {
		if x.machine == m {
			s.letGo(x) // others when they have ended
		}
		return x.machine == m
	})
	for _, v := range m.versions {
		s.drop(v.program)
	}
	s.drop(m.program)
	s.used.Add(-m.held)
	return empty{}, nil
}

type validateInput struct {
	Definition *string `json:"definition"`
	Type       string  `json:"type"`
	Severity   string  `json:"severity"`
	MaxResults int     `json:"maxResults"`
}

func (in validateInput) check() error {
	var v validation
	v.required("definition", in.Definition)
	v.oneOf("type", in.Type, typeStandard, typeExpress)
	v.oneOf("severity", in.Severity, "ERROR", "WARNING")
	v.count("maxResults", in.MaxResults, maxDiagnostics)
	return v.err()
}

type validateOutput struct {
	Result      string       `json:"result"`
	Diagnostics []diagnostic `json:"diagnostics"`
	Truncated   bool         `json:"truncated"`
}

type diagnostic struct {
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Location string `json:"location,omitempty"`
}

const maxDiagnostics = 100

func (s *Server) validateStateMachineDefinition(_ context.Context, in validateInput) (out validateOutput, err error) {
	out = validateOutput{Result: "OK", Diagnostics: []diagnostic{}}
	_, err = parseAs(*in.Definition, in.Type)
	invalid, ok := errors.AsType[*asl.DefinitionError](err)
	if !ok {
		return out, err
	}
	out.Result = "FAIL"
	for _, d := range invalid.Diagnostics {
		out.Diagnostics = append(out.Diagnostics, diagnostic{"ERROR", d.Code, d.Message, d.Location})
	}
	most := cmp.Or(in.MaxResults, maxDiagnostics)
	if out.Truncated = len(out.Diagnostics) > most; out.Truncated {
		out.Diagnostics = out.Diagnostics[:most]
	}
	return out, nil
}
