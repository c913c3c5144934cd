package columnar

import (
	"encoding/binary"
	"errors"
)

// maxDeep is how deep the index of a file may be nested; what Parquet has is 6 deep. The
// library takes a stack of its own for each level, until the process ends.
const maxDeep = 32

var (
	errDeep  = errors.New("its index is nested too deep")
	errIndex = errors.New("its index is damaged")
)

// skipStruct returns what is behind a struct of Thrift's compact protocol, or an error when
// it is none or is nested more than deep.
//
// Source: Apache Thrift, doc/specs/thrift-compact-protocol.md.
func skipStruct(b []byte, deep int) ([]byte, error) {
	if deep == 0 {
		return nil, errDeep
	}
	for {
		if len(b) == 0 {
			return nil, errIndex
		}
		kind, delta := b[0]&0xf, b[0]>>4
		if b = b[1:]; kind == 0 {
			return b, nil
		}
		var err error
		if delta == 0 {
			if _, b, err = varint(b); err != nil {
				return nil, err
			}
		}
		if kind > 2 { // 1 and 2 are true and false
			if b, err = skipValue(b, kind, deep); err != nil {
				return nil, err
			}
		}
	}
}

// skipValue returns what is behind a value, which in a list may be a truth of a byte.
func skipValue(b []byte, kind byte, deep int) (_ []byte, err error) {
	n := uint64(0)
	switch kind {
	case 1, 2, 3:
		n = 1
	case 4, 5, 6:
		_, b, err = varint(b)
		return b, err
	case 7:
		n = 8
	case 8:
		if n, b, err = varint(b); err != nil {
			return nil, err
		}
	case 9, 10:
		return skipList(b, deep-1)
	case 12:
		return skipStruct(b, deep-1)
	default: // Parquet has no maps
		return nil, errIndex
	}
	if n > uint64(len(b)) {
		return nil, errIndex
	}
	return b[n:], nil
}

func skipList(b []byte, deep int) (_ []byte, err error) {
	if deep <= 0 {
		return nil, errDeep
	}
	if len(b) == 0 {
		return nil, errIndex
	}
	kind, n := b[0]&0xf, uint64(b[0]>>4)
	if b = b[1:]; n == 15 {
		if n, b, err = varint(b); err != nil {
			return nil, err
		}
	}
	for ; n > 0; n-- {
		if len(b) == 0 {
			return nil, errIndex
		}
		if b, err = skipValue(b, kind, deep); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func varint(b []byte) (n uint64, rest []byte, err error) {
	n, size := binary.Uvarint(b)
	if size <= 0 {
		return 0, nil, errIndex
	}
	return n, b[size:], nil
}
