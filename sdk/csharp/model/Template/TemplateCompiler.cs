using System;
using System.Collections.Generic;
using System.Linq;

namespace Esteira.Model
{
    /// <summary>Parses and checks templates; what is wrong is an <see cref="ExpressionException"/>.</summary>
    internal sealed class TemplateCompiler
    {
        /// <summary>Most operators in a template. Each may read through all of a payload.</summary>
        private const int OperatorsMax = 1000;
        private const string Roots = "/input, /item, /steps/<key>/output, /job and /config";

        private readonly IEvaluate _evaluate;
        private readonly SortedSet<string> _steps = new SortedSet<string>(StringComparer.Ordinal);
        private bool _readsOutput;
        private int _operators;

        private TemplateCompiler(IEvaluate evaluate)
        {
            _evaluate = evaluate;
        }

        internal static Template Compile(string source, IEvaluate evaluate)
        {
            try
            {
                JsonCheck.Check(source);
            }
            catch (JsonFormatException problem)
            {
                throw Invalid("not acceptable JSON: " + problem.Message);
            }
            var compiler = new TemplateCompiler(evaluate);
            // Space around the value would hide that it is a lone reference.
            IReadOnlyList<Part> parts = compiler.Parts(new JsonCursor(source).Value(), "");
            return new Template(parts, new References(compiler._steps.ToArray(), compiler._readsOutput));
        }

        /// <summary>The parts of a value. `at` is its JSON Pointer in the template, for messages.</summary>
        private IReadOnlyList<Part> Parts(string text, string at)
        {
            var cut = new Cutter(text);
            Value(new JsonCursor(text), cut, at);
            return cut.Finish();
        }

        private void Value(JsonCursor cursor, Cutter cut, string at)
        {
            char next = cursor.Peek();
            if (next == '{')
            {
                KeyValuePair<string, string>? found = Operator(cursor.Copy(), at);
                if (found == null)
                {
                    Members(cursor, cut, at, '{');
                    return;
                }
                int begin = cursor.Offset();
                cursor.Value();
                cut.Put(begin, cursor.Position, OperatorPart(found.Value.Key, found.Value.Value, at));
            }
            else if (next == '[') Members(cursor, cut, at, '[');
            else cursor.Value();
        }

        private void Members(JsonCursor cursor, Cutter cut, string at, char bracket)
        {
            cursor.Enter(bracket);
            for (int index = 0; cursor.More(); index++)
            {
                string name = bracket == '{' ? JsonText.EscapePointer(cursor.Key()) : Texts.Of(index);
                Value(cursor, cut, at + "/" + name);
            }
        }

        /// <summary>The operator that the next object is, with its argument; null when it is none.</summary>
        private static KeyValuePair<string, string>? Operator(JsonCursor cursor, string at)
        {
            KeyValuePair<string, string>? found = null;
            int keys = 0;
            for (cursor.Enter('{'); cursor.More(); keys++)
            {
                string name = cursor.Key();
                string argument = cursor.Value();
                bool isOperator = name.StartsWith("$", StringComparison.Ordinal);
                if (isOperator && found == null) found = new KeyValuePair<string, string>(name, argument);
            }
            // Silence here would let a typing error, or a second key, turn an operator into data.
            if (found == null || keys == 1) return found;
            const string Why = "beside other keys is neither an operator nor data; wrap it in `$literal` if it is data";
            throw Refuse(at, "`" + found.Value.Key + "` " + Why);
        }

        private Part OperatorPart(string name, string argument, string at)
        {
            if (++_operators > OperatorsMax) throw Invalid("more than " + OperatorsMax + " operators");
            switch (name)
            {
                case "$ref":
                    return Reference(Text(argument, name, at), at);
                case "$cel":
                    return Cel(Text(argument, name, at), at);
                case "$default":
                    return Part.Of(PartKind.Default, Operands(argument, name, at));
                case "$concat":
                    return Concat(Operands(argument, name, at), at);
                case "$literal":
                    return Part.Copied(argument);
                default:
                    throw Refuse(at, "unknown operator `" + name + "`; `$literal` keeps an object as it is");
            }
        }

