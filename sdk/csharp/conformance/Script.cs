using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Esteira.Model;

namespace Esteira.Conformance
{
    /// <summary>`kit.script`: does what its configuration says, attempt by attempt. The configuration is read whole before.</summary>
    internal sealed class Script
    {
        /// <summary>One thing to do; an outcome ends the attempt, null does not.</summary>
        private delegate Task<Outcome> Operation(Context cx, Payload input, List<Verdict> verdicts);

        internal static readonly IFunction Function =
            Model.Function.OfAsync(new FunctionSpec("kit.script", OutputType.Single), PlayAsync);

        /// <summary>Plays the list of operations of this attempt; beyond the last list, the last one.</summary>
        private static async Task<Outcome> PlayAsync(Context cx, Payload input)
        {
            Operation[][] lists = cx.Config(Attempts);
            var verdicts = new List<Verdict>();
            Outcome outcome = null;
            foreach (Operation operation in lists[Math.Min(cx.Attempt, lists.Length) - 1])
            {
                outcome = await operation(cx, input, verdicts).ConfigureAwait(false);
                if (outcome != null) break;
            }
            return verdicts.Aggregate(outcome ?? Json("null"), (so, verdict) => so.WithVerdict(verdict));
        }

        private static Operation[][] Attempts(JsonValue value)
        {
            Shape.Members(value, "attempts");
            Operation[][] lists = value["attempts"].Items.Select(list => list.Items.Select(Read).ToArray()).ToArray();
            if (lists.Length == 0) throw new FormatException("`attempts` has no list");
            return lists;
        }

        private static Operation Read(JsonValue value)
        {
            if (value.Names.Count != 1) throw new FormatException("an operation has one name");
            string name = value.Names[0];
            JsonValue given = value[name];
            switch (name)
            {
                case "emit":
                    return Emit(given);
                case "checkpoint":
                    Payload checkpoint = Payload.Json(given.AsText());
                    return Act(cx => cx.Checkpoint(checkpoint));
                case "log":
                    string line = given.AsText();
                    return Act(cx => cx.Log(Level.Info, line));
                case "verdict":
                    return Say(given);
                case "sleep_ms":
                    int pauseMs = Shape.Count(given);
                    return async (cx, input, verdicts) =>
                    {
                        await Task.WhenAny(Task.Delay(pauseMs), cx.Cancelled()).ConfigureAwait(false);
                        return cx.IsCancelled ? throw Stopped(cx) : (Outcome)null;
                    };
                case "block_ms":
                    int blockMs = Shape.Count(given);
                    return Act(cx => Thread.Sleep(blockMs));
                case "wait_cancel":
                    Yes(given);
                    return async (cx, input, verdicts) =>
                    {
                        await cx.Cancelled().ConfigureAwait(false);
                        throw Stopped(cx);
                    };
                case "fail":
                    return Fail(given);
                case "throw":
                    string message = given.AsText();
                    return Act(cx => throw new InvalidOperationException(message));
                case "return":
                    return End(Json(given.AsText()));
                case "return_binary":
                    return End(Outcome.One(Payload.Binary(Convert.FromBase64String(given.AsText()))));
                case "return_input":
                    Yes(given);
                    return (cx, input, verdicts) => Task.FromResult(Outcome.One(input));
                case "return_checkpoint":
                    Yes(given);
                    return (cx, input, verdicts) => Task.FromResult(Outcome.One(cx.LastCheckpoint ?? Payload.Json("null")));
                case "return_type":
                    string type = given.AsText();
                    if (type != "NONE" && type != "MULTIPLE") throw new FormatException("expected NONE or MULTIPLE");
                    return End(type == "NONE" ? Outcome.None : Outcome.Many(new Payload[0]));
                default:
                    throw new FormatException("there is no operation `" + name + "`");
            }
        }

        private static Operation Emit(JsonValue given)
        {
            JsonValue key;
            Shape.Members(given, "topic", "key", "json");
            string topic = given["topic"].AsText();
            string text = given.TryGet("key", out key) ? key.AsText() : "";
            Payload payload = Payload.Json(given["json"].AsText());
            return Act(cx => cx.Emit(topic, text, payload));
        }

        private static Operation Say(JsonValue given)
        {
            Shape.Members(given, "policy", "version", "passed", "detail");
            var verdict = new Verdict(
                given["policy"].AsText(), given["version"].AsText(), given["passed"].AsBoolean(), given["detail"].AsText());
            return (cx, input, verdicts) =>
            {
                verdicts.Add(verdict);
                return Task.FromResult<Outcome>(null);
            };
        }

        private static Operation Fail(JsonValue given)
        {
            JsonValue after;
            Shape.Members(given, "code", "message", "retryable", "after_ms");
            string code = given["code"].AsText();
            string message = given["message"].AsText();
            bool isRetryable = given["retryable"].AsBoolean();
            TimeSpan? pause = given.TryGet("after_ms", out after) ? TimeSpan.FromMilliseconds(Shape.Count(after)) : (TimeSpan?)null;
            return Act(cx => throw (isRetryable ? (FunctionError)new Retryable(code, message, pause) : new NonRetryable(code, message)));
        }

        private static Operation Act(Action<Context> act)
        {
            return (cx, input, verdicts) =>
            {
                act(cx);
                return Task.FromResult<Outcome>(null);
            };
        }

        private static Operation End(Outcome outcome)
        {
            return (cx, input, verdicts) => Task.FromResult(outcome);
        }

        private static Outcome Json(string text)
        {
            return Outcome.One(Payload.Json(text));
        }

        private static void Yes(JsonValue value)
        {
            if (!value.AsBoolean()) throw new FormatException("only `true` has a meaning here");
        }

        /// <summary>What a cancelled function throws; the worker reports the cancellation in its place.</summary>
        private static Retryable Stopped(Context cx)
        {
            return new Retryable("CANCELLED", cx.CancelReason == null ? "" : Words.Of(cx.CancelReason.Value));
        }
    }
}
