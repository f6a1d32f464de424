using System;
using System.Collections.Generic;
using Google.Protobuf;
using V1 = Esteira.V1;

namespace Esteira.Worker
{
    /// <summary>One report on its way.</summary>
    internal sealed class Letter
    {
        internal V1.TaskReport Report;
        /// <summary>The lease's capsule, until it is wanted.</summary>
        internal ByteString Capsule = ByteString.Empty;
        /// <summary>Its lease is kept until it is answered; a task that never started has none to keep.</summary>
        internal bool IsKept;
        /// <summary>A call with several reports was refused as a whole: this one is sent by itself.</summary>
        internal bool IsAlone;
        /// <summary>The coordinator did not take the result; this is the failure that takes its place.</summary>
        internal bool IsReplaced;

        internal string Token
        {
            get { return Report.LeaseToken; }
        }

        /// <summary>The report of a task that did not start, or that is given up.</summary>
        internal static Letter WithoutResult(string token, Report report)
        {
            V1.TaskReport message = report.Message;
            message.LeaseToken = token;
            return new Letter { Report = message };
        }

        /// <summary>The same lease with a failure instead of what was refused.</summary>
        internal Letter Replace(Report report)
        {
            V1.TaskReport message = Report.Clone();
            message.Failed = report.Message.Failed;
            return new Letter { Report = message, Capsule = Capsule, IsKept = IsKept, IsAlone = IsAlone, IsReplaced = true };
        }

        /// <summary>Whether the lease has a capsule that the report does not carry yet.</summary>
        internal bool LacksCapsule
        {
            get { return Report.Capsule.IsEmpty && !Capsule.IsEmpty; }
        }

        /// <summary>The same report with the lease's capsule, for a coordinator without its database.</summary>
        internal Letter WithCapsule()
        {
            if (!LacksCapsule) return this;
            V1.TaskReport message = Report.Clone();
            message.Capsule = Capsule;
            return new Letter { Report = message, Capsule = Capsule, IsKept = IsKept, IsAlone = IsAlone, IsReplaced = IsReplaced };
        }
    }

    /// <summary>The reports that wait to be sent, oldest first.</summary>
    internal sealed class Outgoing
    {
        private readonly List<Letter> _letters = new List<Letter>();

        internal bool IsEmpty
        {
            get { return _letters.Count == 0; }
        }

        internal IEnumerable<Letter> All
        {
            get { return _letters; }
        }

        internal void Push(Letter letter)
        {
            _letters.Add(letter);
        }

        /// <summary>Puts letters that were not delivered back to the front.</summary>
        internal void PutBack(IReadOnlyList<Letter> letters)
        {
            _letters.InsertRange(0, letters);
        }

        /// <summary>Takes those that are not to be sent, wherever they stand.</summary>
        internal IReadOnlyList<Letter> TakeOut(Predicate<Letter> unwanted)
        {
            List<Letter> taken = _letters.FindAll(unwanted);
            _letters.RemoveAll(unwanted);
            return taken;
        }

        /// <summary>Takes what fits into one call: at least one, unless none waits.</summary>
        internal IReadOnlyList<Letter> Take(AnnouncedLimits limits)
        {
            int count = 0;
            long bytes = 0;
            for (; count < _letters.Count; count++)
            {
                Letter next = _letters[count];
                int size = Report.FramedBytes(next.Report);
                bool isFull = count == limits.ReportsPerCall || bytes + size > limits.MessageBytes;
                bool isApart = count > 0 && (next.IsAlone || _letters[count - 1].IsAlone);
                if (count > 0 && (isFull || isApart)) break;
                bytes += size;
            }
            List<Letter> batch = _letters.GetRange(0, count);
            _letters.RemoveRange(0, count);
            return batch;
        }
    }
}
