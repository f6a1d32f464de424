using System;
using System.Net.Http;
using Grpc.Core;
using Grpc.Net.Client;

namespace Esteira.Client
{
    /// <summary>
    /// Where the coordinator is, and the connection that is open to it. A half-open connection answers nothing for minutes;
    /// so whoever waited in vain calls <see cref="Renew"/>, and the next request opens another.
    /// </summary>
    internal sealed class Link
    {
        private const int MessageBytesMax = 8 << 20;
        private readonly object _lock = new object();
        private readonly string _endpoint;
        private readonly string _token;
        private GrpcChannel _channel;

        internal Link(string endpoint, string token)
        {
            Uri parsed;
            bool isUri = Uri.TryCreate(endpoint, UriKind.Absolute, out parsed);
            bool isHttp = isUri && (parsed.Scheme == "http" || parsed.Scheme == "https");
            if (!isHttp || parsed.Host == "") throw new ArgumentException("the endpoint begins with http:// or https:// and names a host", nameof(endpoint));
            foreach (char letter in token)
            {
                if (letter < '!' || letter > '~') throw new ArgumentException("the token holds characters that a header may not hold", nameof(token));
            }
            _endpoint = endpoint;
            _token = token;
        }

        /// <summary>The same place over a connection of its own.</summary>
        internal Link Apart()
        {
            return new Link(_endpoint, _token);
        }

        internal GrpcChannel Channel()
        {
            lock (_lock) return _channel ?? (_channel = Open());
        }

        private GrpcChannel Open()
        {
            var handler = new SocketsHttpHandler
            {
                KeepAlivePingDelay = TimeSpan.FromSeconds(20),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
                EnableMultipleHttp2Connections = true,
                ConnectTimeout = TimeSpan.FromSeconds(5),
            };
            return GrpcChannel.ForAddress(_endpoint, new GrpcChannelOptions
            {
                HttpHandler = handler,
                DisposeHttpClient = true,
                MaxReceiveMessageSize = MessageBytesMax,
                MaxSendMessageSize = MessageBytesMax,
            });
        }

        /// <summary>Forgets a connection that was silent; a newer one stays. Calls under way end by their own deadlines.</summary>
        internal void Renew(GrpcChannel silent)
        {
            lock (_lock)
            {
                if (_channel == silent) _channel = null;
            }
        }

        internal Metadata Headers(Metadata given)
        {
            var headers = new Metadata();
            foreach (Metadata.Entry entry in given ?? new Metadata()) headers.Add(entry);
            if (_token != "") headers.Add("authorization", "Bearer " + _token);
            return headers;
        }
    }
}
