package expr

import (
	"math"
	"strconv"
	"strings"

	"github.com/esteira/esteira/sdk/go/model"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// writeJSON appends a value. Objects have their keys in order, so that the same value always has the same digest. What
// JSON does not have is EXPRESSION_TYPE: bytes, timestamps, durations, types, keys that are not strings, infinities.
func writeJSON(text *strings.Builder, value ref.Val) error {
	if text.Len() > model.PayloadBytesMax {
		return failed("the result is larger than %d bytes", model.PayloadBytesMax)
	}
	switch value := value.(type) {
	case types.String:
		writeString(text, string(value))
	case types.Int:
		text.WriteString(strconv.FormatInt(int64(value), 10))
	case types.Uint:
		text.WriteString(strconv.FormatUint(uint64(value), 10))
	case types.Double:
		return writeDouble(text, float64(value))
	case types.Bool:
		text.WriteString(strconv.FormatBool(bool(value)))
	case types.Null:
		text.WriteString("null")
	case traits.Lister:
		text.WriteByte('[')
		separator := ""
		for items := value.Iterator(); items.HasNext() == types.True; separator = "," {
			text.WriteString(separator)
			if err := writeJSON(text, items.Next()); err != nil {
				return err
			}
		}
		text.WriteByte(']')
	case traits.Mapper:
		return writeMap(text, value)
	default:
		return wrongType("JSON has no %s", value.Type().TypeName())
	}
	return nil
}

func writeMap(text *strings.Builder, value traits.Mapper) error {
	text.WriteByte('{')
	separator := ""
	for keys := value.Iterator(); keys.HasNext() == types.True; separator = "," {
		key, isText := keys.Next().(types.String)
		if !isText {
			return wrongType("the keys of a JSON object are strings")
		}
		text.WriteString(separator)
		writeString(text, string(key))
		text.WriteByte(':')
		if err := writeJSON(text, value.Get(key)); err != nil {
			return err
		}
	}
	text.WriteByte('}')
	return nil
}

func writeString(text *strings.Builder, value string) {
	text.WriteByte('"')
	for _, char := range value {
		if escape := strings.IndexRune("\"\\\n\r\t", char); escape >= 0 {
			text.WriteByte('\\')
			text.WriteByte(`"\nrt`[escape])
		} else if char < ' ' {
			text.WriteString(`\u00`)
			text.WriteByte("0123456789abcdef"[char>>4])
			text.WriteByte("0123456789abcdef"[char&15])
		} else {
			text.WriteRune(char)
		}
	}
	text.WriteByte('"')
}

// writeDouble writes the shortest text that reads back as the same number; always with a point or an exponent. The
// coordinator lays its digits out like this.
func writeDouble(text *strings.Builder, number float64) error {
	if math.IsInf(number, 0) || math.IsNaN(number) {
		return wrongType("JSON has no infinity and no NaN")
	}
	if math.Signbit(number) {
		text.WriteByte('-')
		number = -number
	}
	if number == 0 {
		text.WriteString("0.0")
		return nil
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(number, 'e', -1, 64), "e")
	digits := strings.Replace(mantissa, ".", "", 1)
	power, _ := strconv.Atoi(exponent)
	point := power + 1
	switch {
	case point > 16 || point <= -5:
		text.WriteString(digits[:1])
		if len(digits) > 1 {
			text.WriteString("." + digits[1:])
		}
		text.WriteString("e" + strconv.Itoa(power))
	case point <= 0:
		text.WriteString("0." + strings.Repeat("0", -point) + digits)
	case point >= len(digits):
		text.WriteString(digits + strings.Repeat("0", point-len(digits)) + ".0")
	default:
		text.WriteString(digits[:point] + "." + digits[point:])
	}
	return nil
}
