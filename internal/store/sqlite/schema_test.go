package sqlite

import "testing"

// A wrong hash would only take time: this is what tells of it.
func TestSchemaHash(t *testing.T) {
	byVersion, err := ours()
	if err != nil {
		t.Fatal(err)
	}
	if hash := hashOf(byVersion[len(migrations)]); hash != schemaHash {
		t.Errorf("all migrations make a schema with the hash %s, and schemaHash is %s", hash, schemaHash)
	}
}
