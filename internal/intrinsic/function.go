package intrinsic

import (
	"math"

	"lacuna/internal/jsonpath"
)

// function is one of the eighteen, with the number of arguments that it takes. It spends
// what grows with them.
type function struct {
	name        string
	least, most int
	apply       func(b *jsonpath.Budget, args []any) (any, error)
}

// functions holds every intrinsic function by name; nothing changes it.
var functions = table([]function{
	{"States.Array", 0, math.MaxInt, array},
	{"States.ArrayContains", 2, 2, arrayContains},
	{"States.ArrayGetItem", 2, 2, arrayGetItem},
	{"States.ArrayLength", 1, 1, arrayLength},
	{"States.ArrayPartition", 2, 2, arrayPartition},
	{"States.ArrayRange", 3, 3, arrayRange},
	{"States.ArrayUnique", 1, 1, arrayUnique},
	{"States.Base64Decode", 1, 1, base64Decode},
	{"States.Base64Encode", 1, 1, base64Encode},
	{"States.Format", 1, math.MaxInt, format},
	{"States.Hash", 2, 2, hash},
	{"States.JsonMerge", 3, 3, jsonMerge},
	{"States.JsonToString", 1, 1, jsonToString},
	{"States.MathAdd", 2, 2, mathAdd},
	{"States.MathRandom", 2, 3, mathRandom},
	{"States.StringSplit", 2, 2, stringSplit},
	{"States.StringToJson", 1, 1, stringToJSON},
	{"States.UUID", 0, 0, newUUID},
})

func table(list []function) map[string]*function {
	byName := make(map[string]*function, len(list))
	for i := range list {
		byName[list[i].name] = &list[i]
	}
	return byName
}
