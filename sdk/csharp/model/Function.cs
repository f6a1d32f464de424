using System;
using System.Threading.Tasks;

namespace Esteira.Model
{
    /// <summary>What a function says about itself when its worker registers.</summary>
    public sealed class FunctionSpec
    {
        /// <summary>Of these.</summary>
        public FunctionSpec(string name, OutputType outputType, string version = "", string summary = "")
        {
            Name = name;
            OutputType = outputType;
            Version = version;
            Summary = summary;
        }

        /// <summary>The name that plans use: `[a-z][a-z0-9_.-]{0,62}`, for example `order.reserve`.</summary>
        public string Name { get; }
        /// <summary>What it produces; must agree with the step that runs it.</summary>
        public OutputType OutputType { get; }
        /// <summary>The author's version text; recorded with every attempt. "" when the author counts none.</summary>
        public string Version { get; }
        /// <summary>What it does, in one sentence of at most 256 characters.</summary>
        public string Summary { get; }
    }

    /// <summary>
    /// A named, versioned, stateless unit of code with one entry. It does exactly one thing and persists nothing.
    ///
    /// <see cref="ExecuteAsync"/> may be called many times at once, and again for the same task: an attempt can be repeated
    /// after a lost lease. Hand <see cref="Context.IdempotencyKey"/> to outside services, and return soon after
    /// <see cref="Context.Token"/> is cancelled. Implement it for a class that holds clients or settings;
    /// <see cref="Function"/> makes one of a plain method.
    /// </summary>
    public interface IFunction
    {
        /// <summary>Name, version, output type and summary.</summary>
        FunctionSpec Spec { get; }

        /// <summary>Runs it once on one input. What it throws is a failure; see <see cref="Retryable"/> and <see cref="NonRetryable"/>.</summary>
        Task<Outcome> ExecuteAsync(Context cx, Payload input);
    }

    /// <summary>Makes an <see cref="IFunction"/> of a plain method.</summary>
    public static class Function
    {
        /// <summary>Of a method that waits for nothing.</summary>
        public static IFunction Of(string name, OutputType outputType, Func<Context, Payload, Outcome> run)
        {
            return new Plain(new FunctionSpec(name, outputType), (cx, input) => Task.FromResult(run(cx, input)));
        }

        /// <summary>Of a method that waits, with all that it says about itself.</summary>
        public static IFunction OfAsync(FunctionSpec spec, Func<Context, Payload, Task<Outcome>> run)
        {
            return new Plain(spec, run);
        }

        private sealed class Plain : IFunction
        {
            private readonly Func<Context, Payload, Task<Outcome>> _run;

            internal Plain(FunctionSpec spec, Func<Context, Payload, Task<Outcome>> run)
            {
                Spec = spec;
                _run = run;
            }

            public FunctionSpec Spec { get; }

            public async Task<Outcome> ExecuteAsync(Context cx, Payload input)
            {
                Outcome outcome = await _run(cx, input).ConfigureAwait(false);
                return outcome ?? Outcome.None;
            }
        }
    }
}
