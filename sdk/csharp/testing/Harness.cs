using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using Esteira.Model;

namespace Esteira.Testing
{
    /// <summary>A line that a function logged.</summary>
    public sealed class LogLine
    {
        internal LogLine(Level level, string message)
        {
            Level = level;
            Message = message;
        }

        /// <summary>How important it is.</summary>
        public Level Level { get; }
        /// <summary>What it says.</summary>
        public string Message { get; }
    }

    /// <summary>What became of one execution.</summary>
    public sealed class Execution
    {
        internal Execution()
        {
        }

        /// <summary>What the function returned, checked as a worker would; null when it failed.</summary>
        public Outcome Outcome { get; internal set; }
        /// <summary>
        /// Why it failed; null when it did not. An exception of another kind is `UNHANDLED`, an output of another type or
        /// size is refused.
        /// </summary>
        public FunctionError Error { get; internal set; }
        /// <summary>Messages that would be committed with a success, in order.</summary>
        public IReadOnlyList<Emit> Emits { get; internal set; }
        /// <summary>All checkpoints, in order.</summary>
        public IReadOnlyList<Payload> Checkpoints { get; internal set; }
        /// <summary>All log lines, in order.</summary>
        public IReadOnlyList<LogLine> Logs { get; internal set; }

        /// <summary>The payloads that the function produced; none when it failed.</summary>
        public IReadOnlyList<Payload> Payloads
        {
            get { return Outcome == null ? new Payload[0] : Outcome.Payloads; }
        }
    }

    /// <summary>Runs one function without a server. What it is told is a first attempt of an unnamed step, unless something else is set.</summary>
    public sealed class Harness
    {
        private readonly List<Action<Invocation>> _changes = new List<Action<Invocation>>();
        private readonly Cancellation _cancellation = new Cancellation();
        private TimeSpan? _remaining;

        /// <summary>Sets the step's configuration.</summary>
        public Harness Config(string json)
        {
            return With(invocation => invocation.ConfigJson = json);
        }

        /// <summary>Sets the attempt and, with it, the fence.</summary>
        public Harness Attempt(int attempt)
        {
            return With(invocation =>
            {
                invocation.Attempt = attempt;
                invocation.Fence = attempt;
            });
        }

        /// <summary>Sets what an earlier attempt saved.</summary>
        public Harness LastCheckpoint(Payload checkpoint)
        {
            return With(invocation => invocation.LastCheckpoint = checkpoint);
        }

        /// <summary>Sets on whose behalf the job runs.</summary>
        public Harness Operator(Actor actor)
        {
            return With(invocation => invocation.Actor = actor);
        }

        /// <summary>Sets the aggregate to move.</summary>
        public Harness Aggregate(AggregateRef aggregate)
        {
            return With(invocation => invocation.Aggregate = aggregate);
        }

        /// <summary>Sets the job's headers.</summary>
        public Harness Headers(IReadOnlyDictionary<string, string> headers)
        {
            return With(invocation => invocation.Headers = headers);
        }

        /// <summary>Sets what is left of the execution time-out when the function begins. Nothing ends it when the time is over.</summary>
        public Harness Remaining(TimeSpan remaining)
        {
            _remaining = remaining;
            return this;
        }

        /// <summary>Sets anything else that is fixed about the attempt.</summary>
        public Harness With(Action<Invocation> change)
        {
            _changes.Add(change);
            return this;
        }

        /// <summary>Cancels the function: before it begins, or while it runs.</summary>
        public void Cancel(CancelReason reason)
        {
            _cancellation.Cancel(reason);
        }

        /// <summary>Runs the function once.</summary>
        public async Task<Execution> RunAsync(IFunction function, Payload input)
        {
            var invocation = new Invocation { FunctionName = function.Spec.Name, OutputType = function.Spec.OutputType };
            foreach (Action<Invocation> change in _changes) change(invocation);
            invocation.Deadline = Clock.Instant() + _remaining;
            var record = new Record();
            var cx = new Context(invocation, _cancellation, record);
            var execution = new Execution { Checkpoints = record.Checkpoints, Logs = record.Logs };
            try
            {
                Outcome outcome = await function.ExecuteAsync(cx, input).ConfigureAwait(false);
                execution.Outcome = outcome.Checked(function.Spec.OutputType, Limits.PayloadBytesMax, Limits.FanOutItemsMax);
            }
            catch (Exception thrown)
            {
                execution.Error = FunctionError.Of(thrown);
            }
            execution.Emits = cx.TakeSaid().Emits;
            return execution;
        }

        /// <summary>Keeps what a function says while it runs.</summary>
        private sealed class Record : IObserver
        {
            internal List<Payload> Checkpoints { get; } = new List<Payload>();
            internal List<LogLine> Logs { get; } = new List<LogLine>();

            public void Log(Invocation invocation, Level level, string message)
            {
                lock (Logs) Logs.Add(new LogLine(level, message));
            }

            public void Checkpoint(Invocation invocation, Payload checkpoint)
            {
                lock (Checkpoints) Checkpoints.Add(checkpoint);
            }
        }
    }
}
