using System;

namespace Esteira.Client
{
    /// <summary>The pauses between sendings of one request: 100 ms, doubled up to 10 s, with full jitter.</summary>
    internal static class Backoff
    {
        private const int FirstMs = 100;
        private const int LongestMs = 10000;

        /// <summary>The pause after so many sendings; `fraction` is random in 0..1.</summary>
        internal static TimeSpan After(int tries, double fraction)
        {
            int ceilingMs = Math.Min(FirstMs << Math.Min(tries, 7), LongestMs);
            return TimeSpan.FromMilliseconds(ceilingMs * fraction);
        }
    }
}
