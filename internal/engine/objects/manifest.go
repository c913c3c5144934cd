package objects

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"lacuna/internal/jsonpath"
)

// list makes an item of each object of a bucket or, with LOAD_AND_FLATTEN, takes the
// items of all of them.
func (in *reading) list(p place) error {
	for object, err := range in.store.List(in.ctx, p.bucket, p.prefix) {
		if err != nil {
			return Causef("Attempting to list the objects of bucket %s failed. %s", p.bucket, err)
		}
		if object.Key <= p.startAfter {
			continue
		}
		if in.reader.Flatten {
			err = in.data(place{bucket: p.bucket, key: object.Key})
		} else if err = errors.Join(in.take(len(object.Key)+len(object.ETag)+100), in.hold(listedBytes+int64(len(object.Key)))); err == nil {
			err = in.addValue(place{bucket: p.bucket}, listed(object))
		}
		if err != nil {
			return err
		}
	}
	return in.ctx.Err()
}

// listedBytes is what a listed object takes besides its key.
const listedBytes = 1 << 10

// listed is an object as an item, with the members in their recorded order.
func listed(object Object) any {
	item := &jsonpath.Object{}
	item.Set("Etag", object.ETag)
	item.Set("LastModified", object.Modified.Unix())
	item.Set("Key", object.Key)
	item.Set("Size", object.Size)
	item.Set("StorageClass", "STANDARD")
	return item
}

// maxManifest is in bytes: 10,000 files of an inventory, each of which holds some 100,000
// objects, take 2 MiB.
const maxManifest = 8 << 20

// inventory makes an item of each row of the files of an S3 inventory, whose
// manifest.json is at p (Amazon S3 user guide, "Locating your inventory list").
func (in *reading) inventory(p place) error {
	var manifest struct {
		DestinationBucket      string
		FileFormat, FileSchema string
		Files                  []struct{ Key string }
	}
	err := in.open(p, func(text *bufio.Reader) error {
		limited := &io.LimitedReader{R: text, N: maxManifest + 1}
		err := json.NewDecoder(limited).Decode(&manifest)
		switch {
		case limited.N <= 0:
			return Causef("Attempting to read %s failed. The manifest is larger than %d bytes.", p, maxManifest)
		case err != nil:
			return in.broken(p, err)
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case manifest.FileFormat != "CSV":
		return Causef("Attempting to read %s failed. It is no manifest of an S3 inventory of the format CSV: its fileFormat is '%s'.", p, manifest.FileFormat)
	case manifest.FileSchema == "":
		return Causef("Attempting to read %s failed. The manifest has no fileSchema.", p)
	case len(manifest.FileSchema) > maxHeader:
		return Causef("Attempting to read %s failed. The fileSchema is larger than %d bytes.", p, maxHeader)
	case in.reader.Flatten:
		return Causef("Transformation LOAD_AND_FLATTEN of an S3 inventory is not supported by this engine.")
	}
	bucket := p.bucket
	if arn := manifest.DestinationBucket; arn != "" {
		bucket = arn[strings.LastIndexByte(arn, ':')+1:]
	}
	names := strings.Split(manifest.FileSchema, ",")
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	for _, file := range manifest.Files {
		at := place{bucket: bucket, key: file.Key}
		err := in.open(at, func(text *bufio.Reader) error { return in.table(at, newRows(text, ','), names) })
		if err != nil {
			return err
		}
	}
	return nil
}

// athena reads the items of the objects that a manifest of Athena's UNLOAD lists, one
// s3:// address a row.
func (in *reading) athena(p place) error {
	var files []place
	err := in.open(p, func(text *bufio.Reader) error {
		r := newRows(text, ',')
		r.most = 1
		for {
			row, err := r.next()
			switch {
			case errors.Is(err, io.EOF):
				return nil
			case err != nil:
				return in.rowError(p, err)
			}
			rest, ok := strings.CutPrefix(row[0], "s3://")
			bucket, key, found := strings.Cut(rest, "/")
			if !ok || !found {
				return Causef("Attempting to read %s failed. Row %d of the manifest is no address of an object: '%s'", p, len(files)+1, row[0])
			}
			if len(files) == maxItems {
				return Causef("Attempting to read %s failed. The manifest lists more than %d objects.", p, maxItems)
			}
			files = append(files, place{bucket: bucket, key: key})
		}
	})
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := in.data(file); err != nil {
			return err
		}
	}
	return nil
}
