package asl

import "lacuna/internal/jsonpath"

func (p *parser) task(s *State, f *fields) {
	p.result(s, f)
	p.retryAndCatch(s, f)
	s.Parameters, s.ResultSelector = f.template("Parameters"), f.template("ResultSelector")
	t := &TaskFields{Resource: f.text("Resource")}
	s.Task = t
	if !f.has("Resource") {
		p.fail(f.place, "These fields are required: [Resource]")
	} else {
		p.resource(t, f.at("Resource"))
	}
	t.Timeout, t.Heartbeat = f.seconds("TimeoutSeconds"), f.seconds("HeartbeatSeconds")
	if t.Timeout.Value > 0 && t.Heartbeat.Value >= t.Timeout.Value {
		p.fail(f.at("HeartbeatSeconds"), "HeartbeatSeconds must be smaller than TimeoutSeconds")
	}
	if credentials, ok := f.object("Credentials"); ok {
		t.CredentialsRole = p.credentials(credentials, f.at("Credentials"))
	}
}

func (p *parser) credentials(o *jsonpath.Object, place string) *Template {
	f := p.fields(o, place)
	t := &Template{Literal: f.text("RoleArn")}
	if expr := f.path("RoleArn.$", parseExpr); expr != nil {
		t = &Template{Expr: expr}
	} else if !f.has("RoleArn") && !f.has("RoleArn.$") {
		p.fail(place, "The field 'RoleArn' is required but was missing")
	}
	f.refuseOthers()
	return t
}

func (f *fields) seconds(name string) Seconds {
	f.notBoth(name, name+"Path")
	return Seconds{Value: f.whole(name, 1, maxSeconds), Path: f.path(name+"Path", parseReference)}
}
