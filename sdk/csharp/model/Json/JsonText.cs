using System.Text;

namespace Esteira.Model
{
    /// <summary>Small parts of JSON text: escapes, numbers, strings.</summary>
    internal static class JsonText
    {
        internal static bool IsSpace(char unit)
        {
            return unit == ' ' || unit == '\n' || unit == '\r' || unit == '\t';
        }

        /// <summary>Whether all of the text is one number of JSON.</summary>
        internal static bool IsNumber(string text)
        {
            int at = text.StartsWith("-", System.StringComparison.Ordinal) ? 1 : 0;
            int digits = Digits(text, ref at);
            if (digits == 0 || (digits > 1 && text[at - digits] == '0')) return false;
            if (at < text.Length && text[at] == '.')
            {
                at++;
                if (Digits(text, ref at) == 0) return false;
            }
            if (at < text.Length && (text[at] == 'e' || text[at] == 'E'))
            {
                at++;
                if (at < text.Length && (text[at] == '+' || text[at] == '-')) at++;
                if (Digits(text, ref at) == 0) return false;
            }
            return at == text.Length;
        }

        private static int Digits(string text, ref int at)
        {
            int begin = at;
            while (at < text.Length && text[at] >= '0' && text[at] <= '9') at++;
            return at - begin;
        }

        /// <summary>The code unit of a `\uXXXX` at this place; -1 when there is none.</summary>
        internal static int UnitAt(string text, int at)
        {
            if (at + 6 > text.Length || text[at] != '\\' || text[at + 1] != 'u') return -1;
            int unit = 0;
            for (int place = at + 2; place < at + 6; place++)
            {
                int digit = "0123456789abcdef".IndexOf(char.ToLowerInvariant(text[place]));
                if (digit < 0) return -1;
                unit = unit * 16 + digit;
            }
            return unit;
        }

        /// <summary>Resolves the escapes of a JSON string's contents. What no checked string holds becomes U+FFFD.</summary>
        internal static string Unescape(string raw)
        {
            if (raw.IndexOf('\\') < 0) return raw;
            var text = new StringBuilder();
            for (int at = 0; at < raw.Length; at++)
            {
                if (raw[at] != '\\')
                {
                    text.Append(raw[at]);
                    continue;
                }
                int unit = UnitAt(raw, at);
                if (unit >= 0)
                {
                    text.Append((char)unit);
                    at += 5;
                    continue;
                }
                at++;
                int place = at < raw.Length ? "bfnrt".IndexOf(raw[at]) : -1;
                if (place >= 0) text.Append("\b\f\n\r\t"[place]);
                else text.Append(at < raw.Length && raw[at] != 'u' ? raw[at] : '\ufffd');
            }
            return Texts.WellFormed(text.ToString());
        }

        /// <summary>A JSON string as the coordinator writes it: only what must be escaped is.</summary>
        internal static string Quoted(string text)
        {
            return Quoted(text, false);
        }

        /// <summary>A JSON string; every control character in its long form, if that is asked for.</summary>
        internal static string Quoted(string text, bool isLong)
        {
            var json = new StringBuilder("\"");
            foreach (char unit in text)
            {
                if (unit == '"') json.Append("\\\"");
                else if (unit == '\\') json.Append("\\\\");
                else if (unit == '\n' && !isLong) json.Append("\\n");
                else if (unit == '\r' && !isLong) json.Append("\\r");
                else if (unit == '\t' && !isLong) json.Append("\\t");
                else if (unit < ' ') json.Append("\\u" + ((int)unit).ToString("x4"));
                else json.Append(unit);
            }
            return json.Append('"').ToString();
        }

        /// <summary>A key as a token of a JSON Pointer (RFC 6901).</summary>
        internal static string EscapePointer(string key)
        {
            return key.Replace("~", "~0").Replace("/", "~1");
        }
    }
}
