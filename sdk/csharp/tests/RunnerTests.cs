using System;
using System.Linq;
using System.Threading.Tasks;
using Esteira.Model;

namespace Esteira.Tests
{
    /// <summary>The embedded runner, by the names of the other SDKs' tests.</summary>
    internal static class RunnerTests
    {
        private static IFunction Number(string name, Func<long, long> change)
        {
            return Function.Of(name, OutputType.Single, (cx, input) => Outcome.Json(change(input.Decode().AsInt64())));
        }

        private static readonly IFunction Echo = Function.Of("echo", OutputType.Single, (cx, input) => Outcome.One(input));

        private static readonly IFunction Count = Function.Of("count", OutputType.Multiple, (cx, input) =>
            Outcome.Many(Enumerable.Range(0, (int)input.Decode().AsInt64()).Select(n => Payload.Encode(n))));

        private static Runner TheRunner(params IFunction[] more)
        {
            return new Runner().SkipWaits().Function(Number("add", n => n + 1), Number("double", n => n * 2), Count, Echo).Function(more);
        }

        private static Trace Run(Runner runner, PlanBuilder plan, string input)
        {
            return runner.RunAsync(plan.Build(), Payload.Json(input)).Result;
        }

        private static StepBuilder Step(string key, string function)
        {
            return StepBuilder.Of(key, function);
        }

        public static void StepsFollowOneAnother()
        {
            Trace trace = Run(TheRunner(), new PlanBuilder().Step(Step("a", "add").Then("b")).Step(Step("b", "double")), "3");
            Expect.Same(Expect.Texts(trace.Results), "8");
            Expect.Same(trace.Tasks.Select(task => task.StepKey), "a", "b");
            Expect.Equal("4", trace.Tasks[1].Input.JsonText);
        }

        public static void AFanOutJoinsInOrder()
        {
            PlanBuilder plan = new PlanBuilder()
                .Step(Step("count", "count").Output(OutputType.Multiple).Then("double"))
                .Step(Step("double", "double").Then("all"))
                .Step(Step("all", "echo").JoinAll());
            Trace trace = Run(TheRunner(), plan, "4");
            Expect.Same(Expect.Texts(trace.Results), "[0,2,4,6]");
            Expect.Same(trace.Step("double").Select(task => string.Join("/", task.ItemPath)), "0", "1", "2", "3");
            Trace empty = Run(TheRunner(), plan, "0");
            Expect.Same(Expect.Texts(empty.Results), "[]");
            Expect.Equal(TaskState.Skipped, empty.Step("double")[0].State);
        }

        public static void AWaitPassesItsInputOnAndIsSkippedInTests()
        {
            PlanBuilder plan = new PlanBuilder().Step(StepBuilder.Wait("night", TimeSpan.FromHours(8)).Then("a")).Step(Step("a", "add"));
            Expect.Same(Expect.Texts(Run(TheRunner(), plan, "1").Results), "2");
        }

        public static void FailuresAreTriedAgainWithTheCheckpointUntilTheySucceed()
        {
            IFunction flaky = Function.Of("flaky", OutputType.Single, (cx, input) =>
            {
                if (cx.Attempt == 3) return Outcome.One(cx.LastCheckpoint);
                cx.Checkpoint(Payload.Encode("attempt " + cx.Attempt));
                throw new Retryable("BUSY", "later");
            });
            Trace trace = Run(TheRunner(flaky), new PlanBuilder().Step(Step("a", "flaky")), "1");
            Expect.Same(Expect.Texts(trace.Results), "\"attempt 2\"");
            Expect.Equal(3, trace.Tasks[0].Attempts);
        }

        public static void AFailureEndsTheJobOrGoesWhereThePlanSays()
        {
            IFunction bad = Function.Of("bad", OutputType.Single, (cx, input) => { throw new NonRetryable("BAD", "never"); });
            Trace trace = Run(TheRunner(bad), new PlanBuilder().Step(Step("a", "bad").Then("b")).Step(Step("b", "echo")), "1");
            Expect.Equal("Failed 1 0 BAD", trace.State + " " + trace.Tasks.Count + " " + trace.Results.Count + " " + trace.Failure.Code);
            PlanBuilder caught = new PlanBuilder().Step(Step("a", "bad").OnFailure("c")).Step(Step("c", "echo"));
            trace = Run(TheRunner(bad), caught, "1");
            Expect.Equal(JobState.Succeeded, trace.State);
            Expect.Equal(true, trace.Results[0].JsonText.Contains("\"code\":\"BAD\""));
        }

        public static void AnExceptionAndAWrongOutputFailTheTaskAndNotTheProcess()
        {
            IFunction throws = Function.Of("throws", OutputType.Single, (cx, input) => { throw new InvalidOperationException("oh"); });
            Trace trace = Run(TheRunner(throws), new PlanBuilder().Step(Step("a", "throws").MaxAttempts(2)), "1");
            Expect.Equal("2 UNHANDLED", trace.Tasks[0].Attempts + " " + trace.Failure.Code);
            IFunction none = Function.Of("none", OutputType.None, (cx, input) => Outcome.None);
            Expect.Equal("OUTPUT_TYPE_MISMATCH", Run(TheRunner(none), new PlanBuilder().Step(Step("a", "none")), "1").Failure.Code);
            IFunction json = Function.Of("json", OutputType.Single, (cx, input) => Outcome.One(Payload.Json("{")));
            Expect.Equal("JSON_INVALID", Run(TheRunner(json), new PlanBuilder().Step(Step("a", "json")), "1").Failure.Code);
        }

