using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Esteira.Worker;

namespace Esteira.Conformance
{
    /// <summary>Serves the functions of the kit until SIGTERM: what conformance tests run.</summary>
    internal static class ConformanceWorker
    {
        /// <summary>What a wrong command line ends with, as in `sysexits.h`.</summary>
        private const int Usage = 64;

        /// <summary>`--server URL [--slots N] [--worker-id ID] [--spool DIR]`.</summary>
        private static int Main(string[] arguments)
        {
            FunctionWorker worker;
            try
            {
                worker = new FunctionWorker(Read(arguments), Kit.Functions);
            }
            catch (Exception problem) when (problem is ArgumentException || problem is FormatException)
            {
                Console.Error.WriteLine(problem.Message);
                return Usage;
            }
            try
            {
                worker.RunAsync(Shutdown.Terminated()).GetAwaiter().GetResult();
                return 0;
            }
            catch (WorkerException problem)
            {
                Console.Error.WriteLine(problem.Message);
                return 1;
            }
        }

        private static WorkerOptions Read(string[] arguments)
        {
            var given = new Dictionary<string, string>();
            string[] known = { "--server", "--slots", "--worker-id", "--spool" };
            for (int at = 0; at < arguments.Length; at += 2)
            {
                if (!known.Contains(arguments[at]) || at + 1 == arguments.Length) throw new ArgumentException("unknown or without a value: " + arguments[at]);
                given[arguments[at]] = arguments[at + 1];
            }
            string text;
            if (!given.TryGetValue("--server", out text)) throw new ArgumentException("--server is missing");
            var options = new WorkerOptions(text);
            if (given.TryGetValue("--slots", out text)) options.Slots = int.Parse(text, CultureInfo.InvariantCulture);
            if (given.TryGetValue("--worker-id", out text)) options.WorkerId = text;
            if (given.TryGetValue("--spool", out text)) options.Spool = text;
            return options;
        }
    }
}
