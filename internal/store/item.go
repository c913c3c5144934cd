package store

import "lacuna/internal/row"

// Layout says how a table that need not be lacuna's is keyed.
type Layout struct {
	Partition, Sort string // names of its keys
	Plain           bool   // whatever its items call a status is none of ours
}

// Item is what such a table has under a key.
type Item struct {
	Sort  string     // its sort key
	Row   *row.Row   // of an item with a status, all that lacuna stores
	Texts row.Fields // of any other, its attributes by name, those of a map `fields` among them: texts, numbers, and the type of what is neither, such as (BOOL)
}
