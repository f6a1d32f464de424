using System;
using System.Collections.Generic;
using System.Linq;
using Esteira.Model;

namespace Esteira.Worker
{
    /// <summary>One lease to renew, and the checkpoint that goes with it.</summary>
    internal sealed class Beat
    {
        internal string Token { get; set; }
        internal Payload Checkpoint { get; set; }
    }

    /// <summary>What the coordinator said about one lease; nothing set = nothing that can be used.</summary>
    internal sealed class LeaseAnswer
    {
        internal bool IsLost { get; set; }
        internal bool IsHeld { get; set; }
        /// <summary>Another lease time, if it says so.</summary>
        internal TimeSpan? Ttl { get; set; }
        /// <summary>Why the function should stop, if it should.</summary>
        internal CancelReason? Reason { get; set; }
    }

    /// <summary>
    /// The leases that the worker holds, and when each must be renewed (INV-FENCE: the clock only says when to stop, never who
    /// may report). There is no I/O here: the heartbeat thread asks and obeys, and holds the lock.
    /// </summary>
    internal sealed class Leases
    {
        /// <summary>A checkpoint is sent at once, but not more often than this.</summary>
        private static readonly TimeSpan CheckpointPause = TimeSpan.FromSeconds(1);

        private readonly Dictionary<string, Held> _held = new Dictionary<string, Held>();
        /// <summary>Keeps beats in the order of the grants.</summary>
        private readonly List<string> _order = new List<string>();

        private sealed class Held
        {
            internal TimeSpan Ttl;
            /// <summary>Without a good beat until then, the lease counts as lost.</summary>
            internal TimeSpan Expires;
            internal TimeSpan NextBeat;
            internal TimeSpan LastBeat;
            internal Cancellation Cancellation;
            /// <summary>Saved by the function and not sent yet.</summary>
            internal Payload Checkpoint;
            /// <summary>The function has ended and its report is on the way. The coordinator alone says now whether it comes too late.</summary>
            internal bool HasEnded;
        }

        /// <summary>Begins to keep a lease that was granted in answer to a request sent at that time.</summary>
        internal void Hold(string token, TimeSpan ttl, TimeSpan sent, Cancellation cancellation, double jitter)
        {
            _held[token] = new Held
            {
                Ttl = ttl, Expires = sent + ttl, NextBeat = sent + Interval(ttl, jitter), LastBeat = sent, Cancellation = cancellation,
            };
            _order.Add(token);
        }

        /// <summary>The function has ended; true when the lease is still held and a report makes sense.</summary>
        internal bool End(string token)
        {
            Held held;
            if (!_held.TryGetValue(token, out held)) return false;
            held.HasEnded = true;
            return true;
        }

        internal bool Holds(string token)
        {
            return _held.ContainsKey(token);
        }

        /// <summary>Stops keeping a lease.</summary>
        internal void Forget(string token)
        {
            if (_held.Remove(token)) _order.Remove(token);
        }

        /// <summary>Keeps a checkpoint for the next beat and brings that beat forward.</summary>
        internal void Save(string token, Payload checkpoint, TimeSpan now)
        {
            Held held;
            if (!_held.TryGetValue(token, out held)) return;
            held.Checkpoint = checkpoint;
            TimeSpan soon = Max(held.LastBeat + CheckpointPause, now);
            held.NextBeat = Min(held.NextBeat, soon);
        }

        /// <summary>Takes leases whose time passed without a good beat as lost.</summary>
        internal void Expire(TimeSpan now)
        {
            foreach (string token in _order.ToArray())
            {
                Held held = _held[token];
                if (held.HasEnded || held.Expires > now) continue;
                held.Cancellation.Cancel(CancelReason.LeaseLost);
                Forget(token);
            }
        }

