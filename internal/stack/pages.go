package stack

import (
	"net/url"
	"strings"
)

// Page is one of AWS's console.
type Page struct{ To, Text string }

// consoles are the hosts of AWS's console, by partition. Where there are others they are
// not known here, and have no links.
var consoles = map[string]string{"aws": "console.aws.amazon.com", "aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}

// page is the address of a page of AWS's console, "" when there is none that is known.
func (s *Stack) page(service, rest string) string {
	host, ok := consoles[s.Machine.Partition]
	if !ok {
		return ""
	}
	return "https://" + s.Machine.Region + "." + host + "/" + service + "/home?region=" + s.Machine.Region + "#" + rest
}

// ConsoleURL is the page of a run in the console of AWS, "" when none is known.
func (s *Stack) ConsoleURL(run string) string {
	return s.page("states", "/v2/executions/details/"+url.PathEscape(s.executionARN(run)))
}

// Pages returns those of AWS's console that are about a run, or with "" about the stack.
func (s *Stack) Pages(run string) []Page {
	if s.page("states", "") == "" {
		return nil
	}
	list := []Page{
		{s.page("states", "/statemachines/view/"+url.PathEscape(s.Machine.String())), "state machine"},
		{s.page("dynamodbv2", "table?name="+escape(s.Table)), "table"},
	}
	logs := "logsV2:log-groups/log-group/" + dollars(escape(s.LogGroups["machine"]))
	if run != "" {
		list = []Page{{s.ConsoleURL(run), "execution"}}
		logs += "/log-events" + dollars("?filterPattern="+escape(`"`+run+`"`))
	}
	if s.LogGroups["machine"] != "" {
		list = append(list, Page{s.page("cloudwatch", logs), "logs"})
	}
	return list
}

func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// dollars escapes a part of an address as the pages of CloudWatch Logs do: with $ for %.
func dollars(text string) string { return strings.ReplaceAll(escape(text), "%", "$") }
