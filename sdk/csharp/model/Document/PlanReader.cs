using System.Collections.Generic;

namespace Esteira.Model
{
    /// <summary>From a plan document to a <see cref="Plan"/>: says everything that is wrong with its form, and keeps what must stay as it was written.</summary>
    internal static class PlanReader
    {
        /// <summary>Most policies of a plan, and of one end of a step.</summary>
        internal const int PoliciesMax = 100;

        internal static ParsedPlan Read(string json)
        {
            int bytes = Texts.Utf8Length(json);
            if (bytes > Limits.PlanBytesMax)
            {
                string message = bytes + " bytes; at most " + Limits.PlanBytesMax + " are allowed";
                throw new PlanDocumentException(new[] { new Issue("", "PLAN_TOO_LARGE", message) });
            }
            try
            {
                JsonCheck.Check(json);
            }
            catch (JsonFormatException problem)
            {
                throw new PlanDocumentException(new[] { new Issue(problem.Path, "JSON_INVALID", problem.Message) });
            }
            var issues = new List<Issue>();
            ParsedPlan parsed = ReadDocument(new Field("", new JsonCursor(json).Value(), issues));
            if (parsed == null || issues.Count > 0) throw new PlanDocumentException(issues);
            return parsed;
        }

        private static ParsedPlan ReadDocument(Field field)
        {
            FieldMembers members = field.Object();
            if (members == null) return null;
            string name = members.Require("name")?.Name();
            string displayName = members.Take("display_name")?.ShortText(Limits.TextCharsMax) ?? "";
            string aggregateType = members.Take("aggregate_type")?.Name() ?? "";
            IReadOnlyList<Policy> policies = ReadPolicies(members.Take("policies"));
            IReadOnlyList<string> startSteps =
                members.Take("start_steps")?.EachOnce(Limits.PlanStepsMax, item => item.Key()) ?? new string[0];
            IReadOnlyList<Field> fields = members.Require("steps")?.List(Limits.PlanStepsMax, "STEPS_TOO_MANY");
            members.Finish();
            var keys = new HashSet<string>();
            var steps = new List<Step>();
            foreach (Field item in fields ?? new Field[0])
            {
                Step step = StepReader.Read(item, keys);
                if (step != null) steps.Add(step);
            }
            return name == null ? null : new ParsedPlan(name, displayName, new Plan(aggregateType, policies, startSteps, steps));
        }

        private static IReadOnlyList<Policy> ReadPolicies(Field field)
        {
            var names = new HashSet<string>();
            var policies = new List<Policy>();
            foreach (Field item in field?.List(PoliciesMax) ?? new Field[0])
            {
                Policy policy = ReadPolicy(item, names);
                if (policy != null) policies.Add(policy);
            }
            return policies;
        }

        private static Policy ReadPolicy(Field field, HashSet<string> names)
        {
            FieldMembers members = field.Object();
            if (members == null) return null;
            Field nameField = members.Require("name");
            string name = nameField?.Name();
            if (name != null && !names.Add(name)) nameField.Refuse("POLICY_NAME_TAKEN", "`" + name + "` is used twice");
            string version = members.Take("version")?.ShortText(Limits.VersionCharsMax) ?? "";
            string condition = StepReader.ReadCondition(members.Require("condition"));
            bool enforce = members.Take("enforce")?.Boolean() ?? false;
            members.Finish();
            return name == null || condition == null ? null : new Policy(name, version, condition, enforce);
        }
    }
}
