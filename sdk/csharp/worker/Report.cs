using System;
using System.Collections.Generic;
using System.Linq;
using Esteira.Client;
using Esteira.Model;
using Google.Protobuf.WellKnownTypes;
using V1 = Esteira.V1;

namespace Esteira.Worker
{
    /// <summary>What to report about an attempt: decided from how it ended, with nothing done yet.</summary>
    internal sealed class Report
    {
        private Report(V1.TaskReport message)
        {
            Message = message;
        }

        /// <summary>The report, without its lease token.</summary>
        internal V1.TaskReport Message { get; }

        /// <summary>First append these; null when there is nothing to append.</summary>
        internal IReadOnlyList<List<V1.Payload>> Chunks { get; private set; }

        /// <summary>`reason` is why the function was cancelled, if it was.</summary>
        internal static Report Decide(Outcome outcome, Exception thrown, Said said, Invocation invocation, CancelReason? reason, AnnouncedLimits limits)
        {
            if (thrown == null)
            {
                try
                {
                    return Complete(outcome, said, invocation, limits);
                }
                catch (FunctionError refused)
                {
                    thrown = refused;
                }
            }
            if (reason == CancelReason.Drain) return Released("the worker shuts down");
            Failure failure = FunctionError.ToFailure(thrown, invocation.FunctionName);
            if (reason == CancelReason.Job) failure = failure.As(FailureKind.Cancelled, "CANCELLED", failure.Message);
            else if (reason == CancelReason.Timeout && failure.Kind == FailureKind.Retryable)
            {
                failure = failure.As(FailureKind.Timeout, "EXECUTION_TIMEOUT", failure.Message);
            }
            return Failed(failure, said.Checkpoint, limits.PayloadBytes);
        }

        /// <summary>The task goes back unharmed.</summary>
        internal static Report Released(string reason)
        {
            return new Report(new V1.TaskReport { Released = new V1.Release { Reason = reason } });
        }

        /// <summary>The coordinator does not take the result; it gets this instead.</summary>
        internal static Report Refused(string reason, string message)
        {
            FailureKind kind = reason == "CHUNK_GAP" ? FailureKind.Retryable : FailureKind.NonRetryable;
            var failure = new Failure(kind, reason == "" ? "RESULT_REFUSED" : reason, message, "worker");
            return Failed(failure.Truncated(), null, 0);
        }

        private static Report Failed(Failure failure, Payload checkpoint, int payloadBytesMax)
        {
            var failing = new V1.Failing { Failure = FailureOut(failure) };
            if (checkpoint != null && checkpoint.ByteLength() <= payloadBytesMax) failing.Checkpoint = Wire.Out(checkpoint);
            return new Report(new V1.TaskReport { Failed = failing });
        }

        private static V1.Failure FailureOut(Failure failure)
        {
            var message = new V1.Failure
            {
                Kind = (V1.FailureKind)System.Enum.Parse(typeof(V1.FailureKind), failure.Kind.ToString()),
                Code = failure.Code,
                Message = failure.Message,
                StackTrace = failure.StackTrace,
                Source = failure.Source,
            };
            if (failure.RetryAfter != null) message.RetryAfter = Duration.FromTimeSpan(failure.RetryAfter.Value);
            if (failure.Details != null) message.Details = Wire.Out(failure.Details);
            return message;
        }

        private static Report Complete(Outcome given, Said said, Invocation invocation, AnnouncedLimits limits)
        {
            Outcome outcome = given.Checked(invocation.OutputType, limits.PayloadBytes, limits.FanOutItems);
            var completion = new V1.Completion();
            AggregateRef after = outcome.AggregateAfter;
            if (after != null) completion.AggregateAfter = new V1.AggregateRef { Type = after.Kind, Id = after.Id, Version = after.Version };
            completion.Emit.AddRange(said.Emits.Select(EmitOut));
            completion.Verdicts.AddRange(outcome.Verdicts.Select(verdict => new V1.PolicyVerdict
            {
                Policy = verdict.Policy, Version = verdict.Version, Passed = verdict.Passed, Detail = verdict.Detail,
            }));
            int frameBytes = completion.CalculateSize();
            List<V1.Payload> items = outcome.Payloads.Select(Wire.Out).ToList();
            long bytes = frameBytes + items.Sum(item => (long)FramedBytes(item));
            var report = new Report(new V1.TaskReport { Completed = completion });
            if (outcome.Output == OutputType.Multiple)
            {
                bool isLarge = items.Count > limits.AppendItems || bytes > limits.MessageBytes;
                if (frameBytes <= limits.MessageBytes && isLarge)
                {
                    completion.AppendedItems = items.Count;
                    report.Chunks = Cut(items, limits);
                    return report;
                }
                completion.Multiple = new V1.Outputs();
                completion.Multiple.Items.AddRange(items);
            }
            else if (outcome.Output == OutputType.Single) completion.Single = items[0];
            else completion.None = new Empty();
            if (bytes > limits.MessageBytes) throw FunctionError.TooLarge("bytes in the completion", bytes, limits.MessageBytes);
            return report;
        }

        private static V1.OutboxEmit EmitOut(Emit emit)
        {
            var message = new V1.OutboxEmit { Topic = emit.Topic, Key = emit.Key, Payload = Wire.Out(emit.Payload) };
            foreach (KeyValuePair<string, string> header in emit.Headers) message.Headers[header.Key] = header.Value;
            return message;
        }

        /// <summary>As few chunks as the limits allow, in order.</summary>
        private static IReadOnlyList<List<V1.Payload>> Cut(List<V1.Payload> items, AnnouncedLimits limits)
        {
            var chunks = new List<List<V1.Payload>>();
            int bytes = 0;
            foreach (V1.Payload item in items)
            {
                int size = FramedBytes(item);
                List<V1.Payload> last = chunks.LastOrDefault();
                if (last == null || last.Count == limits.AppendItems || bytes + size > limits.MessageBytes)
                {
                    chunks.Add(last = new List<V1.Payload>());
                    bytes = 0;
                }
                bytes += size;
                last.Add(item);
            }
            return chunks;
        }

        /// <summary>Bytes of an item inside a message, with its tag and length.</summary>
        internal static int FramedBytes(Google.Protobuf.IMessage item)
        {
            return item.CalculateSize() + 6;
        }
    }
}
