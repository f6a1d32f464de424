using System;
using System.Collections.Generic;
using System.Linq;

namespace Esteira.Model
{
    /// <summary>
    /// What happens to a job: it starts; a function of it completes or fails; a parked task comes due; a join fires; a child
    /// job ends.
    /// </summary>
    internal static class Commands
    {
        /// <summary>A job starts: a task for each start step.</summary>
        internal static void Start(IWorld world, Job job)
        {
            var t = new Transition(world, job, null);
            // Every start step holds its token before the first begins: a native one may end at once, and a join must not fire early.
            foreach (int step in job.Graph.Starts) t.Enter(step);
            foreach (int step in job.Graph.Starts)
            {
                Beginning.BuildInput(t, t.NewTask(null, step, new int[0], job.Input, job.Aggregate), job.Input);
            }
            Rest(t);
        }

        private static void Rest(Transition t)
        {
            Beginning.BeginArrived(t);
            t.Finish();
        }

        /// <summary>A function ended well. Its outcome has the type of the step.</summary>
        internal static void Complete(IWorld world, LiveTask task, Outcome outcome, IReadOnlyList<Emit> emits)
        {
            var t = new Transition(world, task.Job, task);
            if (outcome.AggregateAfter != null) task.Aggregate = outcome.AggregateAfter;
            Done(t, task, outcome, emits);
            Rest(t);
        }

        private static void Done(Transition t, LiveTask task, Outcome outcome, IReadOnlyList<Emit> emits)
        {
            Judgement judged = Ending.JudgeOutput(t, task, outcome);
            Verdict[] verdicts = outcome.Verdicts.Concat(judged.Verdicts).ToArray();
            if (judged.Violation != null) Ending.Failed(t, task, verdicts, judged.Violation, task.Input);
            else Ending.Succeeded(t, task, verdicts, Ending.Flow(task, outcome), outcome.Payloads, emits);
        }

        /// <summary>A function ended badly, or its time was over.</summary>
        internal static void Fail(IWorld world, LiveTask task, Failure failure, Payload checkpoint)
        {
            var t = new Transition(world, task.Job, task);
            task.Failures++;
            if (checkpoint != null) task.Checkpoint = checkpoint;
            double? pauseMs = PauseBeforeRetry(t.Node(task.Step).Step.Retry, task.Failures, failure, world.Fraction());
            if (pauseMs != null) world.Memory.Timers.Add(world.NowMs() + pauseMs.Value, task);
            else Ending.Failed(t, task, Ending.JudgeInput(t, task), failure, task.Input);
            Rest(t);
        }

        /// <summary>The pause before the next attempt, or null when there is no next attempt. `random` is in 0..1.</summary>
        internal static double? PauseBeforeRetry(RetryPolicy policy, int failures, Failure failure, double random)
        {
            bool isRetryable = failure.Kind == FailureKind.Retryable || failure.Kind == FailureKind.Timeout;
            if (!isRetryable || failures >= policy.MaxAttempts || policy.NonRetryableCodes.Contains(failure.Code)) return null;
            double pause = Math.Min(policy.InitialBackoffMs * Math.Pow(policy.Multiplier, failures - 1), policy.MaxBackoffMs);
            double jittered = pause * (1 - policy.Jitter * random);
            if (!(jittered >= 0)) jittered = policy.MaxBackoffMs;
            return Math.Max(jittered, failure.RetryAfter == null ? 0 : failure.RetryAfter.Value.TotalMilliseconds);
        }

        /// <summary>The time came that a parked task waited for.</summary>
        internal static void Due(IWorld world, LiveTask task)
        {
            var t = new Transition(world, task.Job, task);
            if (t.Node(task.Step).Step.Run.Kind == RunKind.Wait) Beginning.PassOn(t, task, task.Input);
            else world.Memory.Ready.Enqueue(task);
            Rest(t);
        }

        /// <summary>A join fired: its task begins on what arrived.</summary>
        internal static void Gather(IWorld world, LiveTask task)
        {
            Job job = task.Job;
            var t = new Transition(world, job, task);
            Node node = t.Node(task.Step);
            JoinFlow flow = job.Joins[node.Join];
            flow.Waiting = null;
            // The task came to be when the first output arrived; a later one may have brought a newer aggregate.
            if (job.Aggregate != null) task.Aggregate = new AggregateRef(job.Aggregate.Kind, job.Aggregate.Id, flow.AggregateVersion);
            Payload arrived = Load.Gather(job, task.Step);
            int bytes = node.Template == null ? arrived.ByteLength() : 0;
            if (bytes > Limits.PayloadBytesMax)
            {
                string message = "the joined outputs take " + bytes + " bytes, a payload at most " + Limits.PayloadBytesMax
                    + ": join less, or shape it with an input template";
                Ending.Failed(t, task, new Verdict[0], Failure.Engine(FailureKind.NonRetryable, "INPUT_TOO_LARGE", message), null);
            }
            else
            {
                if (node.Template == null) task.Input = arrived;
                Beginning.BuildInput(t, task, arrived);
            }
            Rest(t);
        }

        /// <summary>A child job ended: the parent's task ends with its results or its failure.</summary>
        internal static void ChildEnded(IWorld world, LiveTask task, Job child)
        {
            var t = new Transition(world, task.Job, task);
            OutputType output = t.Node(task.Step).Step.OutputType;
            IReadOnlyList<Payload> results = Load.Results(world.Memory, child);
            if (child.State != JobState.Succeeded) Ending.Failed(t, task, Ending.JudgeInput(t, task), ChildFailure(child), task.Input);
            else if (output == OutputType.Single && results.Count != 1)
            {
                string message = "the step's output is `single`, the sub-plan has " + results.Count + " results";
                Failure failure = Failure.Engine(FailureKind.NonRetryable, "SUB_PLAN_RESULT_COUNT", message);
                Ending.Failed(t, task, Ending.JudgeInput(t, task), failure, task.Input);
            }
            else if (output == OutputType.None) Done(t, task, Outcome.None, new Emit[0]);
            else Done(t, task, output == OutputType.Single ? Outcome.One(results[0]) : Outcome.Many(results), new Emit[0]);
            Rest(t);
        }

        private static Failure ChildFailure(Job child)
        {
            Failure failure = child.Failure;
            return failure.As(FailureKind.NonRetryable, failure.Code, "sub-plan: " + failure.Message);
        }
    }
}
