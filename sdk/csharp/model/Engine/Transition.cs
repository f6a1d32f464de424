using System;
using System.Collections.Generic;
using System.Linq;

namespace Esteira.Model
{
    /// <summary>What a run does and a transition asks for.</summary>
    internal interface IWorld
    {
        Memory Memory { get; }
        IEvaluate Evaluate { get; }

        /// <summary>The time of the run, in milliseconds.</summary>
        double NowMs();

        /// <summary>What is random in a pause: a number in `0..1`.</summary>
        double Fraction();

        /// <summary>A child job begins; the task waits for it.</summary>
        void StartChild(LiveTask task, string planName);

        /// <summary>A child job ended: its parent's task goes on.</summary>
        void ChildEnded(Job job);

        /// <summary>All that a join waited for is here.</summary>
        void Gather(LiveTask task);
    }

    /// <summary>
    /// One command on one job while it is carried out.
    ///
    /// Tokens: every live task is one token. `Open` counts those that can still progress by themselves, and each join counts
    /// the tokens at steps that lead to it.
    /// </summary>
    internal sealed class Transition
    {
        private int _routed;

        internal Transition(IWorld world, Job job, LiveTask task)
        {
            World = world;
            Job = job;
            Steps = task == null ? new Dictionary<string, Payload>() : Load.StepOutputs(world.Memory, task);
        }

        /// <summary>A task that came to life and has not begun, and the output that it comes from when an expression reads it.</summary>
        internal struct Arrived
        {
            internal LiveTask Task;
            internal string ReadKey;
            internal Payload Read;
        }

        internal IWorld World { get; }
        internal Job Job { get; }
        /// <summary>Outputs of earlier steps, as far as any expression of the plan reads them.</summary>
        internal Dictionary<string, Payload> Steps { get; }
        /// <summary>What arrived and has not begun: kept here, not on the stack, which a long chain of native steps would use up.</summary>
        internal List<Arrived> NewTasks { get; } = new List<Arrived>();

        /// <summary>What the plan says about a step.</summary>
        internal Node Node(int step)
        {
            return Job.Graph.Nodes[step];
        }

        /// <summary>Fires the joins that have all, and ends the job when it is at rest. What arrived has begun.</summary>
        internal void Finish()
        {
            foreach (JoinFlow flow in Job.Joins)
            {
                if (flow.Pending > 0 || flow.HasFired || flow.Waiting == null) continue;
                flow.HasFired = true;
                Job.Open++;
                World.Gather(flow.Waiting);
            }
            if (Job.Open == 0) EndJob();
        }

        // --- tokens -----------------------------------------------------------------------------------

        /// <summary>A token comes to life at a step.</summary>
        internal void Enter(int step)
        {
            Job.Open++;
            Hold(step);
        }

        private void Hold(int step)
        {
            foreach (int join in Node(step).Holds) Job.Joins[join].Pending++;
        }

        /// <summary>A token comes to its end at a step.</summary>
        internal void Leave(int step)
        {
            Job.Open--;
            foreach (int join in Node(step).Holds) Job.Joins[join].Pending--;
        }

        /// <summary>Something reached a join, if only the news that nothing comes: its task waits from here on.</summary>
        private void ReachJoin(int join, LiveTask parent, AggregateRef aggregate)
        {
            JoinFlow flow = Job.Joins[join];
            long version = aggregate == null ? 0 : aggregate.Version;
            if (flow.Waiting != null)
            {
                flow.AggregateVersion = Math.Max(flow.AggregateVersion, version);
                return;
            }
            if (flow.HasFired) return;
            int step = Job.Graph.Joins[join];
            flow.Waiting = NewTask(parent.Id, step, new int[0], null, null);
            flow.AggregateVersion = version;
            Hold(step);
        }

        // --- data on its way --------------------------------------------------------------------------

        /// <summary>
        /// Which edges each piece of data takes; throws when a condition has no value, or when so much data takes so many
        /// edges that it would be beyond the limit: chains of steps that multiply have no other bound.
        /// </summary>
        internal IReadOnlyList<List<int>> Route(LiveTask from, Payload input, IReadOnlyList<Flowing> flowing)
        {
            Node node = Node(from.Step);
            var routes = new List<List<int>>();
            foreach (Flowing data in flowing)
            {
                var taken = new List<int>();
                bool isChosen = false;
                for (int place = 0; place < node.Edges.Count; place++)
                {
                    Edge edge = node.Edges[place];
                    // The edges of `depends_on` come after those of `next` and are nobody's choice.
                    bool isChoice = node.Step.ExclusiveNext && place < node.Step.Next.Count;
                    if (isChoice && isChosen) continue;
                    if (edge.Condition != "" && !Holds(edge.Condition, input, data, node)) continue;
                    taken.Add(edge.To);
                    isChosen |= isChoice;
                }
                _routed += taken.Count;
                routes.Add(taken);
            }
            if (_routed <= Limits.FanOutTasksMax) return routes;
            string message = "one task's end would begin more than " + Limits.FanOutTasksMax + " tasks";
            throw new ExpressionException(ExpressionException.FanOutTooLarge, message);
        }

        private bool Holds(string condition, Payload input, Flowing data, Node node)
        {
            return World.Evaluate.Condition(condition, Scope(input, data.Payload, data.ItemPath, node.Step.ConfigJson));
        }

