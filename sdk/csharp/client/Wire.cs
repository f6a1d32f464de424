using System;
using Esteira.Model;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using V1 = Esteira.V1;

namespace Esteira.Client
{
    /// <summary>Values of the model as the contract has them, and back.</summary>
    public static class Wire
    {
        /// <summary>A payload as the contract has it.</summary>
        public static V1.Payload Out(Payload payload)
        {
            var message = new V1.Payload { ContentType = payload.ContentType, Schema = payload.Schema };
            if (payload.Kind == BodyKind.Json) message.Json = payload.JsonText;
            else if (payload.Kind == BodyKind.Binary) message.Binary = ByteString.CopyFrom(payload.Bytes());
            return message;
        }

        /// <summary>A payload as the model has it.</summary>
        public static Payload In(V1.Payload message)
        {
            if (message == null) return Payload.None;
            Payload body = Payload.None;
            if (message.BodyCase == V1.Payload.BodyOneofCase.Json) body = Payload.Json(message.Json);
            else if (message.BodyCase == V1.Payload.BodyOneofCase.Binary) body = Payload.Binary(message.Binary.ToByteArray());
            return body.WithType(message.ContentType, message.Schema);
        }

        internal static TimeSpan? In(Duration duration)
        {
            return duration == null ? (TimeSpan?)null : duration.ToTimeSpan();
        }
    }
}
