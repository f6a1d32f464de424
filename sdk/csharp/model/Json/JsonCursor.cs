namespace Esteira.Model
{
    /// <summary>
    /// A place in JSON text that was checked before: walks it without building a tree. Every step answers null or false on
    /// text that is not JSON, so that unchecked text is an error and never an exception.
    /// </summary>
    internal sealed class JsonCursor
    {
        private readonly string _text;

        internal JsonCursor(string text, int at = 0)
        {
            _text = text;
            Position = at;
        }

        /// <summary>The offset that was reached.</summary>
        internal int Position { get; private set; }

        /// <summary>The same place, to go on from separately.</summary>
        internal JsonCursor Copy()
        {
            return new JsonCursor(_text, Position);
        }

        /// <summary>The offset of the next thing that is not white space.</summary>
        internal int Offset()
        {
            Peek();
            return Position;
        }

        /// <summary>The next character that is not white space; NUL at the end.</summary>
        internal char Peek()
        {
            while (Position < _text.Length && JsonText.IsSpace(_text[Position])) Position++;
            return Position < _text.Length ? _text[Position] : '\0';
        }

        /// <summary>Steps into an object (`{`) or array (`[`).</summary>
        internal bool Enter(char bracket)
        {
            if (Peek() != bracket) return false;
            Position++;
            return true;
        }

        /// <summary>Whether the array or object that was entered has another member; steps to it, or past the end.</summary>
        internal bool More()
        {
            char next = Peek();
            if (next == '\0') return false;
            if (next == ',' || next == '}' || next == ']') Position++;
            return next != '}' && next != ']';
        }

        /// <summary>The next key, escapes resolved, and its colon.</summary>
        internal string Key()
        {
            string key = String();
            if (key == null || Peek() != ':') return null;
            Position++;
            return key;
        }

        /// <summary>The next string, escapes resolved.</summary>
        internal string String()
        {
            if (Peek() != '"') return null;
            int start = Position + 1;
            int end = StringEnd(start);
            if (end < 0) return null;
            Position = end;
            return JsonText.Unescape(_text.Substring(start, end - 1 - start));
        }

        /// <summary>The text of the next value, without the space around it; steps past it.</summary>
        internal string Value()
        {
            char first = Peek();
            int start = Position;
            int end = first == '"' ? StringEnd(start + 1)
                : first == '{' || first == '[' ? ContainerEnd(start)
                : ScalarEnd(start);
            if (end < 0 || end == start) return null;
            Position = end;
            return _text.Substring(start, end - start);
        }

        /// <summary>Past the closing quote of the string whose contents begin here; -1 when there is none.</summary>
        private int StringEnd(int at)
        {
            while (at < _text.Length)
            {
                if (_text[at] == '"') return at + 1;
                at += _text[at] == '\\' ? 2 : 1;
            }
            return -1;
        }

        private int ContainerEnd(int at)
        {
            int depth = 0;
            while (at < _text.Length)
            {
                char unit = _text[at];
                if (unit == '"')
                {
                    int end = StringEnd(at + 1);
                    if (end < 0) return -1;
                    at = end - 1;
                }
                else if (unit == '{' || unit == '[') depth++;
                else if (unit == '}' || unit == ']') depth--;
                at++;
                if (depth == 0) return at;
            }
            return -1;
        }

        private int ScalarEnd(int at)
        {
            while (at < _text.Length && ",}]".IndexOf(_text[at]) < 0 && !JsonText.IsSpace(_text[at])) at++;
            return at;
        }
    }
}
