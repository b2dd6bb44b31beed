package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/cilium/ebpf"
)

var logLines = flag.Int("log-lines", 60, "how much of the verifier's log to print when it rejects a program; 0 prints all")

// sourceLine says which line of the source the instructions from slot on come from.
type sourceLine struct {
	slot int
	at   string // file and line; empty for instructions from no line
	text string
}

// load brings a program into the kernel. When the verifier rejects it, its log is printed with the lines of the source.
func load(spec *ebpf.ProgramSpec, lines []sourceLine) (*ebpf.Program, error) {
	// The buffer for the verifier's log starts with this many bytes and grows until the log fits, up to 1 GiB.
	program, err := ebpf.NewProgramWithOptions(spec, ebpf.ProgramOptions{LogSizeStart: 1 << 20})
	if err == nil {
		return program, nil
	}
	var rejected *ebpf.VerifierError
	if !errors.As(err, &rejected) || len(rejected.Log) == 0 {
		return nil, fmt.Errorf("loading %s: %w", spec.Name, advise(err))
	}
	printLog(rejected.Log, lines)
	return nil, fmt.Errorf("the verifier rejected %s (%w); its log is above", spec.Name, rejected.Cause)
}

// printLog prints the end of the verifier's log, with each line of the source above the instructions that it became.
func printLog(log []string, lines []sourceLine) {
	var annotated []string
	var last sourceLine
	for _, text := range log {
		var slot int
		if _, err := fmt.Sscanf(text, "%d: (", &slot); err == nil {
			if line := lineOf(slot, lines); line != last && line.at != "" {
				annotated = append(annotated, line.at+": "+line.text)
				last = line
			}
		}
		annotated = append(annotated, "    "+text)
	}
	if hidden := len(annotated) - *logLines; *logLines > 0 && hidden > 0 {
		annotated = annotated[hidden:]
		fmt.Fprintf(os.Stderr, "(%d earlier lines: -log-lines=0 prints all)\n", hidden)
	}
	for _, text := range annotated {
		fmt.Fprintln(os.Stderr, text)
	}
	if last.at != "" {
		fmt.Fprintf(os.Stderr, "rejected at %s: %s\n", last.at, last.text)
	}
}

// lineOf finds the line that the instruction at slot comes from; its number is 0 where there is none.
func lineOf(slot int, lines []sourceLine) sourceLine {
	var found sourceLine
	for _, row := range lines {
		if row.slot <= slot {
			found = row
		}
	}
	return found
}
