using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;

namespace Esteira.Model
{
    /// <summary>
    /// Runs a whole plan in this process, with no server.
    ///
    /// The runner takes the decisions of the coordinator's engine, so the same plan on the same data gives the same
    /// <see cref="Trace"/> here and there. Nothing is persisted. Tasks run one after the other, in the order in which they
    /// became ready, so that a trace is the same in every run. Never changes; each method answers another one.
    /// </summary>
    public sealed class Runner
    {
        private Dictionary<string, IFunction> _functions = new Dictionary<string, IFunction>();
        private Dictionary<string, Plan> _plans = new Dictionary<string, Plan>();
        private IEvaluate _evaluate = NoExpressions.All;
        private IObserver _observer = Ignore.All;
        private bool _skipsWaits;

        private Runner With(Action<Runner> change)
        {
            var runner = (Runner)MemberwiseClone();
            runner._functions = new Dictionary<string, IFunction>(_functions);
            runner._plans = new Dictionary<string, Plan>(_plans);
            change(runner);
            return runner;
        }

        /// <summary>Adds functions; one of the same name takes the place of the earlier one.</summary>
        public Runner Function(params IFunction[] functions)
        {
            return With(runner =>
            {
                foreach (IFunction function in functions) runner._functions[function.Spec.Name] = function;
            });
        }

        /// <summary>Adds a plan that other plans can run as a step.</summary>
        public Runner Plan(string name, Plan plan)
        {
            return With(runner => runner._plans[name] = plan);
        }

        /// <summary>Reads conditions, policies and `$cel`; a runner without an evaluator refuses a plan that has any.</summary>
        public Runner Evaluate(IEvaluate evaluate)
        {
            return With(runner => runner._evaluate = evaluate);
        }

        /// <summary>Sees what functions log and save while they run.</summary>
        public Runner Observer(IObserver observer)
        {
            return With(runner => runner._observer = observer);
        }

        /// <summary>
        /// Does not wait: pauses before retries and `wait` steps pass at once on a clock of the runner's own, and execution
        /// time-outs never come. For tests.
        /// </summary>
        public Runner SkipWaits()
        {
            return With(runner => runner._skipsWaits = true);
        }

        /// <summary>Runs a plan to its end on this data, on nobody's behalf; throws a <see cref="RunException"/> when that cannot be.</summary>
        public Task<Trace> RunAsync(Plan plan, Payload data)
        {
            return RunAsync(plan, new Start(data));
        }

        /// <summary>Runs a plan to its end; throws a <see cref="RunException"/> when that cannot be.</summary>
        public Task<Trace> RunAsync(Plan plan, Start start)
        {
            string refused = Refusal.OfStart(start);
            if (refused != null) throw new RunException(RunErrorCode.InputInvalid, "the input is not acceptable: " + refused);
            Dictionary<string, Graph> library = Library.Compile(plan, _plans, _functions, _evaluate);
            return new Drive(library, _functions, _evaluate, _observer, new Pace(_skipsWaits)).RunAsync(start);
        }
    }
}
