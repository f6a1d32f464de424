using System;
using System.Diagnostics;

namespace Esteira.Model
{
    /// <summary>The only place of the SDK that asks the system for the time.</summary>
    internal static class Clock
    {
        /// <summary>For durations: rises steadily from some moment on.</summary>
        internal static TimeSpan Instant()
        {
            return TimeSpan.FromSeconds(Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency);
        }

        /// <summary>For dates.</summary>
        internal static DateTime Wall()
        {
            return DateTime.UtcNow;
        }

        /// <summary>Milliseconds since 1970.</summary>
        internal static long WallMs()
        {
            return (long)(Wall() - new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc)).TotalMilliseconds;
        }
    }
}
