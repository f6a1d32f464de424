using System.Globalization;
using System.Text;

namespace Esteira.Model
{
    /// <summary>Texts as the coordinator counts, orders and cuts them: by bytes of UTF-8.</summary>
    internal static class Texts
    {
        /// <summary>A whole number in digits.</summary>
        internal static string Of(long number)
        {
            return number.ToString(CultureInfo.InvariantCulture);
        }

        /// <summary>The offset of the first half of a surrogate pair that stands alone; -1 when there is none.</summary>
        internal static int BrokenAt(string text)
        {
            for (int at = 0; at < text.Length; at++)
            {
                if (!char.IsSurrogate(text[at])) continue;
                bool isPair = char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]);
                if (!isPair) return at;
                at++;
            }
            return -1;
        }

        /// <summary>The text with U+FFFD in the place of each half of a surrogate pair that stands alone.</summary>
        internal static string WellFormed(string text)
        {
            int broken = BrokenAt(text);
            if (broken < 0) return text;
            var whole = new StringBuilder(text);
            for (; broken >= 0; broken = BrokenAt(whole.ToString())) whole[broken] = '\ufffd';
            return whole.ToString();
        }

        /// <summary>Bytes of a text in UTF-8, without making them.</summary>
        internal static int Utf8Length(string text)
        {
            int bytes = text.Length;
            for (int at = 0; at < text.Length; at++)
            {
                char unit = text[at];
                if (unit < 0x80) continue;
                if (unit < 0x800)
                {
                    bytes++;
                    continue;
                }
                bytes += 2;
                // Two units, four bytes.
                if (char.IsHighSurrogate(unit) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1])) at++;
            }
            return bytes;
        }

        /// <summary>How many code points the text has.</summary>
        internal static int Characters(string text)
        {
            int count = 0;
            for (int at = 0; at < text.Length; at++, count++)
            {
                if (char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1])) at++;
            }
            return count;
        }

        /// <summary>Whether it is one line, of so many characters at most.</summary>
        internal static bool IsLine(string text, int charactersMax)
        {
            foreach (char unit in text)
            {
                if (char.IsControl(unit)) return false;
            }
            return Characters(text) <= charactersMax;
        }

        /// <summary>The longest beginning of a text that takes at most so many bytes and breaks no code point.</summary>
        internal static string Cut(string text, int bytesMax)
        {
            text = WellFormed(text);
            if (Utf8Length(text) <= bytesMax) return text;
            int bytes = 0;
            int at = 0;
            while (at < text.Length)
            {
                int units = char.IsHighSurrogate(text[at]) ? 2 : 1;
                int more = units == 2 ? 4 : text[at] < 0x80 ? 1 : text[at] < 0x800 ? 2 : 3;
                if (bytes + more > bytesMax) break;
                bytes += more;
                at += units;
            }
            return text.Substring(0, at);
        }

        /// <summary>The order by code point, which is that of the bytes of UTF-8.</summary>
        internal static int Compare(string a, string b)
        {
            for (int at = 0; at < a.Length && at < b.Length; at++)
            {
                if (a[at] == b[at]) continue;
                // A surrogate stands for a code point above all others.
                bool high = char.IsSurrogate(a[at]);
                if (high == char.IsSurrogate(b[at])) return a[at] - b[at];
                return high ? 1 : -1;
            }
            return a.Length - b.Length;
        }

        /// <summary>Whether the text begins with a letter of `first` and goes on with letters of `rest`, at most so long.</summary>
        internal static bool HasForm(string text, string first, string rest, int lengthMax)
        {
            if (text.Length == 0 || text.Length > lengthMax || first.IndexOf(text[0]) < 0) return false;
            for (int at = 1; at < text.Length; at++)
            {
                if (rest.IndexOf(text[at]) < 0) return false;
            }
            return true;
        }
    }
}
