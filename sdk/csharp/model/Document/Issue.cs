using System;
using System.Collections.Generic;
using System.Linq;

namespace Esteira.Model
{
    /// <summary>One finding about a plan document. An error refuses the plan; a warning does not.</summary>
    public sealed class Issue
    {
        internal Issue(string path, string code, string message, bool isWarning = false)
        {
            Path = path;
            Code = code;
            Message = message;
            IsWarning = isWarning;
        }

        /// <summary>JSON Pointer into the plan document, for example `/steps/2/next/0/condition`.</summary>
        public string Path { get; }
        /// <summary>Stable UPPER_SNAKE code, for example `STEP_UNKNOWN`.</summary>
        public string Code { get; }
        /// <summary>For a person.</summary>
        public string Message { get; }
        /// <summary>Whether the plan may be published all the same.</summary>
        public bool IsWarning { get; }
    }

    /// <summary>A plan document that was read.</summary>
    public sealed class ParsedPlan
    {
        internal ParsedPlan(string name, string displayName, Plan plan)
        {
            Name = name;
            DisplayName = displayName;
            Plan = plan;
        }

        /// <summary>The plan's name.</summary>
        public string Name { get; }
        /// <summary>For people; "" = none.</summary>
        public string DisplayName { get; }
        /// <summary>The definition itself.</summary>
        public Plan Plan { get; }
    }

    /// <summary>A plan document that cannot be accepted.</summary>
    public sealed class PlanDocumentException : Exception
    {
        internal PlanDocumentException(IReadOnlyList<Issue> issues)
            : base(string.Join("; ", issues.Select(issue => issue.Path + " " + issue.Code + ": " + issue.Message)))
        {
            Issues = issues;
        }

        /// <summary>Everything that is wrong, each with its place.</summary>
        public IReadOnlyList<Issue> Issues { get; }
    }
}
