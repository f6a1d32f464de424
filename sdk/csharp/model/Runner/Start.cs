using System.Collections.Generic;

namespace Esteira.Model
{
    /// <summary>What the data of a job is for.</summary>
    public enum DataClass
    {
        /// <summary>Development and tests.</summary>
        Devtest,
        /// <summary>Quality assurance.</summary>
        Qa,
        /// <summary>Production.</summary>
        Production,
    }

    /// <summary>What a run starts with.</summary>
    public sealed class Start
    {
        /// <summary>On this data.</summary>
        public Start(Payload data)
        {
            Data = data;
        }

        /// <summary>The data.</summary>
        public Payload Data { get; }
        /// <summary>On whose behalf.</summary>
        public Actor Actor { get; set; } = Actor.Nobody;
        /// <summary>The aggregate to move; null when there is none.</summary>
        public AggregateRef Aggregate { get; set; }
        /// <summary>Copied to every packet of the job.</summary>
        public IReadOnlyDictionary<string, string> Headers { get; set; } = NoTexts.Map;
        /// <summary>Free labels; conditions can read them.</summary>
        public IReadOnlyDictionary<string, string> Labels { get; set; } = NoTexts.Map;
        /// <summary>What the data is for.</summary>
        public DataClass DataClass { get; set; } = DataClass.Devtest;
    }
}