        /// <summary>The variables of an expression.</summary>
        internal Scope Scope(Payload input, Payload output, IReadOnlyList<int> itemPath, string configJson)
        {
            return new Scope
            {
                Input = input ?? Payload.None,
                Output = output,
                ItemPath = itemPath,
                Steps = Steps,
                Job = new JobScope
                {
                    Id = Job.Id, Input = Job.Input, Labels = Job.Start.Labels, DataClass = Words.Of(Job.Start.DataClass),
                },
                ConfigJson = configJson,
            };
        }

        /// <summary>Sends the outputs of an ended task on their routes. The ended task's own token is still there.</summary>
        internal void Follow(LiveTask from, IReadOnlyList<Flowing> flowing, IReadOnlyList<List<int>> routes)
        {
            Node node = Node(from.Step);
            bool isRead = Job.Graph.Read.Contains(from.Step);
            for (int index = 0; index < flowing.Count; index++)
            {
                Flowing data = flowing[index];
                List<int> taken = routes[index];
                foreach (int to in taken) Arrive(from, to, data, isRead ? node.Step.StepKey : null);
                // Inside a fan-out a condition filters a collection: what follows knows that it went on, if only empty.
                if (data.ItemPath.Count == 0) continue;
                foreach (Edge edge in node.Edges.Where(edge => !taken.Contains(edge.To)))
                {
                    foreach (int join in Node(edge.To).NextJoins) ReachJoin(join, from, data.Aggregate);
                }
            }
            if (flowing.Count == 0) Skip(from);
        }

        /// <summary>
        /// A fan-out of no items: the steps that follow are skipped, a join gets `[]`. A step that several ways lead to is
        /// skipped once: there can be more ways than anyone could count.
        /// </summary>
        private void Skip(LiveTask ended)
        {
            var seen = new HashSet<int>();
            var ways = new Stack<KeyValuePair<LiveTask, int>>();
            PushOnward(ways, ended);
            while (ways.Count > 0)
            {
                KeyValuePair<LiveTask, int> way = ways.Pop();
                LiveTask from = way.Key;
                int join = Node(way.Value).Join;
                if (join >= 0) ReachJoin(join, from, from.Aggregate);
                else if (seen.Add(way.Value))
                {
                    LiveTask task = NewTask(from.Id, way.Value, from.ItemPath, null, from.Aggregate);
                    PushOnward(ways, task);
                    EndTask(task, TaskState.Skipped);
                }
            }
        }

        private void PushOnward(Stack<KeyValuePair<LiveTask, int>> ways, LiveTask from)
        {
            foreach (Edge edge in Node(from.Step).Edges.Reverse()) ways.Push(new KeyValuePair<LiveTask, int>(from, edge.To));
        }

        /// <summary>Data arrives at a step: at a join it waits, elsewhere a task begins.</summary>
        internal void Arrive(LiveTask from, int to, Flowing data, string readKey)
        {
            int join = Node(to).Join;
            if (join < 0)
            {
                LiveTask task = NewTask(from.Id, to, data.ItemPath, data.Payload, data.Aggregate);
                Enter(to);
                NewTasks.Add(new Arrived { Task = task, ReadKey = readKey, Read = data.Payload });
                return;
            }
            ReachJoin(join, from, data.Aggregate);
            List<Arrival> arrivals;
            if (!Job.Arrivals.TryGetValue(to, out arrivals)) Job.Arrivals[to] = arrivals = new List<Arrival>();
            arrivals.Add(new Arrival { ItemPath = data.ItemPath, FromStep = from.Step, FromTask = from.Id, Payload = data.Payload });
        }

        /// <summary>A task that has not begun.</summary>
        internal LiveTask NewTask(string parent, int step, IReadOnlyList<int> itemPath, Payload input, AggregateRef aggregate)
        {
            return new LiveTask
            {
                Id = Entropy.NewId((long)World.NowMs()),
                Job = Job,
                Step = step,
                ItemPath = itemPath,
                Parent = parent,
                Input = input,
                Aggregate = aggregate,
            };
        }

        // --- ends -------------------------------------------------------------------------------------

        /// <summary>Records the end of a task that produced nothing.</summary>
        private void EndTask(LiveTask task, TaskState state)
        {
            EndTask(task, state, new Payload[0], new Verdict[0], null);
        }

        /// <summary>Records the end of a task.</summary>
        internal void EndTask(
            LiveTask task,
            TaskState state,
            IReadOnlyList<Payload> outputs,
            IReadOnlyList<Verdict> verdicts,
            Failure failure)
        {
            World.Memory.End(new EndedTask
            {
                Task = task,
                State = state,
                Outputs = outputs,
                IsLeaf = state == TaskState.Succeeded && Node(task.Step).Edges.Count == 0,
                Verdicts = verdicts,
                Failure = failure,
            });
        }

        /// <summary>Ends the job; joins that still wait can no longer fire.</summary>
        private void EndJob()
        {
            Job.State = Job.Failed > 0 ? JobState.Failed : JobState.Succeeded;
            foreach (JoinFlow flow in Job.Joins)
            {
                if (flow.Waiting == null) continue;
                EndTask(flow.Waiting, Job.Failed > 0 ? TaskState.Skipped : TaskState.Cancelled);
                flow.Waiting = null;
            }
            if (Job.Parent != null) World.ChildEnded(Job);
        }
    }
}
