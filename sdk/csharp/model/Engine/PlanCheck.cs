using System.Collections.Generic;
using System.Linq;

namespace Esteira.Model
{
    /// <summary>What must be true of the steps of a plan, before and after its shape is known.</summary>
    internal sealed class PlanCheck
    {
        private readonly Plan _plan;
        private readonly List<Issue> _issues;
        private readonly HashSet<string> _keys;

        private PlanCheck(Plan plan, List<Issue> issues)
        {
            _plan = plan;
            _issues = issues;
            _keys = new HashSet<string>(plan.Steps.Select(step => step.StepKey));
        }

        /// <summary>References and rules of single steps.</summary>
        internal static void Steps(Plan plan, List<Issue> issues)
        {
            var check = new PlanCheck(plan, issues);
            if (plan.Steps.Count == 0) check.Add("/steps", "STEPS_EMPTY", "a plan has at least one step");
            if (plan.Steps.Count > Limits.PlanStepsMax)
            {
                check.Add("/steps", "STEPS_TOO_MANY", "a plan has at most " + Limits.PlanStepsMax + " steps");
                return;
            }
            check.Keys();
            for (int index = 0; index < plan.Steps.Count; index++)
            {
                Step step = plan.Steps[index];
                string path = "/steps/" + index;
                check.Edges(step, path);
                check.Dependencies(step, path);
                check.OnFailure(step, path);
                check.Policies(step.InputPolicies, path + "/input_policies");
                check.Policies(step.OutputPolicies, path + "/output_policies");
                check.Fields(step, path);
            }
        }

        private void Add(string path, string code, string message)
        {
            _issues.Add(new Issue(path, code, message));
        }

        private bool Knows(string path, string key)
        {
            if (_keys.Contains(key)) return true;
            Add(path, "STEP_UNKNOWN", "there is no step `" + key + "`");
            return false;
        }

        private void Keys()
        {
            var seen = new HashSet<string>();
            for (int index = 0; index < _plan.Steps.Count; index++)
            {
                string key = _plan.Steps[index].StepKey;
                if (!seen.Add(key)) Add("/steps/" + index + "/step_key", "STEP_KEY_TAKEN", "`" + key + "` is used twice");
            }
            seen.Clear();
            for (int place = 0; place < _plan.StartSteps.Count; place++)
            {
                string key = _plan.StartSteps[place];
                string path = "/start_steps/" + place;
                if (Knows(path, key) && !seen.Add(key)) Add(path, "EDGE_TWICE", "`" + key + "` stands here twice");
            }
        }

        private void Edges(Step step, string path)
        {
            var targets = new HashSet<string>();
            for (int place = 0; place < step.Next.Count; place++)
            {
                NextStep next = step.Next[place];
                string at = path + "/next/" + place;
                Knows(at, next.StepKey);
                if (!targets.Add(next.StepKey)) Add(at, "EDGE_TWICE", "`" + next.StepKey + "` follows twice; join the two conditions");
                if (step.ExclusiveNext && next.Condition == "" && place + 1 < step.Next.Count)
                {
                    Add(at, "EDGE_UNREACHABLE", "the edges after one without a condition are never taken");
                }
            }
        }

        private void Dependencies(Step step, string path)
        {
            var seen = new HashSet<string>();
            for (int place = 0; place < step.DependsOn.Count; place++)
            {
                string key = step.DependsOn[place];
                string at = path + "/depends_on/" + place;
                Knows(at, key);
                if (!seen.Add(key)) Add(at, "EDGE_TWICE", "`" + key + "` stands here twice");
            }
            if (step.DependsOn.Count == 0) return;
            if (_plan.Steps.Any(other => other.Next.Any(next => next.StepKey == step.StepKey)))
            {
                Add(path + "/depends_on", "EDGES_MIXED", "a step is led to by `next` or has `depends_on`, not both");
            }
            if (step.Join == Join.Each)
            {
                Add(path + "/join", "JOIN_EACH_WITH_DEPENDS_ON", "`depends_on` is a barrier: the step runs once");
            }
        }

        private void OnFailure(Step step, string path)
        {
            string key = step.OnFailureStep;
            string at = path + "/on_failure_step";
            if (key == "" || !Knows(at, key)) return;
            bool depends = _plan.Steps.Any(other => other.StepKey == key && other.DependsOn.Contains(step.StepKey));
            bool follows = step.Next.Any(next => next.StepKey == key);
            if (depends || follows) Add(at, "EDGE_TWICE", "one step cannot take both the output and the failure");
        }

        private void Policies(IReadOnlyList<string> names, string path)
        {
            for (int place = 0; place < names.Count; place++)
            {
                if (_plan.Policies.Any(policy => policy.Name == names[place])) continue;
                Add(path + "/" + place, "POLICY_UNKNOWN", "there is no policy `" + names[place] + "`");
            }
        }

        private void Fields(Step step, string path)
        {
            if (step.ExclusiveAggregate && _plan.AggregateType == "")
            {
                Add(path + "/exclusive_aggregate", "AGGREGATE_TYPE_MISSING", "the plan names no `aggregate_type`");
            }
            if (step.Run.Kind == RunKind.Function) return;
            WorkerOnly(path, "queue", step.Queue != "");
            WorkerOnly(path, "lease_ttl", step.LeaseTtlMs != null);
            WorkerOnly(path, "execution_timeout", step.ExecutionTimeoutMs != null);
            WorkerOnly(path, "max_in_flight", step.MaxInFlight > 0);
            WorkerOnly(path, "exclusive_aggregate", step.ExclusiveAggregate);
            WorkerOnly(path, "function_version", step.FunctionVersion != "");
            WorkerOnly(path, "retry", !step.Retry.IsDefault());
        }

        private void WorkerOnly(string path, string field, bool isSet)
        {
            if (isSet) Add(path + "/" + field, "FIELD_UNSUPPORTED", "`" + field + "` is for functions that a worker runs");
        }

        /// <summary>Rules that need the shape: everything can be reached, joins have something to wait for.</summary>
        internal static void Reach(Plan plan, Shape shape, List<Issue> issues)
        {
            for (int at = 0; at < plan.Steps.Count; at++)
            {
                Step step = plan.Steps[at];
                bool isStart = shape.Starts.Contains(at);
                string path = "/steps/" + at;
                bool isFirst = shape.Predecessors[at].Count == 0;
                if (!isStart && !shape.Starts.Any(start => shape.Ancestors[at].Contains(start)))
                {
                    issues.Add(new Issue(path, "STEP_UNREACHABLE", "no way from the start leads to `" + step.StepKey + "`"));
                }
                if (isStart && !isFirst)
                {
                    string message = "`" + step.StepKey + "` starts the plan and follows another step";
                    issues.Add(new Issue(path, "START_STEP_FOLLOWS", message));
                }
                if (step.Join == Join.All && isFirst)
                {
                    issues.Add(new Issue(path + "/join", "JOIN_WITHOUT_EDGE", "nothing leads to this join"));
                }
                bool leadsOn = shape.Edges[at].Count > 0 || shape.OnFailure[at] >= 0;
                if (isFirst && !leadsOn && plan.Steps.Count > 1 && plan.StartSteps.Count == 0)
                {
                    string message = "`" + step.StepKey + "` is linked to no other step: it runs beside the rest";
                    issues.Add(new Issue(path, "STEP_ISOLATED", message, true));
                }
            }
        }
    }
}
