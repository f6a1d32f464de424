using System;
using System.Collections.Generic;
using System.Linq;

namespace Esteira.Model
{
    /// <summary>One step of a plan document, and what it runs.</summary>
    internal static class StepReader
    {
        private const long DayMs = 24 * 3600000;
        private const long WaitMaxMs = 31 * DayMs;
        private const int CodesMax = 100;
        private const int InFlightMax = 1000000;

        /// <summary>Fields that only a function of a worker has a use for.</summary>
        private static readonly string[] WorkerOnly =
        {
            "function_version", "queue", "execution_timeout", "lease_ttl", "max_in_flight", "exclusive_aggregate", "retry",
        };

        /// <summary>Reads a step; null when it has no key or nothing to run. Everything that is wrong with it is reported.</summary>
        internal static Step Read(Field field, HashSet<string> keys)
        {
            FieldMembers members = field.Object();
            if (members == null) return null;
            string stepKey = UniqueKey(members.Require("step_key"), keys);
            Field config = members.Take("config");
            Run run = ReadRun(members, config);
            var step = new Step(stepKey, run);
            step.OutputType = ReadOutput(members.Take("output"), run);
            IReadOnlyList<string> dependsOn = KeysOf(members.Take("depends_on"));
            step.Join = ReadJoin(members.Take("join"), dependsOn != null);
            step.DependsOn = dependsOn ?? new string[0];
            step.ConfigJson = config?.Text ?? "";
            step.InputTemplateJson = members.Take("input")?.Text ?? "";
            step.Next = ReadEdges(members.Take("next"));
            step.ExclusiveNext = members.Take("exclusive_next")?.Boolean() ?? false;
            step.Retry = ReadRetry(members.Take("retry"));
            step.Queue = members.Take("queue")?.Name() ?? "";
            step.ExecutionTimeoutMs = members.Take("execution_timeout")?.DurationMs(1, WaitMaxMs);
            step.LeaseTtlMs = members.Take("lease_ttl")?.DurationMs(
                (long)Limits.LeaseTtlMin.TotalMilliseconds, (long)Limits.LeaseTtlMax.TotalMilliseconds);
            step.MaxInFlight = (int)(members.Take("max_in_flight")?.Whole(0, InFlightMax) ?? 0);
            step.ExclusiveAggregate = members.Take("exclusive_aggregate")?.Boolean() ?? false;
            step.OnFailureStep = members.Take("on_failure_step")?.Key() ?? "";
            step.FunctionVersion = members.Take("function_version")?.ShortText(Limits.VersionCharsMax) ?? "";
            step.InputPolicies = ReadPolicyNames(members.Take("input_policies"));
            step.OutputPolicies = ReadPolicyNames(members.Take("output_policies"));
            members.Finish();
            return stepKey == null || run == null ? null : step;
        }

        private static IReadOnlyList<string> ReadPolicyNames(Field field)
        {
            return field?.EachOnce(PlanReader.PoliciesMax, item => item.Name()) ?? new string[0];
        }

        private static string UniqueKey(Field field, HashSet<string> keys)
        {
            string key = field?.Key();
            if (key == null || keys.Add(key)) return key;
            field.Refuse("STEP_KEY_TAKEN", "`" + key + "` is used twice");
            return null;
        }

        /// <summary>Reads `function` or `sub_plan`, and refuses what the step could not use.</summary>
        private static Run ReadRun(FieldMembers members, Field config)
        {
            Field named = members.Take("function");
            Field subPlan = members.Take("sub_plan");
            if (named != null && subPlan != null)
            {
                subPlan.Refuse("RUN_AMBIGUOUS", "a step has a `function` or a `sub_plan`, not both");
                return null;
            }
            if (subPlan != null)
            {
                members.RefuseAll(WorkerOnly, "a sub-plan is a job of its own; set this on its steps");
                return ReadSubPlan(subPlan);
            }
            if (named == null)
            {
                members.Refuse("RUN_AMBIGUOUS", "a step has a `function` or a `sub_plan`");
                return null;
            }
            string name = named.Name();
            if (name == null) return null;
            if (name != "condition" && name != "wait") return Run.Function(name);
            string why = "`" + name + "` is run by the engine: nothing is leased or tried again";
            members.RefuseAll(WorkerOnly, why);
            if (name == "condition") return Run.Condition();
            long? pauseMs = ReadPause(members, config);
            return pauseMs == null ? null : Run.Wait(pauseMs.Value);
        }

        private static Run ReadSubPlan(Field field)
        {
            FieldMembers members = field.Object();
            if (members == null) return null;
            string plan = members.Require("plan")?.Name();
            long version = members.Take("version")?.Whole(0, int.MaxValue) ?? 0;
            members.Finish();
            return plan == null ? null : Run.SubPlan(plan, (int)version);
        }

