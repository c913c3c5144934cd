package asl_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"lacuna/internal/asl"
)

// TestReportIsBounded: a definition that is wrong everywhere has a short report.
func TestReportIsBounded(t *testing.T) {
	var unknown, wrong strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&unknown, `,"f%d":0`, i)
		fmt.Fprintf(&wrong, `,"s%d":0`, i)
	}
	long := strings.Repeat("é", 50_000)
	tower := strings.Repeat(`{"StartAt":"`+long[:2000]+`","States":{"`+long[:2000]+`":{"Type":"Map","ItemProcessor":`, 100)
	for name, definition := range map[string]string{
		"unknown fields":   `{"StartAt":"A","States":{"A":{"Type":"Pass","End":true` + unknown.String() + `}}}`,
		"a long name":      `{"StartAt":"A","States":{"` + long + `":{"Type":"Pass"` + unknown.String() + `}}}`,
		"a long field":     `{"StartAt":"A","States":{"A":{"Type":"Pass","` + long + `":0}}}`,
		"wrong states":     `{"StartAt":"A","States":{"A":0` + wrong.String() + `}}`,
		"names in a tower": tower + `{"StartAt":"A","States":{"A":0` + wrong.String() + `}}` + strings.Repeat("}}}", 100),
		"a word":           strings.Repeat("x", 100_000),
	} {
		_, err := asl.Parse([]byte(definition))
		refused, ok := errors.AsType[*asl.DefinitionError](err)
		if !ok {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if n := len(refused.Diagnostics); n > 300 {
			t.Errorf("%s: %d diagnostics", name, n)
		}
		for _, d := range refused.Diagnostics {
			if len(d.Message) > 2010 || len(d.Location) > 2010 {
				t.Errorf("%s: a message of %d and a place of %d bytes", name, len(d.Message), len(d.Location))
			}
		}
	}
}

// TestExpressInsideExpress: a state is told once, however many Express maps are around it.
func TestExpressInsideExpress(t *testing.T) {
	express := `{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},"StartAt":"%[1]s","States":{"%[1]s":%[2]s}}`
	task := `{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","End":true}`
	inner := `{"Type":"Map","Label":"inner","End":true,"ItemProcessor":` + fmt.Sprintf(express, "Task", task) + `}`
	definition := `{"StartAt":"A","States":{"A":{"Type":"Map","Label":"outer","End":true,"ItemProcessor":` + fmt.Sprintf(express, "B", inner) + `}}}`
	_, err := asl.Parse([]byte(definition))
	refused, ok := errors.AsType[*asl.DefinitionError](err)
	if !ok || len(refused.Diagnostics) != 1 || refused.Diagnostics[0].Location != "/States/A/ItemProcessor/States/B/ItemProcessor/States/Task/Resource" {
		t.Errorf("Parse: %v", err)
	}
}

// TestVariablesOfOuterGraphs: a variable is free again beside the graph that has it.
func TestVariablesOfOuterGraphs(t *testing.T) {
	inner := func(name, variable string) string {
		return `{"StartAt":"` + name + `","States":{"` + name + `":{"Type":"Pass","Assign":{"` + variable + `":1},"End":true}}}`
	}
	parallel := func(assign, variable string) string {
		return `{"StartAt":"A","States":{"A":{"Type":"Parallel","Assign":{"` + assign + `":1},"End":true,"Branches":[` + inner("B", variable) + `,` + inner("C", variable) + `]}}}`
	}
	if _, err := asl.Parse([]byte(parallel("v", "w"))); err != nil {
		t.Errorf("the same variable in two branches: %v", err)
	}
	_, err := asl.Parse([]byte(parallel("v", "v")))
	refused, ok := errors.AsType[*asl.DefinitionError](err)
	if !ok || len(refused.Diagnostics) != 2 {
		t.Errorf("a variable of the outer graph: %v", err)
	}
}
