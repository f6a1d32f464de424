using System;
using System.Collections.Generic;
using Esteira.Client;
using Esteira.Model;
using Google.Protobuf;
using V1 = Esteira.V1;

namespace Esteira.Worker
{
    /// <summary>A lease as the worker needs it.</summary>
    internal sealed class Lease
    {
        internal string Token { get; private set; }
        internal TimeSpan Ttl { get; private set; }
        internal TimeSpan? ExecutionTimeout { get; private set; }
        internal Invocation Invocation { get; private set; }
        internal Payload Input { get; private set; }
        /// <summary>For a report that the coordinator cannot take without it.</summary>
        internal ByteString Capsule { get; private set; }

        /// <summary>Reads a lease; a <see cref="FormatException"/> names the field that cannot be read.</summary>
        internal static Lease Read(V1.TaskLease message)
        {
            V1.DataPacket packet = message.Packet ?? new V1.DataPacket();
            V1.Actor actor = packet.Actor ?? new V1.Actor();
            TimeSpan? ttl = Wire.In(message.LeaseTtl);
            if (message.JobId == "") throw new FormatException("job_id");
            if (message.TaskId == "") throw new FormatException("task_id");
            if (message.Attempt < 1) throw new FormatException("attempt");
            if (!(ttl > TimeSpan.Zero)) throw new FormatException("lease_ttl");
            V1.AggregateRef moved = packet.Aggregate;
            return new Lease
            {
                Token = message.LeaseToken,
                Ttl = ttl.Value,
                ExecutionTimeout = Wire.In(message.ExecutionTimeout),
                Input = Wire.In(packet.Data),
                Capsule = message.Capsule,
                Invocation = new Invocation
                {
                    Job = message.JobId,
                    Task = message.TaskId,
                    StepKey = message.StepKey,
                    FunctionName = message.FunctionName,
                    Attempt = message.Attempt,
                    Fence = message.Fence,
                    IdempotencyKey = message.IdempotencyKey,
                    Actor = new Actor(actor.UserId, actor.AccountId, actor.OnBehalfOf),
                    Aggregate = moved == null ? null : new AggregateRef(moved.Type, moved.Id, moved.Version),
                    Headers = new Dictionary<string, string>(packet.Headers),
                    ConfigJson = message.ConfigJson,
                    OutputType = Output(message.OutputType),
                    LastCheckpoint = message.Checkpoint == null ? null : Wire.In(message.Checkpoint),
                },
            };
        }

        private static OutputType Output(V1.OutputType output)
        {
            switch (output)
            {
                case V1.OutputType.Single:
                    return OutputType.Single;
                case V1.OutputType.Multiple:
                    return OutputType.Multiple;
                case V1.OutputType.None:
                    return OutputType.None;
                default:
                    throw new FormatException("output_type");
            }
        }

        /// <summary>What a function says about itself, as the contract has it.</summary>
        internal static V1.FunctionSpec Out(FunctionSpec spec)
        {
            V1.OutputType output = spec.OutputType == OutputType.Single ? V1.OutputType.Single
                : spec.OutputType == OutputType.Multiple ? V1.OutputType.Multiple : V1.OutputType.None;
            return new V1.FunctionSpec { Name = spec.Name, Version = spec.Version, Summary = spec.Summary, OutputType = output };
        }
    }
}
