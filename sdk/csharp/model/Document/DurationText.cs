using System.Numerics;

namespace Esteira.Model
{
    /// <summary>Durations as text: whole numbers with a unit, largest unit first.</summary>
    internal static class DurationText
    {
        private static readonly string[] Units = { "h", "m", "s", "ms" };
        private static readonly int[] UnitMs = { 3600000, 60000, 1000, 1 };

        /// <summary>
        /// Reads `250ms`, `5s`, `2m`, `1h30m` as milliseconds. Units come in order and once; no spaces, signs or fractions.
        /// Answers null for any other text, and for what is longer than 2^64 ms.
        /// </summary>
        internal static ulong? ParseMs(string text)
        {
            BigInteger total = BigInteger.Zero;
            int from = 0;
            int at = 0;
            if (text == "") return null;
            while (at < text.Length)
            {
                int digits = at;
                while (at < text.Length && text[at] >= '0' && text[at] <= '9') at++;
                int letters = at;
                while (at < text.Length && text[at] >= 'a' && text[at] <= 'z') at++;
                if (letters == digits || at == letters) return null;
                int unit = System.Array.IndexOf(Units, text.Substring(letters, at - letters), from);
                if (unit < 0) return null;
                BigInteger count = BigInteger.Parse(text.Substring(digits, letters - digits), System.Globalization.CultureInfo.InvariantCulture);
                total += count * UnitMs[unit];
                if (count > ulong.MaxValue || total > ulong.MaxValue) return null;
                from = unit + 1;
            }
            return (ulong)total;
        }

        /// <summary>Writes milliseconds so that <see cref="ParseMs"/> reads them back.</summary>
        internal static string FormatMs(long ms)
        {
            string text = "";
            for (int unit = 0; unit < Units.Length; unit++)
            {
                long count = ms / UnitMs[unit];
                ms %= UnitMs[unit];
                if (count > 0) text += Texts.Of(count) + Units[unit];
            }
            return text == "" ? "0s" : text;
        }
    }
}
