// Package outputtest has the text that must not reach a terminal as it is, for the tests
// of what prints.
package outputtest

// Unseen are characters that must not reach a terminal, counted out here and
// not asked of the rule that is tested: control characters, marks of direction,
// what has no width, separators, variations, tags.
func Unseen() []rune {
	var all []rune
	for _, r := range [][2]rune{
		{0x00, 0x1f}, {0x7f, 0xa0}, {0xad, 0xad}, {0x34f, 0x34f}, {0x61c, 0x61c}, {0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180b, 0x180f},
		{0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f}, {0x3000, 0x3000}, {0x3164, 0x3164}, {0xe000, 0xe000}, {0xfe00, 0xfe0f},
		{0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff9, 0xfffb}, {0x1d173, 0x1d17a}, {0xe0000, 0xe01ef}, {0x10ffff, 0x10ffff},
	} {
		for c := r[0]; c <= r[1]; c++ {
			all = append(all, c)
		}
	}
	return all
}

// NotUTF8 are bytes that are no character: lone ones (C1 to a terminal that is not
// set to UTF-8), one written too long, a surrogate, the beginning of one.
var NotUTF8 = []string{"\x80", "\x9b", "\xff", "\xc0\x9b", "\xed\xa0\x80", "\xe2\x80"}
