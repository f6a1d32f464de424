package model

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

var durationUnits = []struct {
	name string
	ms   uint64
}{{"h", 3_600_000}, {"m", 60_000}, {"s", 1_000}, {"ms", 1}}

// ParseDuration reads a duration of a plan document: 250ms, 5s, 2m, 1h30m. Units come in order and once; there are
// no spaces, signs or fractions. What does not fit into a [time.Duration] is as long as that can be.
func ParseDuration(text string) (time.Duration, error) {
	total, err := ParseMillis(text)
	if total > uint64(math.MaxInt64/time.Millisecond) {
		return math.MaxInt64, err
	}
	return time.Duration(total) * time.Millisecond, err
}

// ParseMillis is [ParseDuration] in milliseconds, up to 2^64 of them: a [time.Duration] ends after 292 years.
func ParseMillis(text string) (uint64, error) {
	wrong := fmt.Errorf("%q is not a duration like 250ms, 5s or 1h30m", text)
	if text == "" {
		return 0, wrong
	}
	units, total := durationUnits, uint64(0)
	for rest := text; rest != ""; {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		letters := len(rest[digits:]) - len(strings.TrimLeft(rest[digits:], "abcdefghijklmnopqrstuvwxyz"))
		unit := rest[digits : digits+letters]
		for len(units) > 0 && units[0].name != unit {
			units = units[1:]
		}
		number, err := strconv.ParseUint(rest[:digits], 10, 64)
		if len(units) == 0 || err != nil || number > math.MaxUint64/units[0].ms {
			return 0, wrong
		}
		if number *= units[0].ms; total+number < total {
			return 0, wrong
		}
		total, units, rest = total+number, units[1:], rest[digits+letters:]
	}
	return total, nil
}

// formatDuration writes a duration so that ParseDuration reads it back; parts of a millisecond are dropped.
func formatDuration(duration time.Duration) string {
	left, text := uint64(duration.Milliseconds()), ""
	for _, unit := range durationUnits {
		if count := left / unit.ms; count > 0 {
			text += strconv.FormatUint(count, 10) + unit.name
			left %= unit.ms
		}
	}
	if text == "" {
		return "0s"
	}
	return text
}
