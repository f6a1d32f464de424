using System;
using System.Linq;
using Esteira.Model;
using Esteira.Testing;

namespace Esteira.Tests
{
    /// <summary>The harness, by the names of the other SDKs' tests.</summary>
    internal static class HarnessTests
    {
        private static Execution Run(Harness harness, OutputType type, Func<Context, Payload, Outcome> run)
        {
            return harness.RunAsync(Function.Of("tested", type, run), Payload.None).Result;
        }

        public static void EverythingThatIsSaidIsKeptInOrder()
        {
            Harness harness = new Harness().Attempt(3).Config("{}").LastCheckpoint(Payload.Json("0"));
            Execution execution = Run(harness, OutputType.None, (cx, input) =>
            {
                cx.Log(Level.Info, "attempt " + cx.Attempt + " of " + cx.ConfigJson);
                cx.Checkpoint(Payload.Json("1"));
                cx.Checkpoint(Payload.Json("2"));
                cx.Emit("t", "k", cx.LastCheckpoint);
                return Outcome.None;
            });
            Expect.Same(execution.Logs.Select(line => line.Level + " " + line.Message), "Info attempt 3 of {}");
            Expect.Same(Expect.Texts(execution.Checkpoints), "1", "2");
            Expect.Same(execution.Emits.Select(emit => emit.Topic + emit.Key + emit.Payload.JsonText), "tk0");
            Expect.Equal(OutputType.None, execution.Outcome.Output);
        }

        public static void AnExceptionAndAWrongOutputAreErrorsAsInAWorker()
        {
            Execution wrong = Run(new Harness(), OutputType.Single, (cx, input) => Outcome.None);
            Expect.Equal("OUTPUT_TYPE_MISMATCH", wrong.Error.Code);
            Execution thrown = Run(new Harness(), OutputType.None, (cx, input) => { throw new InvalidOperationException("oh"); });
            Expect.Equal("UNHANDLED oh", thrown.Error.Code + " " + thrown.Error.Message);
        }

        public static void ACancelledFunctionSeesWhy()
        {
            var harness = new Harness();
            harness.Cancel(CancelReason.LeaseLost);
            Execution execution = Run(harness, OutputType.None, (cx, input) =>
            {
                throw new Retryable(Words.Of(cx.Cancelled().Result), "");
            });
            Expect.Equal("LEASE_LOST", execution.Error.Code);
        }

        public static void TheTimeThatIsLeftIsTold()
        {
            TimeSpan? left = null;
            Run(new Harness().Remaining(TimeSpan.FromHours(1)), OutputType.None, (cx, input) =>
            {
                left = cx.Remaining();
                return Outcome.None;
            });
            Expect.Equal(true, left > TimeSpan.FromMinutes(50));
        }
    }
}
