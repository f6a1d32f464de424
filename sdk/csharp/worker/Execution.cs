using System;
using System.Diagnostics;
using System.Threading.Tasks;
using Esteira.Model;

namespace Esteira.Worker
{
    /// <summary>One execution of one function under one lease.</summary>
    internal sealed class Execution
    {
        /// <summary>What it returned; null when it did not.</summary>
        internal Outcome Outcome { get; private set; }
        /// <summary>What it threw; null when it returned.</summary>
        internal Exception Thrown { get; private set; }
        internal DateTime Begun { get; private set; }
        internal DateTime Ended { get; private set; }
        internal TimeSpan Wall { get; private set; }

        /// <summary>The process's most memory so far.</summary>
        internal static long PeakBytes()
        {
            using (Process self = Process.GetCurrentProcess()) return self.PeakWorkingSet64;
        }

        /// <summary>
        /// Until the function ends, or until its grace after a cancellation is over. It begins on a thread of its own, so that
        /// one that blocks takes none of the pool's.
        /// </summary>
        internal static async Task<Execution> RunAsync(IFunction function, Context cx, Payload input, Cancellation cancellation, TimeSpan? timeout, TimeSpan grace)
        {
            var execution = new Execution { Begun = Clock.Wall() };
            TimeSpan begun = Clock.Instant();
            Task<Outcome> running = Task.Factory.StartNew(
                () => function.ExecuteAsync(cx, input), System.Threading.CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
            Task overdue = OverdueAsync(running, cancellation, timeout, grace);
            if (await Task.WhenAny(running, overdue).ConfigureAwait(false) == running)
            {
                try
                {
                    execution.Outcome = await running.ConfigureAwait(false);
                }
                catch (Exception thrown)
                {
                    execution.Thrown = thrown;
                }
            }
            else execution.Thrown = new TimeoutException("the function did not stop when it was cancelled");
            execution.Ended = Clock.Wall();
            execution.Wall = Clock.Instant() - begun;
            return execution;
        }

        private static async Task OverdueAsync(Task running, Cancellation cancellation, TimeSpan? timeout, TimeSpan grace)
        {
            Task limit = timeout == null ? (Task)cancellation.Cancelled() : Task.WhenAny(cancellation.Cancelled(), Task.Delay(timeout.Value));
            await Task.WhenAny(running, limit).ConfigureAwait(false);
            if (running.IsCompleted) return;
            // The first reason stays.
            cancellation.Cancel(CancelReason.Timeout);
            await Task.WhenAny(running, Task.Delay(grace)).ConfigureAwait(false);
        }
    }
}
