using System.Collections.Generic;

namespace Esteira.Model
{
    /// <summary>On whose behalf a job runs. Set at start, immutable, inherited by all that the job produces.</summary>
    public sealed class Actor
    {
        /// <summary>Nobody.</summary>
        public static readonly Actor Nobody = new Actor();

        /// <summary>Of these.</summary>
        public Actor(string userId = "", string accountId = "", string onBehalfOf = "")
        {
            UserId = userId;
            AccountId = accountId;
            OnBehalfOf = onBehalfOf;
        }

        /// <summary>The operator: the authenticated principal.</summary>
        public string UserId { get; }
        /// <summary>The operator's account.</summary>
        public string AccountId { get; }
        /// <summary>Whom the operator acts for, or "".</summary>
        public string OnBehalfOf { get; }
    }

    /// <summary>Which aggregate a task moves. Never changes.</summary>
    public sealed class AggregateRef
    {
        /// <summary>Of these.</summary>
        public AggregateRef(string kind, string id, long version)
        {
            Kind = kind;
            Id = id;
            Version = version;
        }

        /// <summary>Kind of aggregate, for example `order`.</summary>
        public string Kind { get; }
        /// <summary>Identity within its kind.</summary>
        public string Id { get; }
        /// <summary>The version that its own behaviours count.</summary>
        public long Version { get; }
    }

    /// <summary>Maps of text to text without a member: headers and labels that nobody set.</summary>
    internal static class NoTexts
    {
        internal static readonly IReadOnlyDictionary<string, string> Map = new Dictionary<string, string>();
    }
}
