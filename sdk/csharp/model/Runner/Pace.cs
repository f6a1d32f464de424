using System;
using System.Threading.Tasks;

namespace Esteira.Model
{
    /// <summary>The time of a run: the real one, or one of its own that never waits.</summary>
    internal sealed class Pace
    {
        private double _nowMs;

        internal Pace(bool skipsWaits)
        {
            IsReal = !skipsWaits;
            _nowMs = Clock.WallMs();
        }

        /// <summary>Whether pauses are waited for, and execution time-outs come.</summary>
        internal bool IsReal { get; }

        /// <summary>A clock that is skipped stands still but for what is skipped.</summary>
        internal double NowMs()
        {
            return IsReal ? Clock.WallMs() : _nowMs;
        }

        /// <summary>No pause varies on a clock that is skipped: only the order would.</summary>
        internal double Fraction()
        {
            return IsReal ? Entropy.Fraction() : 0;
        }

        internal Task WaitUntil(double dueMs)
        {
            if (IsReal) return Task.Delay(TimeSpan.FromMilliseconds(Math.Max(0, dueMs - NowMs())));
            _nowMs = Math.Max(_nowMs, dueMs);
            return Task.FromResult(true);
        }
    }
}
