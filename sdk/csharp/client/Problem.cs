using System;
using Esteira.Model;
using Google.Rpc;
using Grpc.Core;

namespace Esteira.Client
{
    /// <summary>What an error of the contract says.</summary>
    public static class Problem
    {
        /// <summary>The contract's stable reason, such as `JOB_NOT_FOUND`; "" when the error is the transport's.</summary>
        public static string Reason(RpcException problem)
        {
            Google.Rpc.Status status = problem.GetRpcStatus();
            ErrorInfo info = status == null ? null : status.GetDetail<ErrorInfo>();
            return info == null ? "" : info.Reason;
        }

        /// <summary>How long to wait before the same bytes are sent again; null when that is of no use.</summary>
        internal static TimeSpan? PauseAfter(RpcException problem, int tries)
        {
            Google.Rpc.Status status = problem.GetRpcStatus();
            RetryInfo info = status == null ? null : status.GetDetail<RetryInfo>();
            TimeSpan? asked = info == null || info.RetryDelay == null ? (TimeSpan?)null : info.RetryDelay.ToTimeSpan();
            TimeSpan backoff = Backoff.After(tries, Entropy.Fraction());
            switch (problem.StatusCode)
            {
                // CANCELLED is said of a stream that was reset, too.
                case StatusCode.Unavailable:
                case StatusCode.DeadlineExceeded:
                case StatusCode.Cancelled:
                    return asked > backoff ? asked : backoff;
                case StatusCode.ResourceExhausted:
                    return asked;
                // A status that was made here out of a connection that broke has no details; each of the coordinator's has.
                case StatusCode.Internal:
                case StatusCode.Unknown:
                    return status == null ? backoff : (TimeSpan?)null;
                default:
                    return null;
            }
        }
    }
}
