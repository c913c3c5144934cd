package sfnapi

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lacuna/internal/lazy"
)

const (
	maxAliases = 100 // of a machine
	maxRoutes  = 2   // of an alias
	fullWeight = 100 // of all routes of an alias
)

// alias leads to one version of a machine, or to two. Server.mu guards what can change.
type alias struct {
	name             string
	seq              int64
	created, updated time.Time
	description      string
	routes           []route
}

// route is a version to which an alias leads weight of fullWeight executions.
type route struct {
	version *version
	weight  int
}

// alias finds an alias by its name, nil if there is none.
func (m *machine) alias(name string) *alias {
	for _, a := range m.aliases {
		if a.name == name {
			return a
		}
	}
	return nil
}

// pick is the version of an execution; n is from 0 to fullWeight-1.
func (a *alias) pick(n int) *version {
	if n < a.routes[0].weight {
		return a.routes[0].version
	}
	return a.routes[len(a.routes)-1].version
}

// heaviest is the version of most executions, the first of two equal ones.
func (a *alias) heaviest() *version { return a.pick((fullWeight - 1) / 2) }

func (a *alias) leadsTo(v *version) bool {
	return slices.ContainsFunc(a.routes, func(r route) bool { return r.version == v })
}

type routing struct {
	VersionARN *string `json:"stateMachineVersionArn"`
	Weight     *int    `json:"weight"`
}

// routings are a routingConfiguration; nil is none.
type routings []routing

// validate wants what the API's model says.
func (rs routings) validate(v *validation) {
	var items []string
	for i, r := range rs {
		weight := "null"
		if r.Weight != nil {
			weight = strconv.Itoa(*r.Weight)
		}
		items = append(items, fmt.Sprintf("RoutingConfigurationListItem(stateMachineVersionArn=%s, weight=%s)", deref(r.VersionARN), weight))
		field := fmt.Sprintf("routingConfiguration.%d.member.", i+1)
		v.required(field+"stateMachineVersionArn", r.VersionARN)
		v.most(field+"stateMachineVersionArn", r.VersionARN, maxARN)
		if r.Weight == nil {
			v.add("null", field+"weight", "not be null")
		} else {
			v.count(field+"weight", *r.Weight, fullWeight)
		}
	}
	value := "[" + strings.Join(items, ", ") + "]"
	switch {
	case rs != nil && len(rs) == 0:
		v.add(value, "routingConfiguration", "have length greater than or equal to 1")
	case len(rs) > maxRoutes:
		v.add(value, "routingConfiguration", "have length less than or equal to %d", maxRoutes)
	}
}

// machine is the ARN of the machine whose versions the routings name, "" if they name none.
// They have been validated.
func (rs routings) machine() (string, error) {
	var arns, weights, machines []string
	sum := 0
	for _, r := range rs {
		arn, qualifier := qualified(*r.VersionARN)
		if number, err := strconv.ParseInt(qualifier, 10, 64); err != nil || number < firstVersion {
			arn = ""
		}
		arns, weights, machines = append(arns, *r.VersionARN), append(weights, strconv.Itoa(*r.Weight)), append(machines, arn)
		sum += *r.Weight
	}
	received := "Received: [" + strings.Join(arns, ", ") + "]"
	switch {
	case slices.Contains(machines, ""):
		return "", fail("ValidationException", "Routing configuration must contain state machine version ARNs. %s", received)
	case len(rs) == 2 && arns[0] == arns[1]:
		return "", fail("ValidationException", "Routing configuration must contain distinct state machine version ARNs. %s", received)
	case len(rs) == 2 && machines[0] != machines[1]:
		return "", fail("ValidationException", "Routing configuration must contain versions of one state machine. %s", received)
	case len(rs) > 0 && sum != fullWeight:
		return "", fail("ValidationException", "Sum of routing configuration weights must equal %d. Received: [%s]", fullWeight, strings.Join(weights, ", "))
	case len(rs) == 0:
		return "", nil
	}
	return machines[0], nil
}

func errNoResource() error {
	return fail("ResourceNotFound", "Request references a resource that does not exist.")
}

// routes finds the versions of m that the routings name. s.mu is held.
func (m *machine) routes(rs routings) ([]route, error) {
	var list []route
	for _, r := range rs {
		_, number := qualified(*r.VersionARN)
		v := m.version(number)
		if v == nil {
			return nil, errNoResource()
		}
		list = append(list, route{v, *r.Weight})
	}
	return list, nil
}

// aliasName is what the name of an alias looks like: not as the number of a version.
var aliasName = lazy.Regexp(`^[0-9]*[a-zA-Z_\-.][a-zA-Z0-9_\-.]*$`)

const aliasPattern = `^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$` // as AWS says it

type createAliasInput struct {
	Name        *string  `json:"name"`
	Description string   `json:"description"`
	Routing     routings `json:"routingConfiguration"`
}

type aliasItem struct {
	ARN     string  `json:"stateMachineAliasArn"`
	Created seconds `json:"creationDate"`
}

func (in createAliasInput) check() error {
	var v validation
	v.required("name", in.Name)
	v.most("name", in.Name, maxName)
	if in.Name != nil && *in.Name != "" && !aliasName().MatchString(*in.Name) {
		v.add(*in.Name, "name", "satisfy regular expression pattern: %s", aliasPattern)
	}
	v.most("description", &in.Description, maxDescription)
	if in.Routing == nil {
		v.add("null", "routingConfiguration", "not be null")
	}
	in.Routing.validate(&v)
	return v.err()
}

