using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Esteira.Client;
using Esteira.Model;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using V1 = Esteira.V1;

namespace Esteira.Worker
{
    /// <summary>
    /// All state of a worker that runs, and its loop. One thread owns it; requests and functions run beside it and come back
    /// as events, which are done one after the other.
    /// </summary>
    internal sealed partial class Dispatcher
    {
        /// <summary>Pause after an answer that a worker cannot make sense of, before it asks anew.</summary>
        private static readonly TimeSpan UnsurePause = TimeSpan.FromSeconds(1);

        private readonly WorkerOptions _options;
        private readonly V1.WorkerInfo _info;
        private readonly Dictionary<string, IFunction> _functions;
        private readonly Rpc _rpc;
        private readonly Heartbeats _heartbeats;
        private readonly SpoolFiles _spool;
        private readonly BlockingCollection<Action> _events = new BlockingCollection<Action>();
        private readonly CancellationTokenSource _over = new CancellationTokenSource();
        private readonly Slots _slots;
        private readonly Dictionary<string, Cancellation> _running = new Dictionary<string, Cancellation>();
        private readonly Outgoing _outgoing = new Outgoing();
        private AnnouncedLimits _limits = new AnnouncedLimits(null);
        private bool _isRegistered;
        /// <summary>Ends the poll that is parked; null when none is.</summary>
        private CancellationTokenSource _poll;
        /// <summary>The letters in the report call that is under way; null when none is.</summary>
        private IReadOnlyList<Letter> _reporting;
        private TimeSpan _pollPause;
        private TimeSpan _reportPause;
        /// <summary>Report calls in a row that failed without saying why.</summary>
        private int _unsure;
        /// <summary>Why the worker stops by itself.</summary>
        private WorkerException _failure;

        internal Dispatcher(WorkerOptions options, V1.WorkerInfo info, Dictionary<string, IFunction> functions, Link link)
        {
            _options = options;
            _info = info;
            _functions = functions;
            _rpc = new Rpc(link);
            _slots = new Slots(options.Slots);
            _spool = options.Spool == "" ? null : new SpoolFiles(options.Spool, options.Endpoint);
            _heartbeats = new Heartbeats(options.WorkerId, new Rpc(link.Apart()), directive => _events.Add(() => Obey(directive)), Log);
        }

        /// <summary>Goes on until the worker is drained.</summary>
        internal void Run(CancellationToken shutdown)
        {
            var beating = new Thread(() => _heartbeats.Run(_over.Token)) { IsBackground = true, Name = "esteira-heartbeats" };
            beating.Start();
            using (shutdown.Register(() => _events.Add(() => BeginDrain(true, _options.DrainGrace))))
            {
                Register(TimeSpan.Zero);
                while (!IsOver())
                {
                    SendReports();
                    SendPoll();
                    BeginDelivery();
                    Action happened;
                    TimeSpan? left = Deadline() - Clock.Instant();
                    int waitMs = left == null ? -1 : (int)Math.Max(0, Math.Ceiling(left.Value.TotalMilliseconds));
                    if (_events.TryTake(out happened, waitMs)) happened();
                    else OnDeadline();
                }
            }
            _over.Cancel();
            Finish();
        }

        private void Log(string line)
        {
            _options.Log(line);
        }

        /// <summary>Runs work beside the loop; what it answers is done by the loop.</summary>
        private void Beside(TimeSpan pause, Func<Task<Action>> work)
        {
            Task.Run(async () =>
            {
                try
                {
                    if (pause > TimeSpan.Zero) await Task.Delay(pause, _over.Token).ConfigureAwait(false);
                    _events.Add(await work().ConfigureAwait(false));
                }
                catch (OperationCanceledException)
                {
                    // The worker is over: nobody waits for it.
                }
            });
        }

        private void Obey(V1.WorkerDirective directive)
        {
            // Registering ends a drain, so a worker that drains does not.
            if (!IsServing) return;
            if (directive == V1.WorkerDirective.Drain) BeginDrain(false, TimeSpan.Zero);
            else if (directive == V1.WorkerDirective.Register) Register(TimeSpan.Zero);
        }

        private void Register(TimeSpan pause)
        {
            var request = new V1.RegisterWorkerRequest { Worker = _info, MinProtocol = 1, MaxProtocol = 1 };
            Beside(pause, async () =>
            {
                try
                {
                    V1.RegisterWorkerResponse response = await _rpc.RegisterAsync(request, _over.Token).ConfigureAwait(false);
                    // Before anything is leased: what an earlier worker could not deliver.
                    await DeliverSpoolAsync().ConfigureAwait(false);
                    return () => OnRegistered(response);
                }
                catch (RpcException problem)
                {
                    return () => OnNotRegistered(problem);
                }
            });
        }

        private void OnRegistered(V1.RegisterWorkerResponse response)
        {
            _limits = new AnnouncedLimits(response.Limits);
            _isRegistered = true;
        }

        private void OnNotRegistered(RpcException problem)
        {
            if (IsFinal(problem)) Fail(problem);
            else if (IsServing)
            {
                Log("registration failed: " + problem.Status);
                Register(UnsurePause);
            }
        }

        /// <summary>Whether asking again, now or later, cannot help.</summary>
        private static bool IsFinal(RpcException problem)
        {
            switch (problem.StatusCode)
            {
                case StatusCode.FailedPrecondition:
                    return Problem.Reason(problem) != "REQUEST_ID_REUSED";
                case StatusCode.Unauthenticated:
                case StatusCode.PermissionDenied:
                case StatusCode.Unimplemented:
                case StatusCode.InvalidArgument:
                case StatusCode.NotFound:
                    return true;
                default:
                    return false;
            }
        }
    }
}
