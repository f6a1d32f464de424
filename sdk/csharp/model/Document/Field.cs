using System;
using System.Collections.Generic;
using System.Globalization;

namespace Esteira.Model
{
    /// <summary>
    /// A value of a plan document and its place. Typed readers report what is wrong there, and reading goes on; they answer
    /// null when an issue says why. The exact text is kept, and split into members only when they are asked for, so that
    /// what the author owns (`config`, `input`) is never taken apart.
    /// </summary>
    internal sealed class Field
    {
        private readonly string _path;
        private readonly List<Issue> _issues;

        internal Field(string path, string text, List<Issue> issues)
        {
            _path = path;
            Text = text;
            _issues = issues;
        }

        internal string Text { get; }

        internal void Refuse(string code, string message)
        {
            _issues.Add(new Issue(_path, code, message));
        }

        private void Expected(string what)
        {
            Refuse("FIELD_TYPE", "expected " + what);
        }

        /// <summary>The members of an object.</summary>
        internal FieldMembers Object()
        {
            var cursor = new JsonCursor(Text);
            if (!cursor.Enter('{'))
            {
                Expected("an object");
                return null;
            }
            var members = new FieldMembers(_path, _issues);
            while (cursor.More())
            {
                string key = cursor.Key();
                members.Add(key, cursor.Value());
            }
            return members;
        }

        /// <summary>The elements of an array, at most so many.</summary>
        internal IReadOnlyList<Field> List(int max, string tooLong = "LIST_TOO_LONG")
        {
            var cursor = new JsonCursor(Text);
            if (!cursor.Enter('['))
            {
                Expected("an array");
                return null;
            }
            var items = new List<Field>();
            while (cursor.More()) items.Add(new Field(_path + "/" + items.Count, cursor.Value(), _issues));
            if (items.Count <= max) return items;
            Refuse(tooLong, items.Count + " elements; at most " + max + " are allowed");
            return null;
        }

        internal bool IsString
        {
            get { return Text.StartsWith("\"", StringComparison.Ordinal); }
        }

        internal string String()
        {
            string text = new JsonCursor(Text).String();
            if (text != null) return text;
            bool isNumber = Text != "" && Text[0] >= '0' && Text[0] <= '9';
            Expected(isNumber ? "a string (in YAML, put quotes around it)" : "a string");
            return null;
        }

        /// <summary>A text for people or for comparison: not empty, at most so many characters.</summary>
        internal string ShortText(int charactersMax)
        {
            string text = String();
            if (text == null) return null;
            int length = Texts.Characters(text);
            if (length > 0 && length <= charactersMax) return text;
            string why = length == 0
                ? "empty; leave the field out instead"
                : length + " characters; at most " + charactersMax + " are allowed";
            Refuse("TEXT_INVALID", why);
            return null;
        }

        /// <summary>A name: of plans, functions and queues.</summary>
        internal string Name()
        {
            return Formed(text => Names.IsName(text, Limits.NameBytesMax), "[a-z][a-z0-9_.-]{0,62}");
        }

        /// <summary>A key of a step.</summary>
        internal string Key()
        {
            return Formed(Names.IsKey, "[a-z][a-z0-9_]{0,62}");
        }

        /// <summary>A failure code.</summary>
        internal string Code()
        {
            return Formed(Names.IsCode, "[A-Z][A-Z0-9_]{0,63}");
        }

        private string Formed(Func<string, bool> fits, string form)
        {
            string text = String();
            if (text == null || fits(text)) return text;
            Refuse("NAME_INVALID", "expected " + form);
            return null;
        }

        /// <summary>An array of names, each once.</summary>
        internal IReadOnlyList<string> EachOnce(int max, Func<Field, string> read)
        {
            var names = new List<string>();
            foreach (Field item in List(max) ?? new Field[0])
            {
                string name = read(item);
                if (name == null) continue;
                if (names.Contains(name)) item.Refuse("LIST_REPEATS", "`" + name + "` stands here twice");
                else names.Add(name);
            }
            return names;
        }

        internal bool? Boolean()
        {
            if (Text == "true" || Text == "false") return Text == "true";
            Expected("true or false");
            return null;
        }