        public static void AnExecutionTimeoutEndsAnAttemptInRealTime()
        {
            IFunction hangs = Function.OfAsync(new FunctionSpec("hangs", OutputType.Single), async (cx, input) =>
            {
                await cx.Cancelled();
                await Task.Delay(-1);
                return null;
            });
            PlanBuilder plan = new PlanBuilder().Step(Step("a", "hangs").MaxAttempts(1).ExecutionTimeout(TimeSpan.FromMilliseconds(5)));
            Expect.Equal("EXECUTION_TIMEOUT", Run(new Runner().Function(hangs), plan, "1").Failure.Code);
        }

        public static void ASubPlanIsPartOfTheTrace()
        {
            Plan child = new PlanBuilder().Step(Step("a", "add").Then("b")).Step(Step("b", "double")).Build();
            PlanBuilder plan = new PlanBuilder().Step(StepBuilder.SubPlan("nested", "child").Then("last")).Step(Step("last", "add"));
            Trace trace = Run(TheRunner().Plan("child", child), plan, "1");
            Expect.Same(Expect.Texts(trace.Results), "5");
            Expect.Same(trace.Tasks.Select(task => task.PlanName + "." + task.StepKey), "child.a", "child.b", ".nested", ".last");
        }

        public static void MessagesAreKeptWithSuccessOnly()
        {
            IFunction speaks = Function.Of("speaks", OutputType.Single, (cx, input) =>
            {
                cx.Emit("said", "", input);
                if (cx.Attempt < 2) throw new Retryable("AGAIN", "");
                return Outcome.One(input);
            });
            Trace trace = Run(TheRunner(speaks), new PlanBuilder().Step(Step("a", "speaks")), "3");
            Expect.Equal(1, trace.Messages.Count);
            Expect.Equal(trace.Job, trace.Messages[0].Key);
        }

        public static void WhatCannotRunIsSaidBeforeItRuns()
        {
            Expect.Same(Refused(Step("a", "nobody"), "1").Functions, "nobody");
            Expect.Equal(RunErrorCode.PlanInvalid, Refused(Step("a", "echo").Then("b"), "1").Code);
            Expect.Equal(RunErrorCode.PlanInvalid, Refused(StepBuilder.SubPlan("a", "none"), "1").Code);
            Expect.Equal(RunErrorCode.InputInvalid, Refused(Step("a", "echo"), "{").Code);
        }

        public static void ConditionsNeedAnEvaluator()
        {
            RunException refused = Refused(Step("a", "echo").ThenIf("a", "true"), "1");
            Expect.Equal(RunErrorCode.PlanInvalid, refused.Code);
            RunException policy = Expect.Throws<RunException>(() =>
                Run(TheRunner(), new PlanBuilder().Policy("p", "1", "value > 0").Step(Step("a", "echo")), "1"));
            Expect.Same(policy.Issues.Select(issue => issue.Path + " " + issue.Code), "/policies/0/condition EXPRESSION_INVALID");
        }

        private static RunException Refused(StepBuilder step, string input)
        {
            return Expect.Throws<RunException>(() => Run(TheRunner(), new PlanBuilder().Step(step), input));
        }

        public static void AStartThatTheCoordinatorWouldNotTakeIsRefused()
        {
            Plan plan = new PlanBuilder().Step(Step("a", "echo")).Build();
            Expect.Equal(JobState.Succeeded, TheRunner().RunAsync(plan, Payload.Binary(new byte[Limits.PayloadBytesMax])).Result.State);
            RunException refused = Expect.Throws<RunException>(() =>
                TheRunner().RunAsync(plan, Payload.Binary(new byte[Limits.PayloadBytesMax + 1])).Wait());
            Expect.Equal(RunErrorCode.InputInvalid, refused.Code);
        }

        public static void TwoRunsGiveTheSameTrace()
        {
            PlanBuilder plan = new PlanBuilder()
                .Step(Step("count", "count").Output(OutputType.Multiple).Then("add").Then("double"))
                .Step(Step("add", "add").Then("all"))
                .Step(Step("double", "double").Then("all"))
                .Step(Step("all", "echo").JoinAll());
            Trace first = Run(TheRunner(), plan, "3");
            Expect.Equal(first.ToString(), Run(TheRunner(), plan, "3").ToString());
            Expect.Same(Expect.Texts(first.Results), "[1,0,2,2,3,4]");
        }

        public static void SkippedPausesEndInTheSameOrderInEveryRun()
        {
            IFunction flaky = Function.Of("flaky", OutputType.Single, (cx, input) =>
            {
                if (cx.Attempt == 1) throw new Retryable("BUSY", "later");
                return Outcome.One(input);
            });
            // With the default policy, whose jitter would make the order of the items another one in every run.
            PlanBuilder plan = new PlanBuilder().Step(Step("count", "count").Output(OutputType.Multiple).Then("flaky")).Step(Step("flaky", "flaky"));
            Trace trace = Run(TheRunner(flaky), plan, "20");
            Expect.Same(trace.Step("flaky").Select(task => task.ItemPath[0].ToString()), Enumerable.Range(0, 20).Select(n => n.ToString()).ToArray());
        }
    }
}
