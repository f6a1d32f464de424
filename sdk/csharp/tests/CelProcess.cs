using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Esteira.Model;

namespace Esteira.Tests
{
    /// <summary>CEL for the tests: that of the Python SDK, in a process beside this one (`expressions.py`).</summary>
    internal sealed class CelProcess : IEvaluate, IDisposable
    {
        private readonly Process _process;
        private readonly StreamWriter _asked;

        internal CelProcess(string python, string script)
        {
            var start = new ProcessStartInfo(python, "\"" + script + "\"")
            {
                UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true,
            };
            start.EnvironmentVariables["PYTHONIOENCODING"] = "utf-8";
            _process = Process.Start(start);
            _asked = new StreamWriter(_process.StandardInput.BaseStream, new System.Text.UTF8Encoding(false)) { AutoFlush = true };
        }

        public References CheckCondition(string source)
        {
            return ReferencesIn(Ask("check_condition", source));
        }

        public void CheckPolicy(string source)
        {
            Ask("check_policy", source);
        }

        public References CheckExpression(string source)
        {
            return ReferencesIn(Ask("check_expression", source));
        }

        public bool Condition(string source, Scope scope)
        {
            return Ask("condition", source, "scope", ScopeOut(scope)).AsBoolean();
        }

        public bool Policy(string source, Payload value)
        {
            return Ask("policy", source, "value", PayloadOut(value)).AsBoolean();
        }

        public string Expression(string source, Scope scope)
        {
            return Ask("expression", source, "scope", ScopeOut(scope)).AsText();
        }

        public void Dispose()
        {
            _asked.Dispose();
            _process.WaitForExit();
        }

        private JsonValue Ask(string what, string source, string name = null, JsonValue more = null)
        {
            JsonValue asked = JsonValue.Object().With("do", what).With("source", source);
            if (name != null) asked = asked.With(name, more);
            _asked.WriteLine(asked.ToJson());
            string line = _process.StandardOutput.ReadLine();
            if (line == null) throw new IOException("expressions.py ended");
            JsonValue told = JsonValue.Parse(line);
            JsonValue ok;
            if (told.TryGet("ok", out ok)) return ok;
            throw new ExpressionException(told["code"].AsText(), told["message"].AsText());
        }

        private static References ReferencesIn(JsonValue told)
        {
            return new References(told["steps"].Items.Select(key => key.AsText()).ToArray(), told["output"].AsBoolean());
        }

        private static JsonValue ScopeOut(Scope scope)
        {
            JsonValue steps = JsonValue.Object(scope.Steps.Select(step => new KeyValuePair<string, JsonValue>(step.Key, PayloadOut(step.Value))));
            JsonValue labels = JsonValue.Object(scope.Job.Labels.Select(label => new KeyValuePair<string, JsonValue>(label.Key, label.Value)));
            return JsonValue.Object()
                .With("input", PayloadOut(scope.Input))
                .With("output", scope.Output == null ? JsonValue.Null : PayloadOut(scope.Output))
                .With("item", JsonValue.Array(scope.ItemPath.Select(index => JsonValue.Of(index))))
                .With("steps", steps)
                .With("job_id", scope.Job.Id)
                .With("job_input", scope.Job.Input == null ? JsonValue.Null : PayloadOut(scope.Job.Input))
                .With("labels", labels)
                .With("data_class", scope.Job.DataClass)
                .With("config", scope.ConfigJson);
        }

        private static JsonValue PayloadOut(Payload payload)
        {
            if (payload.Kind == BodyKind.Json) return JsonValue.Object().With("json", payload.JsonText);
            if (payload.Kind == BodyKind.None) return JsonValue.Object();
            return JsonValue.Object().With("binary", Convert.ToBase64String(payload.Bytes()));
        }
    }
}
