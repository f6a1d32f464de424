using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Esteira.Model
{
    /// <summary>Everything that is fixed about one attempt. The worker fills it from the lease, the runner and the harness from what they know.</summary>
    public sealed class Invocation
    {
        private const string Unnamed = "00000000-0000-0000-0000-000000000000";

        /// <summary>The job.</summary>
        public string Job { get; set; } = Unnamed;
        /// <summary>The task.</summary>
        public string Task { get; set; } = Unnamed;
        /// <summary>Key of the step in its plan.</summary>
        public string StepKey { get; set; } = "step";
        /// <summary>Name under which the function was called.</summary>
        public string FunctionName { get; set; } = "function";
        /// <summary>Counts from 1.</summary>
        public int Attempt { get; set; } = 1;
        /// <summary>Rises with every grant; hand it to stores that can refuse an older writer.</summary>
        public long Fence { get; set; } = 1;
        /// <summary>The same in all attempts of the task; hand it to outside services.</summary>
        public string IdempotencyKey { get; set; } = "";
        /// <summary>On whose behalf the job runs.</summary>
        public Actor Actor { get; set; } = Actor.Nobody;
        /// <summary>The aggregate to move, if the plan moves one.</summary>
        public AggregateRef Aggregate { get; set; }
        /// <summary>Headers of the job; W3C `traceparent` travels here.</summary>
        public IReadOnlyDictionary<string, string> Headers { get; set; } = NoTexts.Map;
        /// <summary>The step's configuration as JSON text, or "".</summary>
        public string ConfigJson { get; set; } = "";
        /// <summary>What the step expects.</summary>
        public OutputType OutputType { get; set; } = OutputType.Single;
        /// <summary>When the execution time-out passes, on the SDK's own clock; null when the step has none.</summary>
        internal TimeSpan? Deadline { get; set; }
        /// <summary>What an earlier attempt saved; null when none did.</summary>
        public Payload LastCheckpoint { get; set; }
    }

    /// <summary>How important a log line is.</summary>
    public enum Level
    {
        /// <summary>For the author.</summary>
        Debug,
        /// <summary>For the operator who looks at this job.</summary>
        Info,
        /// <summary>Odd.</summary>
        Warn,
        /// <summary>A person must look.</summary>
        Error,
    }

    /// <summary>A message that a function emits with its completion.</summary>
    public sealed class Emit
    {
        /// <summary>Of these.</summary>
        public Emit(string topic, string key, Payload payload, IReadOnlyDictionary<string, string> headers)
        {
            Topic = topic;
            Key = key;
            Payload = payload;
            Headers = headers;
        }

        /// <summary>Where to.</summary>
        public string Topic { get; }
        /// <summary>Messages of one topic and key keep their order; "" = the aggregate's, or the job's.</summary>
        public string Key { get; }
        /// <summary>The message.</summary>
        public Payload Payload { get; }
        /// <summary>Delivered with it.</summary>
        public IReadOnlyDictionary<string, string> Headers { get; }
    }

    /// <summary>Sees at once what a function says while it runs; a worker logs it, the harness records it.</summary>
    public interface IObserver
    {
        /// <summary>The function logged a line.</summary>
        void Log(Invocation invocation, Level level, string message);

        /// <summary>The function saved a checkpoint.</summary>
        void Checkpoint(Invocation invocation, Payload checkpoint);
    }

    /// <summary>An observer that ignores everything.</summary>
    internal sealed class Ignore : IObserver
    {
        internal static readonly Ignore All = new Ignore();

        public void Log(Invocation invocation, Level level, string message)
        {
        }

        public void Checkpoint(Invocation invocation, Payload checkpoint)
        {
        }
    }

    /// <summary>What a function said while it ran, apart from its result.</summary>
    internal sealed class Said
    {
        internal Said(IReadOnlyList<Emit> emits, Payload checkpoint)
        {
            Emits = emits;
            Checkpoint = checkpoint;
        }

        internal static readonly Said Nothing = new Said(new Emit[0], null);

        /// <summary>Messages to commit with the completion, in order.</summary>
        internal IReadOnlyList<Emit> Emits { get; }
        /// <summary>The newest checkpoint of this attempt; null when there is none.</summary>
        internal Payload Checkpoint { get; }
    }

    /// <summary>The attempt that a function runs in.</summary>
    public sealed class Context
    {
        private readonly object _lock = new object();
        private readonly Cancellation _cancellation;
        private readonly IObserver _observer;
        private List<Emit> _emits = new List<Emit>();
        private Payload _checkpoint;

        internal Context(Invocation invocation, Cancellation cancellation, IObserver observer)
        {
            Invocation = invocation;
            _cancellation = cancellation;
            _observer = observer;
        }

        /// <summary>Everything that is fixed about the attempt.</summary>
        public Invocation Invocation { get; }
        /// <summary>The job.</summary>
        public string Job => Invocation.Job;
        /// <summary>The task.</summary>
        public string TaskId => Invocation.Task;
        /// <summary>Key of the step in its plan.</summary>
        public string StepKey => Invocation.StepKey;
        /// <summary>The attempt; counts from 1.</summary>
        public int Attempt => Invocation.Attempt;
        /// <summary>Rises with every grant; hand it to stores that can refuse an older writer.</summary>
        public long Fence => Invocation.Fence;
        /// <summary>The same in all attempts of the task; hand it to outside services.</summary>
        public string IdempotencyKey => Invocation.IdempotencyKey;
        /// <summary>On whose behalf the job runs.</summary>
        public Actor Operator => Invocation.Actor;
        /// <summary>The account that the job belongs to.</summary>
        public string Account => Invocation.Actor.AccountId;
        /// <summary>The aggregate to move; null when the plan moves none.</summary>
        public AggregateRef Aggregate => Invocation.Aggregate;
        /// <summary>Headers of the job.</summary>
        public IReadOnlyDictionary<string, string> Headers => Invocation.Headers;
        /// <summary>The step's configuration as JSON text, or "".</summary>
        public string ConfigJson => Invocation.ConfigJson;
        /// <summary>What the step expects.</summary>
        public OutputType OutputType => Invocation.OutputType;
        /// <summary>What an earlier attempt saved; null when none did.</summary>
        public Payload LastCheckpoint => Invocation.LastCheckpoint;
        /// <summary>Whether the function should stop.</summary>
        public bool IsCancelled => CancelReason != null;
        /// <summary>Why the function should stop; null while it should not.</summary>
        public CancelReason? CancelReason => _cancellation.Reason;
        /// <summary>Cancelled when the function should stop: for everything that takes a token.</summary>
        public CancellationToken Token => _cancellation.Token;

        /// <summary>Ends when the function should stop.</summary>
        public Task<CancelReason> Cancelled()
        {
            return _cancellation.Cancelled();
        }

        /// <summary>
        /// The step's configuration as the function's own type; an absent one reads as `{}`. What cannot be read, and what
        /// `read` throws, is NON_RETRYABLE `CONFIG_INVALID`.
        /// </summary>
        public T Config<T>(Func<JsonValue, T> read)
        {
            return Decoding.Read(ConfigJson == "" ? "{}" : ConfigJson, read, NonRetryable.ConfigInvalid);
        }

        /// <summary>What is left of the execution time-out; null when the step has none.</summary>
        public TimeSpan? Remaining()
        {
            if (Invocation.Deadline == null) return null;
            TimeSpan left = Invocation.Deadline.Value - Clock.Instant();
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }

        /// <summary>Saves progress for the next attempt; the newest one counts. It travels with the next heartbeat or report.</summary>
        public void Checkpoint(Payload checkpoint)
        {
            lock (_lock) _checkpoint = checkpoint;
            _observer.Checkpoint(Invocation, checkpoint);
        }

        /// <summary>Emits a message: it is committed to the outbox together with the completion, or not at all.</summary>
        public void Emit(string topic, string key, Payload payload, IReadOnlyDictionary<string, string> headers = null)
        {
            lock (_lock) _emits.Add(new Emit(topic, key, payload, headers ?? NoTexts.Map));
        }

        /// <summary>Logs a line with the attempt's ids.</summary>
        public void Log(Level level, string message)
        {
            _observer.Log(Invocation, level, message);
        }

        /// <summary>Takes what the function said, for whoever called it.</summary>
        internal Said TakeSaid()
        {
            lock (_lock)
            {
                var said = new Said(_emits, _checkpoint);
                _emits = new List<Emit>();
                _checkpoint = null;
                return said;
            }
        }
    }
}
