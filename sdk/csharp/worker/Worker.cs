using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Esteira.Client;
using Esteira.Model;
using V1 = Esteira.V1;

namespace Esteira.Worker
{
    /// <summary>What a worker is made of.</summary>
    public sealed class WorkerOptions
    {
        /// <summary>Of the coordinator at this address, for example `http://127.0.0.1:7440`.</summary>
        public WorkerOptions(string endpoint)
        {
            Endpoint = endpoint;
        }

        /// <summary>The coordinator's address.</summary>
        public string Endpoint { get; }
        /// <summary>How many functions may run at once; one for each processor by default.</summary>
        public int Slots { get; set; } = Environment.ProcessorCount;
        /// <summary>Sent as `authorization: Bearer TOKEN` with every call.</summary>
        public string Token { get; set; } = "";
        /// <summary>The id under which the coordinator knows this worker; a new one for each worker by default.</summary>
        public string WorkerId { get; set; } = Entropy.NewId();
        /// <summary>A name for people.</summary>
        public string DisplayName { get; set; } = "";
        /// <summary>What code it runs, such as a commit; recorded with every attempt.</summary>
        public string BuildId { get; set; } = "";
        /// <summary>Free labels.</summary>
        public IReadOnlyDictionary<string, string> Labels { get; set; } = new Dictionary<string, string>();
        /// <summary>Queues to lease from instead of those named like its functions.</summary>
        public IReadOnlyList<string> Queues { get; set; } = new string[0];
        /// <summary>How long to hold each lease between two heartbeats; as the step says by default.</summary>
        public TimeSpan? LeaseTtl { get; set; }
        /// <summary>How long running functions may go on after a shutdown was asked for.</summary>
        public TimeSpan DrainGrace { get; set; } = TimeSpan.FromSeconds(30);
        /// <summary>How long a cancelled function may go on before its task goes on without it.</summary>
        public TimeSpan CancelGrace { get; set; } = TimeSpan.FromSeconds(10);
        /// <summary>How long the last results may take to be delivered once nothing runs any more.</summary>
        public TimeSpan DeliveryGrace { get; set; } = TimeSpan.FromSeconds(10);
        /// <summary>A directory for results that cannot be delivered when the worker stops; a worker that starts with the same one delivers them first. Off when it is "".</summary>
        public string Spool { get; set; } = "";
        /// <summary>Is told what happens, a line each; writes to standard error by default.</summary>
        public Action<string> Log { get; set; } = Console.Error.WriteLine;
    }

    /// <summary>Why a worker stopped by itself: the coordinator refused it for good, or results could not be delivered.</summary>
    public sealed class WorkerException : Exception
    {
        internal WorkerException(string reason, string message, Exception cause)
            : base(reason == "" ? message : reason + ": " + message, cause)
        {
            Reason = reason;
        }

        /// <summary>The contract's stable reason, such as `FUNCTION_NOT_ALLOWED`; "" when there is none.</summary>
        public string Reason { get; }
    }

    /// <summary>
    /// Serves functions to the coordinator: leases tasks, runs them, keeps their leases, reports. Run it once.
    ///
    /// No more than `Slots` functions run at once, and no more tasks are leased than slots are free; every request is sent
    /// again, byte for byte, until there is an answer; heartbeats leave from a thread of their own; a lease that is lost, or
    /// that was not renewed in time, cancels its function, and nothing is reported.
    /// </summary>
    public sealed class FunctionWorker
    {
        /// <summary>Version of this SDK.</summary>
        public const string Version = "0.1.0";

        private readonly WorkerOptions _options;
        private readonly Dictionary<string, IFunction> _functions = new Dictionary<string, IFunction>();
        private readonly V1.WorkerInfo _info;
        private readonly Link _link;

        /// <summary>Checks everything and connects to nothing yet; throws an <see cref="ArgumentException"/>.</summary>
        public FunctionWorker(WorkerOptions options, params IFunction[] functions)
        {
            _options = options;
            _link = new Link(options.Endpoint, options.Token);
            Check(functions.Length > 0 && functions.Length <= Limits.FunctionsMax, "a worker has 1 to " + Limits.FunctionsMax + " functions");
            Check(options.Slots > 0, "a worker has at least one slot");
            bool isVisible = options.WorkerId != "" && options.WorkerId.All(letter => letter >= '!' && letter <= '~');
            Check(isVisible && options.WorkerId.Length <= Limits.RequestIdBytesMax, "a worker id has 1 to 128 visible ASCII characters");
            bool isLease = options.LeaseTtl == null || (options.LeaseTtl >= Limits.LeaseTtlMin && options.LeaseTtl <= Limits.LeaseTtlMax);
            Check(isLease, "a lease lasts 1 s to 15 min");
            using (Process self = Process.GetCurrentProcess())
            {
                _info = new V1.WorkerInfo
                {
                    WorkerId = options.WorkerId, DisplayName = options.DisplayName, BuildId = options.BuildId, Sdk = "csharp/" + Version,
                    Host = Environment.MachineName, Pid = self.Id, MaxConcurrency = options.Slots,
                };
            }
            foreach (KeyValuePair<string, string> label in options.Labels) _info.Labels[label.Key] = label.Value;
            foreach (IFunction function in functions.OrderBy(function => function.Spec.Name, StringComparer.Ordinal))
            {
                string name = function.Spec.Name;
                Check(Names.IsName(name, Limits.NameBytesMax), "`" + name + "` is not a function name");
                Check(!_functions.ContainsKey(name), "two functions are named `" + name + "`");
                _functions[name] = function;
                _info.Functions.Add(Lease.Out(function.Spec));
            }
        }

        private static void Check(bool holds, string why)
        {
            if (!holds) throw new ArgumentException(why);
        }

        /// <summary>
        /// Serves until the token is cancelled or the coordinator drains the worker; then finishes what runs within the drain
        /// grace and gives back the rest. Throws a <see cref="WorkerException"/>.
        /// </summary>
        public Task RunAsync(CancellationToken shutdown)
        {
            // Room for functions that block a thread of the pool after they waited for something.
            int threads, ports;
            ThreadPool.GetMinThreads(out threads, out ports);
            ThreadPool.SetMinThreads(Math.Max(threads, Math.Min(_options.Slots, 256) + 8), ports);
            var dispatcher = new Dispatcher(_options, _info, _functions, _link);
            return Task.Factory.StartNew(() => dispatcher.Run(shutdown), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    /// <summary>The end of a process that is asked for.</summary>
    public static class Shutdown
    {
        /// <summary>Cancelled by SIGTERM and by Ctrl-C.</summary>
        public static CancellationToken Terminated()
        {
            var source = new CancellationTokenSource();
            foreach (var signal in new[] { System.Runtime.InteropServices.PosixSignal.SIGTERM, System.Runtime.InteropServices.PosixSignal.SIGINT })
            {
                // Kept for the life of the process.
                Registrations.Add(System.Runtime.InteropServices.PosixSignalRegistration.Create(signal, context =>
                {
                    context.Cancel = true;
                    source.Cancel();
                }));
            }
            return source.Token;
        }

        private static readonly List<IDisposable> Registrations = new List<IDisposable>();
    }
}