        /// <summary>The leases to renew now, in one call; those that are almost due come along.</summary>
        internal IReadOnlyList<Beat> Due(TimeSpan now, int beatsMax, int checkpointBytesMax)
        {
            var beats = new List<Beat>();
            if (!_held.Values.Any(held => held.NextBeat <= now)) return beats;
            int bytes = 0;
            foreach (string token in _order)
            {
                Held held = _held[token];
                if (beats.Count == beatsMax || held.NextBeat > now + TimeSpan.FromTicks(held.Ttl.Ticks / 6)) continue;
                var beat = new Beat { Token = token };
                if (held.Checkpoint != null && bytes + held.Checkpoint.ByteLength() <= checkpointBytesMax)
                {
                    bytes += held.Checkpoint.ByteLength();
                    beat.Checkpoint = held.Checkpoint;
                    held.Checkpoint = null;
                }
                beats.Add(beat);
            }
            return beats;
        }

        /// <summary>A call sent at that time was answered: each beat by the verdict at its place.</summary>
        internal void Answered(IReadOnlyList<Beat> beats, IReadOnlyList<LeaseAnswer> answers, TimeSpan sent, double jitter)
        {
            for (int place = 0; place < beats.Count; place++)
            {
                Held held;
                if (!_held.TryGetValue(beats[place].Token, out held)) continue;
                LeaseAnswer answer = answers[place];
                if (answer.IsLost)
                {
                    held.Cancellation.Cancel(CancelReason.LeaseLost);
                    Forget(beats[place].Token);
                    continue;
                }
                if (answer.IsHeld)
                {
                    if (answer.Ttl > TimeSpan.Zero) held.Ttl = answer.Ttl.Value;
                    held.Expires = sent + held.Ttl;
                    held.LastBeat = sent;
                    if (answer.Reason != null) held.Cancellation.Cancel(answer.Reason.Value);
                }
                held.NextBeat = sent + Interval(held.Ttl, jitter);
                if (answer.IsHeld && held.Checkpoint != null) held.NextBeat = sent + Min(CheckpointPause, TimeSpan.FromTicks(held.Ttl.Ticks / 3));
            }
        }

        /// <summary>A call was not answered well: try again soon. Checkpoints go with it unless they are to blame.</summary>
        internal void Unanswered(IReadOnlyList<Beat> beats, TimeSpan now, double jitter, bool keepCheckpoints)
        {
            foreach (Beat beat in beats)
            {
                Held held;
                if (!_held.TryGetValue(beat.Token, out held)) continue;
                double pauseMs = Math.Min(held.Ttl.TotalMilliseconds / 10, 1000) * (0.5 + jitter / 2);
                held.NextBeat = now + TimeSpan.FromMilliseconds(pauseMs);
                if (keepCheckpoints && held.Checkpoint == null) held.Checkpoint = beat.Checkpoint;
            }
        }

        /// <summary>When there is something to do next; null while nothing is held.</summary>
        internal TimeSpan? Wake()
        {
            TimeSpan? next = null;
            foreach (Held held in _held.Values)
            {
                TimeSpan at = held.HasEnded ? held.NextBeat : Min(held.NextBeat, held.Expires);
                if (next == null || at < next) next = at;
            }
            return next;
        }

        /// <summary>How long one call may take: a third of the shortest lease, and not past the moment when one is lost.</summary>
        internal TimeSpan Patience(TimeSpan now)
        {
            TimeSpan most = TimeSpan.FromSeconds(10);
            foreach (Held held in _held.Values)
            {
                most = Min(most, TimeSpan.FromTicks(held.Ttl.Ticks / 3));
                if (!held.HasEnded) most = Min(most, held.Expires - now);
            }
            return Max(most, TimeSpan.FromMilliseconds(20));
        }

        /// <summary>A third of the lease time, less up to a fifth of that.</summary>
        private static TimeSpan Interval(TimeSpan ttl, double jitter)
        {
            return TimeSpan.FromTicks((long)(ttl.Ticks / 3 * (1 - jitter / 5)));
        }

        private static TimeSpan Min(TimeSpan a, TimeSpan b)
        {
            return a < b ? a : b;
        }

        private static TimeSpan Max(TimeSpan a, TimeSpan b)
        {
            return a > b ? a : b;
        }
    }
}
