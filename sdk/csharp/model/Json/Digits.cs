using System.Numerics;

namespace Esteira.Model
{
    /// <summary>Decimal numbers in one form, so that two ways of writing one number are the same text.</summary>
    internal static class Digits
    {
        /// <summary>The digits without zeros at either end, and the exponent of the last of them.</summary>
        internal static string Of(string number)
        {
            string sign = number.StartsWith("-", System.StringComparison.Ordinal) ? "-" : "";
            string body = number.Substring(sign.Length);
            int exponentAt = body.IndexOfAny(new[] { 'e', 'E' });
            BigInteger power = exponentAt < 0 ? BigInteger.Zero : BigInteger.Parse(body.Substring(exponentAt + 1), System.Globalization.NumberStyles.AllowLeadingSign);
            string mantissa = exponentAt < 0 ? body : body.Substring(0, exponentAt);
            int point = mantissa.IndexOf('.');
            int fraction = point < 0 ? 0 : mantissa.Length - point - 1;
            string digits = mantissa.Replace(".", "").TrimStart('0');
            string shorter = digits.TrimEnd('0');
            if (shorter == "") return "0";
            return sign + shorter + "e" + (power - fraction + (digits.Length - shorter.Length));
        }
    }
}