// createStateMachineAlias creates an alias, or finds the one that is the same. s.mu is held.
func (s *Server) createStateMachineAlias(in createAliasInput) (out aliasItem, err error) {
	arn, err := in.Routing.machine()
	if err != nil {
		return out, err
	}
	m, err := s.machine(arn)
	if err != nil {
		return out, errNoResource()
	}
	routes, err := m.routes(in.Routing)
	if err != nil {
		return out, err
	}
	a := m.alias(*in.Name)
	switch {
	case a != nil && a.description == in.Description && slices.Equal(a.routes, routes):
	case a != nil:
		return out, fail("ConflictException", "Failed to create alias because an alias with the same name and a different routing configuration already exists.")
	case len(m.aliases) >= maxAliases:
		return out, fail("ServiceQuotaExceededException", "The state machine %s has %d aliases, and may not have more: delete one first", m.arn, maxAliases)
	default:
		if err := s.room(2*versionBytes, s.share(7)); err != nil {
			return out, err
		}
		defer s.counted(m)
		s.seq++
		now := time.Now()
		a = &alias{*in.Name, s.seq, now, now, in.Description, routes}
		m.aliases = append(m.aliases, a)
	}
	return aliasItem{m.arn + ":" + a.name, seconds(a.created)}, nil
}

type aliasInput struct {
	ARN *string `json:"stateMachineAliasArn"`
}

func (in aliasInput) check() error {
	return checkARN("stateMachineAliasArn", in.ARN, kindMachine)
}

// findAlias finds an alias by its ARN, and its machine. s.mu is held.
func (s *Server) findAlias(arn string) (*machine, *alias, error) {
	t, err := s.target(arn)
	if err != nil || t.alias == nil {
		return nil, nil, errNoResource()
	}
	return t.machine, t.alias, nil
}

type updateAliasInput struct {
	aliasInput
	Description *string  `json:"description"`
	Routing     routings `json:"routingConfiguration"`
}

func (in updateAliasInput) check() error {
	var v validation
	v.most("description", in.Description, maxDescription)
	in.Routing.validate(&v)
	if err := v.arn("stateMachineAliasArn", in.ARN, kindMachine); err != nil {
		return err
	}
	if in.Description == nil && in.Routing == nil {
		return fail("ValidationException", "Either the description or the routingConfiguration must be specified")
	}
	return nil
}

type updateAliasOutput struct {
	Updated seconds `json:"updateDate"`
}

// updateStateMachineAlias changes what an alias says or where it leads. s.mu is held.
func (s *Server) updateStateMachineAlias(in updateAliasInput) (out updateAliasOutput, err error) {
	of, err := in.Routing.machine()
	if err != nil {
		return out, err
	}
	m, a, err := s.findAlias(*in.ARN)
	if err != nil {
		return out, err
	}
	if in.Routing != nil {
		if of != m.arn {
			return out, fail("ValidationException", "Routing configuration must contain versions of the alias's state machine %s. Received: %s", m.arn, of)
		}
		routes, err := m.routes(in.Routing)
		if err != nil {
			return out, err
		}
		a.routes = routes
	}
	if in.Description != nil {
		a.description = *in.Description
		defer s.counted(m)
	}
	a.updated = time.Now()
	return updateAliasOutput{seconds(a.updated)}, nil
}

type describeAliasOutput struct {
	ARN         string    `json:"stateMachineAliasArn"`
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	Routing     []routing `json:"routingConfiguration"`
	Created     seconds   `json:"creationDate"`
	Updated     seconds   `json:"updateDate"`
}

// describeStateMachineAlias tells where an alias leads. s.mu is held.
func (s *Server) describeStateMachineAlias(in aliasInput) (out describeAliasOutput, err error) {
	m, a, err := s.findAlias(*in.ARN)
	if err != nil {
		return out, err
	}
	out = describeAliasOutput{ARN: *in.ARN, Name: a.name, Description: a.description, Created: seconds(a.created), Updated: seconds(a.updated)}
	for _, r := range a.routes {
		arn := m.versionARN(r.version.number)
		out.Routing = append(out.Routing, routing{&arn, &r.weight})
	}
	return out, nil
}

// deleteStateMachineAlias deletes an alias; one that is not there is deleted already.
// s.mu is held.
func (s *Server) deleteStateMachineAlias(in aliasInput) (empty, error) {
	if m, a, err := s.findAlias(*in.ARN); err == nil {
		m.aliases = slices.DeleteFunc(m.aliases, func(other *alias) bool { return other == a })
		s.counted(m)
	}
	return empty{}, nil
}

// listStateMachineAliases lists the aliases of a machine, or those that lead to a version,
// in the order they were created. s.mu is held.
func (s *Server) listStateMachineAliases(in listOfMachineInput) (list, error) {
	t, err := s.target(*in.ARN)
	if err != nil {
		return nil, err
	}
	var all []*alias
	for _, a := range t.machine.aliases {
		if t.version == nil || a.leadsTo(t.version) {
			all = append(all, a)
		}
	}
	return part(s, "stateMachineAliases", in.page, "aliases "+*in.ARN, all, func(a *alias) int64 { return a.seq }, func(a *alias) any {
		return aliasItem{t.machine.arn + ":" + a.name, seconds(a.created)}
	})
}
