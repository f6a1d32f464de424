using System;
using System.Collections.Generic;
using System.Linq;

namespace Esteira.Model
{
    /// <summary>One step with what the engine derives from the whole plan.</summary>
    internal sealed class Node
    {
        /// <summary>The step as written.</summary>
        internal Step Step { get; set; }
        /// <summary>Where its outputs go.</summary>
        internal IReadOnlyList<Edge> Edges { get; set; }
        /// <summary>Where its failure goes; -1 = nowhere.</summary>
        internal int OnFailure { get; set; }
        /// <summary>Its place among the joins; -1 = it is none.</summary>
        internal int Join { get; set; }
        /// <summary>Joins that wait while a task of this step lives.</summary>
        internal int[] Holds { get; set; }
        /// <summary>The first joins on each way from here; itself when it is a join.</summary>
        internal int[] NextJoins { get; set; }
        /// <summary>Builds its input; null when it takes what arrived.</summary>
        internal Template Template { get; set; }
        /// <summary>Policies on its input.</summary>
        internal Policy[] InputPolicies { get; set; }
        /// <summary>Policies on its outputs.</summary>
        internal Policy[] OutputPolicies { get; set; }
        /// <summary>Steps that lead straight to it.</summary>
        internal IReadOnlyList<int> Predecessors { get; set; }
        /// <summary>What it produces; native steps pass their input on.</summary>
        internal OutputType OutputType { get; set; }
    }

    /// <summary>A plan made ready to run: steps by index, edges resolved, joins with what leads to them.</summary>
    internal sealed class Graph
    {
        private readonly Plan _plan;
        private readonly IEvaluate _evaluate;
        private readonly List<Issue> _issues = new List<Issue>();
        private readonly List<Template> _templates = new List<Template>();
        private Shape _shape;

        private Graph(Plan plan, IEvaluate evaluate)
        {
            _plan = plan;
            _evaluate = evaluate;
        }

        /// <summary>The steps, in the author's order.</summary>
        internal Node[] Nodes { get; private set; }
        /// <summary>Steps that a job begins with.</summary>
        internal int[] Starts { get; private set; }
        /// <summary>Step index of each join, in plan order.</summary>
        internal IReadOnlyList<int> Joins { get; private set; }
        /// <summary>Steps whose output any expression reads.</summary>
        internal HashSet<int> Read { get; } = new HashSet<int>();

        /// <summary>Checks a plan as a whole and compiles it; null when there is an error among the issues.</summary>
        internal static Graph Compile(Plan plan, IEvaluate evaluate, out IReadOnlyList<Issue> issues)
        {
            var graph = new Graph(plan, evaluate);
            issues = graph._issues;
            return graph.Build() ? graph : null;
        }

        private bool IsRefused
        {
            get { return _issues.Any(issue => !issue.IsWarning); }
        }

        private bool Build()
        {
            PlanCheck.Steps(_plan, _issues);
            if (IsRefused) return false;
            _shape = new Shape(_plan);
            Issue cycle = _shape.Derive();
            if (cycle != null)
            {
                _issues.Add(cycle);
                return false;
            }
            PlanCheck.Reach(_plan, _shape, _issues);
            CheckExpressions();
            if (IsRefused) return false;
            Starts = _shape.Starts;
            Joins = _shape.Joins;
            Nodes = Enumerable.Range(0, _plan.Steps.Count).Select(NodeOf).ToArray();
            return true;
        }

        private Node NodeOf(int index)
        {
            Step step = _plan.Steps[index];
            return new Node
            {
                Step = step,
                Edges = _shape.Edges[index],
                OnFailure = _shape.OnFailure[index],
                Join = _shape.Joins.IndexOf(index),
                Holds = Enumerable.Range(0, _shape.Joins.Count)
                    .Where(place => _shape.Ancestors[_shape.Joins[place]].Contains(index)).ToArray(),
                NextJoins = _shape.NextJoins(index),
                Template = _templates[index],
                InputPolicies = PoliciesOf(step.InputPolicies),
                OutputPolicies = PoliciesOf(step.OutputPolicies),
                Predecessors = _shape.Predecessors[index],
                OutputType = step.IsNative ? OutputType.None : step.OutputType,
            };
        }

        private Policy[] PoliciesOf(IReadOnlyList<string> names)
        {
            return names.Select(name => _plan.Policies.First(policy => policy.Name == name)).ToArray();
        }

        /// <summary>Checks every expression, and finds the steps whose output any of them reads.</summary>
        private void CheckExpressions()
        {
            for (int index = 0; index < _plan.Policies.Count; index++)
            {
                string condition = _plan.Policies[index].Condition;
                Attempt<object>("/policies/" + index + "/condition", () =>
                {
                    _evaluate.CheckPolicy(condition);
                    return null;
                });
            }
            for (int at = 0; at < _plan.Steps.Count; at++)
            {
                Step step = _plan.Steps[at];
                CheckTemplate(step.InputTemplateJson, "/steps/" + at + "/input", at);
                for (int place = 0; place < step.Next.Count; place++)
                {
                    string condition = step.Next[place].Condition;
                    string path = "/steps/" + at + "/next/" + place + "/condition";
                    if (condition != "") Resolve(Attempt(path, () => _evaluate.CheckCondition(condition)), path, at);
                }
            }
        }

        private void CheckTemplate(string source, string path, int at)
        {
            Template template = source == "" ? null : Attempt(path, () => TemplateCompiler.Compile(source, _evaluate));
            _templates.Add(template);
            if (template == null) return;
            if (!template.References.Output) Resolve(template.References, path, at);
            else _issues.Add(new Issue(path, ExpressionException.Invalid, "a template builds the input: there is no `output` yet"));
        }

        private T Attempt<T>(string path, Func<T> parse)
            where T : class
        {
            try
            {
                return parse();
            }
            catch (ExpressionException problem)
            {
                _issues.Add(new Issue(path, problem.Code, problem.Message));
                return null;
            }
        }

        private void Resolve(References references, string path, int at)
        {
            if (references == null) return;
            foreach (string key in references.Steps)
            {
                int of;
                bool isKnown = _shape.Index.TryGetValue(key, out of);
                string why = isKnown ? _shape.Unreadable(of, at) : null;
                if (!isKnown) _issues.Add(new Issue(path, "STEP_UNKNOWN", "there is no step `" + key + "`"));
                else if (why != null) _issues.Add(new Issue(path, "STEP_NOT_READABLE", "`" + key + "` " + why));
                else Read.Add(of);
            }
        }
    }
}
