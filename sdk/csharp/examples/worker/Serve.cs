using Esteira.Model;
using Esteira.Worker;

/// <summary>Serves one function to the coordinator at `http://127.0.0.1:7440` until SIGTERM.</summary>
internal static class Serve
{
    private static void Main()
    {
        IFunction hello = Function.Of("hello", OutputType.Single, (cx, input) =>
            Outcome.Json("hello, " + input.Decode(name => name.AsText())));
        var options = new WorkerOptions("http://127.0.0.1:7440") { Slots = 8 };
        new FunctionWorker(options, hello).RunAsync(Shutdown.Terminated()).GetAwaiter().GetResult();
    }
}
