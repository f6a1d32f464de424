using System;
using System.Collections.Generic;

namespace Esteira.Model
{
    /// <summary>Why an expression has no value. The message never holds payload bytes.</summary>
    public sealed class ExpressionException : Exception
    {
        /// <summary>Code of an expression that cannot be read.</summary>
        public const string Invalid = "EXPRESSION_INVALID";
        /// <summary>Code of an expression that names data which is not there.</summary>
        public const string MissingPath = "EXPRESSION_MISSING_PATH";
        /// <summary>Code of an expression over values of the wrong type.</summary>
        public const string Type = "EXPRESSION_TYPE";
        /// <summary>Code of an expression that failed in another way.</summary>
        public const string Failed = "EXPRESSION_FAILED";
        /// <summary>Code of a task whose end would begin too many tasks.</summary>
        public const string FanOutTooLarge = "FAN_OUT_TOO_LARGE";

        /// <summary>With one of the codes above, and a message for a person.</summary>
        public ExpressionException(string code, string message)
            : base(message)
        {
            Code = code;
        }

        /// <summary>What kind of problem it is; it becomes the failure's code.</summary>
        public string Code { get; }

        /// <summary>It names data that is not there.</summary>
        internal static ExpressionException Missing(string path)
        {
            return new ExpressionException(MissingPath, "missing path " + path);
        }
    }

    /// <summary>What an expression refers to.</summary>
    public sealed class References
    {
        /// <summary>Of these.</summary>
        public References(IReadOnlyList<string> steps, bool output)
        {
            Steps = steps;
            Output = output;
        }

        /// <summary>Keys of the steps whose output it reads (`steps.KEY.output`).</summary>
        public IReadOnlyList<string> Steps { get; }
        /// <summary>Whether it reads `output`; a template may not, there is none yet.</summary>
        public bool Output { get; }
    }

    /// <summary>
    /// The variables of an expression: `input`, `output` (what flows along the edge; not in a template), `item`
    /// (`{"index": 3, "path": [0, 3]}`; not outside a fan-out), `steps.KEY.output`, `job` and `config`.
    /// </summary>
    public sealed class Scope
    {
        /// <summary>What the task ran on, or what arrived.</summary>
        public Payload Input { get; set; } = Payload.None;
        /// <summary>What flows along the edge; null in a template.</summary>
        public Payload Output { get; set; }
        /// <summary>Item path; empty outside a fan-out: then `item` is not there.</summary>
        public IReadOnlyList<int> ItemPath { get; set; } = new int[0];
        /// <summary>Outputs of earlier steps, by step key.</summary>
        public IReadOnlyDictionary<string, Payload> Steps { get; set; } = new Dictionary<string, Payload>();
        /// <summary>The variable `job`.</summary>
        public JobScope Job { get; set; } = new JobScope();
        /// <summary>JSON text, or "" when the step has none: then `config` is not there.</summary>
        public string ConfigJson { get; set; } = "";
    }

    /// <summary>The variable `job`.</summary>
    public sealed class JobScope
    {
        /// <summary>The job's id.</summary>
        public string Id { get; set; } = "";
        /// <summary>The data that the job started with.</summary>
        public Payload Input { get; set; }
        /// <summary>The job's labels.</summary>
        public IReadOnlyDictionary<string, string> Labels { get; set; } = NoTexts.Map;
        /// <summary>The job's data class: `PRODUCTION`, `QA` or `DEVTEST`.</summary>
        public string DataClass { get; set; } = "DEVTEST";
    }

    /// <summary>
    /// The language of conditions, policies and `$cel`: a detail behind this port; templates themselves need nothing of it.
    /// Each method throws an <see cref="ExpressionException"/>.
    /// </summary>
    public interface IEvaluate
    {
        /// <summary>Parses a condition and says what it refers to.</summary>
        References CheckCondition(string source);

        /// <summary>Parses a policy rule: a condition over the one variable `value`.</summary>
        void CheckPolicy(string source);

        /// <summary>Parses an expression of a template, of any type, and says what it refers to.</summary>
        References CheckExpression(string source);

        /// <summary>Whether the condition holds. Anything but a boolean is an error.</summary>
        bool Condition(string source, Scope scope);

        /// <summary>Whether the rule holds for this value.</summary>
        bool Policy(string source, Payload value);

        /// <summary>The value of an expression of a template, as JSON text.</summary>
        string Expression(string source, Scope scope);
    }

    /// <summary>The evaluator of a runner that was given none: refuses every expression.</summary>
    internal sealed class NoExpressions : IEvaluate
    {
        internal static readonly NoExpressions All = new NoExpressions();

        private static ExpressionException Absent()
        {
            return new ExpressionException(ExpressionException.Invalid, "expressions need an evaluator: `Runner.Evaluate`");
        }

        public References CheckCondition(string source)
        {
            throw Absent();
        }

        public void CheckPolicy(string source)
        {
            throw Absent();
        }

        public References CheckExpression(string source)
        {
            throw Absent();
        }

        public bool Condition(string source, Scope scope)
        {
            throw Absent();
        }

        public bool Policy(string source, Payload value)
        {
            throw Absent();
        }

        public string Expression(string source, Scope scope)
        {
            throw Absent();
        }
    }
}
