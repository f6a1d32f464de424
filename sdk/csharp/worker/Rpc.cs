using System;
using System.Threading;
using System.Threading.Tasks;
using Esteira.Client;
using V1 = Esteira.V1;

namespace Esteira.Worker
{
    /// <summary>The calls that a worker makes. All can be sent again, and are.</summary>
    internal sealed class Rpc
    {
        /// <summary>Longest wait for an answer that the coordinator gives at once.</summary>
        private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(10);
        private readonly Link _link;

        internal Rpc(Link link)
        {
            _link = link;
        }

        internal async Task<V1.RegisterWorkerResponse> RegisterAsync(V1.RegisterWorkerRequest request, CancellationToken token)
        {
            return await Client(new Resending(_link, AnswerMax, null)).RegisterWorkerAsync(request, cancellationToken: token);
        }

        /// <summary>The answer, and when the request was sent: leases are counted from then.</summary>
        internal async Task<Tuple<V1.LeaseTasksResponse, TimeSpan>> LeaseAsync(V1.LeaseTasksRequest request, CancellationToken token)
        {
            var call = new Resending(_link, AnswerMax, null);
            V1.LeaseTasksResponse response = await Client(call).LeaseTasksAsync(request, cancellationToken: token);
            return Tuple.Create(response, call.Sent);
        }

        /// <summary>The same, for a report that leases too; without patience until there is an answer.</summary>
        internal async Task<Tuple<V1.ReportTasksResponse, TimeSpan>> ReportAsync(V1.ReportTasksRequest request, TimeSpan? patience, CancellationToken token)
        {
            var call = new Resending(_link, AnswerMax, patience);
            V1.ReportTasksResponse response = await Client(call).ReportTasksAsync(request, cancellationToken: token);
            return Tuple.Create(response, call.Sent);
        }

        internal async Task AppendAsync(V1.AppendOutputsRequest request, CancellationToken token)
        {
            await Client(new Resending(_link, AnswerMax, null)).AppendOutputsAsync(request, cancellationToken: token);
        }

        /// <summary>Sent once, on the thread that asks: the next beat carries what this one did not.</summary>
        internal V1.HeartbeatLeasesResponse Heartbeat(V1.HeartbeatLeasesRequest request, TimeSpan timeout, CancellationToken token)
        {
            return Client(new Resending(_link, timeout, TimeSpan.Zero)).HeartbeatLeases(request, cancellationToken: token);
        }

        internal async Task DrainAsync(V1.DrainWorkerRequest request, CancellationToken token)
        {
            var call = new Resending(_link, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4));
            await Client(call).DrainWorkerAsync(request, cancellationToken: token);
        }

        private static V1.WorkerService.WorkerServiceClient Client(Resending call)
        {
            return new V1.WorkerService.WorkerServiceClient(call);
        }
    }
}
