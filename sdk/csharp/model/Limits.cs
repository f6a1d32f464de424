using System;

namespace Esteira.Model
{
    /// <summary>The limits of the contract that the model and the worker obey; the whole list is the coordinator's.</summary>
    public static class Limits
    {
        /// <summary>Largest request message.</summary>
        public const int MessageBytesMax = 4 << 20;
        /// <summary>Largest body of one payload.</summary>
        public const int PayloadBytesMax = 1 << 20;
        /// <summary>Largest plan document.</summary>
        public const int PlanBytesMax = 1 << 20;
        /// <summary>Most steps in a plan.</summary>
        public const int PlanStepsMax = 500;
        /// <summary>Most edges that leave one step.</summary>
        public const int StepNextMax = 100;
        /// <summary>Deepest nesting of sub-plans.</summary>
        public const int SubPlanDepthMax = 8;
        /// <summary>Most leases, or reports, or beats in one call.</summary>
        public const int BatchMax = 100;
        /// <summary>Shortest lease.</summary>
        public static readonly TimeSpan LeaseTtlMin = TimeSpan.FromSeconds(1);
        /// <summary>Longest lease.</summary>
        public static readonly TimeSpan LeaseTtlMax = TimeSpan.FromMinutes(15);
        /// <summary>Most items that one task may fan out into.</summary>
        public const int FanOutItemsMax = 100000;
        /// <summary>Most tasks that the end of one task may bring to life.</summary>
        public const int FanOutTasksMax = 250000;
        /// <summary>Most items in one `AppendOutputs` chunk.</summary>
        public const int AppendItemsMax = 1000;
        /// <summary>Longest condition.</summary>
        public const int ConditionBytesMax = 2 << 10;
        /// <summary>Deepest nesting of JSON that is accepted.</summary>
        public const int JsonDepthMax = 64;
        /// <summary>Longest long-poll.</summary>
        public static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(30);
        /// <summary>The long-poll that is used when nobody names another.</summary>
        public static readonly TimeSpan WaitDefault = TimeSpan.FromSeconds(20);
        /// <summary>Longest free-text id (`request_id`, `worker_id`).</summary>
        public const int RequestIdBytesMax = 128;
        /// <summary>Attempts when a step names no retry policy.</summary>
        public const int AttemptsDefault = 3;
        /// <summary>Most attempts that a retry policy may ask for.</summary>
        public const int AttemptsMax = 100;
        /// <summary>Longest failure message.</summary>
        public const int FailureMessageBytesMax = 4 << 10;
        /// <summary>Longest stack trace.</summary>
        public const int FailureStackBytesMax = 16 << 10;
        /// <summary>Most functions of one worker.</summary>
        public const int FunctionsMax = 500;
        /// <summary>Most outbox messages that one completion may emit.</summary>
        public const int EmitMax = 1000;
        /// <summary>Most policy verdicts of one report.</summary>
        public const int VerdictsMax = 100;
        /// <summary>Most headers of a packet or message.</summary>
        public const int HeadersMax = 32;
        /// <summary>Names and values of the headers together.</summary>
        public const int HeaderBytesMax = 8 << 10;
        /// <summary>Most labels of a job.</summary>
        public const int LabelsMax = 32;
        /// <summary>Longest value of a label.</summary>
        public const int LabelCharsMax = 256;
        /// <summary>Longest name of a function, queue, plan, step, label or header.</summary>
        public const int NameBytesMax = 63;
        /// <summary>Longest name of an outbox topic.</summary>
        public const int TopicBytesMax = 127;
        /// <summary>Longest short text that names something: a user, a policy, a media type.</summary>
        public const int IdCharsMax = 128;
        /// <summary>Longest text for people or for lookups: display names, hosts, keys, schema ids, aggregate ids.</summary>
        public const int TextCharsMax = 256;
        /// <summary>Longest version of a function or policy, and name of an SDK.</summary>
        public const int VersionCharsMax = 64;
        /// <summary>Longest reason, and detail of a verdict.</summary>
        public const int ReasonCharsMax = 1 << 10;
        /// <summary>Longest pause that a worker may ask for.</summary>
        public static readonly TimeSpan RetryAfterMax = TimeSpan.FromHours(24);
    }
}
