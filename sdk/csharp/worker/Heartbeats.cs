using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Esteira.Client;
using Esteira.Model;
using Grpc.Core;
using V1 = Esteira.V1;

namespace Esteira.Worker
{
    /// <summary>Keeps the leases of a worker, from a thread and over a connection of their own.</summary>
    internal sealed class Heartbeats
    {
        private readonly string _workerId;
        private readonly Rpc _rpc;
        private readonly Action<V1.WorkerDirective> _obey;
        private readonly Action<string> _log;
        private readonly object _lock = new object();
        private readonly Leases _leases = new Leases();
        private readonly AutoResetEvent _woken = new AutoResetEvent(false);
        private readonly AnnouncedLimits _limits = new AnnouncedLimits(null);

        internal Heartbeats(string workerId, Rpc rpc, Action<V1.WorkerDirective> obey, Action<string> log)
        {
            _workerId = workerId;
            _rpc = rpc;
            _obey = obey;
            _log = log;
        }

        internal void Hold(string token, TimeSpan ttl, TimeSpan sent, Cancellation cancellation)
        {
            lock (_lock) _leases.Hold(token, ttl, sent, cancellation, Entropy.Fraction());
            _woken.Set();
        }

        internal bool End(string token)
        {
            lock (_lock) return _leases.End(token);
        }

        internal bool Holds(string token)
        {
            lock (_lock) return _leases.Holds(token);
        }

        internal void Forget(string token)
        {
            lock (_lock) _leases.Forget(token);
        }

        internal void Save(string token, Payload checkpoint)
        {
            lock (_lock) _leases.Save(token, checkpoint, Clock.Instant());
            _woken.Set();
        }

        /// <summary>Beats until the token is cancelled; run on a thread of its own.</summary>
        internal void Run(CancellationToken over)
        {
            using (over.Register(() => _woken.Set()))
            {
                while (!over.IsCancellationRequested)
                {
                    IReadOnlyList<Beat> beats;
                    TimeSpan patience;
                    TimeSpan pause;
                    lock (_lock)
                    {
                        TimeSpan now = Clock.Instant();
                        _leases.Expire(now);
                        beats = _leases.Due(now, _limits.LeasesPerCall, _limits.MessageBytes);
                        patience = _leases.Patience(now);
                        pause = (_leases.Wake() ?? now + TimeSpan.FromHours(1)) - now;
                    }
                    if (beats.Count > 0) Send(beats, patience, over);
                    else _woken.WaitOne(pause > TimeSpan.Zero ? pause : TimeSpan.Zero);
                }
            }
        }

        private void Send(IReadOnlyList<Beat> beats, TimeSpan patience, CancellationToken over)
        {
            var request = new V1.HeartbeatLeasesRequest { WorkerId = _workerId };
            foreach (Beat beat in beats)
            {
                var message = new V1.LeaseBeat { LeaseToken = beat.Token };
                if (beat.Checkpoint != null) message.Checkpoint = Wire.Out(beat.Checkpoint);
                request.Beats.Add(message);
            }
            TimeSpan sent = Clock.Instant();
            V1.HeartbeatLeasesResponse response;
            try
            {
                response = _rpc.Heartbeat(request, patience, over);
            }
            catch (RpcException problem)
            {
                // A checkpoint that is refused must not cost the leases that travel with it.
                bool keep = problem.StatusCode != StatusCode.InvalidArgument;
                if (!keep) _log("checkpoints refused and dropped: " + problem.Status.Detail);
                lock (_lock) _leases.Unanswered(beats, Clock.Instant(), Entropy.Fraction(), keep);
                return;
            }
            Dictionary<string, V1.LeaseVerdict> verdicts = response.Verdicts.GroupBy(verdict => verdict.LeaseToken).ToDictionary(same => same.Key, same => same.Last());
            LeaseAnswer[] answers = beats.Select(beat => Read(verdicts, beat.Token)).ToArray();
            lock (_lock) _leases.Answered(beats, answers, sent, Entropy.Fraction());
            _obey(response.Directive);
        }

        private static LeaseAnswer Read(Dictionary<string, V1.LeaseVerdict> verdicts, string token)
        {
            V1.LeaseVerdict verdict;
            var answer = new LeaseAnswer();
            if (!verdicts.TryGetValue(token, out verdict)) return answer;
            answer.Ttl = Wire.In(verdict.LeaseTtl);
            answer.IsLost = verdict.Status == V1.LeaseStatus.Lost;
            answer.IsHeld = verdict.Status == V1.LeaseStatus.Active || verdict.Status == V1.LeaseStatus.CancelRequested;
            if (verdict.Status == V1.LeaseStatus.CancelRequested) answer.Reason = verdict.Reason == "DRAIN" ? CancelReason.Drain : CancelReason.Job;
            return answer;
        }
    }
}
