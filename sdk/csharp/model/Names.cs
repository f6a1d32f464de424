namespace Esteira.Model
{
    /// <summary>The forms of names.</summary>
    internal static class Names
    {
        private const string Small = "abcdefghijklmnopqrstuvwxyz";
        private const string Large = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        private const string Digits = "0123456789";

        /// <summary>`[a-z][a-z0-9_.-]*`, at most so long: of plans, functions, queues, aggregates and topics.</summary>
        internal static bool IsName(string text, int lengthMax)
        {
            return Texts.HasForm(text, Small, Small + Digits + "_.-", lengthMax);
        }

        /// <summary>`[a-z][a-z0-9_]{0,62}`: of steps, which can stand in an expression.</summary>
        internal static bool IsKey(string text)
        {
            return Texts.HasForm(text, Small, Small + Digits + "_", Limits.NameBytesMax);
        }

        /// <summary>`[A-Z][A-Z0-9_]{0,63}`: of failures.</summary>
        internal static bool IsCode(string text)
        {
            return Texts.HasForm(text, Large, Large + Digits + "_", Limits.NameBytesMax + 1);
        }

        /// <summary>`[a-z0-9][a-z0-9_.-]{0,62}`: of headers and labels.</summary>
        internal static bool IsHeader(string text)
        {
            return Texts.HasForm(text, Small + Digits, Small + Digits + "_.-", Limits.NameBytesMax);
        }
    }
}
