using System;
using System.Collections.Generic;

namespace Esteira.Model
{
    /// <summary>What a step produces.</summary>
    public enum OutputType
    {
        /// <summary>One payload.</summary>
        Single,
        /// <summary>Any number, one task an item in the next steps.</summary>
        Multiple,
        /// <summary>Nothing: the next step receives this step's input.</summary>
        None,
    }

    /// <summary>How a step treats what arrives.</summary>
    public enum Join
    {
        /// <summary>One task for each arrival.</summary>
        Each,
        /// <summary>One task a job, on the array of all.</summary>
        All,
    }

    /// <summary>What kind of thing a step runs.</summary>
    public enum RunKind
    {
        /// <summary>A function that a worker serves.</summary>
        Function,
        /// <summary>Engine-native: passes its input on; its `next` conditions do the work.</summary>
        Condition,
        /// <summary>Engine-native: passes its input on after a pause.</summary>
        Wait,
        /// <summary>A child job of another plan.</summary>
        SubPlan,
    }

    /// <summary>What a step runs. Never changes.</summary>
    public sealed class Run
    {
        private Run(RunKind kind, string name, long pauseMs, int version)
        {
            Kind = kind;
            Name = name;
            PauseMs = pauseMs;
            Version = version;
        }

        /// <summary>What kind of thing.</summary>
        public RunKind Kind { get; }
        /// <summary>Name of the function, or of the sub-plan.</summary>
        public string Name { get; }
        /// <summary>How long a `wait` takes.</summary>
        public long PauseMs { get; }
        /// <summary>Version of the sub-plan; 0 = the default one when it is published.</summary>
        public int Version { get; }

        /// <summary>A function.</summary>
        public static Run Function(string name)
        {
            return new Run(RunKind.Function, name, 0, 0);
        }

        /// <summary>A choice of ways.</summary>
        public static Run Condition()
        {
            return new Run(RunKind.Condition, "condition", 0, 0);
        }

        /// <summary>A pause.</summary>
        public static Run Wait(long pauseMs)
        {
            return new Run(RunKind.Wait, "wait", pauseMs, 0);
        }

        /// <summary>Another plan.</summary>
        public static Run SubPlan(string plan, int version = 0)
        {
            return new Run(RunKind.SubPlan, plan, 0, version);
        }
    }

    /// <summary>An edge to a following step.</summary>
    public sealed class NextStep
    {
        /// <summary>Of these.</summary>
        public NextStep(string stepKey, string condition = "")
        {
            StepKey = stepKey;
            Condition = condition;
        }

        /// <summary>Key of the following step.</summary>
        public string StepKey { get; }
        /// <summary>CEL expression that must hold; "" = always.</summary>
        public string Condition { get; }
    }

    /// <summary>When and how often a failed attempt is tried again.</summary>
    public sealed class RetryPolicy
    {
        /// <summary>The policy of a step that names none.</summary>
        public static RetryPolicy Default()
        {
            return new RetryPolicy();
        }

        /// <summary>Attempts in all, the first included.</summary>
        public int MaxAttempts { get; set; } = Limits.AttemptsDefault;
        /// <summary>Pause before the second attempt, in milliseconds.</summary>
        public long InitialBackoffMs { get; set; } = 1000;
        /// <summary>Longest pause, in milliseconds.</summary>
        public long MaxBackoffMs { get; set; } = 60000;
        /// <summary>Each pause is the one before times this.</summary>
        public double Multiplier { get; set; } = 2;
        /// <summary>Share of the pause that is random, 0 to 1.</summary>
        public double Jitter { get; set; } = 0.2;
        /// <summary>Codes that are never retried.</summary>
        public IReadOnlyList<string> NonRetryableCodes { get; set; } = new string[0];

        internal bool IsDefault()
        {
            RetryPolicy other = Default();
            return MaxAttempts == other.MaxAttempts && InitialBackoffMs == other.InitialBackoffMs
                && MaxBackoffMs == other.MaxBackoffMs && Multiplier == other.Multiplier && Jitter == other.Jitter
                && NonRetryableCodes.Count == 0;
        }

        internal RetryPolicy Copy()
        {
            return (RetryPolicy)MemberwiseClone();
        }
    }

    /// <summary>A named rule over a step's input or output; its verdict is recorded.</summary>
    public sealed class Policy
    {
        /// <summary>Of these.</summary>
        public Policy(string name, string version, string condition, bool enforce)
        {
            Name = name;
            Version = version;
            Condition = condition;
            Enforce = enforce;
        }

