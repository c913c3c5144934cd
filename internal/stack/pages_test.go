package stack

import (
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
)

func TestPages(t *testing.T) {
	groups := map[string]string{"machine": "/aws/vendedlogs/states/rates", "select": "/aws/lambda/rates-select"}
	for _, tt := range []struct {
		name, machine, run string
		groups             map[string]string
		want               []Page
	}{
		{"of a run", "arn:aws:states:eu-west-1:123456789012:stateMachine:rates", "bf 1", groups, []Page{
			{"https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/arn:aws:states:eu-west-1:123456789012:execution:rates:bf%201", "execution"},
			{"https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Faws$252Fvendedlogs$252Fstates$252Frates/log-events$3FfilterPattern$3D$2522bf$25201$2522", "logs"},
		}},
		{"of a stack in China", "arn:aws-cn:states:cn-north-1:123456789012:stateMachine:rates", "", groups, []Page{
			{"https://cn-north-1.console.amazonaws.cn/states/home?region=cn-north-1#/statemachines/view/arn:aws-cn:states:cn-north-1:123456789012:stateMachine:rates", "state machine"},
			{"https://cn-north-1.console.amazonaws.cn/dynamodbv2/home?region=cn-north-1#table?name=rates", "table"},
			{"https://cn-north-1.console.amazonaws.cn/cloudwatch/home?region=cn-north-1#logsV2:log-groups/log-group/$252Faws$252Fvendedlogs$252Fstates$252Frates", "logs"},
		}},
		{"without log groups", "arn:aws-us-gov:states:us-gov-west-1:123456789012:stateMachine:rates", "r", nil, []Page{
			{"https://us-gov-west-1.console.amazonaws-us-gov.com/states/home?region=us-gov-west-1#/v2/executions/details/arn:aws-us-gov:states:us-gov-west-1:123456789012:execution:rates:r", "execution"},
		}},
		{"of a partition whose console is not known", "arn:aws-iso:states:us-iso-east-1:123456789012:stateMachine:rates", "r", groups, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := newStack(aws.Config{}, parts{Table: "rates", StateMachineARN: tt.machine, LogGroups: tt.groups})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, s.Pages(tt.run)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever a parameter, a variable or a path says, a link leads to AWS.
func FuzzPages(f *testing.F) {
	f.Add("arn:aws:states:eu-west-1:1:stateMachine:x", "/g", "t", "run")
	f.Add("arn:aws:states:evil.example/#:1:stateMachine:x", "/g", "t", "run")
	f.Add("arn:aws:states:evil.example\\:1:stateMachine:x#@evil.example", "javascript:", "https://evil.example", "\"><script>")
	f.Fuzz(func(t *testing.T, machine, group, table, run string) {
		s, err := newStack(aws.Config{}, parts{Table: table, StateMachineARN: machine, LogGroups: map[string]string{"machine": group}})
		if err != nil {
			return
		}
		for _, p := range append(s.Pages(run), s.Pages("")...) {
			u, err := url.Parse(p.To)
			if err != nil || u.Scheme != "https" || !strings.HasSuffix(u.Host, "."+consoles[s.Machine.Partition]) || u.User != nil || strings.ContainsAny(p.To, "\"<> ") {
				t.Errorf("%s: %v", p.To, err)
			}
		}
	})
}
