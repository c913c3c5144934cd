package sfnapi

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"lacuna/internal/engine"
)

// maxPolls is how many workers may wait for tasks at once. AWS allows 1,000 for an activity;
// here each has a connection, of which others need some too.
const maxPolls = 200

// pollTime is how long GetActivityTask waits for a task, as AWS does.
const pollTime = 60 * time.Second

// activity is a queue of tasks for workers. Server.mu guards tags.
type activity struct {
	name, arn string
	seq       int64
	created   time.Time
	tags      map[string]string
	tasks     chan engine.Call // each is held by its task until a worker takes it, the oldest first
}

// queue is the integration of the activity: it offers the task to workers. The answer to
// the token, or the end of the task's time, ends ctx.
func (a *activity) queue(ctx context.Context, task engine.Call) (json.RawMessage, error) {
	select {
	case a.tasks <- task:
		<-ctx.Done()
	case <-ctx.Done():
	}
	return nil, ctx.Err()
}

// activity finds an activity by its ARN.
func (s *Server) activity(arn string) (*activity, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.activities[arn]; ok {
		return a, nil
	}
	return nil, fail("ActivityDoesNotExist", "Activity Does Not Exist: '%s'", arn)
}

type createActivityInput struct {
	Name *string `json:"name"`
	Tags []tag   `json:"tags"`
}

type createActivityOutput struct {
	ARN     string  `json:"activityArn"`
	Created seconds `json:"creationDate"`
}

func (in createActivityInput) check() error {
	var v validation
	v.required("name", in.Name)
	if err := v.err(); err != nil {
		return err
	}
	if err := checkName(*in.Name); err != nil {
		return err
	}
	return checkTags(in.Tags)
}

// createActivity creates an activity, or finds the one of that name, whatever its tags.
// s.mu is held.
func (s *Server) createActivity(in createActivityInput) (out createActivityOutput, err error) {
	arn := s.arn(kindActivity, *in.Name)
	a, ok := s.activities[arn]
	if !ok {
		if len(s.activities) >= maxActivities {
			return out, fail("ActivityLimitExceeded", "Activity Limit Exceeded: 'There are %d activities, and may not be more: delete one first'", maxActivities)
		}
		a = &activity{name: *in.Name, arn: arn, created: time.Now(), tags: tagMap(in.Tags), tasks: make(chan engine.Call)}
		if err := s.room(a.bytesHeld(), s.share(7)); err != nil {
			return out, err
		}
		s.seq++
		a.seq = s.seq
		s.activities[arn] = a
		s.used.Add(a.bytesHeld())
	}
	return createActivityOutput{arn, seconds(a.created)}, nil
}

type activityInput struct {
	ARN *string `json:"activityArn"`
}

func (in activityInput) check() error { return checkARN("activityArn", in.ARN, kindActivity) }

// deleteActivity forgets an activity. Tasks that no worker has taken stay without one;
// an activity that is not there is deleted already. s.mu is held.
func (s *Server) deleteActivity(in activityInput) (empty, error) {
	if a := s.activities[*in.ARN]; a != nil {
		s.used.Add(-a.bytesHeld())
		delete(s.activities, *in.ARN)
	}
	return empty{}, nil
}

type activityItem struct {
	ARN     string  `json:"activityArn"`
	Name    string  `json:"name"`
	Created seconds `json:"creationDate"`
}

func (s *Server) describeActivity(_ context.Context, in activityInput) (activityItem, error) {
	a, err := s.activity(*in.ARN)
	if err != nil {
		return activityItem{}, err
	}
	return activityItem{a.arn, a.name, seconds(a.created)}, nil
}

// listActivities lists the activities in the order they were created. s.mu is held.
func (s *Server) listActivities(in page) (list, error) {
	all := slices.SortedFunc(maps.Values(s.activities), func(a, b *activity) int { return int(a.seq - b.seq) })
	return part(s, "activities", in, "activities", all, func(a *activity) int64 { return a.seq }, func(a *activity) any {
		return activityItem{a.arn, a.name, seconds(a.created)}
	})
}

type getActivityTaskInput struct {
	ARN    *string `json:"activityArn"`
	Worker *string `json:"workerName"`
}

func (in getActivityTaskInput) check() error {
	var v validation
	if in.Worker != nil {
		v.required("workerName", in.Worker)
		v.most("workerName", in.Worker, maxName)
	}
	return v.arn("activityArn", in.ARN, kindActivity)
}

// getActivityTaskOutput has nulls when there was no task in time.
type getActivityTaskOutput struct {
	Token *string `json:"taskToken"`
	Input *string `json:"input"`
}

// getActivityTask waits for a task, and starts it.
func (s *Server) getActivityTask(ctx context.Context, in getActivityTaskInput) (out getActivityTaskOutput, err error) {
	a, err := s.activity(*in.ARN)
	if err != nil {
		return out, err
	}
	defer s.polls.Add(-1)
	if s.polls.Add(1) > maxPolls {
		return out, fail("ThrottlingException", "Rate exceeded: %d workers wait for tasks, and may not be more", maxPolls)
	}
	ctx, cancel := context.WithTimeout(ctx, pollTime)
	defer cancel()
	select {
	case task := <-a.tasks:
		task.Started(deref(in.Worker))
		return getActivityTaskOutput{&task.Token, new(string(task.Parameters))}, nil
	case <-ctx.Done():
	case <-s.base.Done():
	}
	return out, nil
}
