using System.Collections.Generic;

namespace Esteira.Model
{
    /// <summary>A new task begins: its input is built and judged, then it goes where its step's kind says.</summary>
    internal static class Beginning
    {
        /// <summary>Begins what arrived, and what arrives by that: native steps end as soon as they begin.</summary>
        internal static void BeginArrived(Transition t)
        {
            var waiting = new Stack<Transition.Arrived>();
            for (; ; )
            {
                // What a task brings begins before the task's siblings do: they read other outputs under the same key.
                for (int at = t.NewTasks.Count - 1; at >= 0; at--) waiting.Push(t.NewTasks[at]);
                t.NewTasks.Clear();
                if (waiting.Count == 0) return;
                Transition.Arrived next = waiting.Pop();
                if (next.ReadKey != null) t.Steps[next.ReadKey] = next.Read;
                BuildInput(t, next.Task, next.Task.Input);
            }
        }

        /// <summary>Builds the input from the step's template, judges it, and begins the task. Its token is there already.</summary>
        internal static void BuildInput(Transition t, LiveTask task, Payload arrived)
        {
            Node node = t.Node(task.Step);
            Payload input = arrived;
            if (node.Template != null)
            {
                try
                {
                    Scope scope = t.Scope(input, null, task.ItemPath, node.Step.ConfigJson);
                    input = task.Input = TemplateRenderer.Render(node.Template, scope, t.World.Evaluate);
                }
                catch (ExpressionException problem)
                {
                    string message = "input of `" + node.Step.StepKey + "`: " + problem.Message;
                    // What a join gathered is recorded when its template fails: what takes the failure is shown it.
                    if (task.Input == null && input != null && input.ByteLength() <= Limits.PayloadBytesMax) task.Input = input;
                    Ending.Failed(t, task, new Verdict[0], Failure.Engine(FailureKind.NonRetryable, problem.Code, message), task.Input);
                    return;
                }
            }
            var judged = new Judgement();
            judged.Ask(t.World.Evaluate, node.InputPolicies, "input", input);
            if (judged.Violation != null) Ending.Failed(t, task, judged.Verdicts, judged.Violation, input);
            else Begin(t, task, input);
        }

        /// <summary>A task with its input goes where its step's kind says.</summary>
        private static void Begin(Transition t, LiveTask task, Payload input)
        {
            Run run = t.Node(task.Step).Step.Run;
            if (run.Kind == RunKind.Condition) PassOn(t, task, input);
            else if (run.Kind == RunKind.Function) t.World.Memory.Ready.Enqueue(task);
            else if (run.Kind == RunKind.Wait) t.World.Memory.Timers.Add(t.World.NowMs() + run.PauseMs, task);
            else t.World.StartChild(task, run.Name);
        }

        /// <summary>A native step ends as soon as it has begun or waited: what came in goes on.</summary>
        internal static void PassOn(Transition t, LiveTask task, Payload input)
        {
            if (task.Input == null)
            {
                Failure failure = Failure.Engine(FailureKind.Protocol, "INPUT_MISSING", "a native step has no input to pass on");
                Ending.Failed(t, task, new Verdict[0], failure, input);
                return;
            }
            Judgement judged = Ending.JudgeOutput(t, task, Outcome.None);
            if (judged.Violation != null) Ending.Failed(t, task, judged.Verdicts, judged.Violation, input);
            else Ending.Succeeded(t, task, judged.Verdicts, Ending.Flow(task, Outcome.None), new[] { task.Input }, new Emit[0]);
        }
    }
}