        /// <summary>A whole number within a range, written without a point or exponent.</summary>
        internal long? Whole(long least, long most)
        {
            double? number = AnyNumber();
            if (number == null) return null;
            bool isPlain = true;
            foreach (char digit in Text) isPlain = isPlain && digit >= '0' && digit <= '9';
            if (isPlain && number >= least && number <= most) return (long)number.Value;
            OutOfRange("a whole number", Texts.Of(least), Texts.Of(most));
            return null;
        }

        /// <summary>A number within a range.</summary>
        internal double? Number(double least, double most)
        {
            double? number = AnyNumber();
            if (number == null || (number >= least && number <= most)) return number;
            OutOfRange("a number", JsonValue.Shortest(least), JsonValue.Shortest(most));
            return null;
        }

        private double? AnyNumber()
        {
            if (Text == "" || "-0123456789".IndexOf(Text[0]) < 0)
            {
                Expected("a number");
                return null;
            }
            double number;
            bool isRead = double.TryParse(Text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
            if (isRead && !double.IsInfinity(number)) return number;
            Refuse("NUMBER_OUT_OF_RANGE", "too large");
            return null;
        }

        /// <summary>A duration within a range, in milliseconds.</summary>
        internal long? DurationMs(long least, long most)
        {
            string text = String();
            if (text == null) return null;
            ulong? ms = DurationText.ParseMs(text);
            if (ms == null)
            {
                Refuse("DURATION_INVALID", "expected whole numbers with units, like 250ms, 5s or 1h30m");
                return null;
            }
            if (ms >= (ulong)least && ms <= (ulong)most) return (long)ms.Value;
            OutOfRange("a duration", DurationText.FormatMs(least), DurationText.FormatMs(most));
            return null;
        }

        /// <summary>One of these values, by its place; -1 when an issue says why.</summary>
        internal int Choice(params string[] all)
        {
            string text = String();
            if (text == null) return -1;
            int place = Array.IndexOf(all, text);
            if (place < 0) Refuse("CHOICE_INVALID", "expected one of " + string.Join(", ", all));
            return place;
        }

        private void OutOfRange(string what, string least, string most)
        {
            Refuse("NUMBER_OUT_OF_RANGE", "expected " + what + " from " + least + " to " + most);
        }
    }

    /// <summary>The members of an object that were not read yet.</summary>
    internal sealed class FieldMembers
    {
        private readonly string _path;
        private readonly List<Issue> _issues;
        private readonly List<string> _order = new List<string>();
        private readonly Dictionary<string, string> _texts = new Dictionary<string, string>(StringComparer.Ordinal);

        internal FieldMembers(string path, List<Issue> issues)
        {
            _path = path;
            _issues = issues;
        }

        internal void Add(string name, string text)
        {
            _order.Add(name);
            _texts[name] = text;
        }

        /// <summary>Takes a member; null when it is not there.</summary>
        internal Field Take(string name)
        {
            string text;
            if (!_texts.TryGetValue(name, out text)) return null;
            _texts.Remove(name);
            return Place(name, text);
        }

        /// <summary>Takes a member that must be there.</summary>
        internal Field Require(string name)
        {
            Field field = Take(name);
            if (field == null) RefuseMissing(name, "`" + name + "` is missing");
            return field;
        }

        /// <summary>Reports that a member is not there.</summary>
        internal void RefuseMissing(string name, string message)
        {
            Place(name, "").Refuse("FIELD_REQUIRED", message);
        }

        /// <summary>Takes members that an object of this kind has no use for, and says so.</summary>
        internal void RefuseAll(IEnumerable<string> names, string why)
        {
            foreach (string name in names)
            {
                Field field = Take(name);
                if (field != null) field.Refuse("FIELD_UNSUPPORTED", why);
            }
        }

        /// <summary>Reports a problem with the object as a whole.</summary>
        internal void Refuse(string code, string message)
        {
            _issues.Add(new Issue(_path, code, message));
        }

        /// <summary>What is left is unknown.</summary>
        internal void Finish()
        {
            foreach (string name in _order)
            {
                if (_texts.ContainsKey(name)) Place(name, "").Refuse("FIELD_UNKNOWN", "there is no such field here");
            }
        }

        private Field Place(string name, string text)
        {
            return new Field(_path + "/" + JsonText.EscapePointer(name), text, _issues);
        }
    }
}
