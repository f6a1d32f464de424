using System;
using Esteira.Model;

/// <summary>Runs one function in a plan of two steps, in this process.</summary>
internal static class Hello
{
    private static void Main()
    {
        IFunction hello = Function.Of("hello", OutputType.Single, (cx, input) =>
            Outcome.Json("hello, " + input.Decode(name => name.AsText())));
        Plan plan = new PlanBuilder()
            .Step(StepBuilder.Of("greet", "hello").Then("again"))
            .Step(StepBuilder.Of("again", "hello"))
            .Build();
        Trace trace = new Runner().Function(hello).RunAsync(plan, Payload.Json("\"world\"")).GetAwaiter().GetResult();
        Console.Write(trace);
        foreach (Payload result in trace.Results) Console.WriteLine(result.JsonText);
    }
}
