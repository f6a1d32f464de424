using System.Collections.Generic;
using System.Linq;

namespace Esteira.Model
{
    /// <summary>How a task ends: its outputs are judged and flow on, or its failure goes where the plan says.</summary>
    internal static class Ending
    {
        /// <summary>Routes and ends a task; a condition without a value fails it instead.</summary>
        internal static void Succeeded(
            Transition t,
            LiveTask task,
            IReadOnlyList<Verdict> verdicts,
            IReadOnlyList<Flowing> flowing,
            IReadOnlyList<Payload> outputs,
            IReadOnlyList<Emit> emits)
        {
            IReadOnlyList<List<int>> routes;
            try
            {
                routes = t.Route(task, task.Input, flowing);
            }
            catch (ExpressionException problem)
            {
                Failed(t, task, verdicts, Failure.Engine(FailureKind.NonRetryable, problem.Code, problem.Message), task.Input);
                return;
            }
            foreach (Emit emit in emits) t.World.Memory.Messages.Add(WithKey(emit, task));
            t.Follow(task, flowing, routes);
            t.Leave(task.Step);
            t.EndTask(task, TaskState.Succeeded, outputs, verdicts, null);
        }

        /// <summary>A message without a key keeps its order with the others about the same aggregate, or of the same job.</summary>
        private static Emit WithKey(Emit emit, LiveTask task)
        {
            if (emit.Key != "") return emit;
            string key = task.Aggregate == null ? task.Job.Id : task.Aggregate.Kind + "/" + task.Aggregate.Id;
            return new Emit(emit.Topic, key, emit.Payload, emit.Headers);
        }

        /// <summary>Verdicts on the input, for the record, and on each output. The input was let in when the task began.</summary>
        internal static Judgement JudgeOutput(Transition t, LiveTask task, Outcome outcome)
        {
            Node node = t.Node(task.Step);
            var judged = new Judgement();
            judged.Verdicts.AddRange(JudgeInput(t, task));
            IReadOnlyList<Payload> payloads = outcome.Output == OutputType.None ? new[] { task.Input } : outcome.Payloads;
            for (int index = 0; index < payloads.Count && judged.Violation == null; index++)
            {
                judged.Ask(t.World.Evaluate, node.OutputPolicies, "output " + index, payloads[index]);
            }
            return judged;
        }

        /// <summary>Verdicts on the input, for the record.</summary>
        internal static IReadOnlyList<Verdict> JudgeInput(Transition t, LiveTask task)
        {
            var judged = new Judgement();
            judged.Ask(t.World.Evaluate, t.Node(task.Step).InputPolicies, "input", task.Input);
            return judged.Verdicts;
        }

        /// <summary>What goes on: the outputs, or the input when there is none.</summary>
        internal static IReadOnlyList<Flowing> Flow(LiveTask task, Outcome outcome)
        {
            if (outcome.Output == OutputType.Multiple)
            {
                return outcome.Payloads.Select((payload, index) => One(task, payload, task.ItemPath.Concat(new[] { index }).ToArray())).ToArray();
            }
            if (outcome.Output == OutputType.Single) return new[] { One(task, outcome.Payloads[0], task.ItemPath) };
            return task.Input == null ? new Flowing[0] : new[] { One(task, task.Input, task.ItemPath) };
        }

        private static Flowing One(LiveTask task, Payload payload, IReadOnlyList<int> itemPath)
        {
            return new Flowing { Payload = payload, ItemPath = itemPath, Aggregate = task.Aggregate };
        }

        /// <summary>A task fails for good: a step takes the failure, or the job fails when it comes to rest.</summary>
        internal static void Failed(Transition t, LiveTask task, IReadOnlyList<Verdict> verdicts, Failure failure, Payload input)
        {
            Node node = t.Node(task.Step);
            if (node.OnFailure >= 0)
            {
                Payload document = FailureDocument(node.Step.StepKey, task, failure, input);
                t.Arrive(task, node.OnFailure, One(task, document, task.ItemPath), null);
                t.Leave(task.Step);
            }
            else
            {
                // The joins that wait for this branch keep its token: they must not fire without it.
                t.Job.Open--;
                t.Job.Failed++;
                if (t.Job.Failure == null)
                {
                    string message = "step `" + node.Step.StepKey + "`: " + failure.Message;
                    t.Job.Failure = failure.As(failure.Kind, failure.Code, message);
                }
            }
            t.EndTask(task, TaskState.Failed, new Payload[0], verdicts, failure);
        }

        /// <summary>The document that an `on_failure_step` receives; the failed task's input stands there verbatim when it is JSON.</summary>
        private static Payload FailureDocument(string stepKey, LiveTask task, Failure failure, Payload input)
        {
            string why = "\"step\":" + JsonText.Quoted(stepKey) + ",\"kind\":" + JsonText.Quoted(Words.Of(failure.Kind))
                + ",\"code\":" + JsonText.Quoted(failure.Code) + ",\"message\":" + JsonText.Quoted(failure.Message)
                + ",\"attempts\":" + task.Attempts + ",\"task_id\":" + JsonText.Quoted(task.Id);
            string given = input == null || input.Kind != BodyKind.Json ? "null" : input.JsonText;
            return Payload.Json("{\"failure\":{" + why + "},\"input\":" + given + "}");
        }
    }
}
