package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// openTrace opens the kernel's trace output, and drops what is left in it from before.
func openTrace() (*os.File, error) {
	dir, err := tracefs()
	if err != nil {
		return nil, err
	}
	pipe, err := os.OpenFile(dir+"/trace_pipe", os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.EBUSY) {
		return nil, fmt.Errorf("opening the trace output: %w: another program reads it in a way that excludes others", err)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the trace output: %w", advise(err))
	}
	if on, err := os.ReadFile(dir + "/tracing_on"); err == nil && strings.TrimSpace(string(on)) == "0" {
		fmt.Fprintf(os.Stderr, "%s: tracing is off, so nothing will be printed: echo 1 | sudo tee %s/tracing_on\n", source, dir)
	}
	buffer := make([]byte, 64<<10)
	for end := time.Now().Add(time.Second); time.Now().Before(end); {
		if err := pipe.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
			break
		}
		if _, err := pipe.Read(buffer); err != nil {
			break
		}
	}
	return pipe, nil
}

// followTrace prints what programs say with bpf_trace_printk, until ctx is done. The trace output is one for the whole
// machine, so the messages of other BPF programs appear too, and each message goes to one reader only.
func followTrace(ctx context.Context, pipe *os.File) error {
	var messages traceMessages
	buffer := make([]byte, 64<<10)
	for {
		done := ctx.Err() != nil
		if err := pipe.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
			return fmt.Errorf("waiting for trace output: %w", err)
		}
		n, err := pipe.Read(buffer)
		if _, err := os.Stdout.WriteString(messages.add(string(buffer[:n]))); err != nil {
			return fmt.Errorf("printing a trace message: %w", err)
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("reading trace output: %w", err)
		}
		if done {
			return nil
		}
	}
}

// traceMessages picks the messages out of trace output such as
//
//	cat-4711    [001] ...21  1234.567890: bpf_trace_printk: Hello world!
type traceMessages struct {
	rest   string // an unfinished line
	inside bool   // lines that begin no event belong to a message
}

var traceEvent = regexp.MustCompile(`^ *.+?-\d+ +(\([ \d-]+\) +)?\[\d+\] (\S+ +)?[\d.]+: (bpf_trace_printk: )?`)

// add takes more output and returns the lines of messages that it completes.
func (t *traceMessages) add(output string) string {
	var printed strings.Builder
	lines := strings.Split(t.rest+output, "\n")
	t.rest = lines[len(lines)-1]
	for _, line := range lines[:len(lines)-1] {
		if event := traceEvent.FindStringSubmatch(line); event != nil {
			t.inside = event[3] != ""
			line = line[len(event[0]):]
		} else if strings.HasPrefix(line, "CPU:") && strings.HasSuffix(line, " EVENTS]") {
			fmt.Fprintf(os.Stderr, "%s: trace output lost: %s\n", source, line)
			continue
		} else if line == "" {
			continue // the kernel ends a message that ends in a newline with a second one
		}
		if t.inside {
			printed.WriteString(line + "\n")
		}
	}
	return printed.String()
}
