package sfnapi

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	firstVersion = 1
	maxVersions  = 1000 // of a machine
)

// version is a revision of a machine with a number. It never changes.
type version struct {
	revision
	number      int64 // is never given again
	created     time.Time
	description string
}

// publication are the members of a request that publish a version too.
type publication struct {
	Publish     bool   `json:"publish"`
	Description string `json:"versionDescription"`
}

func (p publication) check() error {
	if p.Description != "" && !p.Publish {
		return fail("ValidationException", "Version description can only be set when publish is true")
	}
	return nil
}

// target is what the ARN of a state machine names: a machine, one of its versions, or one
// of its aliases with the version that most executions of it run.
type target struct {
	machine *machine
	version *version
	alias   *alias
}

// target finds what an ARN names. s.mu is held.
func (s *Server) target(arn string) (target, error) {
	unqualified, qualifier := qualified(arn)
	m, err := s.machine(unqualified)
	switch {
	case err != nil:
		return target{}, errNoMachine(arn)
	case qualifier == "":
		return target{machine: m}, nil
	}
	if v := m.version(qualifier); v != nil {
		return target{machine: m, version: v}, nil
	}
	if a := m.alias(qualifier); a != nil {
		return target{m, a.heaviest(), a}, nil
	}
	return target{}, errNoMachine(arn)
}

// qualified takes an ARN and its qualifier, a version's number or an alias's name, apart.
func qualified(arn string) (machine, qualifier string) {
	parts := strings.SplitN(arn, ":", 8)
	if len(parts) < 8 {
		return arn, ""
	}
	return strings.Join(parts[:7], ":"), parts[7]
}

// revision is what executions of the target run.
func (t target) revision() revision {
	if t.version != nil {
		return t.version.revision
	}
	return t.machine.revision
}

func (t target) started() (as started) {
	if t.version != nil {
		as.VersionARN = t.machine.versionARN(t.version.number)
	}
	if t.alias != nil {
		as.AliasARN = t.machine.arn + ":" + t.alias.name
	}
	return as
}

func (m *machine) versionARN(number int64) string {
	return m.arn + ":" + strconv.FormatInt(number, 10)
}

// version finds a version by its number, nil if there is none.
func (m *machine) version(number string) *version {
	for _, v := range m.versions {
		if strconv.FormatInt(v.number, 10) == number {
			return v
		}
	}
	return nil
}

// versionOf finds the version of a revision, nil if none was published.
func (m *machine) versionOf(revision string) *version {
	for _, v := range m.versions {
		if v.id == revision {
			return v
		}
	}
	return nil
}

// mayPublish tells why a revision cannot become a version.
func (m *machine) mayPublish(revision string) error {
	if len(m.versions) >= maxVersions && m.versionOf(revision) == nil {
		return fail("ServiceQuotaExceededException", "The state machine %s has %d versions, and may not have more: delete one first", m.arn, maxVersions)
	}
	return nil
}

// publish makes a version of the current revision, or finds the one that there is. s.mu is
// held.
func (s *Server) publish(m *machine, description string) *version {
	if v := m.versionOf(m.id); v != nil {
		return v
	}
	m.published++
	v := &version{m.revision, m.published, time.Now(), description}
	m.versions = append(m.versions, v)
	s.use(v.program)
	return v
}

type publishInput struct {
	ARN         *string `json:"stateMachineArn"`
	Revision    *string `json:"revisionId"`
	Description string  `json:"description"`
}

func (in publishInput) check() error {
	var v validation
	v.most("description", &in.Description, maxDescription)
	return v.arn("stateMachineArn", in.ARN, kindMachine)
}

type publishOutput struct {
	VersionARN string  `json:"stateMachineVersionArn"`
	Created    seconds `json:"creationDate"`
}

// publishStateMachineVersion makes a version of what a machine runs now. s.mu is held.
func (s *Server) publishStateMachineVersion(in publishInput) (out publishOutput, err error) {
	m, err := s.machine(*in.ARN)
	if err != nil {
		return out, err
	}
	if in.Revision != nil && *in.Revision != m.id {
		current := m.id
		if current == "" {
			current = "null"
		}
		return out, fail("ConflictException", "Failed to publish the State Machine version for revision %s. The current State Machine revision is %s.", *in.Revision, current)
	}
	if err := m.mayPublish(m.id); err != nil {
		return out, err
	}
	if err := s.room(2*versionBytes+m.revisionBytes(), s.share(7)); err != nil {
		return out, err
	}
	published := s.publish(m, in.Description)
	s.counted(m)
	return publishOutput{m.versionARN(published.number), seconds(published.created)}, nil
}

type versionInput struct {
	ARN *string `json:"stateMachineVersionArn"`
}

func (in versionInput) check() error {
	return checkARN("stateMachineVersionArn", in.ARN, kindMachine)
}

// deleteStateMachineVersion deletes a version to which no alias leads. Executions of it
// go on; one that is not there is deleted already. s.mu is held.
func (s *Server) deleteStateMachineVersion(in versionInput) (empty, error) {
	t, err := s.target(*in.ARN)
	switch {
	case err != nil:
		return empty{}, nil //nolint:nilerr // as AWS answers
	case t.version == nil || t.alias != nil:
		return empty{}, fail("ValidationException", "stateMachineVersionArn: '%s' is not the ARN of a version", *in.ARN)
	}
	var names []string
	for _, a := range t.machine.aliases {
		if a.leadsTo(t.version) {
			names = append(names, a.name)
		}
	}
	if names != nil {
		return empty{}, fail("ConflictException", "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [%s]", strings.Join(names, ", "))
	}
	s.drop(t.version.program)
	defer s.counted(t.machine)
	t.machine.versions = slices.DeleteFunc(t.machine.versions, func(v *version) bool { return v == t.version })
	return empty{}, nil
}

type listOfMachineInput struct {
	page
	ARN *string `json:"stateMachineArn"`
}

func (in listOfMachineInput) check() error {
	var v validation
	v.page(in.page, 1024)
	return v.arn("stateMachineArn", in.ARN, kindMachine)
}

// listStateMachineVersions lists versions, the last first; a machine that is not there has
// none. s.mu is held.
func (s *Server) listStateMachineVersions(in listOfMachineInput) (list, error) {
	m, err := s.machine(*in.ARN)
	if err != nil {
		return list{"stateMachineVersions": []publishOutput{}}, nil //nolint:nilerr // as AWS answers
	}
	all := slices.Clone(m.versions)
	slices.Reverse(all)
	return part(s, "stateMachineVersions", in.page, "versions "+m.arn, all, func(v *version) int64 { return -v.number }, func(v *version) any {
		return publishOutput{m.versionARN(v.number), seconds(v.created)}
	})
}
