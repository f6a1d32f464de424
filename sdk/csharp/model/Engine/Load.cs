using System;
using System.Collections.Generic;
using System.Linq;

namespace Esteira.Model
{
    /// <summary>What is read back: outputs of earlier steps, the array of a join, the results of a job.</summary>
    internal static class Load
    {
        /// <summary>Outputs of earlier steps of a task's branch: up the chain of parents, and through the arrivals of the joins on the way.</summary>
        internal static Dictionary<string, Payload> StepOutputs(Memory memory, LiveTask task)
        {
            Graph graph = task.Job.Graph;
            var found = new Dictionary<int, Payload>();
            int atStep = task.Step;
            string parent = task.Parent;
            while (graph.Read.Count > 0)
            {
                Node node = graph.Nodes[atStep];
                if (node.Join >= 0)
                {
                    foreach (Arrival arrival in Arrivals(task.Job, atStep))
                    {
                        if (node.Predecessors.Contains(arrival.FromStep)) Keep(graph, found, arrival.FromStep, arrival.Payload);
                    }
                }
                EndedTask ended = null;
                if (parent == null || found.Count == graph.Read.Count || !memory.EndedById.TryGetValue(parent, out ended)) break;
                Keep(graph, found, ended.Task.Step, Produced(ended, task));
                atStep = ended.Task.Step;
                parent = ended.Task.Parent;
            }
            return found.ToDictionary(pair => graph.Nodes[pair.Key].Step.StepKey, pair => pair.Value);
        }

        private static void Keep(Graph graph, Dictionary<int, Payload> found, int step, Payload payload)
        {
            if (payload != null && graph.Read.Contains(step) && !found.ContainsKey(step)) found[step] = payload;
        }

        /// <summary>What an ended task gave to the branch of a later one.</summary>
        private static Payload Produced(EndedTask ended, LiveTask later)
        {
            OutputType type = ended.Task.Job.Graph.Nodes[ended.Task.Step].OutputType;
            if (type == OutputType.None) return ended.Task.Input;
            int depth = ended.Task.ItemPath.Count;
            if (type == OutputType.Multiple && later.ItemPath.Count <= depth) return null;
            int item = type == OutputType.Multiple ? later.ItemPath[depth] : 0;
            return item < ended.Outputs.Count ? ended.Outputs[item] : null;
        }

        /// <summary>What arrived at a join, by item path, then by the step that it comes from, then by which task of it began first.</summary>
        private static IReadOnlyList<Arrival> Arrivals(Job job, int joinStep)
        {
            List<Arrival> arrived;
            if (!job.Arrivals.TryGetValue(joinStep, out arrived)) return new Arrival[0];
            return arrived.OrderBy(arrival => arrival, Comparer<Arrival>.Create((a, b) =>
            {
                int order = ItemPaths.Compare(a.ItemPath, b.ItemPath);
                if (order == 0) order = a.FromStep.CompareTo(b.FromStep);
                return order != 0 ? order : string.CompareOrdinal(a.FromTask, b.FromTask);
            })).ToArray();
        }

        /// <summary>The input of a join: the JSON array of what arrived, each element verbatim; binary as Base64 text, absent as `null`.</summary>
        internal static Payload Gather(Job job, int joinStep)
        {
            IEnumerable<string> elements = Arrivals(job, joinStep).Select(arrival =>
            {
                Payload payload = arrival.Payload;
                if (payload.Kind == BodyKind.Json) return payload.JsonText;
                return payload.Kind == BodyKind.Binary ? "\"" + Convert.ToBase64String(payload.Bytes()) + "\"" : "null";
            });
            return Payload.Json("[" + string.Join(",", elements) + "]");
        }

        /// <summary>Results of a job: outputs of its leaf tasks by item path, then step, then which task of it began first.</summary>
        internal static IReadOnlyList<Payload> Results(Memory memory, Job job)
        {
            IEnumerable<EndedTask> leaves = memory.Ended.Where(ended => ended.Task.Job == job && ended.IsLeaf);
            return leaves.OrderBy(leaf => leaf.Task, Comparer<LiveTask>.Create((a, b) =>
            {
                int order = ItemPaths.Compare(a.ItemPath, b.ItemPath);
                if (order == 0) order = a.Step.CompareTo(b.Step);
                return order != 0 ? order : string.CompareOrdinal(a.Id, b.Id);
            })).SelectMany(leaf => leaf.Outputs).ToArray();
        }
    }
}
