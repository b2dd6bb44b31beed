// Package time is the part of time that kernel code can use: durations.
package time

// Duration is a time span in nanoseconds, as the kernel's clocks count.
type Duration int64

// Common spans.
const (
	Nanosecond  Duration = 1
	Microsecond          = 1000 * Nanosecond
	Millisecond          = 1000 * Microsecond
	Second               = 1000 * Millisecond
	Minute               = 60 * Second
	Hour                 = 60 * Minute
)

// Nanoseconds gives the span in nanoseconds.
func (d Duration) Nanoseconds() int64 { return int64(d) }

// Microseconds gives the span in whole microseconds.
func (d Duration) Microseconds() int64 { return int64(d / Microsecond) }

// Milliseconds gives the span in whole milliseconds.
func (d Duration) Milliseconds() int64 { return int64(d / Millisecond) }

// Abs gives the span without its sign; that of the least span is the greatest.
func (d Duration) Abs() Duration {
	if d >= 0 {
		return d
	}
	if d == -1<<63 {
		return 1<<63 - 1
	}
	return -d
}

// Truncate rounds the span toward zero to a multiple of m.
func (d Duration) Truncate(m Duration) Duration {
	if m <= 0 {
		return d
	}
	return d - d%m
}

// Round rounds the span to the nearest multiple of m, halves away from zero, and no further than spans reach.
func (d Duration) Round(m Duration) Duration {
	if m <= 0 {
		return d
	}
	nearer := d - d%m
	switch {
	case uint64((d%m).Abs())*2 < uint64(m):
		return nearer
	case d > 0 && nearer > 1<<63-1-m:
		return 1<<63 - 1
	case d > 0:
		return nearer + m
	case nearer < -1<<63+m:
		return -1 << 63
	}
	return nearer - m
}

// Seconds gives the span in seconds.
func (d Duration) Seconds() float64

// Minutes gives the span in minutes.
func (d Duration) Minutes() float64

// Hours gives the span in hours.
func (d Duration) Hours() float64

// String gives the span as text such as "1.5s".
func (d Duration) String() string
