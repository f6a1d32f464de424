using System;
using System.Collections.Generic;
using System.Linq;

namespace Esteira.Model
{
    /// <summary>
    /// What the coordinator would not take of a report: the worker then reports a failure in its place, and so does the
    /// runner. And what it would not take of a start: nothing runs then. The rules are those of the edge (`TaskReport` in
    /// `worker.proto`, `StartJobRequest` in `job.proto`); which of them is broken first decides the code.
    /// </summary>
    internal static class Refusal
    {
        /// <summary>What is wrong with which field, by code.</summary>
        private sealed class Refused : Exception
        {
            internal Refused(string code, string field, string why)
                : base(field + ": " + why)
            {
                Code = code;
            }

            internal string Code { get; }
        }

        /// <summary>The failure in the place of a success that the coordinator would not take; null when it takes it. `own` is what the task moves.</summary>
        internal static Failure OfSuccess(Outcome outcome, Said said, AggregateRef own)
        {
            return Caught(() =>
            {
                AggregateRef after = outcome.AggregateAfter;
                foreach (Payload output in outcome.Payloads) CheckPayload(output, "output");
                if (after != null) CheckAggregate(after, "aggregate_after");
                CheckCount(said.Emits.Count, Limits.EmitMax, "emit");
                CheckCount(outcome.Verdicts.Count, Limits.VerdictsMax, "verdicts");
                foreach (Emit emit in said.Emits) CheckMessage(emit);
                foreach (Verdict verdict in outcome.Verdicts) CheckVerdict(verdict);
                if (own == null || after == null || (own.Kind == after.Kind && own.Id == after.Id)) return;
                throw Invalid("aggregate_after", "names another aggregate than the task's");
            });
        }

        /// <summary>The failure as it is taken, and the checkpoint that comes with it; or the failure in its place.</summary>
        internal static Failure OfFailure(Failure given, ref Payload checkpoint)
        {
            Payload saved = checkpoint;
            Failure refusal = Caught(() =>
            {
                if (given.RetryAfter > Limits.RetryAfterMax) throw Invalid("retry_after", "is more than 24 hours");
                if (saved != null) CheckPayload(saved, "checkpoint");
            });
            if (refusal != null)
            {
                checkpoint = null;
                return refusal;
            }
            // Not every database can hold a NUL.
            string message = given.Message.Replace('\0', '\ufffd');
            return new Failure(given.Kind, given.Code, message, given.Source, given.StackTrace, given.RetryAfter, given.Details).Truncated();
        }

        /// <summary>What is wrong with what a run starts with; null when the coordinator would take it.</summary>
        internal static string OfStart(Start start)
        {
            Failure refused = Caught(() =>
            {
                CheckLine(start.Actor.OnBehalfOf, Limits.IdCharsMax, "packet.actor.on_behalf_of");
                if (start.Aggregate != null) CheckAggregate(start.Aggregate, "packet.aggregate");
                CheckPayload(start.Data, "packet.data");
                CheckHeaders(start.Headers, "packet.headers");
                CheckCount(start.Labels.Count, Limits.LabelsMax, "labels");
                foreach (KeyValuePair<string, string> label in start.Labels)
                {
                    CheckName(label.Key, Limits.NameBytesMax, "labels");
                    CheckLine(label.Value, Limits.LabelCharsMax, "labels");
                }
            });
            return refused == null ? null : refused.Message;
        }

        private static Failure Caught(Action check)
        {
            try
            {
                check();
                return null;
            }
            catch (Refused refused)
            {
                return Failure.Engine(FailureKind.NonRetryable, refused.Code, refused.Message, "worker");
            }
        }

        private static Refused Invalid(string field, string why)
        {
            return new Refused("FIELD_INVALID", field, why);
        }

        private static void CheckPayload(Payload payload, string field)
        {
            int bytes = payload.ByteLength();
            if (bytes > Limits.PayloadBytesMax) throw new Refused("PAYLOAD_TOO_LARGE", field, "has " + bytes + " bytes");
            if (payload.JsonText != null)
            {
                try
                {
                    JsonCheck.Check(payload.JsonText);
                }
                catch (JsonFormatException problem)
                {
                    throw new Refused("JSON_INVALID", field, problem.Message);
                }
            }
            CheckLine(payload.ContentType, Limits.IdCharsMax, field);
            CheckLine(payload.Schema, Limits.TextCharsMax, field);
        }

        private static void CheckAggregate(AggregateRef aggregate, string field)
        {
            CheckName(aggregate.Kind, Limits.NameBytesMax, field + ".type");
            if (aggregate.Id == "" || aggregate.Version < 0) throw Invalid(field, "has no id, or a version below 0");
            CheckLine(aggregate.Id, Limits.TextCharsMax, field + ".id");
        }

        private static void CheckMessage(Emit emit)
        {
            CheckName(emit.Topic, Limits.TopicBytesMax, "emit.topic");
            CheckLine(emit.Key, Limits.TextCharsMax, "emit.key");
            CheckPayload(emit.Payload, "emit.payload");
            CheckHeaders(emit.Headers, "emit.headers");
        }

        private static void CheckHeaders(IReadOnlyDictionary<string, string> headers, string field)
        {
            CheckCount(headers.Count, Limits.HeadersMax, field);
            bool fits = headers.All(header => Names.IsHeader(header.Key) && Texts.IsLine(header.Value, int.MaxValue));
            if (!fits) throw Invalid(field, "has a name or value without its form");
            int bytes = headers.Sum(header => Texts.Utf8Length(header.Key) + Texts.Utf8Length(header.Value));
            if (bytes > Limits.HeaderBytesMax) throw Invalid(field, "takes too many bytes");
        }

        private static void CheckVerdict(Verdict verdict)
        {
            if (verdict.Policy == "") throw Invalid("verdicts.policy", "is required");
            CheckLine(verdict.Policy, Limits.IdCharsMax, "verdicts.policy");
            CheckLine(verdict.Version, Limits.VersionCharsMax, "verdicts.version");
            bool fits = Texts.Characters(verdict.Detail) <= Limits.ReasonCharsMax && verdict.Detail.IndexOf('\0') < 0;
            if (!fits) throw Invalid("verdicts.detail", "is too long, or holds a NUL");
        }

        /// <summary>`[a-z][a-z0-9_.-]*`.</summary>
        private static void CheckName(string text, int bytesMax, string field)
        {
            if (!Names.IsName(text, bytesMax)) throw Invalid(field, "is not a name of its form");
        }

        /// <summary>One line, of so many characters at most.</summary>
        private static void CheckLine(string text, int charactersMax, string field)
        {
            if (!Texts.IsLine(text, charactersMax)) throw Invalid(field, "is too long, or holds a control character");
        }

        private static void CheckCount(int count, int max, string field)
        {
            if (count > max) throw Invalid(field, "has too many elements");
        }
    }
}
