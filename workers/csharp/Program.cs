// A complete esteira worker on the generated stubs alone: leases tasks, runs `csharp.trim`, reports.
using System.Runtime.InteropServices;
using System.Text.Json;
using Esteira.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Task = System.Threading.Tasks.Task; // and not the contract's

var address = args.FirstOrDefault() ?? Environment.GetEnvironmentVariable("ESTEIRA_SERVER") ?? "127.0.0.1:7440";
using var channel = GrpcChannel.ForAddress(address.StartsWith("http") ? address : $"http://{address}");
var client = new WorkerService.WorkerServiceClient(channel);
var workerId = $"csharp-{Guid.NewGuid()}";
var stopping = new CancellationTokenSource();

using var onTerm = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var onInt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);

while (!stopping.IsCancellationRequested)
{
    var request = new LeaseTasksRequest { WorkerId = workerId, RequestId = Guid.NewGuid().ToString(), FunctionNames = { "csharp.trim" } };
    // It waits 20 s for a task.
    var answer = await Call(deadline => client.LeaseTasksAsync(request, deadline: deadline), 30, () => stopping.IsCancellationRequested);
    foreach (var lease in answer?.Leases.ToArray() ?? [])
    {
        var report = new ReportTasksRequest { WorkerId = workerId, Reports = { Run(lease) } };
        await Call(deadline => client.ReportTasksAsync(report, deadline: deadline), 10, () => false);
    }
    if (answer?.Directive == WorkerDirective.Drain) break;
}

// Sends the same bytes until there is an answer; null when it gave up first.
async Task<T?> Call<T>(Func<DateTime, AsyncUnaryCall<T>> rpc, double seconds, Func<bool> giveUp) where T : class
{
    for (var pause = 100; ; pause = Math.Min(2 * pause, 10_000))
    {
        try { return await rpc(DateTime.UtcNow.AddSeconds(seconds)); }
        catch (RpcException error) when (error.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded) { }
        if (giveUp()) return null;
        await Task.Delay(Random.Shared.Next(pause));
    }
}

// Runs the function of a lease, and makes the report of it.
TaskReport Run(TaskLease lease)
{
    try
    {
        var text = JsonSerializer.Deserialize<string>(lease.Packet?.Data?.Json ?? "") ?? throw new JsonException("a text is expected");
        var output = new Payload { Json = JsonSerializer.Serialize(text.Trim()) };
        return new TaskReport { LeaseToken = lease.LeaseToken, Completed = new Completion { Single = output } };
    }
    catch (JsonException error) // not what the function takes: no other attempt will do better
    {
        var failure = new Failure { Kind = FailureKind.NonRetryable, Code = "INPUT_INVALID", Message = error.Message };
        return new TaskReport { LeaseToken = lease.LeaseToken, Failed = new Failing { Failure = failure } };
    }
}

void Stop(PosixSignalContext context)
{
    // The coordinator then ends the parked poll: nothing is leased to a worker that is gone.
    context.Cancel = true;
    stopping.Cancel();
    _ = Call(deadline => client.DrainWorkerAsync(new DrainWorkerRequest { WorkerId = workerId, Reason = "SIGTERM" }, deadline: deadline), 2, () => true);
}
