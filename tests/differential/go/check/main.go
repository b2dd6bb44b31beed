// Command check reads Go files over a pipe, each a package of its own, and says what go/types says with all errors on.
//
// A question is a number of files, then for each file its length and its bytes; numbers are 32 bits, little-endian. The
// answer is, for each file in order, the number of errors, and for each error its line, the length of the words, and the
// words. What only explains an earlier error is left out. A syntax error is the only error of its file, and its words
// begin with "syntax error: ".
//
// The argument is the folder of the SDK.
package main

import (
	"bufio"
	"encoding/binary"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"sync"
)

const sdkPath = "github.com/miekg/bpf"

// importing gives packages, each of which is read once.
type importing struct {
	mutex  sync.Mutex
	files  *token.FileSet
	source types.ImporterFrom
	known  map[string]*types.Package
	sdk    string
}

func (im *importing) Import(path string) (*types.Package, error) {
	im.mutex.Lock()
	defer im.mutex.Unlock()
	if found := im.known[path]; found != nil {
		return found, nil
	}
	var found *types.Package
	var err error
	if path == sdkPath {
		found, err = im.readSDK()
	} else {
		found, err = im.source.ImportFrom(path, im.sdk, 0)
	}
	if err != nil {
		return nil, err
	}
	im.known[path] = found
	return found, nil
}

func (im *importing) readSDK() (*types.Package, error) {
	names, err := filepath.Glob(filepath.Join(im.sdk, "*.go"))
	if err != nil {
		return nil, err
	}
	var parsed []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(im.files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, file)
	}
	config := types.Config{Importer: standard{im}}
	return config.Check(sdkPath, im.files, parsed, nil)
}

// standard gives packages of the standard library to the SDK, while the lock is held.
type standard struct{ im *importing }

func (s standard) Import(path string) (*types.Package, error) {
	return s.im.source.ImportFrom(path, s.im.sdk, 0)
}

type found struct {
	line  uint32
	words string
}

func judge(im *importing, text []byte) []found {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "f.go", text, parser.SkipObjectResolution|parser.ParseComments)
	if err != nil {
		return []found{{0, "syntax error: " + err.Error()}}
	}
	var all []found
	config := types.Config{Importer: im, Error: func(err error) {
		e := err.(types.Error)
		if !strings.HasPrefix(e.Msg, "\t") {
			all = append(all, found{uint32(files.PositionFor(e.Pos, false).Line), e.Msg})
		}
	}}
	config.Check("f", files, []*ast.File{file}, nil)
	sort.SliceStable(all, func(i, j int) bool { return all[i].line < all[j].line })
	return all
}

func number(in io.Reader) uint32 {
	var b [4]byte
	if _, err := io.ReadFull(in, b[:]); err != nil {
		os.Exit(0)
	}
	return binary.LittleEndian.Uint32(b[:])
}

func main() {
	files := token.NewFileSet()
	source := importer.ForCompiler(files, "source", nil).(types.ImporterFrom)
	im := &importing{files: files, source: source, known: map[string]*types.Package{}, sdk: os.Args[1]}
	in, out := bufio.NewReaderSize(os.Stdin, 1<<20), bufio.NewWriter(os.Stdout)
	for {
		texts := make([][]byte, number(in))
		for i := range texts {
			texts[i] = make([]byte, number(in))
			if _, err := io.ReadFull(in, texts[i]); err != nil {
				return
			}
		}
		answers := make([][]found, len(texts))
		var wait sync.WaitGroup
		workers := runtime.NumCPU()
		for w := range workers {
			wait.Add(1)
			go func() {
				defer wait.Done()
				for i := w; i < len(texts); i += workers {
					answers[i] = judge(im, texts[i])
				}
			}()
		}
		wait.Wait()
		for _, all := range answers {
			binary.Write(out, binary.LittleEndian, uint32(len(all)))
			for _, f := range all {
				binary.Write(out, binary.LittleEndian, f.line)
				binary.Write(out, binary.LittleEndian, uint32(len(f.words)))
				out.WriteString(f.words)
			}
		}
		out.Flush()
	}
}
