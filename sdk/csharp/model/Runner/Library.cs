using System;
using System.Collections.Generic;
using System.Linq;

namespace Esteira.Model
{
    /// <summary>The plan of a run and the plans that it runs as steps, checked and made ready.</summary>
    internal static class Library
    {
        /// <summary>All graphs of a run by plan name, "" for the plan that the run was asked for; throws a <see cref="RunException"/>.</summary>
        internal static Dictionary<string, Graph> Compile(
            Plan root,
            IReadOnlyDictionary<string, Plan> plans,
            IReadOnlyDictionary<string, IFunction> functions,
            IEvaluate evaluate)
        {
            var library = new Dictionary<string, Graph>();
            var missing = new HashSet<string>();
            var open = new Stack<KeyValuePair<string, Plan>>();
            open.Push(new KeyValuePair<string, Plan>("", root));
            while (open.Count > 0)
            {
                KeyValuePair<string, Plan> next = open.Pop();
                if (library.ContainsKey(next.Key)) continue;
                IReadOnlyList<Issue> issues = Unresolved(next.Value, plans);
                Graph graph = issues.Count > 0 ? null : Graph.Compile(next.Value, evaluate, out issues);
                if (graph == null) throw Invalid(next.Key, issues);
                foreach (Run run in next.Value.Steps.Select(step => step.Run))
                {
                    if (run.Kind == RunKind.Function && !functions.ContainsKey(run.Name)) missing.Add(run.Name);
                    if (run.Kind == RunKind.SubPlan) open.Push(new KeyValuePair<string, Plan>(run.Name, plans[run.Name]));
                }
                library[next.Key] = graph;
            }
            if (missing.Count == 0) return library;
            string[] names = missing.ToArray();
            Array.Sort(names, Texts.Compare);
            string message = "no function serves " + string.Join(", ", names);
            throw new RunException(RunErrorCode.FunctionMissing, message, functions: names);
        }

        private static RunException Invalid(string planName, IReadOnlyList<Issue> issues)
        {
            string texts = string.Concat(issues.Select(issue => "; " + issue.Path + " " + issue.Code + ": " + issue.Message));
            string message = "the plan \"" + planName + "\" has " + issues.Count + " issues" + texts;
            return new RunException(RunErrorCode.PlanInvalid, message, planName, issues);
        }

        /// <summary>What is wrong with a plan's references to sub-plans, as publishing would say.</summary>
        private static IReadOnlyList<Issue> Unresolved(Plan plan, IReadOnlyDictionary<string, Plan> plans)
        {
            var issues = new List<Issue>();
            for (int index = 0; index < plan.Steps.Count; index++)
            {
                Run run = plan.Steps[index].Run;
                if (run.Kind != RunKind.SubPlan) continue;
                string why = !plans.ContainsKey(run.Name) ? "the runner has no plan `" + run.Name + "`"
                    : run.Version != 0 ? "an embedded plan has no versions: refer to version 0"
                    : null;
                if (why != null) issues.Add(new Issue("/steps/" + index + "/sub_plan", "SUB_PLAN_UNKNOWN", why));
            }
            return issues;
        }
    }
}
