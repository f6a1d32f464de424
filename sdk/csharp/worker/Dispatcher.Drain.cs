using System;
using System.Collections.Generic;
using System.Linq;
using Esteira.Client;
using Esteira.Model;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using V1 = Esteira.V1;

namespace Esteira.Worker
{
    /// <summary>The way of a worker to its end.</summary>
    internal sealed partial class Dispatcher
    {
        /// <summary>How long a parked poll may take to come back after the coordinator was told to end it, and functions that were left to themselves.</summary>
        private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

        private Phase _phase = Phase.Serving;
        /// <summary>The coordinator is being told of the drain.</summary>
        private bool _isTelling;
        /// <summary>When a parked poll is given up; null when there is no need.</summary>
        private TimeSpan? _pollEnds;
        /// <summary>When the phase ends; null when the coordinator decides.</summary>
        private TimeSpan? _phaseEnds;

        private enum Phase
        {
            /// <summary>Leases and runs.</summary>
            Serving,
            /// <summary>Leases nothing; what runs may finish until the grace ends.</summary>
            Draining,
            /// <summary>What runs was cancelled.</summary>
            Stopping,
            /// <summary>Nothing runs any more; reports are on their way.</summary>
            Delivering,
            /// <summary>Out of time.</summary>
            Over,
        }

        private bool IsServing
        {
            get { return _phase == Phase.Serving; }
        }

        /// <summary>
        /// Stops leasing. Where the worker decided so by itself it tells the coordinator; where the coordinator decided, it will
        /// cancel what runs too long, and there is no grace.
        /// </summary>
        private void BeginDrain(bool byItself, TimeSpan grace)
        {
            if (_phase != Phase.Serving && _phase != Phase.Draining) return;
            TimeSpan now = Clock.Instant();
            _phase = Phase.Draining;
            _isTelling = byItself && _isRegistered;
            _phaseEnds = grace > TimeSpan.Zero ? now + grace : (TimeSpan?)null;
            Log("worker drains; " + _running.Count + " functions run");
            if (!_isTelling)
            {
                _pollEnds = now + Grace;
                return;
            }
            var request = new V1.DrainWorkerRequest { WorkerId = _options.WorkerId, Grace = Duration.FromTimeSpan(grace), Reason = "the worker shuts down" };
            Beside(TimeSpan.Zero, async () =>
            {
                try
                {
                    await _rpc.DrainAsync(request, _over.Token).ConfigureAwait(false);
                }
                catch (RpcException problem)
                {
                    Log("drain not answered: " + problem.Status);
                }
                return () =>
                {
                    _isTelling = false;
                    if (_phase == Phase.Draining) _pollEnds = Clock.Instant() + Grace;
                };
            });
        }

        /// <summary>The coordinator refused the worker: finish what runs, then say why.</summary>
        private void Fail(RpcException problem)
        {
            Log("refused by the coordinator: " + problem.Status);
            if (_failure == null) _failure = new WorkerException(Problem.Reason(problem), problem.Status.Detail, problem);
            if (IsServing) BeginDrain(false, _options.DrainGrace);
        }

        /// <summary>Once nothing runs there is nothing to wait for but the delivery of what is left.</summary>
        private void BeginDelivery()
        {
            bool isIdle = _running.Count == 0 && _poll == null;
            if (!isIdle || (_phase != Phase.Draining && _phase != Phase.Stopping)) return;
            _phase = Phase.Delivering;
            _pollEnds = null;
            _phaseEnds = Clock.Instant() + _options.DeliveryGrace;
        }

        /// <summary>When the present phase needs a push; null for never.</summary>
        private TimeSpan? Deadline()
        {
            return _phaseEnds == null || _pollEnds < _phaseEnds ? _pollEnds : _phaseEnds;
        }

        /// <summary>Moves on from a phase whose time is over.</summary>
        private void OnDeadline()
        {
            TimeSpan now = Clock.Instant();
            bool isOver = _phaseEnds <= now;
            if (_phase == Phase.Draining)
            {
                if (isOver || _pollEnds <= now)
                {
                    _pollEnds = null;
                    DropPoll();
                }
                if (!isOver) return;
                foreach (Cancellation cancellation in _running.Values) cancellation.Cancel(CancelReason.Drain);
                _phase = Phase.Stopping;
                _phaseEnds = now + _options.CancelGrace + Grace;
            }
            else if (_phase == Phase.Stopping && isOver)
            {
                GiveUpRunning();
                _phase = Phase.Delivering;
                _phaseEnds = now + _options.DeliveryGrace;
            }
            else if (_phase == Phase.Delivering && isOver) _phase = Phase.Over;
        }

        /// <summary>Whether there is nothing left to wait for.</summary>
        private bool IsOver()
        {
            bool isIdle = _running.Count == 0 && _outgoing.IsEmpty && _reporting == null && _poll == null;
            return _phase == Phase.Over || (_phase != Phase.Serving && isIdle && !_isTelling);
        }

        /// <summary>Keeps what could not be delivered, and says how it went.</summary>
        private void Finish()
        {
            int lost = Keep((_reporting ?? new Letter[0]).Concat(_outgoing.All));
            if (_failure != null) throw _failure;
            if (lost > 0) throw new WorkerException("", lost + " results could not be delivered before the worker had to stop", null);
        }

        /// <summary>A lease that is in an answer which nobody reads returns by itself.</summary>
        private void DropPoll()
        {
            if (_poll == null) return;
            _poll.Cancel();
            _poll = null;
            _slots.PollAnswered();
        }

        /// <summary>Functions that do not listen cannot be stopped, but their tasks can be given back.</summary>
        private void GiveUpRunning()
        {
            foreach (string token in _running.Keys.ToArray())
            {
                _running.Remove(token);
                _slots.End();
                _heartbeats.Forget(token);
                GiveBack(token, "the worker shuts down");
            }
        }
    }
}
