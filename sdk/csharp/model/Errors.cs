using System;
using System.Collections.Generic;

namespace Esteira.Model
{
    /// <summary>Codes of failures that the SDK itself names.</summary>
    public static class ErrorCodes
    {
        /// <summary>A failure that the author did not name: any other exception.</summary>
        public const string Unhandled = "UNHANDLED";
        /// <summary>An input that cannot be decoded.</summary>
        public const string InputInvalid = "INPUT_INVALID";
        /// <summary>A configuration that cannot be decoded.</summary>
        public const string ConfigInvalid = "CONFIG_INVALID";
        /// <summary>A value that JSON cannot hold.</summary>
        public const string OutputInvalid = "OUTPUT_INVALID";
        /// <summary>A result that is larger than the contract allows.</summary>
        public const string ResultTooLarge = "RESULT_TOO_LARGE";
        /// <summary>An output that does not agree with the step's output type.</summary>
        public const string OutputTypeMismatch = "OUTPUT_TYPE_MISMATCH";
    }

    /// <summary>A failure that the author of a function names: throw <see cref="Retryable"/> or <see cref="NonRetryable"/>.</summary>
    public abstract class FunctionError : Exception
    {
        /// <summary>With a message for a person, which may hold data and is treated like data.</summary>
        protected FunctionError(string code, string message, Exception cause)
            : base(message, cause)
        {
            Code = code;
        }

        /// <summary>Stable UPPER_SNAKE code; retry rules and failure edges match it exactly.</summary>
        public string Code { get; }

        /// <summary>Whether another attempt may succeed.</summary>
        public abstract bool IsRetryable { get; }

        /// <summary>Anything that was thrown as the error that it counts as: what the author did not name is retryable `UNHANDLED`.</summary>
        internal static FunctionError Of(Exception thrown)
        {
            var named = thrown as FunctionError;
            return named ?? new Retryable(ErrorCodes.Unhandled, Messages(thrown), null, thrown);
        }

        /// <summary>The messages of an exception and of its causes.</summary>
        private static string Messages(Exception thrown)
        {
            var texts = new List<string>();
            for (Exception at = thrown; at != null; at = at.InnerException) texts.Add(at.Message);
            return string.Join(": ", texts);
        }

        /// <summary>
        /// The failure that is reported, with its texts cut to the contract's limits. A code of another form than
        /// `[A-Z][A-Z0-9_]{0,63}` becomes `UNHANDLED` and moves into the message.
        /// </summary>
        public static Failure ToFailure(Exception thrown, string source)
        {
            FunctionError error = Of(thrown);
            bool fits = Names.IsCode(error.Code);
            FailureKind kind = error.IsRetryable ? FailureKind.Retryable : FailureKind.NonRetryable;
            string message = fits ? error.Message : error.Code + ": " + error.Message;
            string stack = error.InnerException == null ? "" : error.InnerException.StackTrace ?? "";
            var retryable = error as Retryable;
            TimeSpan? after = retryable == null ? null : retryable.After;
            return new Failure(kind, fits ? error.Code : ErrorCodes.Unhandled, message, source, stack, after).Truncated();
        }

        /// <summary>More than the contract allows.</summary>
        internal static NonRetryable TooLarge(string what, long count, long most)
        {
            return new NonRetryable(ErrorCodes.ResultTooLarge, count + " " + what + ", and " + most + " is the most");
        }
    }

    /// <summary>Another attempt may succeed.</summary>
    public sealed class Retryable : FunctionError
    {
        /// <summary>With a message for a person, and perhaps a pause before the next attempt.</summary>
        public Retryable(string code, string message, TimeSpan? after = null, Exception cause = null)
            : base(code, message, cause)
        {
            After = after;
        }

        /// <summary>Wait at least this long before the next attempt.</summary>
        public TimeSpan? After { get; }

        /// <summary>True.</summary>
        public override bool IsRetryable
        {
            get { return true; }
        }
    }

    /// <summary>No attempt will succeed with this input.</summary>
    public sealed class NonRetryable : FunctionError
    {
        /// <summary>With a message for a person.</summary>
        public NonRetryable(string code, string message, Exception cause = null)
            : base(code, message, cause)
        {
        }

        /// <summary>False.</summary>
        public override bool IsRetryable
        {
            get { return false; }
        }

        /// <summary>The input cannot be decoded.</summary>
        public static NonRetryable InputInvalid(string message)
        {
            return new NonRetryable(ErrorCodes.InputInvalid, message);
        }

        /// <summary>The step's configuration cannot be decoded.</summary>
        public static NonRetryable ConfigInvalid(string message)
        {
            return new NonRetryable(ErrorCodes.ConfigInvalid, message);
        }
    }
}
