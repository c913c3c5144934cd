package cost

import "math/big"

// Rate is a price.
type Rate struct {
	USD string // decimal
	Per int64  // of how many
	// Recalled says that it is what the price is known to have been, not what AWS's
	// pages were seen to say.
	Recalled bool
}

// Rat is the price of one, exactly.
func (r Rate) Rat() *big.Rat {
	usd, ok := new(big.Rat).SetString(r.USD)
	if !ok {
		panic("price " + r.USD + " is no decimal") // a test reads every one
	}
	return usd.Quo(usd, new(big.Rat).SetInt64(r.Per))
}

// Prices are those of a region, without any free tier.
type Prices struct {
	Region string
	Month  string // of which they are

	Transition Rate // Step Functions, standard workflows
	Invocation Rate // Lambda
	GBSecond   Rate // Lambda on arm64
	Message    Rate // SQS, a request about a standard queue
	WriteUnit  Rate // DynamoDB on demand
	ReadUnit   Rate
	MetricHour Rate // CloudWatch: 730 hours are the month that it is priced by
	GBLogged   Rate
	GBLogMonth Rate // kept

	// What a stack costs whether runs are made or not.
	GBStored   Rate // DynamoDB, a month
	GBBackedUp Rate // point-in-time recovery, a month
	Alarm      Rate
	Dashboard  Rate
	Key        Rate // KMS
	KeyRequest Rate
}

// HoursOfMonth is the month of AWS's prices.
const HoursOfMonth = 730

// table is the one place of prices.
var table = []Prices{
	{
		Region: "us-east-1", Month: "2026-11",
		Transition: Rate{USD: "0.025", Per: 1000},
		Invocation: Rate{USD: "0.20", Per: 1e6},
		GBSecond:   Rate{USD: "0.0000133334", Per: 1},
		Message:    Rate{USD: "0.40", Per: 1e6},
		WriteUnit:  Rate{USD: "0.625", Per: 1e6},
		ReadUnit:   Rate{USD: "0.125", Per: 1e6},
		MetricHour: Rate{USD: "0.30", Per: HoursOfMonth},
		GBLogged:   Rate{USD: "0.50", Per: 1},
		GBLogMonth: Rate{USD: "0.03", Per: 1},
		GBStored:   Rate{USD: "0.25", Per: 1},
		GBBackedUp: Rate{USD: "0.20", Per: 1},
		Alarm:      Rate{USD: "0.10", Per: 1},
		Dashboard:  Rate{USD: "3.00", Per: 1},
		Key:        Rate{USD: "1.00", Per: 1},
		KeyRequest: Rate{USD: "0.03", Per: 10_000},
	},
	{
		Region: "sa-east-1", Month: "2026-11",
		Transition: Rate{USD: "0.0375", Per: 1000},
		Invocation: Rate{USD: "0.20", Per: 1e6, Recalled: true},
		GBSecond:   Rate{USD: "0.0000133334", Per: 1, Recalled: true},
		Message:    Rate{USD: "0.40", Per: 1e6, Recalled: true},
		WriteUnit:  Rate{USD: "0.9375", Per: 1e6, Recalled: true},
		ReadUnit:   Rate{USD: "0.1875", Per: 1e6, Recalled: true},
		MetricHour: Rate{USD: "0.30", Per: HoursOfMonth, Recalled: true},
		GBLogged:   Rate{USD: "0.90", Per: 1, Recalled: true},
		GBLogMonth: Rate{USD: "0.0408", Per: 1, Recalled: true},
		GBStored:   Rate{USD: "0.375", Per: 1, Recalled: true},
		GBBackedUp: Rate{USD: "0.30", Per: 1, Recalled: true},
		Alarm:      Rate{USD: "0.10", Per: 1, Recalled: true},
		Dashboard:  Rate{USD: "3.00", Per: 1, Recalled: true},
		Key:        Rate{USD: "1.00", Per: 1, Recalled: true},
		KeyRequest: Rate{USD: "0.03", Per: 10_000, Recalled: true},
	},
}

// In returns the prices of a region; those of us-east-1 where they are not in the table, as
// Region then says.
func In(region string) Prices {
	for _, p := range table {
		if p.Region == region {
			return p
		}
	}
	return table[0]
}
