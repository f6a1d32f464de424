using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Esteira.Conformance;
using Esteira.Model;
using Esteira.Testing;

namespace Esteira.Tests
{
    /// <summary>What this SDK does with each kind of case of `tests/vectors`; see its README. Answers in the form of `expected`.</summary>
    internal sealed class Vectors
    {
        private const string Uuid = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";

        /// <summary>Codes whose message the engine or an SDK writes, and not the function's author.</summary>
        private static readonly string[] OwnWords =
        {
            "CONFIG_INVALID", "INPUT_INVALID", "JSON_INVALID", "OUTPUT_TYPE_MISMATCH", "RESULT_TOO_LARGE",
        };

        private readonly IEvaluate _evaluate;

        internal Vectors(IEvaluate evaluate)
        {
            _evaluate = evaluate;
        }

        /// <summary>What comes of a case.</summary>
        internal JsonValue Found(JsonValue given)
        {
            switch (given["kind"].AsText())
            {
                case "trace":
                    return Trace(given);
                case "refused":
                    return Refused(given);
                case "template":
                    return Template(given);
                case "digest":
                    return JsonValue.Object().With("sha256", PayloadIn(given["payload"]).Digest());
                case "error":
                    return Error(given["raised"]);
                case "truncate":
                    return Truncate(given);
                case "duration":
                    ulong? ms = DurationText.ParseMs(given["text"].AsText());
                    return ms == null ? JsonValue.Object().With("error", true) : JsonValue.Parse("{\"ms\":" + ms + "}");
                case "echo":
                    return Echo(given);
                case "document":
                    ParsedPlan parsed = Plan.Parse(given["plan"].AsText());
                    return JsonValue.Object().With("document", parsed.Plan.DefinitionJson(parsed.Name));
                default:
                    throw new InvalidDataException("an unknown kind of case: " + given["kind"].AsText());
            }
        }

        private static JsonValue Get(JsonValue given, string name)
        {
            JsonValue value;
            return given.TryGet(name, out value) ? value : null;
        }

        private static string TextOf(JsonValue given, string name)
        {
            JsonValue value = Get(given, name);
            return value == null ? "" : value.AsText();
        }

        private static Dictionary<string, string> TextsOf(JsonValue given, string name)
        {
            JsonValue value = Get(given, name);
            return value == null ? new Dictionary<string, string>() : value.Names.ToDictionary(key => key, key => value[key].AsText());
        }

        private static Payload PayloadIn(JsonValue given)
        {
            if (Get(given, "json") != null) return Payload.Json(given["json"].AsText());
            return Get(given, "binary") == null ? Payload.None : Payload.Binary(Convert.FromBase64String(given["binary"].AsText()));
        }

        /// <summary>Ids differ in every run.</summary>
        private static JsonValue PayloadOut(Payload payload)
        {
            if (payload == null) return JsonValue.Null;
            if (payload.Kind == BodyKind.None) return JsonValue.Object().With("none", true);
            if (payload.Kind == BodyKind.Binary) return JsonValue.Object().With("binary", Convert.ToBase64String(payload.Bytes()));
            return JsonValue.Object().With("json", Regex.Replace(payload.JsonText, "\"task_id\":\"" + Uuid + "\"", "\"task_id\":\"<task>\""));
        }

        private Runner RunnerOf(JsonValue given)
        {
            Runner runner = new Runner().Function(Kit.Functions).Evaluate(_evaluate).SkipWaits();
            foreach (KeyValuePair<string, string> plan in TextsOf(given, "plans")) runner = runner.Plan(plan.Key, Plan.Parse(plan.Value).Plan);
            return runner;
        }

        private static Start StartIn(JsonValue given)
        {
            JsonValue moved = Get(given, "aggregate");
            return new Start(PayloadIn(given["input"]))
            {
                Actor = new Actor(TextOf(given, "operator"), TextOf(given, "account")),
                Aggregate = moved == null ? null : new AggregateRef(moved["type"].AsText(), moved["id"].AsText(), moved["version"].AsInt64()),
                Headers = TextsOf(given, "headers"),
                Labels = TextsOf(given, "labels"),
            };
        }

