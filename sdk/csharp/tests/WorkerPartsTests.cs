using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Esteira.Client;
using Esteira.Model;
using Esteira.Worker;

namespace Esteira.Tests
{
    /// <summary>The parts of the worker that need no generated type, by the names of the other SDKs' tests.</summary>
    internal static class WorkerPartsTests
    {
        private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(30);

        private static TimeSpan At(double seconds)
        {
            return TimeSpan.FromSeconds(seconds);
        }

        private static Leases Held(Cancellation cancellation, string token = "a")
        {
            var leases = new Leases();
            leases.Hold(token, Ttl, At(0), cancellation, 0);
            return leases;
        }

        private static LeaseAnswer[] Active()
        {
            return new[] { new LeaseAnswer { IsHeld = true } };
        }

        public static void ALeaseIsDueAfterAThirdOfItsTime()
        {
            Leases leases = Held(new Cancellation());
            Expect.Equal(0, leases.Due(At(9.9), 100, 1 << 20).Count);
            Expect.Same(leases.Due(At(10), 100, 1 << 20).Select(beat => beat.Token), "a");
            Expect.Equal(At(10), leases.Wake().Value);
        }

        public static void AGoodBeatCountsFromWhenItWasSent()
        {
            var cancellation = new Cancellation();
            Leases leases = Held(cancellation);
            IReadOnlyList<Beat> beats = leases.Due(At(10), 100, 1 << 20);
            leases.Answered(beats, Active(), At(10), 0);
            leases.Expire(At(39.9));
            Expect.Equal(true, leases.Holds("a"));
            leases.Expire(At(40));
            Expect.Equal(false, leases.Holds("a"));
            Expect.Equal(CancelReason.LeaseLost, cancellation.Reason.Value);
        }

        public static void ACancelRequestRenewsAndCancels()
        {
            var cancellation = new Cancellation();
            Leases leases = Held(cancellation);
            var answer = new LeaseAnswer { IsHeld = true, Reason = CancelReason.Job };
            leases.Answered(leases.Due(At(10), 100, 1 << 20), new[] { answer }, At(10), 0);
            Expect.Equal(CancelReason.Job, cancellation.Reason.Value);
            leases.Expire(At(30));
            Expect.Equal(true, leases.Holds("a"));
        }

        public static void ALostLeaseReportsNothing()
        {
            var cancellation = new Cancellation();
            Leases leases = Held(cancellation);
            leases.Answered(leases.Due(At(10), 100, 1 << 20), new[] { new LeaseAnswer { IsLost = true } }, At(10), 0);
            Expect.Equal(CancelReason.LeaseLost, cancellation.Reason.Value);
            Expect.Equal(false, leases.End("a"));
        }

        public static void AFinishedFunctionIsNotLostByTime()
        {
            Leases leases = Held(new Cancellation());
            Expect.Equal(true, leases.End("a"));
            leases.Expire(At(100));
            Expect.Equal(true, leases.Holds("a"));
        }

        public static void ACheckpointBringsTheBeatForwardAndSurvivesAFailedOne()
        {
            Leases leases = Held(new Cancellation());
            leases.Save("a", Payload.Json("1"), At(2));
            Expect.Equal(At(2), leases.Wake().Value);
            IReadOnlyList<Beat> beats = leases.Due(At(2), 100, 1 << 20);
            Expect.Equal("1", beats[0].Checkpoint.JsonText);
            leases.Unanswered(beats, At(2), 0, true);
            Expect.Equal("1", leases.Due(At(4), 100, 1 << 20)[0].Checkpoint.JsonText);
        }

        public static void ACallNeverOutlastsALease()
        {
            Leases leases = Held(new Cancellation());
            Expect.Equal(At(10), leases.Patience(At(0)));
            Expect.Equal(At(1), leases.Patience(At(29)));
            Expect.Equal(TimeSpan.FromMilliseconds(20), leases.Patience(At(31)));
        }

        public static void ASlotIsPromisedOnce()
        {
            var slots = new Slots(3);
            Expect.Equal(2, slots.PromiseToPoll(2));
            Expect.Equal(1, slots.PromiseToReport(100));
            Expect.Equal(0, slots.Free);
            slots.PollAnswered();
            Expect.Equal(true, slots.Start() && slots.Start());
            Expect.Equal(false, slots.Start());
            slots.ReportAnswered();
            slots.End();
            Expect.Equal(2, slots.Free);
        }

        public static void PausesDoubleUpToTenSeconds()
        {
            IEnumerable<string> pauses = new[] { 0, 1, 6, 7, 60 }.Select(tries => Backoff.After(tries, 1).TotalMilliseconds.ToString());
            Expect.Same(pauses, "100", "200", "6400", "10000", "10000");
            Expect.Equal(TimeSpan.Zero, Backoff.After(5, 0));
        }

        public static void ASpooledResultIsReadBackOldestFirst()
        {
            InFolder(folder =>
            {
                var spool = new SpoolFiles(folder, "http://127.0.0.1:7440");
                spool.Write(Encoding.UTF8.GetBytes("first\n1"));
                spool.Write(Encoding.UTF8.GetBytes("second"));
                Expect.Same(spool.Names().Select(name => Encoding.UTF8.GetString(spool.Read(name))), "first\n1", "second");
                string header = File.ReadAllLines(spool.Names()[0])[0];
                Expect.Same(JsonValue.Parse(header).Names, "format", "sha256", "bytes", "target", "created");
            });
        }

        public static void ADamagedFileIsPutAside()
        {
            InFolder(folder =>
            {
                var spool = new SpoolFiles(folder, "t");
                string name = spool.Write(new byte[] { 1, 2, 3 });
                File.AppendAllText(name, "more");
                Expect.Throws<InvalidDataException>(() => spool.Read(name));
                Expect.Equal(0, spool.Names().Count);
                Expect.Equal(true, File.Exists(name + ".corrupt"));
            });
        }

        private static void InFolder(Action<string> test)
        {
            string folder = Path.Combine(Path.GetTempPath(), Entropy.NewId());
            try
            {
                test(folder);
            }
            finally
            {
                Directory.Delete(folder, true);
            }
        }
    }
}
