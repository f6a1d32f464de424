using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Esteira.Client;
using Google.Protobuf;
using Grpc.Core;
using V1 = Esteira.V1;

namespace Esteira.Worker
{
    /// <summary>Sends reports, and ends each by the outcome of its lease.</summary>
    internal sealed partial class Dispatcher
    {
        /// <summary>Report calls in a row that may fail without saying why, before the reports in them are taken apart.</summary>
        private const int UnsureMax = 5;

        /// <summary>Sends what waits, and asks for tasks for the slots that are free, all in one call.</summary>
        private void SendReports()
        {
            if (_reporting != null || _outgoing.IsEmpty) return;
            // Nobody may have got the task since: the coordinator decides when it is sent later.
            Keep(_outgoing.TakeOut(letter => letter.IsKept && !_heartbeats.Holds(letter.Token)));
            IReadOnlyList<Letter> letters = _outgoing.Take(_limits);
            if (letters.Count == 0) return;
            var request = new V1.ReportTasksRequest { WorkerId = _options.WorkerId };
            request.Reports.AddRange(letters.Select(letter => letter.Report));
            int leases = IsServing ? _slots.PromiseToReport(_limits.LeasesPerCall) : 0;
            if (leases > 0) request.Lease = LeaseRequest(leases);
            _reporting = letters;
            TimeSpan pause = _reportPause;
            _reportPause = TimeSpan.Zero;
            Beside(pause, async () =>
            {
                try
                {
                    Tuple<V1.ReportTasksResponse, TimeSpan> answer = await _rpc.ReportAsync(request, null, _over.Token).ConfigureAwait(false);
                    return () => OnReported(letters, answer.Item1, answer.Item2);
                }
                catch (RpcException problem)
                {
                    return () => OnNotReported(letters, problem);
                }
            });
        }

        private void OnReported(IReadOnlyList<Letter> letters, V1.ReportTasksResponse response, TimeSpan sent)
        {
            _reporting = null;
            _slots.ReportAnswered();
            _unsure = 0;
            foreach (Letter letter in letters)
            {
                Settle(letter, response.Outcomes.FirstOrDefault(outcome => outcome.LeaseToken == letter.Token));
            }
            if (response.Lease != null) OnLeased(response.Lease, sent);
        }

        private void Settle(Letter letter, V1.ReportOutcome outcome)
        {
            string reason = outcome == null ? "" : outcome.ErrorReason;
            if (outcome == null) Log("a report was answered without an outcome and is dropped");
            if (reason == "" || reason == "LEASE_LOST" || reason == "RESULT_CONFLICT") _heartbeats.Forget(letter.Token);
            else if (reason == "STORE_UNAVAILABLE" && outcome.CapsuleWanted && letter.LacksCapsule)
            {
                // At once: this coordinator can keep it, and only the capsule was missing.
                _outgoing.Push(letter.WithCapsule());
            }
            else if (MayPass(reason))
            {
                _reportPause = UnsurePause;
                _outgoing.Push(letter);
            }
            else Replace(letter, reason, outcome.ErrorMessage);
        }

        /// <summary>Whether the same report can be taken later.</summary>
        private static bool MayPass(string reason)
        {
            return reason == "STORE_UNAVAILABLE" || reason == "OVERLOADED";
        }

        /// <summary>The call as a whole was refused: find the report that is to blame.</summary>
        private void OnNotReported(IReadOnlyList<Letter> letters, RpcException problem)
        {
            _reporting = null;
            _slots.ReportAnswered();
            Log("report refused: " + problem.Status);
            StatusCode code = problem.StatusCode;
            bool isUnsure = code == StatusCode.Internal || code == StatusCode.Unknown || code == StatusCode.DataLoss || code == StatusCode.Aborted;
            if (code == StatusCode.Unauthenticated || code == StatusCode.PermissionDenied)
            {
                foreach (Letter letter in letters) _heartbeats.Forget(letter.Token);
                Fail(problem);
            }
            else if (isUnsure && _unsure < UnsureMax)
            {
                _unsure++;
                _reportPause = UnsurePause;
                _outgoing.PutBack(letters);
            }
            else
            {
                _unsure = 0;
                if (letters.Count == 1) Replace(letters[0], Problem.Reason(problem), problem.Status.Detail);
                else
                {
                    foreach (Letter letter in letters) letter.IsAlone = true;
                    _outgoing.PutBack(letters);
                }
            }
        }

        /// <summary>The lease stays: report a failure in place of the result, once.</summary>
        private void Replace(Letter letter, string reason, string message)
        {
            if (letter.IsReplaced)
            {
                Log("a report was refused twice and is dropped; the task runs again when its lease runs out: " + reason);
                _heartbeats.Forget(letter.Token);
                return;
            }
            Log("result refused; a failure is reported instead: " + reason + ": " + message);
            _outgoing.Push(letter.Replace(Report.Refused(reason, message)));
        }

        /// <summary>Writes results that cannot be delivered to the spool, if there is one; says how many are kept nowhere.</summary>
        private int Keep(IEnumerable<Letter> letters)
        {
            int lost = 0;
            foreach (Letter letter in letters.Where(letter => letter.IsKept))
            {
                var request = new V1.ReportTasksRequest { WorkerId = _options.WorkerId };
                request.Reports.Add(letter.WithCapsule().Report);
                try
                {
                    if (_spool == null) lost++;
                    else Log("a result that could not be delivered is kept in the spool: " + _spool.Write(request.ToByteArray()));
                }
                catch (IOException problem)
                {
                    lost++;
                    Log("a result could not be written to the spool: " + problem.Message);
                }
            }
            return lost;
        }

        /// <summary>Sends what an earlier worker kept, oldest first; what cannot be delivered now stays for another time.</summary>
        private async Task DeliverSpoolAsync()
        {
            foreach (string name in _spool == null ? new string[0] : _spool.Names())
            {
                try
                {
                    V1.ReportTasksRequest request = V1.ReportTasksRequest.Parser.ParseFrom(_spool.Read(name));
                    if (!await IsDeliveredAsync(request).ConfigureAwait(false)) return;
                    File.Delete(name);
                }
                catch (FileNotFoundException)
                {
                    // Another worker was faster.
                }
                catch (Exception problem) when (problem is InvalidDataException || problem is InvalidProtocolBufferException)
                {
                    Log("a spooled result is damaged: " + name + ": " + problem.Message);
                }
            }
        }

        private async Task<bool> IsDeliveredAsync(V1.ReportTasksRequest request)
        {
            try
            {
                Tuple<V1.ReportTasksResponse, TimeSpan> answer = await _rpc.ReportAsync(request, TimeSpan.FromSeconds(10), _over.Token).ConfigureAwait(false);
                return answer.Item1.Outcomes.Count > 0 && !MayPass(answer.Item1.Outcomes[0].ErrorReason);
            }
            catch (RpcException problem)
            {
                StatusCode code = problem.StatusCode;
                return code == StatusCode.InvalidArgument || code == StatusCode.NotFound || code == StatusCode.FailedPrecondition;
            }
        }
    }
}
