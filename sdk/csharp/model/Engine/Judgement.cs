using System.Collections.Generic;

namespace Esteira.Model
{
    /// <summary>What policies say of a payload, and the failure when one that is enforced does not pass.</summary>
    internal sealed class Judgement
    {
        internal List<Verdict> Verdicts { get; } = new List<Verdict>();
        /// <summary>Null when the payload is let through.</summary>
        internal Failure Violation { get; private set; }

        /// <summary>Asks the policies. A rule without a value counts as not passed: what cannot be judged is not let through.</summary>
        internal void Ask(IEvaluate evaluate, IEnumerable<Policy> policies, string what, Payload payload)
        {
            foreach (Policy policy in policies)
            {
                bool passed = false;
                string why = "";
                try
                {
                    passed = evaluate.Policy(policy.Condition, payload ?? Payload.None);
                }
                catch (ExpressionException problem)
                {
                    why = ": " + problem.Code + ": " + problem.Message;
                }
                if (!passed && policy.Enforce && Violation == null)
                {
                    string message = "policy `" + policy.Name + "` does not hold for the " + what + why;
                    Violation = Failure.Engine(FailureKind.NonRetryable, "POLICY_VIOLATION", message);
                }
                Verdicts.Add(new Verdict(policy.Name, policy.Version, passed, what + why));
            }
        }
    }
}
