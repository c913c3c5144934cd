package cost

import (
	"encoding/json"
	"fmt"
	"math/big"
)

// Usage is what a run uses of what AWS charges by use. What a stack costs while it rests
// (polls, alarms, what is stored) is not in it.
type Usage struct {
	Transitions    int // states entered, retries, start and end
	Invocations    int
	MBMilliseconds int // of functions
	Messages       int // requests to SQS: send, receive, delete
	WriteUnits     int
	HalfReads      int // read units, times two
	MetricHours    int
	LogBytes       int
}

// Add adds what another run uses.
func (u *Usage) Add(o Usage) {
	u.Transitions += o.Transitions
	u.Invocations += o.Invocations
	u.MBMilliseconds += o.MBMilliseconds
	u.Messages += o.Messages
	u.WriteUnits += o.WriteUnits
	u.HalfReads += o.HalfReads
	u.MetricHours += o.MetricHours
	u.LogBytes += o.LogBytes
}

// Units of what is counted in smaller ones.
const (
	mbMillisecondsOfGBSecond = 1024 * 1000
	bytesOfGB                = 1 << 30
)

// Bill is the price of a usage, service by service. Each is rounded up to a millionth, and
// the sum is theirs.
type Bill struct {
	USD       USD    `json:"usd"`
	Region    string `json:"region"`               // whose prices they are
	InsteadOf string `json:"instead_of,omitempty"` // the region whose prices are not known
	Prices    string `json:"prices_of"`            // month
	Basis     Basis  `json:"basis"`
	Note      string `json:"note"`
	Runs      int    `json:"runs"`

	StepFunctions struct {
		USD         USD `json:"usd"`
		Transitions int `json:"transitions"`
	} `json:"step_functions"`
	Lambda struct {
		USD       USD         `json:"usd"`
		Requests  int         `json:"requests"`
		GBSeconds json.Number `json:"gb_seconds"`
	} `json:"lambda"`
	SQS struct {
		USD      USD `json:"usd"`
		Requests int `json:"requests"`
	} `json:"sqs"`
	DynamoDB struct {
		USD        USD         `json:"usd"`
		WriteUnits int         `json:"write_request_units"`
		ReadUnits  json.Number `json:"read_request_units"`
	} `json:"dynamodb"`
	CloudWatch struct {
		USD         USD `json:"usd"`
		MetricHours int `json:"metric_hours"`
		LogBytes    int `json:"log_bytes"`
	} `json:"cloudwatch"`
}

// Basis is what a bill was made from.
type Basis string

const (
	Planned Basis = "plan"
	Counted Basis = "history"
)

// Note says what cannot be known.
func (b Basis) note() string {
	if b == Planned {
		return "without retries, which nobody can plan: each is a transition, an invocation and, of a scrape, three SQS requests more"
	}
	return "transitions, invocations and messages are counted from the history; Lambda's seconds, DynamoDB's units and bytes of logs are computed"
}

// Bill returns what u, of so many runs, costs at the prices of a region.
func (u Usage) Bill(region string, basis Basis, runs int) Bill {
	p := In(region)
	b := Bill{Region: p.Region, Prices: p.Month, Basis: basis, Note: basis.note(), Runs: runs}
	if p.Region != region {
		b.InsteadOf = region
	}
	b.StepFunctions.Transitions = u.Transitions
	b.StepFunctions.USD = price(line{u.Transitions, 1, p.Transition})
	b.Lambda.Requests, b.Lambda.GBSeconds = u.Invocations, number(u.MBMilliseconds, mbMillisecondsOfGBSecond, 4)
	b.Lambda.USD = price(line{u.Invocations, 1, p.Invocation}, line{u.MBMilliseconds, mbMillisecondsOfGBSecond, p.GBSecond})
	b.SQS.Requests = u.Messages
	b.SQS.USD = price(line{u.Messages, 1, p.Message})
	b.DynamoDB.WriteUnits, b.DynamoDB.ReadUnits = u.WriteUnits, number(u.HalfReads, 2, 1)
	b.DynamoDB.USD = price(line{u.WriteUnits, 1, p.WriteUnit}, line{u.HalfReads, 2, p.ReadUnit})
	b.CloudWatch.MetricHours, b.CloudWatch.LogBytes = u.MetricHours, u.LogBytes
	b.CloudWatch.USD = price(line{u.MetricHours, 1, p.MetricHour}, line{u.LogBytes, bytesOfGB, p.GBLogged}, line{u.LogBytes, bytesOfGB, p.GBLogMonth})
	b.USD = b.StepFunctions.USD + b.Lambda.USD + b.SQS.USD + b.DynamoDB.USD + b.CloudWatch.USD
	return b
}

// line is so many n-ths of what has a price.
type line struct {
	n, of int
	Rate
}

func price(lines ...line) USD {
	sum := new(big.Rat)
	for _, l := range lines {
		one := big.NewRat(int64(l.n), int64(l.of))
		sum.Add(sum, one.Mul(one, l.Rat()))
	}
	return roundUp(sum)
}

// number writes n of-ths with so many decimals.
func number(n, of, decimals int) json.Number {
	return json.Number(big.NewRat(int64(n), int64(of)).FloatString(decimals))
}

// Text says what b comes to. A run that is not in AWS would cost, or would have cost it.
func (b Bill) Text(inAWS bool) string {
	says := map[bool]map[Basis]string{
		true:  {Planned: "It will cost about %s USD (%s), without retries.", Counted: "It cost about %s USD (%s)."},
		false: {Planned: "It would cost about %s USD in AWS (%s), without retries.", Counted: "This would have cost about %s USD in AWS (%s)."},
	}[inAWS][b.Basis]
	prices := "prices of " + b.Region + ", " + b.Prices
	if b.InsteadOf != "" {
		prices += "; those of " + b.InsteadOf + " are not known here"
	}
	return fmt.Sprintf(says, b.USD, prices)
}