        private static Part Concat(IReadOnlyList<IReadOnlyList<Part>> operands, string at)
        {
            foreach (IReadOnlyList<Part> parts in operands)
            {
                // What is not an operator is known now.
                bool isKnown = parts.Count == 1 && parts[0].Kind == PartKind.Text;
                if (!isKnown || parts[0].Text.StartsWith("\"", StringComparison.Ordinal)) continue;
                throw new ExpressionException(ExpressionException.Type, Place(at) + "`$concat` joins strings; a number is not text");
            }
            return Part.Of(PartKind.Concat, operands);
        }

        private Part Cel(string source, string at)
        {
            try
            {
                References references = _evaluate.CheckExpression(source);
                _steps.UnionWith(references.Steps);
                _readsOutput |= references.Output;
            }
            catch (ExpressionException problem)
            {
                throw new ExpressionException(problem.Code, Place(at) + problem.Message);
            }
            return Part.Cel(source);
        }

        private IReadOnlyList<IReadOnlyList<Part>> Operands(string argument, string name, string at)
        {
            var cursor = new JsonCursor(argument);
            var operands = new List<IReadOnlyList<Part>>();
            if (cursor.Enter('['))
            {
                while (cursor.More()) operands.Add(Parts(cursor.Value(), at + "/" + name + "/" + operands.Count));
            }
            if (operands.Count == 0) throw Refuse(at, "`" + name + "` takes an array with at least one element");
            return operands;
        }

        private Part Reference(string pointer, string at)
        {
            IReadOnlyList<string> tokens;
            try
            {
                tokens = JsonPointer.Parse(pointer);
            }
            catch (FormatException problem)
            {
                throw Refuse(at, problem.Message);
            }
            string second = tokens.Count > 1 ? tokens[1] : null;
            switch (tokens[0])
            {
                case "input":
                    return Part.Reference(pointer, Source.Input, null, tokens.Skip(1).ToArray());
                case "item":
                    return Part.Reference(pointer, Source.Item, null, tokens.Skip(1).ToArray());
                case "config":
                    return Part.Reference(pointer, Source.Config, null, tokens.Skip(1).ToArray());
                case "job":
                    bool isInput = second == "input";
                    return Part.Reference(pointer, isInput ? Source.JobInput : Source.Job, null, tokens.Skip(isInput ? 2 : 1).ToArray());
                case "steps":
                    if (second == null || tokens.Count < 3 || tokens[2] != "output") break;
                    _steps.Add(second);
                    return Part.Reference(pointer, Source.Step, second, tokens.Skip(3).ToArray());
            }
            throw Refuse(at, "`" + pointer + "` begins nowhere: the roots are " + Roots);
        }

        private static string Text(string argument, string name, string at)
        {
            string text = new JsonCursor(argument).String();
            if (text == null) throw Refuse(at, "`" + name + "` takes a string");
            return text;
        }

        private static string Place(string at)
        {
            return at == "" ? "" : "at " + at + ": ";
        }

        private static ExpressionException Invalid(string message)
        {
            return new ExpressionException(ExpressionException.Invalid, message);
        }

        private static ExpressionException Refuse(string at, string why)
        {
            return Invalid(Place(at) + why);
        }

        /// <summary>Cuts text into parts.</summary>
        private sealed class Cutter
        {
            private readonly string _text;
            private readonly List<Part> _parts = new List<Part>();
            private int _copied;

            internal Cutter(string text)
            {
                _text = text;
            }

            /// <summary>Puts a part in the place of the text from `begin` to `end`.</summary>
            internal void Put(int begin, int end, Part part)
            {
                CopyTo(begin);
                _parts.Add(part);
                _copied = end;
            }

            private void CopyTo(int end)
            {
                if (end > _copied) _parts.Add(Part.Copied(_text.Substring(_copied, end - _copied)));
            }

            internal IReadOnlyList<Part> Finish()
            {
                CopyTo(_text.Length);
                return _parts;
            }
        }
    }
}
