using System.Text;

namespace Esteira.Model
{
    /// <summary>Names of states and kinds as the contract writes them.</summary>
    public static class Words
    {
        /// <summary>`single`, `multiple` or `none`, as in a plan document.</summary>
        public static string Of(OutputType output)
        {
            return output.ToString().ToLowerInvariant();
        }

        /// <summary>`each` or `all`, as in a plan document.</summary>
        public static string Of(Join join)
        {
            return join.ToString().ToLowerInvariant();
        }

        /// <summary>For example `NON_RETRYABLE`.</summary>
        public static string Of(FailureKind kind)
        {
            return UpperSnake(kind.ToString());
        }

        /// <summary>For example `SUCCEEDED`.</summary>
        public static string Of(JobState state)
        {
            return UpperSnake(state.ToString());
        }

        /// <summary>For example `SKIPPED`.</summary>
        public static string Of(TaskState state)
        {
            return UpperSnake(state.ToString());
        }

        /// <summary>For example `LEASE_LOST`.</summary>
        public static string Of(CancelReason reason)
        {
            return UpperSnake(reason.ToString());
        }

        /// <summary>For example `DEVTEST`.</summary>
        public static string Of(DataClass dataClass)
        {
            return UpperSnake(dataClass.ToString());
        }

        /// <summary>For example `PLAN_INVALID`.</summary>
        public static string Of(RunErrorCode code)
        {
            return UpperSnake(code.ToString());
        }

        private static string UpperSnake(string pascal)
        {
            var text = new StringBuilder();
            foreach (char letter in pascal)
            {
                if (char.IsUpper(letter) && text.Length > 0) text.Append('_');
                text.Append(char.ToUpperInvariant(letter));
            }
            return text.ToString();
        }
    }
}
