using System;
using System.Collections.Generic;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Esteira.Model
{
    /// <summary>What a <see cref="JsonValue"/> is.</summary>
    public enum JsonKind
    {
        /// <summary>`null`.</summary>
        Null,
        /// <summary>`true` or `false`.</summary>
        Boolean,
        /// <summary>A number of any size.</summary>
        Number,
        /// <summary>A text.</summary>
        Text,
        /// <summary>Values in order.</summary>
        Array,
        /// <summary>Named values, in the order in which they were written.</summary>
        Object,
    }

    /// <summary>
    /// A JSON value. A number is kept as the digits that were written, and read as what the caller asks for; where that
    /// would be another number it is an error, so that none ever changes silently. Never changes.
    /// </summary>
    public sealed class JsonValue
    {
        /// <summary>JSON `null`.</summary>
        public static readonly JsonValue Null = new JsonValue(JsonKind.Null, "null", null, null, null);

        private readonly string _token;
        private readonly IReadOnlyList<JsonValue> _items;
        private readonly IReadOnlyList<string> _names;
        private readonly IReadOnlyDictionary<string, JsonValue> _members;

        private JsonValue(
            JsonKind kind,
            string token,
            IReadOnlyList<JsonValue> items,
            IReadOnlyList<string> names,
            IReadOnlyDictionary<string, JsonValue> members)
        {
            Kind = kind;
            _token = token;
            _items = items;
            _names = names;
            _members = members;
        }

        /// <summary>What it is.</summary>
        public JsonKind Kind { get; }

        /// <summary>Reads JSON text; throws a <see cref="JsonFormatException"/>.</summary>
        public static JsonValue Parse(string text)
        {
            JsonCheck.Check(text);
            return Read(new JsonCursor(text));
        }

        private static JsonValue Read(JsonCursor cursor)
        {
            char next = cursor.Peek();
            if (next == '"') return Of(cursor.String());
            if (next == '[')
            {
                var items = new List<JsonValue>();
                for (cursor.Enter('['); cursor.More();) items.Add(Read(cursor));
                return Array(items);
            }
            if (next == '{')
            {
                var members = new List<KeyValuePair<string, JsonValue>>();
                for (cursor.Enter('{'); cursor.More();)
                {
                    string key = cursor.Key();
                    members.Add(new KeyValuePair<string, JsonValue>(key, Read(cursor)));
                }
                return Object(members);
            }
            string token = cursor.Value();
            if (token == "null") return Null;
            if (token == "true" || token == "false") return Of(token == "true");
            return new JsonValue(JsonKind.Number, token, null, null, null);
        }

        /// <summary>A text.</summary>
        public static JsonValue Of(string text)
        {
            return text == null ? Null : new JsonValue(JsonKind.Text, text, null, null, null);
        }

        /// <summary>A truth value.</summary>
        public static JsonValue Of(bool value)
        {
            return new JsonValue(JsonKind.Boolean, value ? "true" : "false", null, null, null);
        }

        /// <summary>A whole number.</summary>
        public static JsonValue Of(long number)
        {
            return new JsonValue(JsonKind.Number, Texts.Of(number), null, null, null);
        }

        /// <summary>A finite number; NON_RETRYABLE `OUTPUT_INVALID` for another.</summary>
        public static JsonValue Of(double number)
        {
            if (double.IsNaN(number) || double.IsInfinity(number)) throw Invalid("JSON has no " + number);
            return new JsonValue(JsonKind.Number, Shortest(number), null, null, null);
        }

        /// <summary>The shortest digits that mean this number.</summary>
        internal static string Shortest(double number)
        {
            foreach (string format in new[] { "G15", "G16", "G17" })
            {
                string text = number.ToString(format, CultureInfo.InvariantCulture);
                if (double.Parse(text, CultureInfo.InvariantCulture) == number) return text;
            }
            return number.ToString("R", CultureInfo.InvariantCulture);
        }

        /// <summary>An array of these.</summary>
        public static JsonValue Array(IEnumerable<JsonValue> items)
        {
            return new JsonValue(JsonKind.Array, null, new List<JsonValue>(items), null, null);
        }

        /// <summary>An object without members; <see cref="With"/> adds some.</summary>
        public static JsonValue Object()
        {
            return Object(new KeyValuePair<string, JsonValue>[0]);
        }

        /// <summary>An object with these members; of two with one name the last counts.</summary>
        public static JsonValue Object(IEnumerable<KeyValuePair<string, JsonValue>> members)
        {
            var names = new List<string>();
            var values = new Dictionary<string, JsonValue>(StringComparer.Ordinal);
            foreach (KeyValuePair<string, JsonValue> member in members)
            {
                if (!values.ContainsKey(member.Key)) names.Add(member.Key);
                values[member.Key] = member.Value ?? Null;
            }
            return new JsonValue(JsonKind.Object, null, null, names, values);
        }

        /// <summary>The same object with one more member, last.</summary>
        public JsonValue With(string name, JsonValue value)
        {
            Expect(JsonKind.Object);
            var members = new List<KeyValuePair<string, JsonValue>>();
            foreach (string known in _names) members.Add(new KeyValuePair<string, JsonValue>(known, _members[known]));
            members.Add(new KeyValuePair<string, JsonValue>(name, value));
            return Object(members);
        }

        /// <summary>A text as JSON.</summary>
        public static implicit operator JsonValue(string text)
        {
            return Of(text);
        }

        /// <summary>A whole number as JSON.</summary>
        public static implicit operator JsonValue(long number)
        {
            return Of(number);
        }

        /// <summary>A truth value as JSON.</summary>
        public static implicit operator JsonValue(bool value)
        {
            return Of(value);
        }

        /// <summary>The text.</summary>
        public string AsText()
        {
            Expect(JsonKind.Text);
            return _token;
        }

        /// <summary>The truth value.</summary>
        public bool AsBoolean()
        {
            Expect(JsonKind.Boolean);
            return _token == "true";
        }

        /// <summary>The whole number; an error when it is none that 64 bits hold.</summary>
        public long AsInt64()
        {
            long number;
            if (Kind == JsonKind.Number && long.TryParse(_token, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number)) return number;
            throw new FormatException("expected a whole number of 64 bits, found " + Found());
        }

        /// <summary>The whole number, of any size.</summary>
        public BigInteger AsBigInteger()
        {
            BigInteger number;
            if (Kind == JsonKind.Number && BigInteger.TryParse(_token, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number)) return number;
            throw new FormatException("expected a whole number, found " + Found());
        }

        /// <summary>The number as a double; an error when that is another number.</summary>
        public double AsDouble()
        {
            Expect(JsonKind.Number);
            double number;
            bool isRead = double.TryParse(_token, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
            if (!isRead || double.IsInfinity(number)) throw new FormatException("a number is too large for a double");
            if (Digits.Of(Shortest(number)) != Digits.Of(_token)) throw new FormatException("a number has more digits than a double holds");
            return number;
        }

        /// <summary>The number as it is written.</summary>
        public string AsNumberText()
        {
            Expect(JsonKind.Number);
            return _token;
        }

        /// <summary>The elements of the array.</summary>
        public IReadOnlyList<JsonValue> Items
        {
            get
            {
                Expect(JsonKind.Array);
                return _items;
            }
        }

        /// <summary>The names of the object's members, in their order.</summary>
        public IReadOnlyList<string> Names
        {
            get
            {
                Expect(JsonKind.Object);
                return _names;
            }
        }

        /// <summary>A member that must be there.</summary>
        public JsonValue this[string name]
        {
            get
            {
                JsonValue value;
                if (TryGet(name, out value)) return value;
                throw new FormatException("the member `" + name + "` is missing");
            }
        }

        /// <summary>An element of the array.</summary>
        public JsonValue this[int index]
        {
            get { return Items[index]; }
        }

        /// <summary>A member, if it is there.</summary>
        public bool TryGet(string name, out JsonValue value)
        {
            Expect(JsonKind.Object);
            return _members.TryGetValue(name, out value);
        }

        /// <summary>Compact JSON, members in their order, numbers as they were written.</summary>
        public string ToJson()
        {
            var json = new StringBuilder();
            Write(json, 0);
            return json.ToString();
        }

        /// <summary>Compact JSON.</summary>
        public override string ToString()
        {
            return ToJson();
        }

        private void Write(StringBuilder json, int depth)
        {
            if (Kind == JsonKind.Text)
            {
                if (Texts.BrokenAt(_token) >= 0) throw Invalid("half of a surrogate pair is no text");
                json.Append(JsonText.Quoted(_token));
                return;
            }
            if (_items == null && _names == null)
            {
                json.Append(_token);
                return;
            }
            if (depth == Limits.JsonDepthMax) throw Invalid("the value is nested too deeply");
            int count = _items == null ? _names.Count : _items.Count;
            json.Append(_items == null ? '{' : '[');
            for (int at = 0; at < count; at++)
            {
                if (at > 0) json.Append(',');
                if (_items == null) json.Append(JsonText.Quoted(_names[at])).Append(':');
                (_items == null ? _members[_names[at]] : _items[at]).Write(json, depth + 1);
            }
            json.Append(_items == null ? '}' : ']');
        }

        private void Expect(JsonKind wanted)
        {
            if (Kind != wanted) throw new FormatException("expected " + wanted + ", found " + Found());
        }

        private string Found()
        {
            return Kind == JsonKind.Number ? "another number" : Kind.ToString();
        }

        private static NonRetryable Invalid(string message)
        {
            return new NonRetryable(ErrorCodes.OutputInvalid, message);
        }
    }
}
