using System;

namespace Esteira.Worker
{
    /// <summary>
    /// How many tasks may still start: each slot is free, runs a function, or is promised to a request that is under way.
    /// That keeps a worker from leasing what it cannot run.
    /// </summary>
    internal sealed class Slots
    {
        private readonly int _total;
        private int _running;
        private int _polled;
        private int _reported;

        internal Slots(int total)
        {
            _total = total;
        }

        /// <summary>Neither used nor promised.</summary>
        internal int Free
        {
            get { return Math.Max(0, _total - _running - _polled - _reported); }
        }

        /// <summary>Promises up to `most` free slots to the poll; says how many.</summary>
        internal int PromiseToPoll(int most)
        {
            return _polled = Math.Min(Free, most);
        }

        /// <summary>Promises up to `most` free slots to the report; says how many.</summary>
        internal int PromiseToReport(int most)
        {
            return _reported = Math.Min(Free, most);
        }

        internal void PollAnswered()
        {
            _polled = 0;
        }

        internal void ReportAnswered()
        {
            _reported = 0;
        }

        /// <summary>Uses a free slot; false when there is none.</summary>
        internal bool Start()
        {
            if (Free == 0) return false;
            _running++;
            return true;
        }

        internal void End()
        {
            _running = Math.Max(0, _running - 1);
        }
    }
}
