package sfnapi

import (
	"maps"
	"slices"
)

type tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// AWS's limits of tags: how many a resource has, and characters.
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

func checkTags(tags []tag) error {
	var v validation
	for _, t := range tags {
		v.required("tags.key", &t.Key)
		v.most("tags.key", &t.Key, maxTagKey)
		v.most("tags.value", &t.Value, maxTagValue)
	}
	if len(tags) > maxTags {
		return fail("TooManyTags", "Too many tags: %d, at most %d", len(tags), maxTags)
	}
	return v.err()
}

func tagMap(tags []tag) map[string]string {
	m := make(map[string]string, len(tags))
	for _, t := range tags {
		m[t.Key] = t.Value
	}
	return m
}

type tagInput struct {
	ARN  *string  `json:"resourceArn"`
	Tags []tag    `json:"tags"`
	Keys []string `json:"tagKeys"`
}

func (in tagInput) check() error {
	return checkARN("resourceArn", in.ARN, kindMachine, kindActivity)
}

// tagged finds the tags that a request is about, those of a machine or of an activity.
// s.mu is held. After a change, counted is told how many bytes there are more.
func (s *Server) tagged(arn string) (tags map[string]string, counted func(more int64), err error) {
	if a, ok := s.activities[arn]; ok {
		return a.tags, func(more int64) { s.used.Add(more) }, nil
	}
	m, err := s.machine(arn)
	if err != nil {
		return nil, nil, fail("ResourceNotFound", "Resource not found: '%s'", arn)
	}
	return m.tags, func(int64) { s.counted(m) }, nil
}

// tagResource adds tags, or gives them other values. s.mu is held.
func (s *Server) tagResource(in tagInput) (empty, error) {
	if err := checkTags(in.Tags); err != nil {
		return empty{}, err
	}
	tags, counted, err := s.tagged(*in.ARN)
	if err != nil {
		return empty{}, err
	}
	all := maps.Clone(tags)
	maps.Copy(all, tagMap(in.Tags))
	if len(all) > maxTags {
		return empty{}, fail("TooManyTags", "Too many tags: %d, at most %d", len(all), maxTags)
	}
	more := tagBytes(all) - tagBytes(tags)
	if err := s.room(more, s.share(7)); err != nil {
		return empty{}, err
	}
	maps.Copy(tags, all)
	counted(more)
	return empty{}, nil
}

// untagResource takes tags away; those that are not there are gone already. s.mu is held.
func (s *Server) untagResource(in tagInput) (empty, error) {
	tags, counted, err := s.tagged(*in.ARN)
	if err != nil {
		return empty{}, err
	}
	before := tagBytes(tags)
	for _, key := range in.Keys {
		delete(tags, key)
	}
	counted(tagBytes(tags) - before)
	return empty{}, nil
}

type listTagsOutput struct {
	Tags []tag `json:"tags"`
}

// listTagsForResource lists tags by key. s.mu is held.
func (s *Server) listTagsForResource(in tagInput) (out listTagsOutput, err error) {
	tags, _, err := s.tagged(*in.ARN)
	if err != nil {
		return out, err
	}
	out.Tags = []tag{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		out.Tags = append(out.Tags, tag{key, tags[key]})
	}
	return out, nil
}
