// Package folder is a folder in the place of Amazon S3: each folder in it is a bucket, and
// each file below that an object, whose path is its key. Nothing outside of it is read or
// written, whatever a bucket, a key or a symbolic link says.
package folder

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"slices"
	"strings"

	"lacuna/internal/engine/objects"
	"lacuna/internal/lazy"
)

// Folder is an objects.Store. It is safe for concurrent use.
type Folder struct{ root *os.Root }

// Open returns the folder dir, which must exist.
func Open(dir string) (*Folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Folder{root}, nil
}

// Close lets go of the folder.
func (f *Folder) Close() error { return f.root.Close() }

// Texts of Amazon S3.
var (
	errNoBucket  = refused("The specified bucket does not exist", 404)
	errBadBucket = refused("The specified bucket is not valid.", 400)
	errNoKey     = refused("The specified key does not exist.", 404)
)

type s3Error string

func (e s3Error) Error() string { return string(e) }

func refused(text string, status int) error {
	return s3Error(fmt.Sprintf("%s (Service: S3, Status Code: %d)", text, status))
}

// temporary begins the names of files that are being written.
const temporary = ".lacuna-part-"

var bucketName = lazy.Regexp(`^[A-Za-z0-9][A-Za-z0-9._-]{2,254}$`)

// bucket finds a bucket.
func (f *Folder) bucket(name string) error {
	if !bucketName().MatchString(name) || strings.Contains(name, "..") {
		return errBadBucket
	}
	info, err := f.root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && !info.IsDir():
		return errNoBucket
	}
	return err
}

// file is the path of an object. A key that is no plain relative path could be an object
// of Amazon S3, but is none here.
func (f *Folder) file(bucket, key string) (string, error) {
	if err := f.bucket(bucket); err != nil {
		return "", err
	}
	if !fs.ValidPath(key) || key == "." || len(key) > 1024 || strings.ContainsAny(key, "\x00\\") || strings.HasPrefix(path.Base(key), temporary) {
		return "", refused(fmt.Sprintf("The key '%s' is not valid in a folder: it must be a relative path without empty parts, '.', '..' and backslashes.", key), 400)
	}
	return bucket + "/" + key, nil
}

// Open implements objects.Store.
func (f *Folder) Open(_ context.Context, bucket, key string) (io.ReadCloser, error) {
	name, err := f.file(bucket, key)
	if err != nil {
		return nil, err
	}
	info, err := f.root.Stat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return nil, errNoKey // a pipe would keep us waiting
	}
	if err != nil {
		return nil, err
	}
	return f.root.Open(name)
}

// Put implements objects.Store: the file has its name once it is whole.
func (f *Folder) Put(_ context.Context, bucket, key string, write func(io.Writer) error) (size int64, err error) {
	name, err := f.file(bucket, key)
	if err != nil {
		return 0, err
	}
	if err := f.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return 0, err
	}
	part := path.Join(path.Dir(name), temporary+rand.Text())
	file, err := f.root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.root.Remove(part))
		}
	}()
	size, err = fill(file, write)
	if err != nil {
		return 0, err
	}
	return size, f.root.Rename(part, name)
}

// fill writes the file, and closes it.
func fill(file *os.File, write func(io.Writer) error) (int64, error) {
	if err := errors.Join(write(file), file.Sync()); err != nil {
		return 0, errors.Join(err, file.Close())
	}
	info, err := file.Stat()
	if err := errors.Join(err, file.Close()); err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// List implements objects.Store. The ETag is made of name, size and time of the file.
func (f *Folder) List(ctx context.Context, bucket, prefix string) iter.Seq2[objects.Object, error] {
	return func(yield func(objects.Object, error) bool) {
		if err := f.bucket(bucket); err != nil {
			yield(objects.Object{}, err)
			return
		}
		f.walk(ctx, bucket, "", prefix, yield)
	}
}

// walk lists the objects below the folder dir of a bucket ("", or with a slash at its
// end), and tells whether to go on.
func (f *Folder) walk(ctx context.Context, bucket, dir, prefix string, yield func(objects.Object, error) bool) bool {
	entries, err := f.entries(ctx, bucket, dir)
	if err != nil {
		return yield(objects.Object{}, err)
	}
	for _, e := range entries {
		key := dir + e.name
		switch {
		case e.dir && (strings.HasPrefix(key, prefix) || strings.HasPrefix(prefix, key)):
			if !f.walk(ctx, bucket, key, prefix, yield) {
				return false
			}
		case !e.dir && strings.HasPrefix(key, prefix):
			info, err := f.root.Stat(bucket + "/" + key)
			if err != nil || !info.Mode().IsRegular() {
				continue // a link that leads nowhere or out of the folder is no object
			}
			sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %d", key, info.Size(), info.ModTime().UnixNano()))
			if !yield(objects.Object{Key: key, ETag: `"` + hex.EncodeToString(sum[:16]) + `"`, Size: info.Size(), Modified: info.ModTime()}, nil) {
				return false
			}
		}
	}
	return true
}

type entry struct {
	name string // of a folder with a slash at its end, as it stands in keys
	dir  bool
}

// entries are those of a folder in the order of the keys below them.
func (f *Folder) entries(ctx context.Context, bucket, dir string) ([]entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	open, err := f.root.Open(path.Join(bucket, dir))
	if err != nil {
		return nil, err
	}
	list, err := open.ReadDir(-1)
	if err := errors.Join(err, open.Close()); err != nil {
		return nil, err
	}
	var entries []entry
	for _, e := range list {
		switch {
		case e.IsDir():
			entries = append(entries, entry{e.Name() + "/", true})
		case !strings.HasPrefix(e.Name(), temporary):
			entries = append(entries, entry{e.Name(), false})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	return entries, nil
}
