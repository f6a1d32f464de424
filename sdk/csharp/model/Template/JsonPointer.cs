using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Esteira.Model
{
    /// <summary>JSON Pointer (RFC 6901): parsed once, followed through text without building a tree.</summary>
    internal static class JsonPointer
    {
        /// <summary>The steps of a pointer, `~0` and `~1` resolved; a <see cref="FormatException"/> says what is wrong with its form.</summary>
        internal static IReadOnlyList<string> Parse(string pointer)
        {
            if (!pointer.StartsWith("/", StringComparison.Ordinal)) throw new FormatException("a JSON Pointer begins with `/`");
            return pointer.Substring(1).Split('/').Select(Token).ToArray();
        }

        private static string Token(string raw)
        {
            for (int at = raw.IndexOf('~'); at >= 0; at = raw.IndexOf('~', at + 1))
            {
                if (at + 1 < raw.Length && (raw[at + 1] == '0' || raw[at + 1] == '1')) continue;
                throw new FormatException("in a JSON Pointer `~` is written `~0`, and `/` in a key is written `~1`");
            }
            return raw.Replace("~1", "/").Replace("~0", "~");
        }

        /// <summary>The text of the value that the steps lead to, exactly as written; null when there is none.</summary>
        internal static string Follow(string text, IEnumerable<string> tokens)
        {
            var cursor = new JsonCursor(text);
            foreach (string token in tokens)
            {
                bool isFound = cursor.Peek() == '{' ? Member(cursor, token) : Item(cursor, token);
                if (!isFound) return null;
            }
            return cursor.Value();
        }

        private static bool Member(JsonCursor cursor, string name)
        {
            cursor.Enter('{');
            while (cursor.More())
            {
                string key = cursor.Key();
                if (key == name) return true;
                if (key == null || cursor.Value() == null) return false;
            }
            return false;
        }

        private static bool Item(JsonCursor cursor, string token)
        {
            long left;
            bool isIndex = long.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out left) && Texts.Of(left) == token;
            if (!isIndex || !cursor.Enter('[')) return false;
            for (; ; left--)
            {
                if (!cursor.More()) return false;
                if (left == 0) return true;
                if (cursor.Value() == null) return false;
            }
        }
    }
}
