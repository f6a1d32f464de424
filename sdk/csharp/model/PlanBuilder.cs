using System;
using System.Collections.Generic;
using System.Linq;

namespace Esteira.Model
{
    /// <summary>
    /// Composes functions into a plan, in code. Nothing is checked here: the engine checks a plan as a whole, when it is
    /// run or published. Builders never change; each method answers another one.
    /// </summary>
    public sealed class PlanBuilder
    {
        private readonly Plan _plan;

        /// <summary>A plan without steps.</summary>
        public PlanBuilder()
            : this(new Plan("", new Policy[0], new string[0], new Step[0]))
        {
        }

        private PlanBuilder(Plan plan)
        {
            _plan = plan;
        }

        /// <summary>The kind of aggregate that the plan moves.</summary>
        public PlanBuilder AggregateType(string kind)
        {
            return new PlanBuilder(new Plan(kind, _plan.Policies, _plan.StartSteps, _plan.Steps));
        }

        /// <summary>The steps that a job begins with; without them all that no other step leads to.</summary>
        public PlanBuilder StartSteps(params string[] stepKeys)
        {
            return new PlanBuilder(new Plan(_plan.AggregateType, _plan.Policies, stepKeys, _plan.Steps));
        }

        /// <summary>A rule that fails the step when it does not hold: a CEL expression over `value`.</summary>
        public PlanBuilder Policy(string name, string version, string condition)
        {
            return WithPolicy(new Policy(name, version, condition, true));
        }

        /// <summary>A rule whose verdict is only recorded.</summary>
        public PlanBuilder ObservingPolicy(string name, string version, string condition)
        {
            return WithPolicy(new Policy(name, version, condition, false));
        }

        private PlanBuilder WithPolicy(Policy policy)
        {
            Policy[] policies = _plan.Policies.Concat(new[] { policy }).ToArray();
            return new PlanBuilder(new Plan(_plan.AggregateType, policies, _plan.StartSteps, _plan.Steps));
        }

        /// <summary>Adds a step.</summary>
        public PlanBuilder Step(StepBuilder step)
        {
            Step[] steps = _plan.Steps.Concat(new[] { step.Build() }).ToArray();
            return new PlanBuilder(new Plan(_plan.AggregateType, _plan.Policies, _plan.StartSteps, steps));
        }

        /// <summary>The plan as described.</summary>
        public Plan Build()
        {
            return _plan;
        }
    }

    /// <summary>Builds one step of a plan.</summary>
    public sealed class StepBuilder
    {
        private readonly Step _step;

        /// <summary>From a step as it is.</summary>
        public StepBuilder(Step step)
        {
            _step = step;
        }

        /// <summary>A step that runs a function; it produces one payload unless <see cref="Output"/> says otherwise.</summary>
        public static StepBuilder Of(string key, string functionName)
        {
            return new StepBuilder(new Step(key, Run.Function(functionName)));
        }

        /// <summary>A step that only decides where its input goes on, by its edges' conditions.</summary>
        public static StepBuilder Condition(string key)
        {
            return new StepBuilder(new Step(key, Run.Condition()));
        }

        /// <summary>A step that passes its input on after a pause, in whole milliseconds.</summary>
        public static StepBuilder Wait(string key, TimeSpan pause)
        {
            long pauseMs = (long)pause.TotalMilliseconds;
            return new StepBuilder(new Step(key, Run.Wait(pauseMs))).Config("{\"duration\":\"" + Texts.Of(pauseMs) + "ms\"}");
        }

        /// <summary>A step that runs another plan, by name, in its default version.</summary>
        public static StepBuilder SubPlan(string key, string planName)
        {
            return new StepBuilder(new Step(key, Run.SubPlan(planName)));
        }

        /// <summary>Changes anything about the step.</summary>
        public StepBuilder With(Action<Step> change)
        {
            Step step = _step.Copy();
            change(step);
            return new StepBuilder(step);
        }

        /// <summary>What the step produces.</summary>
        public StepBuilder Output(OutputType outputType)
        {
            return With(step => step.OutputType = outputType);
        }

        /// <summary>JSON given to the function as its configuration.</summary>
        public StepBuilder Config(string json)
        {
            return With(step => step.ConfigJson = json);
        }

        /// <summary>Typed JSON template that builds the input.</summary>
        public StepBuilder Input(string templateJson)
        {
            return With(step => step.InputTemplateJson = templateJson);
        }

        /// <summary>Each output goes to this step.</summary>
        public StepBuilder Then(string stepKey)
        {
            return ThenIf(stepKey, "");
        }

        /// <summary>Each output for which the CEL expression holds goes to this step.</summary>
        public StepBuilder ThenIf(string stepKey, string condition)
        {
            return With(step => step.Next = step.Next.Concat(new[] { new NextStep(stepKey, condition) }).ToArray());
        }

        /// <summary>Takes the first edge that holds instead of all that hold.</summary>
        public StepBuilder FirstMatch()
        {
            return With(step => step.ExclusiveNext = true);
        }

        /// <summary>Runs once, on the array of all that arrived, when everything that leads here has come to rest.</summary>
        public StepBuilder JoinAll()
        {
            return With(step => step.Join = Join.All);
        }

        /// <summary>Runs once, when these steps have ended, on the array of their outputs; the alternative to edges.</summary>
        public StepBuilder DependsOn(params string[] stepKeys)
        {
            return With(step =>
            {
                step.DependsOn = stepKeys;
                step.Join = Join.All;
            });
        }

        /// <summary>When and how often a failed attempt is tried again.</summary>
        public StepBuilder Retry(RetryPolicy retry)
        {
            return With(step => step.Retry = retry);
        }

        /// <summary>Attempts in all, the first included.</summary>
        public StepBuilder MaxAttempts(int attempts)
        {
            return With(step => step.Retry.MaxAttempts = attempts);
        }

        /// <summary>Longest run of one attempt.</summary>
        public StepBuilder ExecutionTimeout(TimeSpan timeout)
        {
            return With(step => step.ExecutionTimeoutMs = (long)timeout.TotalMilliseconds);
        }

        /// <summary>The step that receives a failure instead of the job failing.</summary>
        public StepBuilder OnFailure(string stepKey)
        {
            return With(step => step.OnFailureStep = stepKey);
        }

        /// <summary>At most one task at a time for each aggregate.</summary>
        public StepBuilder ExclusiveAggregate()
        {
            return With(step => step.ExclusiveAggregate = true);
        }

        /// <summary>A policy on the input, by name.</summary>
        public StepBuilder InputPolicy(string name)
        {
            return With(step => step.InputPolicies = step.InputPolicies.Concat(new[] { name }).ToArray());
        }

        /// <summary>A policy on each output, by name.</summary>
        public StepBuilder OutputPolicy(string name)
        {
            return With(step => step.OutputPolicies = step.OutputPolicies.Concat(new[] { name }).ToArray());
        }

        /// <summary>The step as described.</summary>
        public Step Build()
        {
            return _step;
        }
    }
}
