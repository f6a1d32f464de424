using System;
using Esteira.Client;
using Esteira.Model;
using V1 = Esteira.V1;

namespace Esteira.Worker
{
    /// <summary>The limits that the coordinator announced, or those of the contract where it did not.</summary>
    internal sealed class AnnouncedLimits
    {
        /// <summary>Left free in every message for what frames the part that was measured.</summary>
        private const int MessageSlackBytes = 64 << 10;

        internal AnnouncedLimits(V1.Limits announced)
        {
            announced = announced ?? new V1.Limits();
            MessageBytes = Or(announced.MaxMessageBytes, Limits.MessageBytesMax) - MessageSlackBytes;
            PayloadBytes = Or(announced.MaxInlinePayloadBytes, Limits.PayloadBytesMax);
            AppendItems = Or(announced.MaxOutputsPerAppend, Limits.AppendItemsMax);
            FanOutItems = Or(announced.MaxFanOutItems, Limits.FanOutItemsMax);
            LeasesPerCall = Or(announced.MaxLeasesPerCall, Limits.BatchMax);
            ReportsPerCall = Or(announced.MaxReportsPerCall, Limits.BatchMax);
            TimeSpan? wait = Esteira.Client.Wire.In(announced.MaxWait);
            Wait = wait > TimeSpan.Zero ? wait.Value : Limits.WaitMax;
        }

        internal int MessageBytes { get; }
        internal int PayloadBytes { get; }
        internal int AppendItems { get; }
        internal int FanOutItems { get; }
        internal int LeasesPerCall { get; }
        internal int ReportsPerCall { get; }
        internal TimeSpan Wait { get; }

        private static int Or(int value, int otherwise)
        {
            return value > 0 ? value : otherwise;
        }
    }
}
