using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Esteira.Model
{
    /// <summary>From the parts of a template, and a scope, to a payload.</summary>
    internal sealed class TemplateRenderer
    {
        private readonly Scope _scope;
        private readonly IEvaluate _evaluate;

        private TemplateRenderer(Scope scope, IEvaluate evaluate)
        {
            _scope = scope;
            _evaluate = evaluate;
        }

        /// <summary>The payload that the template builds; throws an <see cref="ExpressionException"/>.</summary>
        internal static Payload Render(Template template, Scope scope, IEvaluate evaluate)
        {
            var renderer = new TemplateRenderer(scope, evaluate);
            Part first = template.Parts[0];
            bool isWhole = template.Parts.Count == 1 && first.Kind == PartKind.Reference && first.Tokens.Count == 0;
            // A template that is one reference to a whole payload is that payload, which may be binary.
            if (isWhole && renderer.NamesPayload(first)) return renderer.Whole(first);
            string text = renderer.Parts(template.Parts);
            try
            {
                // Each piece was checked; put together they may be too deep.
                JsonCheck.Check(text);
            }
            catch (JsonFormatException problem)
            {
                throw Failed("the result is not acceptable: " + problem.Message);
            }
            return Payload.Json(text);
        }

        private bool NamesPayload(Part reference)
        {
            return reference.Source == Source.Input || reference.Source == Source.Step || reference.Source == Source.JobInput;
        }

        /// <summary>The payload itself that a reference names.</summary>
        private Payload Whole(Part reference)
        {
            Payload payload = null;
            if (reference.Source == Source.Input) payload = _scope.Input;
            else if (reference.Source == Source.Step) _scope.Steps.TryGetValue(reference.StepKey, out payload);
            else payload = _scope.Job.Input;
            if (payload == null || payload.Kind == BodyKind.None) throw ExpressionException.Missing(reference.Text);
            return payload;
        }

        private string Parts(IReadOnlyList<Part> parts)
        {
            var text = new StringBuilder();
            foreach (Part part in parts)
            {
                text.Append(One(part));
                KeepWithinBounds(text);
            }
            return text.ToString();
        }

        private string One(Part part)
        {
            switch (part.Kind)
            {
                case PartKind.Text:
                    return part.Text;
                case PartKind.Reference:
                    return Reference(part);
                case PartKind.Cel:
                    return _evaluate.Expression(part.Text, _scope);
                case PartKind.Default:
                    return FirstThere(part.Operands);
                default:
                    return Concat(part.Operands);
            }
        }

        private string FirstThere(IReadOnlyList<IReadOnlyList<Part>> choices)
        {
            for (int at = 0; ; at++)
            {
                try
                {
                    return Parts(choices[at]);
                }
                catch (ExpressionException problem) when (problem.Code == ExpressionException.MissingPath && at + 1 < choices.Count)
                {
                    // The next one may be there.
                }
            }
        }

        private string Concat(IReadOnlyList<IReadOnlyList<Part>> operands)
        {
            var text = new StringBuilder("\"");
            foreach (IReadOnlyList<Part> parts in operands)
            {
                string operand = Parts(parts).Trim();
                bool isText = operand.Length >= 2 && operand[0] == '"' && operand[operand.Length - 1] == '"';
                if (!isText) throw new ExpressionException(ExpressionException.Type, "`$concat` joins strings; one of these is not");
                // The escapes of JSON strings stand for themselves in any JSON string.
                text.Append(operand, 1, operand.Length - 2);
                KeepWithinBounds(text);
            }
            return text.Append('"').ToString();
        }

        /// <summary>The text of what a reference names, exactly as it was written.</summary>
        private string Reference(Part reference)
        {
            string text;
            if (reference.Source == Source.Item) text = ItemJson();
            else if (reference.Source == Source.Job) text = JobJson(reference.Tokens.Count == 0);
            else if (reference.Source == Source.Config) text = _scope.ConfigJson;
            else
            {
                Payload payload = Whole(reference);
                if (payload.Kind == BodyKind.Binary && reference.Tokens.Count == 0) throw Binary(reference.Text);
                text = payload.JsonText;
            }
            string value = string.IsNullOrEmpty(text) ? null : JsonPointer.Follow(text, reference.Tokens);
            if (value == null) throw ExpressionException.Missing(reference.Text);
            return value;
        }

        /// <summary>The variable `item` as JSON text; null outside a fan-out.</summary>
        private string ItemJson()
        {
            if (_scope.ItemPath.Count == 0) return null;
            int index = _scope.ItemPath[_scope.ItemPath.Count - 1];
            return "{\"index\":" + index + ",\"path\":[" + string.Join(",", _scope.ItemPath) + "]}";
        }

        /// <summary>The variable `job` as JSON text.</summary>
        private string JobJson(bool withInput)
        {
            JobScope job = _scope.Job;
            string[] names = job.Labels.Keys.ToArray();
            Array.Sort(names, Texts.Compare);
            string labels = string.Join(",", names.Select(name => JsonText.Quoted(name) + ":" + JsonText.Quoted(job.Labels[name])));
            string input = "";
            if (withInput && job.Input != null)
            {
                if (job.Input.Kind == BodyKind.Binary) throw Binary("/job/input");
                if (job.Input.Kind == BodyKind.Json) input = "\"input\":" + job.Input.JsonText.Trim() + ",";
            }
            string dataClass = JsonText.Quoted(job.DataClass);
            return "{\"id\":" + JsonText.Quoted(job.Id) + "," + input + "\"labels\":{" + labels + "},\"data_class\":" + dataClass + "}";
        }

        private static ExpressionException Binary(string pointer)
        {
            return new ExpressionException(ExpressionException.Type, pointer + " is binary and cannot stand inside JSON");
        }

        private static ExpressionException Failed(string message)
        {
            return new ExpressionException(ExpressionException.Failed, message);
        }

        private static void KeepWithinBounds(StringBuilder text)
        {
            // A code unit takes at most three bytes.
            if (text.Length <= Limits.PayloadBytesMax / 3) return;
            if (Texts.Utf8Length(text.ToString()) <= Limits.PayloadBytesMax) return;
            throw Failed("the result is larger than " + Limits.PayloadBytesMax + " bytes");
        }
    }
}
