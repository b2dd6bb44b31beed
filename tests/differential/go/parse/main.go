// Command parse reads Go files over a pipe and says what gofmt -e says first: the line and the words of the first error.
//
// A question is a number of files, then for each file its length and its bytes; numbers are 32 bits, little-endian. The
// answer is, for each file in order, the line (0 where there is no error), the length of the words, and the words.
package main

import (
	"bufio"
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
	line  uint32
	words string
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
		first := err[0]
		line := 1
		// What is missing at the end of the file is missing on its last line.
		at := min(first.Pos.Offset, len(text))
		if at > 0 && at == len(text) && text[at-1] == '\n' {
			at--
		}
		for _, b := range text[:at] {
			if b == '\n' {
				line++
			}
		}
		return answer{uint32(line), first.Msg}
	default:
		return answer{1, err.Error()}
	}
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
			binary.Write(out, binary.LittleEndian, a.line)
			binary.Write(out, binary.LittleEndian, uint32(len(a.words)))
			out.WriteString(a.words)
		}
		out.Flush()
	}
}
