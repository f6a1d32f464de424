using System;
using System.Threading;
using System.Threading.Tasks;
using Esteira.Model;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;

namespace Esteira.Client
{
    /// <summary>
    /// Under the generated clients: sends a request, and sends the same bytes again while that can help (INV-REPLAY, INV-POLL). A
    /// `request_id` that is not set is minted, so that what is sent again is done once; a `wait` that the request asks for
    /// comes on top of the time-out.
    /// </summary>
    internal sealed class Resending : CallInvoker
    {
        private readonly Link _link;
        private readonly TimeSpan _timeout;
        private readonly TimeSpan? _patience;

        /// <summary>`timeout` for a single sending; `patience` for all of them together, null = until there is an answer.</summary>
        internal Resending(Link link, TimeSpan timeout, TimeSpan? patience)
        {
            _link = link;
            _timeout = timeout;
            _patience = patience;
        }

        /// <summary>When the request was sent whose answer came: leases are counted from then.</summary>
        internal TimeSpan Sent { get; private set; }

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string host, CallOptions options, TRequest request)
        {
            TimeSpan timeout = _timeout + Prepare(request as IMessage);
            Task<TResponse> answer = SendAsync(method, host, options, request, timeout);
            return new AsyncUnaryCall<TResponse>(
                answer, Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => new Metadata(), () => { });
        }

        /// <summary>Mints the request id; answers how long the request asks to wait.</summary>
        private static TimeSpan Prepare(IMessage request)
        {
            if (request == null) return TimeSpan.Zero;
            FieldDescriptor id = request.Descriptor.FindFieldByName("request_id");
            if (id != null && (string)id.Accessor.GetValue(request) == "") id.Accessor.SetValue(request, Entropy.NewId());
            FieldDescriptor wait = request.Descriptor.FindFieldByName("wait");
            var asked = wait == null ? null : wait.Accessor.GetValue(request) as Duration;
            return asked == null ? TimeSpan.Zero : asked.ToTimeSpan();
        }

        private async Task<TResponse> SendAsync<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string host, CallOptions options, TRequest request, TimeSpan timeout)
            where TRequest : class
            where TResponse : class
        {
            TimeSpan begun = Clock.Instant();
            for (int tries = 0; ; tries++)
            {
                GrpcChannel channel = _link.Channel();
                TimeSpan sent = Clock.Instant();
                CallOptions once = options.WithDeadline(Clock.Wall() + timeout).WithHeaders(_link.Headers(options.Headers));
                RpcException problem;
                try
                {
                    TResponse response = await channel.CreateCallInvoker().AsyncUnaryCall(method, host, once, request).ConfigureAwait(false);
                    Sent = sent;
                    return response;
                }
                catch (RpcException thrown)
                {
                    problem = thrown;
                }
                if (options.CancellationToken.IsCancellationRequested) throw problem;
                if (problem.StatusCode == StatusCode.DeadlineExceeded) _link.Renew(channel);
                TimeSpan? pause = Problem.PauseAfter(problem, tries);
                bool isOver = pause == null || (_patience != null && Clock.Instant() - begun + pause > _patience);
                if (isOver) throw problem;
                await Task.Delay(pause.Value, options.CancellationToken).ConfigureAwait(false);
            }
        }

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string host, CallOptions options, TRequest request)
        {
            return AsyncUnaryCall(method, host, options, request).ResponseAsync.GetAwaiter().GetResult();
        }

        // Streams are not sent again when they break.

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string host, CallOptions options, TRequest request)
        {
            CallOptions authorized = options.WithHeaders(_link.Headers(options.Headers));
            return _link.Channel().CreateCallInvoker().AsyncServerStreamingCall(method, host, authorized, request);
        }

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string host, CallOptions options)
        {
            CallOptions authorized = options.WithHeaders(_link.Headers(options.Headers));
            return _link.Channel().CreateCallInvoker().AsyncClientStreamingCall(method, host, authorized);
        }

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string host, CallOptions options)
        {
            CallOptions authorized = options.WithHeaders(_link.Headers(options.Headers));
            return _link.Channel().CreateCallInvoker().AsyncDuplexStreamingCall(method, host, authorized);
        }
    }
}
