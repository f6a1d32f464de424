using System.Collections.Generic;

namespace Esteira.Model
{
    /// <summary>A live task: one step on one item of data.</summary>
    internal sealed class LiveTask
    {
        internal string Id { get; set; }
        internal Job Job { get; set; }
        /// <summary>Index of its step.</summary>
        internal int Step { get; set; }
        internal IReadOnlyList<int> ItemPath { get; set; }
        /// <summary>The task whose end created it; null for a start step's.</summary>
        internal string Parent { get; set; }
        /// <summary>The data that it runs on. A waiting join has none until it fires.</summary>
        internal Payload Input { get; set; }
        internal AggregateRef Aggregate { get; set; }
        /// <summary>Attempts granted so far; the fence is the same number here.</summary>
        internal int Attempts { get; set; }
        /// <summary>Reported failures and time-outs so far; what `max_attempts` limits.</summary>
        internal int Failures { get; set; }
        internal Payload Checkpoint { get; set; }
    }

    /// <summary>What one join waits for.</summary>
    internal sealed class JoinFlow
    {
        /// <summary>Tasks at steps that lead to the join and that have not come to rest.</summary>
        internal int Pending { get; set; }
        /// <summary>The waiting task, once the join was reached and until it fires.</summary>
        internal LiveTask Waiting { get; set; }
        /// <summary>Highest version of the aggregate among what has arrived.</summary>
        internal long AggregateVersion { get; set; }
        internal bool HasFired { get; set; }
    }

    /// <summary>The job of a plan, or of a sub-plan.</summary>
    internal sealed class Job
    {
        internal string Id { get; set; }
        /// <summary>"" for the plan that the run was asked for.</summary>
        internal string PlanName { get; set; }
        internal Graph Graph { get; set; }
        internal Start Start { get; set; }
        internal AggregateRef Aggregate { get; set; }
        internal Payload Input { get; set; }
        /// <summary>The task of another job that waits for this one.</summary>
        internal LiveTask Parent { get; set; }
        /// <summary>0 for the plan that the run was asked for.</summary>
        internal int Depth { get; set; }
        internal JobState State { get; set; } = JobState.Running;
        internal Failure Failure { get; set; }
        /// <summary>Live tasks that can still progress by themselves: waiting joins and failed tasks are not among them.</summary>
        internal int Open { get; set; }
        /// <summary>Tasks that failed and that no step took over.</summary>
        internal int Failed { get; set; }
        internal JoinFlow[] Joins { get; set; }
        /// <summary>What arrived at each join, by the step's index.</summary>
        internal Dictionary<int, List<Arrival>> Arrivals { get; } = new Dictionary<int, List<Arrival>>();
    }

    /// <summary>Data that waits at a join.</summary>
    internal sealed class Arrival
    {
        internal IReadOnlyList<int> ItemPath { get; set; }
        internal int FromStep { get; set; }
        internal string FromTask { get; set; }
        internal Payload Payload { get; set; }
    }

    /// <summary>Data on its way along an edge.</summary>
    internal sealed class Flowing
    {
        internal Payload Payload { get; set; }
        internal IReadOnlyList<int> ItemPath { get; set; }
        internal AggregateRef Aggregate { get; set; }
    }

    /// <summary>A task after it ended.</summary>
    internal sealed class EndedTask
    {
        internal LiveTask Task { get; set; }
        internal TaskState State { get; set; }
        internal IReadOnlyList<Payload> Outputs { get; set; }
        /// <summary>Whether its branch ended here: its outputs are results of the job.</summary>
        internal bool IsLeaf { get; set; }
        internal IReadOnlyList<Verdict> Verdicts { get; set; }
        internal Failure Failure { get; set; }
    }

    /// <summary>Everything that a run remembers: the place that the coordinator's store has in a distributed one.</summary>
    internal sealed class Memory
    {
        internal Queue<LiveTask> Ready { get; } = new Queue<LiveTask>();
        internal Timers Timers { get; } = new Timers();
        /// <summary>In the order in which they ended.</summary>
        internal List<EndedTask> Ended { get; } = new List<EndedTask>();
        internal Dictionary<string, EndedTask> EndedById { get; } = new Dictionary<string, EndedTask>();
        internal List<Emit> Messages { get; } = new List<Emit>();

        internal void End(EndedTask ended)
        {
            Ended.Add(ended);
            EndedById[ended.Task.Id] = ended;
        }
    }

    /// <summary>Tasks that wait for a time; of two that are due at once, the one that has waited for longer comes first.</summary>
    internal sealed class Timers
    {
        private readonly SortedDictionary<double, Queue<LiveTask>> _due = new SortedDictionary<double, Queue<LiveTask>>();

        internal void Add(double dueMs, LiveTask task)
        {
            Queue<LiveTask> tasks;
            if (!_due.TryGetValue(dueMs, out tasks)) _due[dueMs] = tasks = new Queue<LiveTask>();
            tasks.Enqueue(task);
        }

        /// <summary>Takes the next one; null when none waits.</summary>
        internal LiveTask Take(out double dueMs)
        {
            foreach (KeyValuePair<double, Queue<LiveTask>> first in _due)
            {
                dueMs = first.Key;
                LiveTask task = first.Value.Dequeue();
                if (first.Value.Count == 0) _due.Remove(dueMs);
                return task;
            }
            dueMs = 0;
            return null;
        }
    }

    /// <summary>The order of items: outermost fan-out first.</summary>
    internal static class ItemPaths
    {
        internal static int Compare(IReadOnlyList<int> a, IReadOnlyList<int> b)
        {
            for (int at = 0; at < a.Count && at < b.Count; at++)
            {
                if (a[at] != b[at]) return a[at].CompareTo(b[at]);
            }
            return a.Count - b.Count;
        }
    }
}