        private JsonValue Trace(JsonValue given)
        {
            Plan plan = Plan.Parse(given["plan"].AsText()).Plan;
            IEnumerable<Plan> all = TextsOf(given, "plans").Values.Select(text => Plan.Parse(text).Plan).Concat(new[] { plan });
            var rules = new HashSet<string>(all.SelectMany(one => one.Policies).Select(policy => policy.Name));
            Trace trace = RunnerOf(given).RunAsync(plan, StartIn(given["start"])).Result;
            return JsonValue.Object()
                .With("state", Words.Of(trace.State))
                .With("failure", FailureOut(trace.Failure))
                .With("tasks", JsonValue.Array(trace.Tasks.Select(task => TaskOut(task, rules))))
                .With("results", JsonValue.Array(trace.Results.Select(PayloadOut)))
                .With("messages", JsonValue.Array(trace.Messages.Select(MessageOut)));
        }

        private static JsonValue TaskOut(TracedTask task, HashSet<string> rules)
        {
            return JsonValue.Object()
                .With("plan", task.PlanName)
                .With("step", task.StepKey)
                .With("item", string.Join("/", task.ItemPath))
                .With("attempts", task.Attempts)
                .With("state", Words.Of(task.State))
                .With("input", PayloadOut(task.Input))
                .With("outputs", JsonValue.Array(task.Outputs.Select(PayloadOut)))
                .With("verdicts", JsonValue.Array(task.Verdicts.Select(verdict => VerdictOut(verdict, rules))))
                .With("failure", FailureOut(task.Failure));
        }

        private static JsonValue VerdictOut(Verdict verdict, HashSet<string> rules)
        {
            // Why the language of expressions cannot judge is said in its own words.
            string detail = rules.Contains(verdict.Policy) ? verdict.Detail.Split(':')[0] : verdict.Detail;
            return JsonValue.Object().With("policy", verdict.Policy).With("version", verdict.Version)
                .With("passed", verdict.Passed).With("detail", detail);
        }

        private static JsonValue MessageOut(Emit message)
        {
            string key = Regex.IsMatch(message.Key, "^" + Uuid + "$") ? "<job>" : message.Key;
            return JsonValue.Object().With("topic", message.Topic).With("key", key).With("payload", PayloadOut(message.Payload));
        }

        private static JsonValue FailureOut(Failure failure)
        {
            if (failure == null) return JsonValue.Null;
            JsonValue told = JsonValue.Object().With("kind", Words.Of(failure.Kind)).With("code", failure.Code);
            bool isSaid = failure.Source == "kit.script" && !OwnWords.Contains(failure.Code);
            return isSaid ? told.With("message", failure.Message) : told;
        }

        private JsonValue Refused(JsonValue given)
        {
            try
            {
                Plan plan = Plan.Parse(given["plan"].AsText()).Plan;
                Start start = Get(given, "start") == null ? new Start(Payload.Json("null")) : StartIn(given["start"]);
                return JsonValue.Object().With("error", "nothing refuses it: " + RunnerOf(given).RunAsync(plan, start).Result);
            }
            catch (Exception problem)
            {
                Exception inner = problem is AggregateException ? problem.InnerException : problem;
                if (inner is PlanDocumentException) return Invalid(((PlanDocumentException)inner).Issues);
                if (!(inner is RunException)) throw;
                var run = (RunException)inner;
                return run.Code == RunErrorCode.PlanInvalid ? Invalid(run.Issues) : JsonValue.Object().With("error", Words.Of(run.Code));
            }
        }

        private static JsonValue Invalid(IReadOnlyList<Issue> issues)
        {
            JsonValue[] errors = issues.Where(issue => !issue.IsWarning)
                .OrderBy(issue => issue.Path, StringComparer.Ordinal).ThenBy(issue => issue.Code, StringComparer.Ordinal)
                .Select(issue => JsonValue.Object().With("path", issue.Path).With("code", issue.Code)).ToArray();
            JsonValue told = JsonValue.Object().With("error", "PLAN_INVALID");
            return errors.Length == 0 ? told : told.With("issues", JsonValue.Array(errors));
        }

