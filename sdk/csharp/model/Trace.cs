using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Esteira.Model
{
    /// <summary>How a job stands.</summary>
    public enum JobState
    {
        /// <summary>It has not ended.</summary>
        Running,
        /// <summary>It ended well.</summary>
        Succeeded,
        /// <summary>It failed.</summary>
        Failed,
        /// <summary>It was cancelled.</summary>
        Cancelled,
        /// <summary>It took too long.</summary>
        TimedOut,
    }

    /// <summary>How a task ended.</summary>
    public enum TaskState
    {
        /// <summary>It ended well.</summary>
        Succeeded,
        /// <summary>It failed.</summary>
        Failed,
        /// <summary>It was cancelled.</summary>
        Cancelled,
        /// <summary>Nothing came to it.</summary>
        Skipped,
    }

    /// <summary>A task after it ended. It holds nothing that differs between two runs of the same plan on the same data.</summary>
    public sealed class TracedTask
    {
        internal TracedTask()
        {
        }

        /// <summary>Name of the plan; "" for the plan that the run was asked for.</summary>
        public string PlanName { get; internal set; }
        /// <summary>The step.</summary>
        public string StepKey { get; internal set; }
        /// <summary>Which item: the indexes that led to it, outermost fan-out first; empty outside any fan-out.</summary>
        public IReadOnlyList<int> ItemPath { get; internal set; }
        /// <summary>Attempts that were made; 0 when the engine itself ended the task.</summary>
        public int Attempts { get; internal set; }
        /// <summary>How it ended.</summary>
        public TaskState State { get; internal set; }
        /// <summary>What it ran on; null when it was skipped.</summary>
        public Payload Input { get; internal set; }
        /// <summary>What it produced, in item order.</summary>
        public IReadOnlyList<Payload> Outputs { get; internal set; }
        /// <summary>What the policies said.</summary>
        public IReadOnlyList<Verdict> Verdicts { get; internal set; }
        /// <summary>Why it failed; null when it did not.</summary>
        public Failure Failure { get; internal set; }
    }

    /// <summary>A job after it ended: the same record for an embedded and for a distributed run.</summary>
    public sealed class Trace
    {
        internal Trace()
        {
        }

        /// <summary>The job; another one in every run.</summary>
        public string Job { get; internal set; }
        /// <summary>How it ended.</summary>
        public JobState State { get; internal set; }
        /// <summary>Why; null when it succeeded.</summary>
        public Failure Failure { get; internal set; }
        /// <summary>All tasks in the order in which they ended, those of sub-plans among them.</summary>
        public IReadOnlyList<TracedTask> Tasks { get; internal set; }
        /// <summary>Outputs of the steps that no step follows, by item path, then step.</summary>
        public IReadOnlyList<Payload> Results { get; internal set; }
        /// <summary>What the functions emitted, in order of commit.</summary>
        public IReadOnlyList<Emit> Messages { get; internal set; }

        /// <summary>The tasks of one step of the plan that the run was asked for, in the order in which they ended.</summary>
        public IReadOnlyList<TracedTask> Step(string stepKey)
        {
            return Tasks.Where(task => task.PlanName == "" && task.StepKey == stepKey).ToArray();
        }

        /// <summary>One line for the job and one for each task, for people.</summary>
        public override string ToString()
        {
            var text = new StringBuilder("job " + Words.Of(State) + "\n");
            foreach (TracedTask task in Tasks)
            {
                string plan = task.PlanName == "" ? "" : task.PlanName + "/";
                string why = task.Failure == null ? "" : ": " + task.Failure.Code;
                string place = plan + task.StepKey + "[" + string.Join(".", task.ItemPath) + "]";
                text.Append("  " + place + " " + Words.Of(task.State) + " after " + task.Attempts + " attempts" + why + "\n");
            }
            return text.ToString();
        }
    }
}
