// Command parse reads Go files over a pipe and says what gofmt -e says first: the line and the words of the first error.
//
// A question is a number of files, then for each file its length and its bytes; numbers are 32 bits, little-endian. The
// answer is, for each file in order, the line of the topmost error (0 where there is no error), that of the error that
// the parser met first, the length of the words of the latter, and these words.
//
// It is built with a go/parser that leaves its errors in the order in which it meets them.
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"go/parser"
	"go/scanner"
	"go/token"
	"io"
	"os"
	"runtime"
	"sync"
)

type answer struct {
	topmost, met uint32
	words        string
}

// judge parses as gofmt -e does.
func judge(text []byte) answer {
	files := token.NewFileSet()
	mode := parser.ParseComments | parser.AllErrors | parser.SkipObjectResolution
	_, err := parser.ParseFile(files, "f.go", text, mode)
	switch err := err.(type) {
	case nil:
		return answer{}
	case scanner.ErrorList:
		// A line directive moves positions; the file's own are what counts.
		topmost := err[0].Pos.Offset
		for _, e := range err {
			topmost = min(topmost, e.Pos.Offset)
		}
		return answer{line(text, topmost), line(text, err[0].Pos.Offset), err[0].Msg}
	default:
		return answer{1, 1, err.Error()}
	}
}

// line counts the lines up to an offset. What is missing at the end of the file is missing on its last line.
func line(text []byte, at int) uint32 {
	at = min(at, len(text))
	if at > 0 && at == len(text) && text[at-1] == '\n' {
		at--
	}
	return uint32(bytes.Count(text[:at], []byte{'\n'})) + 1
}

func number(in io.Reader) uint32 {
	var b [4]byte
	if _, err := io.ReadFull(in, b[:]); err != nil {
		os.Exit(0)
	}
	return binary.LittleEndian.Uint32(b[:])
}

func main() {
	in, out := bufio.NewReaderSize(os.Stdin, 1<<20), bufio.NewWriter(os.Stdout)
	for {
		texts := make([][]byte, number(in))
		for i := range texts {
			texts[i] = make([]byte, number(in))
			if _, err := io.ReadFull(in, texts[i]); err != nil {
				return
			}
		}
		answers := make([]answer, len(texts))
		var wait sync.WaitGroup
		workers := runtime.NumCPU()
		for w := range workers {
			wait.Add(1)
			go func() {
				defer wait.Done()
				for i := w; i < len(texts); i += workers {
					answers[i] = judge(texts[i])
				}
			}()
		}
		wait.Wait()
		for _, a := range answers {
			binary.Write(out, binary.LittleEndian, a.topmost)
			binary.Write(out, binary.LittleEndian, a.met)
			binary.Write(out, binary.LittleEndian, uint32(len(a.words)))
			out.WriteString(a.words)
		}
		out.Flush()
	}
}