        /// <summary>The `config` of a `wait`.</summary>
        private static long? ReadPause(FieldMembers members, Field config)
        {
            if (config == null)
            {
                members.RefuseMissing("config", "`wait` takes its duration from `config`");
                return null;
            }
            FieldMembers fields = config.Object();
            long? pauseMs = fields?.Require("duration")?.DurationMs(1, WaitMaxMs);
            fields?.Finish();
            return pauseMs;
        }

        private static OutputType ReadOutput(Field field, Run run)
        {
            int place = field == null ? -1 : field.Choice("single", "multiple", "none");
            bool isNative = run != null && (run.Kind == RunKind.Condition || run.Kind == RunKind.Wait);
            if (place > 0 && isNative) field.Refuse("FIELD_UNSUPPORTED", "this step passes its input on as one output");
            return place <= 0 || isNative ? OutputType.Single : place == 1 ? OutputType.Multiple : OutputType.None;
        }

        /// <summary>A step with dependencies is a barrier by itself.</summary>
        private static Join ReadJoin(Field field, bool isBarrier)
        {
            int place = field == null ? -1 : field.Choice("each", "all");
            if (place == 0 && isBarrier) field.Refuse("JOIN_EACH_WITH_DEPENDS_ON", "`depends_on` is a barrier: the step runs once");
            return isBarrier || place == 1 ? Join.All : Join.Each;
        }

        /// <summary>Keys of steps, as they stand: that each is there once is a matter of the graph. Null when the field is absent.</summary>
        private static IReadOnlyList<string> KeysOf(Field field)
        {
            IReadOnlyList<Field> items = field?.List(Limits.PlanStepsMax);
            if (items == null) return null;
            if (items.Count == 0)
            {
                field.Refuse("TEXT_INVALID", "empty; leave the field out instead");
                return null;
            }
            return items.Select(item => item.Key()).Where(key => key != null).ToArray();
        }

        private static IReadOnlyList<NextStep> ReadEdges(Field field)
        {
            IReadOnlyList<Field> items = field?.List(Limits.StepNextMax);
            return items == null ? new NextStep[0] : items.Select(ReadEdge).Where(edge => edge != null).ToArray();
        }

        /// <summary>A bare key is an edge that is always taken.</summary>
        private static NextStep ReadEdge(Field field)
        {
            if (field.IsString)
            {
                string bare = field.Key();
                return bare == null ? null : new NextStep(bare);
            }
            FieldMembers members = field.Object();
            if (members == null) return null;
            string stepKey = members.Require("step_key")?.Key();
            string condition = ReadCondition(members.Take("condition")) ?? "";
            members.Finish();
            return stepKey == null ? null : new NextStep(stepKey, condition);
        }

        /// <summary>A CEL expression; that it is one is checked with the graph.</summary>
        internal static string ReadCondition(Field field)
        {
            string text = field?.String();
            if (text == null || text.Trim() != "") return text;
            field.Refuse("TEXT_INVALID", "an empty condition; leave the field out if there is none");
            return null;
        }

        /// <summary>Reads a retry policy; what is left out keeps its default.</summary>
        private static RetryPolicy ReadRetry(Field field)
        {
            RetryPolicy retry = RetryPolicy.Default();
            FieldMembers members = field?.Object();
            if (members == null) return retry;
            long? maxAttempts = members.Take("max_attempts")?.Whole(1, Limits.AttemptsMax);
            Field initialField = members.Take("initial_backoff");
            long? initial = initialField?.DurationMs(0, DayMs);
            long? longest = members.Take("max_backoff")?.DurationMs(0, DayMs);
            double? multiplier = members.Take("multiplier")?.Number(1, 100);
            double? jitter = members.Take("jitter")?.Number(0, 1);
            IReadOnlyList<string> codes = members.Take("non_retryable_codes")?.EachOnce(CodesMax, item => item.Code());
            members.Finish();
            if (initial != null && longest != null && initial > longest)
            {
                initialField.Refuse("NUMBER_OUT_OF_RANGE", "longer than `max_backoff`");
                return retry;
            }
            // A first pause above the default longest one is meant.
            retry.MaxBackoffMs = longest ?? Math.Max(initial ?? 0, retry.MaxBackoffMs);
            retry.InitialBackoffMs = initial ?? Math.Min(retry.InitialBackoffMs, retry.MaxBackoffMs);
            retry.MaxAttempts = (int)(maxAttempts ?? retry.MaxAttempts);
            retry.Multiplier = multiplier ?? retry.Multiplier;
            retry.Jitter = jitter ?? retry.Jitter;
            retry.NonRetryableCodes = codes ?? retry.NonRetryableCodes;
            return retry;
        }
    }
}
