using System;

namespace Esteira.Model
{
    /// <summary>What a failure means for a retry.</summary>
    public enum FailureKind
    {
        /// <summary>Another attempt may succeed.</summary>
        Retryable,
        /// <summary>No attempt will succeed with this input.</summary>
        NonRetryable,
        /// <summary>The attempt took too long.</summary>
        Timeout,
        /// <summary>The job was cancelled.</summary>
        Cancelled,
        /// <summary>Leases of the task expired too often.</summary>
        LeaseExpired,
        /// <summary>Something that the contract excludes.</summary>
        Protocol,
    }

    /// <summary>A failure with a stable code. Texts may hold data and are treated like data. Never changes.</summary>
    public sealed class Failure
    {
        /// <summary>Of these.</summary>
        public Failure(
            FailureKind kind,
            string code,
            string message,
            string source,
            string stackTrace = "",
            TimeSpan? retryAfter = null,
            Payload details = null)
        {
            Kind = kind;
            Code = code;
            Message = message;
            Source = source;
            StackTrace = stackTrace;
            RetryAfter = retryAfter;
            Details = details;
        }

        /// <summary>What it means for a retry.</summary>
        public FailureKind Kind { get; }
        /// <summary>Stable UPPER_SNAKE code; retry rules match it exactly.</summary>
        public string Code { get; }
        /// <summary>For a person; at most 4 KiB.</summary>
        public string Message { get; }
        /// <summary>At most 16 KiB, or "".</summary>
        public string StackTrace { get; }
        /// <summary>The function asks for at least this pause before the next attempt.</summary>
        public TimeSpan? RetryAfter { get; }
        /// <summary>More about it, if the author gave it.</summary>
        public Payload Details { get; }
        /// <summary>Which part failed: a function, `engine`, `worker`.</summary>
        public string Source { get; }

        /// <summary>A failure found by esteira itself.</summary>
        internal static Failure Engine(FailureKind kind, string code, string message, string source = "engine")
        {
            return new Failure(kind, code, message, source);
        }

        /// <summary>The same with another meaning, code and message, and without a trace of the program.</summary>
        internal Failure As(FailureKind kind, string code, string message)
        {
            return new Failure(kind, code, message, Source, "", RetryAfter, Details);
        }

        /// <summary>The same with its texts cut to 4 KiB and 16 KiB, on a code point boundary.</summary>
        internal Failure Truncated()
        {
            string message = Texts.Cut(Message, Limits.FailureMessageBytesMax);
            string stack = Texts.Cut(StackTrace, Limits.FailureStackBytesMax);
            return new Failure(Kind, Code, message, Source, stack, RetryAfter, Details);
        }
    }
}
