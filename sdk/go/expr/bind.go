package expr

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/esteira/esteira/sdk/go/model"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// bind is a variable as a CEL value; nil when it holds no data: then reading it is an error, never null.
func bind(name string, variable model.Variable) (ref.Val, error) {
	if variable.Fields == nil {
		switch variable.Payload.Kind() {
		case model.NoData:
			return nil, nil
		case model.BinaryData:
			return types.Bytes(variable.Payload.Bytes()), nil
		}
		text, _ := variable.Payload.JSON()
		value, isJSON := parseJSON(text)
		if !isJSON {
			return nil, failed("`%s` is not acceptable JSON", name)
		}
		return value, nil
	}
	fields := map[ref.Val]ref.Val{}
	for key, field := range variable.Fields {
		value, err := bind(name+"."+key, field)
		if err != nil {
			return nil, err
		}
		if value != nil {
			fields[types.String(key)] = value
		}
	}
	return orderedMap(fields), nil
}

func parseJSON(text string) (ref.Val, bool) {
	if model.CheckJSON(text) != nil {
		return nil, false
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, false
	}
	return fromJSON(value), true
}

func fromJSON(value any) ref.Val {
	switch value := value.(type) {
	case bool:
		return types.Bool(value)
	case string:
		return types.String(value)
	case json.Number:
		if number, err := strconv.ParseInt(string(value), 10, 64); err == nil {
			return types.Int(number)
		}
		// What is too large for a double is infinite, as in every language that reads JSON into doubles.
		number, _ := strconv.ParseFloat(string(value), 64)
		return types.Double(number)
	case []any:
		items := make([]ref.Val, len(value))
		for i, item := range value {
			items[i] = fromJSON(item)
		}
		return types.NewRefValList(adapter{}, items)
	case map[string]any:
		fields := make(map[ref.Val]ref.Val, len(value))
		for key, field := range value {
			fields[types.String(key)] = fromJSON(field)
		}
		return orderedMap(fields)
	default:
		return types.NullValue
	}
}

// adapter makes maps that the expression writes ordered, too: the order of a Go map must not be seen.
type adapter struct{}

func (adapter) NativeToValue(value any) ref.Val {
	if fields, isMap := value.(map[ref.Val]ref.Val); isMap {
		return orderedMap(fields)
	}
	return types.DefaultTypeAdapter.NativeToValue(value)
}

func orderedMap(fields map[ref.Val]ref.Val) ref.Val {
	return &sortedMap{Mapper: types.NewRefValMap(adapter{}, fields), fields: fields}
}

// sortedMap hands out its keys in order.
type sortedMap struct {
	traits.Mapper
	fields map[ref.Val]ref.Val
}

func (m *sortedMap) Iterator() traits.Iterator {
	return types.NewRefValList(adapter{}, m.keys()).Iterator()
}

func (m *sortedMap) keys() []ref.Val {
	keys := make([]ref.Val, 0, len(m.fields))
	for key := range m.fields {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, compareKeys)
	return keys
}

func compareKeys(a, b ref.Val) int {
	rank := func(key ref.Val) int {
		return slices.Index([]ref.Type{types.IntType, types.UintType, types.BoolType, types.StringType}, key.Type())
	}
	if order := cmp.Compare(rank(a), rank(b)); order != 0 {
		return order
	}
	comparer, _ := a.(traits.Comparer)
	order, _ := comparer.Compare(b).(types.Int)
	return int(order)
}
