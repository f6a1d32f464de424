using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;

namespace Esteira.Model
{
    /// <summary>One run: what follows at once, then what is ready, then what waits for a time.</summary>
    internal sealed class Drive : IWorld
    {
        private readonly IReadOnlyDictionary<string, Graph> _library;
        private readonly IReadOnlyDictionary<string, IFunction> _functions;
        private readonly IObserver _observer;
        private readonly Pace _pace;
        /// <summary>What follows at once.</summary>
        private readonly Queue<Action> _acts = new Queue<Action>();

        internal Drive(
            IReadOnlyDictionary<string, Graph> library,
            IReadOnlyDictionary<string, IFunction> functions,
            IEvaluate evaluate,
            IObserver observer,
            Pace pace)
        {
            _library = library;
            _functions = functions;
            Evaluate = evaluate;
            _observer = observer;
            _pace = pace;
        }

        public Memory Memory { get; } = new Memory();
        public IEvaluate Evaluate { get; }

        public double NowMs()
        {
            return _pace.NowMs();
        }

        public double Fraction()
        {
            return _pace.Fraction();
        }

        internal async Task<Trace> RunAsync(Start start)
        {
            Job root = Hold(new Job
            {
                Id = Entropy.NewId((long)NowMs()),
                PlanName = "",
                Start = start,
                Aggregate = start.Aggregate,
                Input = start.Data,
            });
            for (; ; )
            {
                if (_acts.Count > 0) _acts.Dequeue()();
                else if (Memory.Ready.Count > 0) await AttemptAsync(Memory.Ready.Dequeue()).ConfigureAwait(false);
                else
                {
                    double dueMs;
                    LiveTask due = Memory.Timers.Take(out dueMs);
                    if (due == null) return TraceOf(root);
                    await _pace.WaitUntil(dueMs).ConfigureAwait(false);
                    Commands.Due(this, due);
                }
            }
        }

        private Job Hold(Job job)
        {
            job.Graph = _library[job.PlanName];
            job.Joins = job.Graph.Joins.Select(join => new JoinFlow()).ToArray();
            _acts.Enqueue(() => Commands.Start(this, job));
            return job;
        }

        /// <summary>A sub-plan is a child job; its id is the id of the task that waits for it.</summary>
        public void StartChild(LiveTask task, string planName)
        {
            int depth = task.Job.Depth + 1;
            if (depth > Limits.SubPlanDepthMax) throw new RunException(RunErrorCode.TooDeep, "sub-plans nest too deeply");
            Hold(new Job
            {
                Id = task.Id,
                PlanName = planName,
                Start = task.Job.Start,
                Aggregate = task.Aggregate,
                Input = task.Input ?? task.Job.Input,
                Parent = task,
                Depth = depth,
            });
        }

        public void ChildEnded(Job job)
        {
            _acts.Enqueue(() => Commands.ChildEnded(this, job.Parent, job));
        }

        public void Gather(LiveTask task)
        {
            _acts.Enqueue(() => Commands.Gather(this, task));
        }

        /// <summary>Grants a ready task to itself, runs it, and reports.</summary>
        private async Task AttemptAsync(LiveTask task)
        {
            Step step = task.Job.Graph.Nodes[task.Step].Step;
            IFunction function = _functions[step.Run.Name];
            task.Attempts++;
            var invocation = new Invocation
            {
                Job = task.Job.Id,
                Task = task.Id,
                StepKey = step.StepKey,
                FunctionName = function.Spec.Name,
                Attempt = task.Attempts,
                Fence = task.Attempts,
                IdempotencyKey = task.Id,
                Actor = task.Job.Start.Actor,
                Aggregate = task.Aggregate,
                Headers = task.Job.Start.Headers,
                ConfigJson = step.ConfigJson,
                OutputType = step.OutputType,
                LastCheckpoint = task.Checkpoint,
            };
            bool isLimited = _pace.IsReal && step.ExecutionTimeoutMs != null;
            TimeSpan? timeout = isLimited ? TimeSpan.FromMilliseconds(step.ExecutionTimeoutMs.Value) : (TimeSpan?)null;
            Payload input = task.Input ?? Payload.None;
            Attempt attempt = await Attempt.RunAsync(function, invocation, input, timeout, _observer).ConfigureAwait(false);
            if (attempt.Outcome != null) Commands.Complete(this, task, attempt.Outcome, attempt.Said.Emits);
            else if (attempt.Failure != null) Commands.Fail(this, task, attempt.Failure, attempt.Said.Checkpoint);
            else
            {
                const string Message = "the attempt took longer than the step's execution_timeout";
                Commands.Fail(this, task, Failure.Engine(FailureKind.Timeout, "EXECUTION_TIMEOUT", Message), null);
            }
        }

        private Trace TraceOf(Job job)
        {
            if (job.State == JobState.Running)
            {
                throw new RunException(RunErrorCode.Stuck, "the job has not ended and nothing can happen");
            }
            return new Trace
            {
                Job = job.Id,
                State = job.State,
                Failure = job.Failure,
                Tasks = Memory.Ended.Select(Traced).ToArray(),
                Results = job.State == JobState.Succeeded ? Load.Results(Memory, job) : new Payload[0],
                Messages = Memory.Messages,
            };
        }

        private static TracedTask Traced(EndedTask ended)
        {
            return new TracedTask
            {
                PlanName = ended.Task.Job.PlanName,
                StepKey = ended.Task.Job.Graph.Nodes[ended.Task.Step].Step.StepKey,
                ItemPath = ended.Task.ItemPath,
                Attempts = ended.Task.Attempts,
                State = ended.State,
                Input = ended.Task.Input,
                Outputs = ended.Outputs,
                Verdicts = ended.Verdicts,
                Failure = ended.Failure,
            };
        }
    }
}