        private JsonValue Template(JsonValue given)
        {
            JsonValue variables = Get(given, "variables") ?? JsonValue.Object();
            JsonValue job = Get(variables, "job");
            JsonValue item = Get(variables, "item");
            var scope = new Scope
            {
                Input = Get(variables, "input") == null ? Payload.None : Payload.Json(TextOf(variables, "input")),
                ItemPath = item == null ? new int[0] : item.Items.Select(index => (int)index.AsInt64()).ToArray(),
                Steps = TextsOf(variables, "steps").ToDictionary(step => step.Key, step => Payload.Json(step.Value)),
                ConfigJson = TextOf(variables, "config"),
                Job = job == null ? new JobScope() : new JobScope
                {
                    Id = TextOf(job, "id"), Input = Payload.Json(TextOf(job, "input")), Labels = TextsOf(job, "labels"),
                    DataClass = TextOf(job, "data_class"),
                },
            };
            try
            {
                Payload built = TemplateRenderer.Render(TemplateCompiler.Compile(given["template"].AsText(), _evaluate), scope, _evaluate);
                return JsonValue.Object().With("json", built.JsonText);
            }
            catch (ExpressionException problem)
            {
                // A `$ref` names its pointer; CEL has words of its own.
                Match path = Regex.Match(problem.Message, "^missing path (/.*)$");
                JsonValue told = JsonValue.Object().With("error", problem.Code);
                return path.Success ? told.With("path", path.Groups[1].Value) : told;
            }
        }

        private static JsonValue Error(JsonValue raised)
        {
            Failure failure = FunctionError.ToFailure(Raise(raised), "kit.script");
            JsonValue told = JsonValue.Object().With("kind", Words.Of(failure.Kind)).With("code", failure.Code).With("message", failure.Message);
            return failure.RetryAfter == null ? told : told.With("retry_after_ms", (long)failure.RetryAfter.Value.TotalMilliseconds);
        }

        private static Exception Raise(JsonValue raised)
        {
            JsonValue after = Get(raised, "after_ms");
            string message = TextOf(raised, "message");
            switch (raised["type"].AsText())
            {
                case "retryable":
                    return new Retryable(TextOf(raised, "code"), message, after == null ? (TimeSpan?)null : TimeSpan.FromMilliseconds(after.AsInt64()));
                case "non_retryable":
                    return new NonRetryable(TextOf(raised, "code"), message);
                case "other":
                    return new InvalidOperationException(message);
                case "input_invalid":
                    return NonRetryable.InputInvalid(message);
                case "config_invalid":
                    return NonRetryable.ConfigInvalid(message);
                default:
                    throw new InvalidDataException("an unknown type of error: " + raised["type"].AsText());
            }
        }

        private static JsonValue Truncate(JsonValue given)
        {
            string text = string.Concat(Enumerable.Repeat(given["text_unit"].AsText(), (int)given["count"].AsInt64()));
            Failure cut = new Failure(FailureKind.Retryable, "X", text, "engine", text).Truncated();
            string left = given["limit"].AsInt64() == 4096 ? cut.Message : cut.StackTrace;
            if (!text.StartsWith(left, StringComparison.Ordinal)) throw new InvalidDataException("not a beginning of the text");
            return JsonValue.Object().With("bytes", System.Text.Encoding.UTF8.GetByteCount(left));
        }

        private static JsonValue Echo(JsonValue given)
        {
            IFunction echo = Kit.Functions.First(function => function.Spec.Name == "kit.echo");
            string json = given["json"].AsText();
            JsonValue expected = given["expected"];
            Execution execution = new Harness().RunAsync(echo, Payload.Json(json)).Result;
            bool mayRefuse = Get(expected, "same_value_or") != null;
            if (execution.Error != null)
            {
                bool isAllowed = mayRefuse && TextOf(expected, "same_value_or") == execution.Error.Code;
                return isAllowed ? expected : JsonValue.Object().With("error", execution.Error.Code);
            }
            bool isSame = IsSame(JsonValue.Parse(json), JsonValue.Parse(execution.Payloads[0].JsonText));
            return isSame && mayRefuse ? expected : JsonValue.Object().With("same_value", isSame);
        }

        private static bool IsSame(JsonValue a, JsonValue b)
        {
            if (a.Kind != b.Kind) return false;
            if (a.Kind == JsonKind.Number) return Digits.Of(a.AsNumberText()) == Digits.Of(b.AsNumberText());
            if (a.Kind == JsonKind.Array) return a.Items.Count == b.Items.Count && a.Items.Zip(b.Items, IsSame).All(same => same);
            if (a.Kind != JsonKind.Object) return a.ToJson() == b.ToJson();
            return a.Names.Count == b.Names.Count && a.Names.All(name => Get(b, name) != null && IsSame(a[name], b[name]));
        }
    }
}
