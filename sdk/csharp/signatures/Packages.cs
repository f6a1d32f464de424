// The signatures of Google.Protobuf, Grpc.Core.Api, Grpc.Net.Client and Grpc.StatusProto that the generated code, the client and the
// worker use, without their bodies: enough for a compiler to check the types of all three, and for nothing to run.
using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Google.Protobuf
{
    public interface IMessage { Reflection.MessageDescriptor Descriptor { get; } int CalculateSize(); void WriteTo(CodedOutputStream output); }
    public interface IMessage<T> : IMessage { T Clone(); void MergeFrom(T message); }
    public interface IBufferMessage : IMessage { }
    public interface IDeepCloneable<T> { T Clone(); }
    public class MessageParser { }
    public class MessageParser<T> : MessageParser where T : IMessage<T> { public MessageParser(Func<T> factory) { } public T ParseFrom(byte[] data) { throw null; } }
    public sealed class CodedInputStream { public uint ReadTag() { throw null; } public string ReadString() { throw null; } public int ReadInt32() { throw null; } public long ReadInt64() { throw null; } public bool ReadBool() { throw null; } public int ReadEnum() { throw null; } public ByteString ReadBytes() { throw null; } public double ReadDouble() { throw null; } public uint ReadUInt32() { throw null; } public ulong ReadUInt64() { throw null; } public void ReadMessage(IMessage message) { throw null; } }
    public sealed class CodedOutputStream { public void WriteRawTag(byte a) { } public void WriteRawTag(byte a, byte b) { } public void WriteRawTag(byte a, byte b, byte c) { } public void WriteString(string value) { } public void WriteInt32(int value) { } public void WriteInt64(long value) { } public void WriteBool(bool value) { } public void WriteEnum(int value) { } public void WriteBytes(ByteString value) { } public void WriteDouble(double value) { } public void WriteUInt32(uint value) { } public void WriteUInt64(ulong value) { } public void WriteMessage(IMessage message) { } public static int ComputeStringSize(string value) { throw null; } public static int ComputeInt32Size(int value) { throw null; } public static int ComputeInt64Size(long value) { throw null; } public static int ComputeEnumSize(int value) { throw null; } public static int ComputeBytesSize(ByteString value) { throw null; } public static int ComputeMessageSize(IMessage value) { throw null; } public static int ComputeUInt32Size(uint value) { throw null; } public static int ComputeUInt64Size(ulong value) { throw null; } }
    public sealed class UnknownFieldSet { public static UnknownFieldSet Clone(UnknownFieldSet other) { throw null; } public static UnknownFieldSet MergeFrom(UnknownFieldSet a, UnknownFieldSet b) { throw null; } public static UnknownFieldSet MergeFieldFrom(UnknownFieldSet a, CodedInputStream input) { throw null; } public void WriteTo(CodedOutputStream output) { } public int CalculateSize() { throw null; } }
    public sealed class ByteString { public static ByteString Empty { get { throw null; } } public bool IsEmpty { get { throw null; } } public int Length { get { throw null; } } public static ByteString CopyFrom(params byte[] bytes) { throw null; } public byte[] ToByteArray() { throw null; } }
    public sealed class FieldCodec<T> { }
    public static class FieldCodec { public static FieldCodec<string> ForString(uint tag) { throw null; } public static FieldCodec<string> ForString(uint tag, string value) { throw null; } public static FieldCodec<int> ForInt32(uint tag) { throw null; } public static FieldCodec<long> ForInt64(uint tag) { throw null; } public static FieldCodec<long> ForInt64(uint tag, long value) { throw null; } public static FieldCodec<ByteString> ForBytes(uint tag) { throw null; } public static FieldCodec<T> ForMessage<T>(uint tag, MessageParser<T> parser) where T : class, IMessage<T> { throw null; } public static FieldCodec<T> ForEnum<T>(uint tag, Func<T, int> to, Func<int, T> from) { throw null; } public static FieldCodec<T> ForEnum<T>(uint tag, Func<T, int> to, Func<int, T> from, T value) { throw null; } }
    public static class ProtoPreconditions { public static T CheckNotNull<T>(T value, string name) where T : class { throw null; } }
    public class JsonFormatter { public static string ToDiagnosticString(IMessage message) { throw null; } }
    public class InvalidProtocolBufferException : System.IO.IOException { }
    public static class MessageExtensions { public static byte[] ToByteArray(this IMessage message) { throw null; } }
}
namespace Google.Protobuf.Collections
{
    public sealed class RepeatedField<T> : IList<T> { public int Count { get { throw null; } } public T this[int index] { get { throw null; } set { } } public bool IsReadOnly { get { throw null; } } public void Add(T item) { } public void AddRange(IEnumerable<T> items) { } public void Add(IEnumerable<T> items) { } public void Clear() { } public bool Contains(T item) { throw null; } public void CopyTo(T[] array, int at) { } public int IndexOf(T item) { throw null; } public void Insert(int at, T item) { } public bool Remove(T item) { throw null; } public void RemoveAt(int at) { } public IEnumerator<T> GetEnumerator() { throw null; } System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() { throw null; } public RepeatedField<T> Clone() { throw null; } public void WriteTo(CodedOutputStream output, FieldCodec<T> codec) { } public int CalculateSize(FieldCodec<T> codec) { throw null; } public void AddEntriesFrom(CodedInputStream input, FieldCodec<T> codec) { } }
    public sealed class MapField<K, V> : Dictionary<K, V> { public sealed class Codec { public Codec(FieldCodec<K> key, FieldCodec<V> value, uint tag) { } } public MapField<K, V> Clone() { throw null; } public void Add(IDictionary<K, V> items) { } public void MergeFrom(IDictionary<K, V> items) { } public void WriteTo(CodedOutputStream output, Codec codec) { } public int CalculateSize(Codec codec) { throw null; } public void AddEntriesFrom(CodedInputStream input, Codec codec) { } }
}
namespace Google.Protobuf.Reflection
{
    public class FileDescriptor { public static FileDescriptor FromGeneratedCode(byte[] data, FileDescriptor[] dependencies, GeneratedClrTypeInfo info) { throw null; } public IList<MessageDescriptor> MessageTypes { get { throw null; } } public IList<ServiceDescriptor> Services { get { throw null; } } }
    public class MessageDescriptor { public FieldDescriptor FindFieldByName(string name) { throw null; } public IList<MessageDescriptor> NestedTypes { get { throw null; } } }
    public class ServiceDescriptor { }
    public class FieldDescriptor { public IFieldAccessor Accessor { get { throw null; } } }
    public interface IFieldAccessor { object GetValue(IMessage message); void SetValue(IMessage message, object value); }
    public class Extension { }
    public class GeneratedClrTypeInfo { public GeneratedClrTypeInfo(Type type, MessageParser parser, string[] names, string[] oneofs, Type[] enums, Extension[] extensions, GeneratedClrTypeInfo[] nested) { } public GeneratedClrTypeInfo(Type[] enums, Extension[] extensions, GeneratedClrTypeInfo[] nested) { } }
    public class OriginalNameAttribute : Attribute { public OriginalNameAttribute(string name) { } public bool PreferredAlias { get; set; } }
}
namespace Google.Protobuf.WellKnownTypes
{
    public static class DurationReflection { public static Reflection.FileDescriptor Descriptor { get { throw null; } } }
    public static class EmptyReflection { public static Reflection.FileDescriptor Descriptor { get { throw null; } } }
    public static class TimestampReflection { public static Reflection.FileDescriptor Descriptor { get { throw null; } } }
    public static class FieldMaskReflection { public static Reflection.FileDescriptor Descriptor { get { throw null; } } }
    public abstract class Known<T> : IMessage<T> { public Reflection.MessageDescriptor Descriptor { get { throw null; } } public int CalculateSize() { throw null; } public void WriteTo(CodedOutputStream output) { } public T Clone() { throw null; } public void MergeFrom(T message) { } }
    public sealed class Duration : Known<Duration> { public static MessageParser<Duration> Parser { get { throw null; } } public TimeSpan ToTimeSpan() { throw null; } public static Duration FromTimeSpan(TimeSpan span) { throw null; } }
    public sealed class Timestamp : Known<Timestamp> { public static MessageParser<Timestamp> Parser { get { throw null; } } public static Timestamp FromDateTime(DateTime time) { throw null; } public DateTime ToDateTime() { throw null; } }
    public sealed class Empty : Known<Empty> { public static MessageParser<Empty> Parser { get { throw null; } } }
    public sealed class FieldMask : Known<FieldMask> { public static MessageParser<FieldMask> Parser { get { throw null; } } }
}
namespace Grpc.Core
{
    public enum StatusCode { OK, Cancelled, Unknown, InvalidArgument, DeadlineExceeded, NotFound, AlreadyExists, PermissionDenied, ResourceExhausted, FailedPrecondition, Aborted, OutOfRange, Unimplemented, Internal, Unavailable, DataLoss, Unauthenticated }
    public struct Status { public Status(StatusCode code, string detail) { throw null; } public static readonly Status DefaultSuccess; public StatusCode StatusCode { get { throw null; } } public string Detail { get { throw null; } } }
    public class RpcException : Exception { public RpcException(Status status) { } public Status Status { get { throw null; } } public StatusCode StatusCode { get { throw null; } } }
    public enum MethodType { Unary, ClientStreaming, ServerStreaming, DuplexStreaming }
    public class Marshaller<T> { }
    public class SerializationContext { public void SetPayloadLength(int length) { } public void Complete() { } public void Complete(byte[] payload) { } }
    public class DeserializationContext { public byte[] PayloadAsNewBuffer() { throw null; } }
    public static class Marshallers { public static Marshaller<T> Create<T>(Func<T, byte[]> to, Func<byte[], T> from) { throw null; } public static Marshaller<T> Create<T>(Action<T, SerializationContext> to, Func<DeserializationContext, T> from) { throw null; } }
    public class Method<TRequest, TResponse> { public Method(MethodType type, string service, string name, Marshaller<TRequest> request, Marshaller<TResponse> response) { } }
    public class Metadata : List<Metadata.Entry> { public class Entry { } public void Add(string key, string value) { } }
    public struct CallOptions { public CallOptions(Metadata headers, DateTime? deadline, CancellationToken token) { } public Metadata Headers { get { throw null; } } public CancellationToken CancellationToken { get { throw null; } } public CallOptions WithDeadline(DateTime deadline) { throw null; } public CallOptions WithHeaders(Metadata headers) { throw null; } }
    public sealed class AsyncUnaryCall<T> : IDisposable { public AsyncUnaryCall(Task<T> answer, Task<Metadata> headers, Func<Status> status, Func<Metadata> trailers, Action dispose) { } public Task<T> ResponseAsync { get { throw null; } } public System.Runtime.CompilerServices.TaskAwaiter<T> GetAwaiter() { throw null; } public System.Runtime.CompilerServices.ConfiguredTaskAwaitable<T> ConfigureAwait(bool on) { throw null; } public void Dispose() { } }
    public sealed class AsyncServerStreamingCall<T> { }
    public sealed class AsyncClientStreamingCall<A, B> { }
    public sealed class AsyncDuplexStreamingCall<A, B> { }
    public interface IServerStreamWriter<T> { }
    public class ServerCallContext { }
    public delegate Task<B> UnaryServerMethod<A, B>(A request, ServerCallContext context) where A : class where B : class;
    public delegate Task ServerStreamingServerMethod<A, B>(A request, IServerStreamWriter<B> stream, ServerCallContext context) where A : class where B : class;
    public class ServerServiceDefinition { public static Builder CreateBuilder() { throw null; } public class Builder { public Builder AddMethod<A, B>(Method<A, B> method, UnaryServerMethod<A, B> act) where A : class where B : class { throw null; } public Builder AddMethod<A, B>(Method<A, B> method, ServerStreamingServerMethod<A, B> act) where A : class where B : class { throw null; } public ServerServiceDefinition Build() { throw null; } } }
    public class ServiceBinderBase { public void AddMethod<A, B>(Method<A, B> method, UnaryServerMethod<A, B> act) where A : class where B : class { } public void AddMethod<A, B>(Method<A, B> method, ServerStreamingServerMethod<A, B> act) where A : class where B : class { } }
    public class BindServiceMethodAttribute : Attribute { public BindServiceMethodAttribute(Type type, string name) { } }
    public class ChannelBase { public CallInvoker CreateCallInvoker() { throw null; } }
    public abstract class CallInvoker
    {
        public abstract TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string host, CallOptions options, TRequest request) where TRequest : class where TResponse : class;
        public abstract AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string host, CallOptions options, TRequest request) where TRequest : class where TResponse : class;
        public abstract AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string host, CallOptions options, TRequest request) where TRequest : class where TResponse : class;
        public abstract AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string host, CallOptions options) where TRequest : class where TResponse : class;
        public abstract AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string host, CallOptions options) where TRequest : class where TResponse : class;
    }
    public abstract class ClientBase { public class ClientBaseConfiguration { } }
    public abstract class ClientBase<T> : ClientBase where T : ClientBase<T> { protected ClientBase() { } protected ClientBase(ChannelBase channel) { } protected ClientBase(CallInvoker invoker) { } protected ClientBase(ClientBaseConfiguration configuration) { } protected CallInvoker CallInvoker { get { throw null; } } protected abstract T NewInstance(ClientBaseConfiguration configuration); }
    public static class RpcExceptionExtensions { public static Google.Rpc.Status GetRpcStatus(this RpcException problem) { throw null; } }
}
namespace Google.Rpc
{
    public sealed class Status { public T GetDetail<T>() where T : class { throw null; } }
    public sealed class ErrorInfo { public string Reason { get { throw null; } } }
    public sealed class RetryInfo { public Google.Protobuf.WellKnownTypes.Duration RetryDelay { get { throw null; } } }
}
namespace Grpc.Net.Client
{
    public sealed class GrpcChannel : Grpc.Core.ChannelBase { public static GrpcChannel ForAddress(string address, GrpcChannelOptions options) { throw null; } }
    public sealed class GrpcChannelOptions { public System.Net.Http.HttpMessageHandler HttpHandler { get; set; } public bool DisposeHttpClient { get; set; } public int? MaxReceiveMessageSize { get; set; } public int? MaxSendMessageSize { get; set; } }
}
namespace System.Net.Http
{
    public abstract class HttpMessageHandler { }
    public sealed class SocketsHttpHandler : HttpMessageHandler { public TimeSpan KeepAlivePingDelay { get; set; } public TimeSpan KeepAlivePingTimeout { get; set; } public bool EnableMultipleHttp2Connections { get; set; } public TimeSpan ConnectTimeout { get; set; } }
}
namespace System.Runtime.InteropServices
{
    public enum PosixSignal { SIGINT, SIGTERM }
    public sealed class PosixSignalContext { public bool Cancel { get; set; } }
    public sealed class PosixSignalRegistration : IDisposable { public static PosixSignalRegistration Create(PosixSignal signal, Action<PosixSignalContext> act) { throw null; } public void Dispose() { } }
}
