package source

import "testing"

// What is more than a tape keeps is no tape: a part of an answer would be another answer.
func TestATapeIsWholeOrNone(t *testing.T) {
	body := make([]byte, maxTape/2)
	for _, tt := range []struct {
		name   string
		bodies [][]byte
		whole  bool
	}{
		{"nothing", nil, true},
		{"as many bytes as there may be", [][]byte{body, body}, true},
		{"one more", [][]byte{body, body, body[:1]}, false},
		{"as many answers as there may be", make([][]byte, maxTaped-1), true},
		{"more", make([][]byte, maxTaped), false},
	} {
		tape := Record()
		for _, body := range tt.bodies {
			tape.keep("/", Response{Status: 200, Body: body}, false)
		}
		if _, err := tape.Answers(); (err == nil) != tt.whole {
			t.Errorf("%s: error %v", tt.name, err)
		}
	}
	Play(nil).keep("/", Response{}, false)
	(*Tape)(nil).keep("/", Response{}, false)
}
