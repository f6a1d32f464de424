using System;
using System.Threading;
using System.Threading.Tasks;
using Esteira.Model;
using Google.Protobuf.WellKnownTypes;
using V1 = Esteira.V1;

namespace Esteira.Client
{
    /// <summary>
    /// A client of one coordinator. Each service is the generated client of the contract over a connection that sends a
    /// request again, byte for byte, while that can help; a refusal is an `RpcException`, whose reason <see cref="Problem"/>
    /// reads. The connection opens with the first call; it may be used from many threads.
    /// </summary>
    public sealed class EsteiraClient
    {
        private readonly Resending _invoker;

        /// <summary>
        /// Of the coordinator at this address, for example `http://127.0.0.1:7440`. `timeout` is how long to wait for one
        /// answer before the request is sent again, 10 s by default; `patience` how long to go on sending it, 60 s by default.
        /// </summary>
        public EsteiraClient(string endpoint, string token = "", TimeSpan? timeout = null, TimeSpan? patience = null)
        {
            var link = new Link(endpoint, token);
            _invoker = new Resending(link, timeout ?? TimeSpan.FromSeconds(10), patience ?? TimeSpan.FromSeconds(60));
        }

        /// <summary>Plans and their versions.</summary>
        public V1.PlanService.PlanServiceClient Plans => new V1.PlanService.PlanServiceClient(_invoker);

        /// <summary>Jobs and their tasks.</summary>
        public V1.JobService.JobServiceClient Jobs => new V1.JobService.JobServiceClient(_invoker);

        /// <summary>Committed messages that wait to be delivered.</summary>
        public V1.OutboxService.OutboxServiceClient Outbox => new V1.OutboxService.OutboxServiceClient(_invoker);

        /// <summary>The coordinator itself, its workers and queues.</summary>
        public V1.AdminService.AdminServiceClient Admin => new V1.AdminService.AdminServiceClient(_invoker);

        /// <summary>Where jobs and data come from, and what became of them.</summary>
        public V1.TraceService.TraceServiceClient Traces => new V1.TraceService.TraceServiceClient(_invoker);

        /// <summary>Who did what, and whether what is recorded is what happened.</summary>
        public V1.AuditService.AuditServiceClient Audit => new V1.AuditService.AuditServiceClient(_invoker);

        /// <summary>Publishes a definition under a plan's name, creates the plan if there is none, and makes the version its default.</summary>
        public async Task<V1.PlanVersion> PublishAsync(string planName, string definitionJson, CancellationToken token = default(CancellationToken))
        {
            var request = new V1.PublishPlanVersionRequest { PlanName = planName, DefinitionJson = definitionJson, MakeDefault = true };
            return (await Plans.PublishPlanVersionAsync(request, cancellationToken: token)).Version;
        }

        /// <summary>Starts a job of a plan's default version on one payload.</summary>
        public async Task<V1.Job> StartAsync(string planName, Payload data, CancellationToken token = default(CancellationToken))
        {
            return (await Jobs.StartJobAsync(StartOf(planName, data), cancellationToken: token)).Job;
        }

        /// <summary>Starts a job of a plan's default version on one payload and waits until it ends, as long as that takes.</summary>
        public async Task<V1.Job> RunAsync(string planName, Payload data, CancellationToken token = default(CancellationToken))
        {
            V1.StartJobRequest request = StartOf(planName, data);
            request.Wait = Duration.FromTimeSpan(Limits.WaitDefault);
            V1.StartJobResponse response = await Jobs.StartJobAsync(request, cancellationToken: token);
            return response.Completed ? response.Job : await WaitAsync(response.Job.JobId, token);
        }

        /// <summary>Waits until the job ends, as long as that takes.</summary>
        public async Task<V1.Job> WaitAsync(string jobId, CancellationToken token = default(CancellationToken))
        {
            for (; ; )
            {
                var request = new V1.AwaitJobRequest { JobId = jobId, Wait = Duration.FromTimeSpan(Limits.WaitDefault) };
                V1.AwaitJobResponse response = await Jobs.AwaitJobAsync(request, cancellationToken: token);
                if (response.Completed) return response.Job;
            }
        }

        /// <summary>Pauses, resumes, cancels or terminates a job.</summary>
        public async Task<V1.Job> ControlAsync(string jobId, V1.JobAction action, string reason, CancellationToken token = default(CancellationToken))
        {
            var request = new V1.ControlJobRequest { JobId = jobId, Action = action, Reason = reason };
            return (await Jobs.ControlJobAsync(request, cancellationToken: token)).Job;
        }

        private static V1.StartJobRequest StartOf(string planName, Payload data)
        {
            return new V1.StartJobRequest { PlanName = planName, Packet = new V1.DataPacket { Data = Wire.Out(data) } };
        }
    }
}
