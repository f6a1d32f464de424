using System.Collections.Generic;

namespace Esteira.Model
{
    /// <summary>The strict check of JSON text, as the coordinator makes it: form, depth, distinct keys, whole surrogate pairs.</summary>
    public sealed class JsonCheck
    {
        /// <summary>Longest path in an error; a longer one is cut.</summary>
        private const int PathCharsMax = 256;

        private readonly string _text;
        private readonly List<string> _path = new List<string>();
        private int _at;
        private int _depth;

        private JsonCheck(string text)
        {
            _text = text;
        }

        /// <summary>
        /// Checks that a text is one JSON value by RFC 8259, nested at most 64 deep, in which no object has a key twice and
        /// no string has half of a surrogate pair. Numbers of any size are accepted: they are kept as text. Throws a
        /// <see cref="JsonFormatException"/> with the first problem, its place and path.
        /// </summary>
        public static void Check(string text)
        {
            new JsonCheck(text).Document();
        }

        private void Document()
        {
            int broken = Texts.BrokenAt(_text);
            Value();
            Space();
            if (_at < _text.Length) throw Fail("data after the JSON value");
            if (broken < 0) return;
            _at = broken;
            throw Fail("unexpected character");
        }

        private JsonFormatException Fail(string problem)
        {
            string path = "";
            foreach (string token in _path) path += "/" + JsonText.EscapePointer(token);
            if (path.Length > PathCharsMax) path = Texts.WellFormed(path.Substring(0, PathCharsMax)) + "…";
            return new JsonFormatException(problem, Texts.Utf8Length(_text.Substring(0, _at)), path);
        }

        private JsonFormatException Unexpected()
        {
            return Fail(_at < _text.Length ? "unexpected character" : "the JSON text ends too early");
        }

        private char Now()
        {
            return _at < _text.Length ? _text[_at] : '\0';
        }

        private void Space()
        {
            while (_at < _text.Length && JsonText.IsSpace(_text[_at])) _at++;
        }

        private bool Accept(char wanted)
        {
            Space();
            if (Now() != wanted) return false;
            _at++;
            return true;
        }

        private void Value()
        {
            Space();
            char now = Now();
            if (now == '"') Text();
            else if (now == '{' || now == '[') Nested(now);
            else if (now == 't') Word("true");
            else if (now == 'f') Word("false");
            else if (now == 'n') Word("null");
            else if (now == '-' || (now >= '0' && now <= '9')) Number();
            else throw Unexpected();
        }

        private void Nested(char bracket)
        {
            if (_depth == Limits.JsonDepthMax) throw Fail("nested too deeply");
            _depth++;
            _at++;
            if (bracket == '{') Object();
            else Array();
            _depth--;
        }

        private void Object()
        {
            if (Accept('}')) return;
            var keys = new HashSet<string>();
            do
            {
                Space();
                int start = _at;
                if (Now() != '"') throw Unexpected();
                string key = Text();
                _path.Add(key);
                if (!keys.Add(key))
                {
                    _at = start;
                    throw Fail("duplicate object key");
                }
                if (!Accept(':')) throw Unexpected();
                Value();
                _path.RemoveAt(_path.Count - 1);
            }
            while (Accept(','));
            if (!Accept('}')) throw Unexpected();
        }

        private void Array()
        {
            if (Accept(']')) return;
            int index = 0;
            do
            {
                _path.Add(Texts.Of(index++));
                Value();
                _path.RemoveAt(_path.Count - 1);
            }
            while (Accept(','));
            if (!Accept(']')) throw Unexpected();
        }

        private void Word(string word)
        {
            foreach (char letter in word)
            {
                if (Now() != letter) throw Unexpected();
                _at++;
            }
        }

        private void Number()
        {
            int end = _at;
            while (end < _text.Length && "0123456789+-.eE".IndexOf(_text[end]) >= 0) end++;
            // `01`, `1.`, `1e`, `-`: not all of it is a number.
            if (!JsonText.IsNumber(_text.Substring(_at, end - _at))) throw Fail("malformed number");
            _at = end;
        }

        /// <summary>Reads a string, its escapes resolved.</summary>
        private string Text()
        {
            int start = ++_at;
            for (; ; )
            {
                if (_at >= _text.Length) throw Unexpected();
                char now = _text[_at];
                if (now == '"') break;
                if (now == '\\') Escape();
                else if (now < ' ') throw Fail("raw control character in a string");
                else _at++;
            }
            string raw = _text.Substring(start, _at - start);
            _at++;
            return JsonText.Unescape(raw);
        }

        private void Escape()
        {
            if (_at + 1 >= _text.Length)
            {
                _at = _text.Length;
                throw Unexpected();
            }
            char escape = _text[_at + 1];
            if (escape != 'u')
            {
                if ("\"\\/bfnrt".IndexOf(escape) < 0) throw Fail("malformed escape in a string");
                _at += 2;
                return;
            }
            int unit = JsonText.UnitAt(_text, _at);
            if (unit < 0 || (unit & 0xfc00) == 0xdc00) throw Fail("malformed escape in a string");
            bool isHigh = (unit & 0xfc00) == 0xd800;
            if (isHigh && (JsonText.UnitAt(_text, _at + 6) & 0xfc00) != 0xdc00) throw Fail("malformed escape in a string");
            _at += isHigh ? 12 : 6;
        }
    }
}