        /// <summary>Unique in the plan.</summary>
        public string Name { get; }
        /// <summary>Author's version text, recorded with each verdict.</summary>
        public string Version { get; }
        /// <summary>CEL expression over `value`; the policy passes when it is true.</summary>
        public string Condition { get; }
        /// <summary>Whether a verdict of false fails the task, or is only recorded.</summary>
        public bool Enforce { get; }
    }

    /// <summary>One place in a plan. Built by <see cref="StepBuilder"/>; whoever runs it only reads it.</summary>
    public sealed class Step
    {
        /// <summary>A step without edges, templates or limits.</summary>
        public Step(string stepKey, Run run)
        {
            StepKey = stepKey;
            Run = run;
        }

        /// <summary>`[a-z][a-z0-9_]{0,62}`, unique in the plan.</summary>
        public string StepKey { get; set; }
        /// <summary>What it runs.</summary>
        public Run Run { get; set; }
        /// <summary>JSON given to the function, verbatim; "" = none.</summary>
        public string ConfigJson { get; set; } = "";
        /// <summary>Typed JSON template that builds the input; "" = what arrived.</summary>
        public string InputTemplateJson { get; set; } = "";
        /// <summary>What it produces.</summary>
        public OutputType OutputType { get; set; } = OutputType.Single;
        /// <summary>Edges to the following steps.</summary>
        public IReadOnlyList<NextStep> Next { get; set; } = new NextStep[0];
        /// <summary>Take the first edge that holds instead of all that hold.</summary>
        public bool ExclusiveNext { get; set; }
        /// <summary>How arrivals are treated.</summary>
        public Join Join { get; set; } = Join.Each;
        /// <summary>Steps that must have ended before this one; the alternative to `next`.</summary>
        public IReadOnlyList<string> DependsOn { get; set; } = new string[0];
        /// <summary>When to try again.</summary>
        public RetryPolicy Retry { get; set; } = RetryPolicy.Default();
        /// <summary>Queue to wait in; "" = the function's name.</summary>
        public string Queue { get; set; } = "";
        /// <summary>Longest run of one attempt, in milliseconds.</summary>
        public long? ExecutionTimeoutMs { get; set; }
        /// <summary>Lease that workers of this step get, in milliseconds.</summary>
        public long? LeaseTtlMs { get; set; }
        /// <summary>Tasks of this step leased at once, over all jobs of the plan; 0 = no limit.</summary>
        public int MaxInFlight { get; set; }
        /// <summary>At most one live task for each aggregate, first come first served.</summary>
        public bool ExclusiveAggregate { get; set; }
        /// <summary>Step that receives the failure instead of the job failing; "" = none.</summary>
        public string OnFailureStep { get; set; } = "";
        /// <summary>Version of the function that must serve it; "" = any.</summary>
        public string FunctionVersion { get; set; } = "";
        /// <summary>Policies on the input.</summary>
        public IReadOnlyList<string> InputPolicies { get; set; } = new string[0];
        /// <summary>Policies on each output.</summary>
        public IReadOnlyList<string> OutputPolicies { get; set; } = new string[0];

        internal Step Copy()
        {
            var step = (Step)MemberwiseClone();
            step.Retry = Retry.Copy();
            return step;
        }

        internal bool IsJoin
        {
            get { return Join == Join.All || DependsOn.Count > 0; }
        }

        internal bool IsNative
        {
            get { return Run.Kind == RunKind.Condition || Run.Kind == RunKind.Wait; }
        }
    }

    /// <summary>A plan definition: a named composition of steps with one goal.</summary>
    public sealed class Plan
    {
        /// <summary>Of these.</summary>
        public Plan(
            string aggregateType,
            IReadOnlyList<Policy> policies,
            IReadOnlyList<string> startSteps,
            IReadOnlyList<Step> steps)
        {
            AggregateType = aggregateType;
            Policies = policies;
            StartSteps = startSteps;
            Steps = steps;
        }

        /// <summary>Kind of aggregate that the plan moves; "" = none.</summary>
        public string AggregateType { get; }
        /// <summary>Named rules that the steps refer to.</summary>
        public IReadOnlyList<Policy> Policies { get; }
        /// <summary>Steps that a job begins with; empty = all that no other step leads to.</summary>
        public IReadOnlyList<string> StartSteps { get; }
        /// <summary>The steps, in the author's order.</summary>
        public IReadOnlyList<Step> Steps { get; }

        /// <summary>The document of this plan, to be published under `name`.</summary>
        public string DefinitionJson(string name)
        {
            return PlanWriter.Write(this, name);
        }

        /// <summary>Reads a plan document as it would be published; throws a <see cref="PlanDocumentException"/>.</summary>
        public static ParsedPlan Parse(string documentJson)
        {
            return PlanReader.Read(documentJson);
        }
    }
}
