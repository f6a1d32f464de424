using System;
using System.Collections.Generic;
using System.Linq;

namespace Esteira.Model
{
    /// <summary>A plan as the document that is published. Durations are written in whole milliseconds.</summary>
    internal static class PlanWriter
    {
        internal static string Write(Plan plan, string name)
        {
            var document = new Members();
            document.Text("name", name);
            document.TextUnlessEmpty("aggregate_type", plan.AggregateType);
            document.List("policies", plan.Policies, PolicyJson);
            document.Texts("start_steps", plan.StartSteps);
            document.Raw("steps", "[" + string.Join(",", plan.Steps.Select(StepJson)) + "]");
            return document.End();
        }

        private static string PolicyJson(Policy policy)
        {
            var members = new Members();
            members.Text("name", policy.Name);
            members.TextUnlessEmpty("version", policy.Version);
            members.Text("condition", policy.Condition);
            members.Raw("enforce", policy.Enforce ? "true" : "false");
            return members.End();
        }

        private static string StepJson(Step step)
        {
            var members = new Members();
            members.Text("step_key", step.StepKey);
            WriteRun(step, members);
            members.RawUnlessEmpty("config", step.ConfigJson);
            members.RawUnlessEmpty("input", step.InputTemplateJson);
            if (step.OutputType != OutputType.Single) members.Text("output", Words.Of(step.OutputType));
            members.List("next", step.Next, EdgeJson);
            members.Flag("exclusive_next", step.ExclusiveNext);
            if (step.Join == Join.All && step.DependsOn.Count == 0) members.Text("join", Words.Of(step.Join));
            members.Texts("depends_on", step.DependsOn);
            if (!step.Retry.IsDefault()) members.Raw("retry", RetryJson(step.Retry));
            members.TextUnlessEmpty("queue", step.Queue);
            members.Duration("execution_timeout", step.ExecutionTimeoutMs);
            members.Duration("lease_ttl", step.LeaseTtlMs);
            if (step.MaxInFlight != 0) members.Raw("max_in_flight", Model.Texts.Of(step.MaxInFlight));
            members.Flag("exclusive_aggregate", step.ExclusiveAggregate);
            members.TextUnlessEmpty("on_failure_step", step.OnFailureStep);
            members.TextUnlessEmpty("function_version", step.FunctionVersion);
            members.Texts("input_policies", step.InputPolicies);
            members.Texts("output_policies", step.OutputPolicies);
            return members.End();
        }

        private static void WriteRun(Step step, Members members)
        {
            if (step.Run.Kind != RunKind.SubPlan)
            {
                members.Text("function", step.Run.Name);
                return;
            }
            var child = new Members();
            child.Text("plan", step.Run.Name);
            if (step.Run.Version != 0) child.Raw("version", Model.Texts.Of(step.Run.Version));
            members.Raw("sub_plan", child.End());
        }

        private static string EdgeJson(NextStep next)
        {
            var edge = new Members();
            edge.Text("step_key", next.StepKey);
            edge.TextUnlessEmpty("condition", next.Condition);
            return edge.End();
        }

        private static string RetryJson(RetryPolicy retry)
        {
            var members = new Members();
            members.Raw("max_attempts", Model.Texts.Of(retry.MaxAttempts));
            members.Duration("initial_backoff", retry.InitialBackoffMs);
            members.Duration("max_backoff", retry.MaxBackoffMs);
            members.Raw("multiplier", JsonValue.Shortest(retry.Multiplier));
            members.Raw("jitter", JsonValue.Shortest(retry.Jitter));
            members.Texts("non_retryable_codes", retry.NonRetryableCodes);
            return members.End();
        }

        /// <summary>A JSON object while it is written.</summary>
        private sealed class Members
        {
            private readonly List<string> _members = new List<string>();

            internal void Raw(string name, string json)
            {
                _members.Add("\"" + name + "\":" + json);
            }

            internal void RawUnlessEmpty(string name, string json)
            {
                if (json != "") Raw(name, json);
            }

            internal void Text(string name, string text)
            {
                Raw(name, JsonText.Quoted(text, true));
            }

            internal void TextUnlessEmpty(string name, string text)
            {
                if (text != "") Text(name, text);
            }

            internal void Flag(string name, bool isSet)
            {
                if (isSet) Raw(name, "true");
            }

            internal void Duration(string name, long? ms)
            {
                if (ms != null) Text(name, Model.Texts.Of(ms.Value) + "ms");
            }

            internal void List<T>(string name, IReadOnlyList<T> items, Func<T, string> write)
            {
                if (items.Count > 0) Raw(name, "[" + string.Join(",", items.Select(write)) + "]");
            }

            internal void Texts(string name, IReadOnlyList<string> texts)
            {
                List(name, texts, text => JsonText.Quoted(text, true));
            }

            internal string End()
            {
                return "{" + string.Join(",", _members) + "}";
            }
        }
    }
}
