package message

import (
	"fmt"
	"strconv"
	"strings"
)

// A shard is called by its run, betweenShard and its number, which has shardDigits.
const (
	betweenShard = "-shard-"
	shardDigits  = 3
	maxName      = 80 // bytes that the name of an execution may have
)

// NameOfShard returns the name of the execution that does the n-th shard of a run, from
// 1 to 999.
func NameOfShard(run string, n int) string {
	return fmt.Sprintf("%s%0*d", BeginOfShards(run), shardDigits, n)
}

// BeginOfShards is what the names of the shards of run begin with.
func BeginOfShards(run string) string {
	return strings.ToValidUTF8(run[:min(len(run), maxName-len(betweenShard)-shardDigits)], "") + betweenShard
}

// ShardOf returns the run that an execution is a shard of, and its number, as its name
// tells; "" and 0 when it is none. Of a run with a very long name it is the beginning.
func ShardOf(execution string) (run string, n int) {
	i := strings.LastIndex(execution, betweenShard)
	if i <= 0 {
		return "", 0
	}
	digits := execution[i+len(betweenShard):]
	number, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || len(digits) != shardDigits || number == 0 {
		return "", 0
	}
	return execution[:i], int(number)
}

// IsShard reports whether an execution is a shard, as its name tells.
func IsShard(execution string) bool {
	_, n := ShardOf(execution)
	return n > 0
}

// IsShardOf reports whether an execution is a shard of run, as its name tells.
func IsShardOf(execution, run string) bool {
	of, n := ShardOf(execution)
	return n > 0 && of+betweenShard == BeginOfShards(run)
}
