using System;
using System.Threading.Tasks;

namespace Esteira.Model
{
    /// <summary>One attempt of one task, after it ended: an outcome, or a failure; neither when it took too long.</summary>
    internal sealed class Attempt
    {
        internal Outcome Outcome { get; private set; }
        internal Failure Failure { get; private set; }
        internal Said Said { get; private set; } = Said.Nothing;

        /// <summary>Runs the function once; a time-out cancels it and waits for it no longer than its next turn.</summary>
        internal static async Task<Attempt> RunAsync(
            IFunction function,
            Invocation invocation,
            Payload input,
            TimeSpan? timeout,
            IObserver observer)
        {
            var cancellation = new Cancellation();
            invocation.Deadline = Clock.Instant() + timeout;
            var cx = new Context(invocation, cancellation, observer);
            // On a thread of the pool where there is a limit: a function that never waits must not outlive it here.
            Task<Attempt> running = timeout == null
                ? OneAsync(function, cx, input)
                : Task.Run(() => OneAsync(function, cx, input));
            if (timeout != null && await Task.WhenAny(running, Task.Delay(timeout.Value)).ConfigureAwait(false) != running)
            {
                cancellation.Cancel(CancelReason.Timeout);
                return new Attempt();
            }
            Attempt attempt = await running.ConfigureAwait(false);
            attempt.Judge(cx);
            return attempt;
        }

        private static async Task<Attempt> OneAsync(IFunction function, Context cx, Payload input)
        {
            try
            {
                Outcome outcome = await function.ExecuteAsync(cx, input).ConfigureAwait(false);
                return new Attempt { Outcome = outcome.Checked(cx.OutputType, Limits.PayloadBytesMax, Limits.FanOutItemsMax) };
            }
            catch (Exception thrown)
            {
                return new Attempt { Failure = FunctionError.ToFailure(thrown, cx.Invocation.FunctionName) };
            }
        }

        /// <summary>As the coordinator would take it.</summary>
        private void Judge(Context cx)
        {
            Said said = cx.TakeSaid();
            if (Failure != null)
            {
                Payload checkpoint = said.Checkpoint;
                Failure = Refusal.OfFailure(Failure, ref checkpoint);
                Said = new Said(new Emit[0], checkpoint);
                return;
            }
            Failure refused = Refusal.OfSuccess(Outcome, said, cx.Aggregate);
            if (refused == null) Said = said;
            else
            {
                Outcome = null;
                Failure = refused;
            }
        }
    }
}
