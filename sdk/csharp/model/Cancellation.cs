using System.Threading;
using System.Threading.Tasks;

namespace Esteira.Model
{
    /// <summary>Why a function should stop.</summary>
    public enum CancelReason
    {
        /// <summary>The job is cancelled.</summary>
        Job,
        /// <summary>The lease is lost: whatever the function returns is dropped.</summary>
        LeaseLost,
        /// <summary>The worker shuts down and its grace is over.</summary>
        Drain,
        /// <summary>The step's execution time-out passed.</summary>
        Timeout,
    }

    /// <summary>Cooperative cancellation: a reason that one side sets and the other observes. The first reason stays.</summary>
    public sealed class Cancellation
    {
        private readonly CancellationTokenSource _source = new CancellationTokenSource();
        private readonly TaskCompletionSource<CancelReason> _set =
            new TaskCompletionSource<CancelReason>(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Sets it, unless it is set.</summary>
        public void Cancel(CancelReason reason)
        {
            if (!_set.TrySetResult(reason)) return;
            // A callback of the function's must not run on the thread that keeps the leases.
            Task.Run(() => _source.Cancel());
        }

        /// <summary>Why it was set; null while it is not.</summary>
        public CancelReason? Reason
        {
            get { return _set.Task.IsCompleted ? _set.Task.Result : (CancelReason?)null; }
        }

        /// <summary>Cancelled when it is set: for everything that takes a token.</summary>
        public CancellationToken Token
        {
            get { return _source.Token; }
        }

        /// <summary>Ends when it is set.</summary>
        public Task<CancelReason> Cancelled()
        {
            return _set.Task;
        }
    }
}
