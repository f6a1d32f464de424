using System;
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
    /// <summary>Asks for tasks and starts them.</summary>
    internal sealed partial class Dispatcher
    {
        /// <summary>An empty answer that came sooner is followed by a pause of this length.</summary>
        private static readonly TimeSpan Early = TimeSpan.FromMilliseconds(200);

        /// <summary>Parks a poll for all free slots, unless one is parked or a report is about to ask for them.</summary>
        private void SendPoll()
        {
            bool may = _isRegistered && IsServing && _poll == null && _reporting == null && _outgoing.IsEmpty;
            if (!may || _slots.Free == 0) return;
            V1.LeaseTasksRequest request = LeaseRequest(_slots.PromiseToPoll(_limits.LeasesPerCall));
            request.Wait = Duration.FromTimeSpan(Limits.WaitDefault < _limits.Wait ? Limits.WaitDefault : _limits.Wait);
            CancellationTokenSource poll = _poll = CancellationTokenSource.CreateLinkedTokenSource(_over.Token);
            TimeSpan pause = _pollPause;
            _pollPause = TimeSpan.Zero;
            Beside(pause, async () =>
            {
                try
                {
                    Tuple<V1.LeaseTasksResponse, TimeSpan> answer = await _rpc.LeaseAsync(request, poll.Token).ConfigureAwait(false);
                    return () => OnPolled(poll, answer.Item1, answer.Item2);
                }
                catch (RpcException problem)
                {
                    return () => OnNotPolled(poll, problem);
                }
                catch (OperationCanceledException)
                {
                    // It was given up, and answered for already.
                    return () => { };
                }
            });
        }

        private V1.LeaseTasksRequest LeaseRequest(int leases)
        {
            var request = new V1.LeaseTasksRequest { WorkerId = _options.WorkerId, RequestId = Entropy.NewId(), MaxLeases = leases };
            request.FunctionNames.AddRange(_info.Functions.Select(function => function.Name));
            request.Queues.AddRange(_options.Queues);
            if (_options.LeaseTtl != null) request.LeaseTtl = Duration.FromTimeSpan(_options.LeaseTtl.Value);
            return request;
        }

        private void OnPolled(CancellationTokenSource poll, V1.LeaseTasksResponse response, TimeSpan sent)
        {
            // Given up while its answer was on the way: the leases in it return by themselves.
            if (_poll != poll) return;
            _poll = null;
            _slots.PollAnswered();
            if (response.Leases.Count == 0 && Clock.Instant() - sent < Early) _pollPause = Early;
            OnLeased(response, sent);
        }

        private void OnNotPolled(CancellationTokenSource poll, RpcException problem)
        {
            if (_poll != poll) return;
            _poll = null;
            _slots.PollAnswered();
            if (IsFinal(problem)) Fail(problem);
            else
            {
                Log("poll failed: " + problem.Status);
                _pollPause = UnsurePause;
            }
        }

        private void OnLeased(V1.LeaseTasksResponse response, TimeSpan sent)
        {
            foreach (V1.TaskLease lease in response.Leases) Start(lease, sent);
            Obey(response.Directive);
        }

        private void Start(V1.TaskLease message, TimeSpan sent)
        {
            string token = message.LeaseToken;
            IFunction function;
            if (_running.ContainsKey(token)) return;
            if (!IsServing) GiveBack(token, "the worker shuts down");
            else if (!_functions.TryGetValue(message.FunctionName, out function)) GiveBack(token, "the worker does not have this function");
            else
            {
                Lease lease;
                try
                {
                    lease = Lease.Read(message);
                }
                catch (FormatException problem)
                {
                    _outgoing.Push(Letter.WithoutResult(token, Report.Refused("LEASE_UNREADABLE", problem.Message)));
                    return;
                }
                if (!_slots.Start()) GiveBack(token, "the worker has no free slot");
                else Execute(function, lease, sent);
            }
        }

        private void GiveBack(string token, string reason)
        {
            _outgoing.Push(Letter.WithoutResult(token, Report.Released(reason)));
        }

        private void Execute(IFunction function, Lease lease, TimeSpan sent)
        {
            var cancellation = new Cancellation();
            _heartbeats.Hold(lease.Token, lease.Ttl, sent, cancellation);
            _running[lease.Token] = cancellation;
            AnnouncedLimits limits = _limits;
            Beside(TimeSpan.Zero, async () =>
            {
                V1.TaskReport report = await AttemptAsync(function, lease, cancellation, limits).ConfigureAwait(false);
                return () => OnEnded(lease, report);
            });
        }

        /// <summary>Runs the function and says what to report; null when the lease was lost.</summary>
        private async Task<V1.TaskReport> AttemptAsync(IFunction function, Lease lease, Cancellation cancellation, AnnouncedLimits limits)
        {
            lease.Invocation.Deadline = Clock.Instant() + lease.ExecutionTimeout;
            var cx = new Context(lease.Invocation, cancellation, new Voice(this, lease.Token, limits.PayloadBytes));
            Execution ended = await Execution.RunAsync(
                function, cx, lease.Input, cancellation, lease.ExecutionTimeout, _options.CancelGrace).ConfigureAwait(false);
            if (!_heartbeats.End(lease.Token)) return null;
            Report decided = Report.Decide(ended.Outcome, ended.Thrown, cx.TakeSaid(), lease.Invocation, cancellation.Reason, limits);
            if (decided.Chunks != null) decided = await AppendAsync(lease.Token, decided).ConfigureAwait(false);
            if (decided == null) return null;
            V1.TaskReport report = decided.Message;
            report.LeaseToken = lease.Token;
            report.Usage = new V1.ResourceUsage { WallTime = Duration.FromTimeSpan(ended.Wall), PeakRssBytes = Execution.PeakBytes() };
            report.StartTime = Timestamp.FromDateTime(ended.Begun);
            report.EndTime = Timestamp.FromDateTime(ended.Ended);
            return report;
        }

        /// <summary>Hands in the items of a large MULTIPLE output, chunk by chunk, ahead of the report; null when the lease is lost.</summary>
        private async Task<Report> AppendAsync(string token, Report decided)
        {
            for (int index = 0; index < decided.Chunks.Count; index++)
            {
                var request = new V1.AppendOutputsRequest { LeaseToken = token, ChunkIndex = index };
                request.Items.AddRange(decided.Chunks[index]);
                try
                {
                    await _rpc.AppendAsync(request, _over.Token).ConfigureAwait(false);
                }
                catch (RpcException problem)
                {
                    string reason = Problem.Reason(problem);
                    return reason == "LEASE_LOST" ? null : Report.Refused(reason, problem.Status.Detail);
                }
            }
            return decided;
        }

        /// <summary>A function ended; there is no report when its lease was lost.</summary>
        private void OnEnded(Lease lease, V1.TaskReport report)
        {
            // Not there: given up while it ended.
            if (!_running.Remove(lease.Token)) return;
            _slots.End();
            if (report == null) _heartbeats.Forget(lease.Token);
            else _outgoing.Push(new Letter { Report = report, Capsule = lease.Capsule, IsKept = true });
        }

        /// <summary>Carries what a function says while it runs.</summary>
        private sealed class Voice : IObserver
        {
            private readonly Dispatcher _worker;
            private readonly string _token;
            private readonly int _payloadBytesMax;

            internal Voice(Dispatcher worker, string token, int payloadBytesMax)
            {
                _worker = worker;
                _token = token;
                _payloadBytesMax = payloadBytesMax;
            }

            public void Log(Invocation invocation, Level level, string message)
            {
                string place = " job=" + invocation.Job + " task=" + invocation.Task + " step=" + invocation.StepKey + " attempt=" + invocation.Attempt;
                _worker.Log(level + " " + message + place);
            }

            public void Checkpoint(Invocation invocation, Payload checkpoint)
            {
                if (checkpoint.ByteLength() <= _payloadBytesMax) _worker._heartbeats.Save(_token, checkpoint);
                else _worker.Log("a checkpoint of " + checkpoint.ByteLength() + " bytes is too large and was dropped");
            }
        }
    }
}
