using System;
using System.Collections.Generic;
using System.Linq;

namespace Esteira.Model
{
    /// <summary>An edge to a following step.</summary>
    internal sealed class Edge
    {
        internal Edge(int to, string condition)
        {
            To = to;
            Condition = condition;
        }

        /// <summary>Index of the following step.</summary>
        internal int To { get; }
        /// <summary>Condition; "" = always.</summary>
        internal string Condition { get; }
    }

    /// <summary>The shape of a plan whose step references are all known: edges, order, ancestors, dominators, fan-out depth.</summary>
    internal sealed class Shape
    {
        private readonly Plan _plan;

        internal Shape(Plan plan)
        {
            _plan = plan;
            int count = plan.Steps.Count;
            for (int at = 0; at < count; at++) Index[plan.Steps[at].StepKey] = at;
            Edges = plan.Steps.Select(step => step.Next.Select(next => new Edge(Index[next.StepKey], next.Condition)).ToList()).ToArray();
            for (int to = 0; to < count; to++)
            {
                foreach (string key in plan.Steps[to].DependsOn) Edges[Index[key]].Add(new Edge(to, ""));
            }
            OnFailure = plan.Steps.Select(step => step.OnFailureStep == "" ? -1 : Index[step.OnFailureStep]).ToArray();
            Predecessors = plan.Steps.Select(step => new List<int>()).ToArray();
            for (int from = 0; from < count; from++)
            {
                foreach (int to in Successors(from)) Predecessors[to].Add(from);
            }
            Starts = plan.StartSteps.Count > 0
                ? plan.StartSteps.Select(key => Index[key]).ToArray()
                : Enumerable.Range(0, count).Where(step => Predecessors[step].Count == 0).ToArray();
            Joins = Enumerable.Range(0, count).Where(step => plan.Steps[step].IsJoin).ToList();
            Ancestors = new HashSet<int>[count];
            Dominators = new HashSet<int>[count];
            FanDepth = new int[count];
        }

        internal Dictionary<string, int> Index { get; } = new Dictionary<string, int>(StringComparer.Ordinal);
        internal List<Edge>[] Edges { get; }
        /// <summary>-1 where a failure goes nowhere.</summary>
        internal int[] OnFailure { get; }
        internal List<int>[] Predecessors { get; }
        internal int[] Starts { get; }
        internal List<int> Joins { get; }
        /// <summary>Steps from which each step can be reached, itself not among them; failure edges count.</summary>
        internal HashSet<int>[] Ancestors { get; }
        /// <summary>Steps that every way to a step passes, itself not among them.</summary>
        internal HashSet<int>[] Dominators { get; }
        /// <summary>How many fan-outs are open where the step's output flows, at most; its own among them.</summary>
        internal int[] FanDepth { get; }

        /// <summary>Derives what follows from the order of the steps; answers the cycle that prevents one, or null.</summary>
        internal Issue Derive()
        {
            int[] waits = Predecessors.Select(before => before.Count).ToArray();
            List<int> order = Enumerable.Range(0, waits.Length).Where(step => waits[step] == 0).ToList();
            for (int at = 0; at < order.Count; at++)
            {
                foreach (int to in Successors(order[at]).OrderBy(step => step))
                {
                    if (--waits[to] == 0) order.Add(to);
                }
            }
            int[] stuck = Enumerable.Range(0, waits.Length).Where(step => waits[step] > 0).ToArray();
            if (stuck.Length > 0)
            {
                string keys = string.Join(", ", stuck.Select(step => _plan.Steps[step].StepKey));
                return new Issue("/steps/" + stuck[0], "PLAN_CYCLE", "these steps form a cycle or follow one: " + keys);
            }
            foreach (int step in order) Derive(step);
            return null;
        }

        private IReadOnlyList<int> Successors(int step)
        {
            List<int> all = Edges[step].Select(edge => edge.To).ToList();
            if (OnFailure[step] >= 0) all.Add(OnFailure[step]);
            return all.Distinct().ToArray();
        }

        private void Derive(int step)
        {
            var ancestors = new HashSet<int>();
            HashSet<int> dominators = null;
            int depth = 0;
            foreach (int from in Predecessors[step])
            {
                ancestors.Add(from);
                ancestors.UnionWith(Ancestors[from]);
                var through = new HashSet<int>(Dominators[from]) { from };
                if (dominators == null) dominators = through;
                else dominators.IntersectWith(through);
                depth = Math.Max(depth, FanDepth[from]);
            }
            Step written = _plan.Steps[step];
            bool fansOut = written.OutputType == OutputType.Multiple && !written.IsNative;
            FanDepth[step] = (written.IsJoin ? 0 : depth) + (fansOut ? 1 : 0);
            Ancestors[step] = ancestors;
            Dominators[step] = dominators ?? new HashSet<int>();
        }

        /// <summary>Places among the joins of the first joins on each way from a step; its own when it is one.</summary>
        internal int[] NextJoins(int step)
        {
            var found = new SortedSet<int>();
            var seen = new HashSet<int>();
            var ways = new Stack<int>();
            ways.Push(step);
            while (ways.Count > 0)
            {
                int at = ways.Pop();
                if (!seen.Add(at)) continue;
                int join = Joins.IndexOf(at);
                if (join >= 0) found.Add(join);
                else Edges[at].ForEach(edge => ways.Push(edge.To));
            }
            return found.ToArray();
        }

        /// <summary>
        /// Why the output of `of` cannot be read where a task of `at` begins or ends; null when it can: it is on every way
        /// there, or arrives at a join on every way there, and there is one of it.
        /// </summary>
        internal string Unreadable(int of, int at)
        {
            var here = new HashSet<int>(Dominators[at]) { at };
            HashSet<int> before = Ancestors[at];
            bool arrived = Joins.Any(join => here.Contains(join) && Edges[of].Any(edge => edge.To == join));
            if (!arrived && (of == at || !here.Contains(of))) return "is not on every way to this step";
            if (!Edges[of].Any(edge => edge.To == at || before.Contains(edge.To)))
            {
                return "has no output on the way to this step: only its failure leads here";
            }
            bool isJoined = Joins.Any(join => (join == at || before.Contains(join)) && Ancestors[join].Contains(of));
            if (FanDepth[of] == 0 || !isJoined) return null;
            return "has an output for each item, and they were joined since: read the join's input instead";
        }
    }
}
