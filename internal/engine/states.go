package engine

import (
	"math"
	"strings"
	"time"

	"lacuna/internal/asl"
	"lacuna/internal/jsonpath"
)

// context is the context object, as the current state sees it.
func (t *thread) context() any {
	x := t.x
	state := object("Name", t.state.Name, "EnteredTime", timestamp(t.enteredAt))
	switch t.state.Type {
	case asl.Task, asl.Map, asl.Parallel: // which may be retried
		state.Set("RetryCount", int64(t.retryCount))
	}
	execution := object("Id", x.arn, "Input", x.input.value, "StartTime", timestamp(x.shown),
		"Name", x.name, "RoleArn", x.roleARN, "RedriveCount", int64(x.result.RedriveCount))
	if x.result.RedriveCount > 0 {
		execution.Set("RedriveTime", timestamp(x.begun))
	}
	c := object(
		"Execution", execution,
		"StateMachine", object("Id", x.ownARN, "Name", x.owner),
		"State", state,
	)
	if t.attempt != nil && t.attempt.shown != "" {
		c.Set("Task", object("Token", t.attempt.shown))
	}
	if t.item != nil {
		item := object("Index", int64(t.item.index), "Value", x.content(t.item))
		if t.item.source != "" {
			item.Set("Source", t.item.source)
		}
		c.Set("Map", object("Item", item))
	}
	return c
}

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// maxWait is how long a Wait state may last on AWS: the seconds of an int32.
const maxWait = math.MaxInt32

// wait waits; the state goes on when the time has come.
func (t *thread) wait(input document) error {
	left, err := t.waitTime(input)
	if err != nil {
		return err
	}
	if left > maxWait*time.Second {
		return stateErrorf("Wait state delay is too long.")
	}
	assigned, err := t.env(input).assign(t.state.Assign)
	if err != nil {
		return err
	}
	for _, value := range assigned {
		t.holdOn(jsonpath.WeightOf(value))
	}
	t.timer = t.x.after(max(0, left), func() {
		t.resume(func() { t.proceed(t.exit(input, t.state.Next, assigned)) })
	})
	return nil
}

func (t *thread) waitTime(input document) (time.Duration, error) {
	w, e := t.state.Wait, t.env(input)
	switch {
	case w.Seconds != nil:
		return time.Duration(*w.Seconds) * time.Second, nil
	case w.SecondsPath != nil:
		return e.secondsOf(w.SecondsPath)
	}
	if w.TimestampPath != nil {
		return e.untilOf(w.TimestampPath)
	}
	until, ok := parseOffsetDateTime(w.Timestamp)
	if !ok {
		return 0, stateErrorf("The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: %s", w.Timestamp)
	}
	return time.Until(until), nil
}

func (e *env) untilOf(path *asl.Expr) (time.Duration, error) {
	value, err := e.waitValue("TimestampPath", path)
	if err != nil {
		return 0, err
	}
	text, isText := value.(string)
	until, ok := parseOffsetDateTime(text)
	if !isText || !ok {
		return 0, stateErrorf("The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: %s == %s", path.Text, jsonpath.JavaString(value))
	}
	return time.Until(until), nil
}

func (e *env) secondsOf(path *asl.Expr) (time.Duration, error) {
	value, err := e.waitValue("SecondsPath", path)
	if err != nil {
		return 0, err
	}
	n, ok := value.(int64)
	switch {
	case !ok:
		return 0, stateErrorf("The SecondsPath parameter cannot be parsed as a long value: %s == %s", path.Text, jsonpath.JavaString(value))
	case n < 0:
		return 0, stateErrorf("The SecondsPath parameter references a negative value: %s == %d", path.Text, n)
	}
	return time.Duration(min(n, 2*maxWait)) * time.Second, nil
}

func (e *env) waitValue(field string, path *asl.Expr) (any, error) {
	value, err := e.eval(path)
	if err != nil {
		return nil, stateErrorf("The %s parameter does not reference an input value: %s", field, path.Text)
	}
	return value, nil
}

// parseOffsetDateTime reads what Java's ISO_OFFSET_DATE_TIME reads: date, T, time with
// or without seconds and up to nine digits of fraction, and Z or an offset.
func parseOffsetDateTime(s string) (time.Time, bool) {
	if len(s) > asl.MaxTimestamp {
		return time.Time{}, false
	}
	s = strings.ToUpper(s)
	for _, layout := range []string{"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05.999999999Z07:00:00"} {
		if at, err := time.Parse(layout, s); err == nil && !strings.Contains(s, ",") {
			return at, true
		}
	}
	return time.Time{}, false
}

// failByName is a Fail state: it ends the thread.
func (t *thread) failByName(input document) error {
	f, e := t.state.Fail, t.env(input)
	name, err := e.text(f.Error, f.ErrorPath, "ErrorPath")
	if err != nil {
		return err
	}
	cause, err := e.text(f.Cause, f.CausePath, "CausePath")
	if err != nil {
		return err
	}
	t.fail(failure{name: name, cause: cause})
	return nil
}

func (e *env) text(literal *string, path *asl.Expr, field string) (*string, error) {
	if path == nil {
		return literal, nil
	}
	value, err := e.field(path, field)
	if err != nil {
		return nil, err
	}
	text, ok := value.(string)
	if !ok {
		return nil, stateErrorf("The %s field refers to a value that is not a string: %s", field, path.Text)
	}
	return &text, nil
}
