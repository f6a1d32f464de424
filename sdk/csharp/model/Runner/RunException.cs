using System;
using System.Collections.Generic;

namespace Esteira.Model
{
    /// <summary>Why a plan could not be run to its end.</summary>
    public enum RunErrorCode
    {
        /// <summary>The plan, or a sub-plan, has errors: see <see cref="RunException.Issues"/>.</summary>
        PlanInvalid,
        /// <summary>The plan uses functions that the runner does not have: see <see cref="RunException.Functions"/>.</summary>
        FunctionMissing,
        /// <summary>The data that the run starts with is not acceptable.</summary>
        InputInvalid,
        /// <summary>Sub-plans nest deeper than the contract allows.</summary>
        TooDeep,
        /// <summary>Nothing can happen any more although the job has not ended.</summary>
        Stuck,
    }

    /// <summary>Why a plan could not be run to its end. A job that fails is not an error: its trace says how.</summary>
    public sealed class RunException : Exception
    {
        internal RunException(
            RunErrorCode code,
            string message,
            string planName = "",
            IReadOnlyList<Issue> issues = null,
            IReadOnlyList<string> functions = null)
            : base(message)
        {
            Code = code;
            PlanName = planName;
            Issues = issues ?? new Issue[0];
            Functions = functions ?? new string[0];
        }

        /// <summary>Which error it is.</summary>
        public RunErrorCode Code { get; }
        /// <summary>Name of the sub-plan that is invalid; "" for the plan itself.</summary>
        public string PlanName { get; }
        /// <summary>What is wrong with the plan, by place.</summary>
        public IReadOnlyList<Issue> Issues { get; }
        /// <summary>The functions that are missing.</summary>
        public IReadOnlyList<string> Functions { get; }
    }
}
