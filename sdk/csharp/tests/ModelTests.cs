using System;
using System.Linq;
using System.Numerics;
using Esteira.Model;

namespace Esteira.Tests
{
    /// <summary>Payloads, JSON, documents and ids.</summary>
    internal static class ModelTests
    {
        public static void NoNumberChangesSilently()
        {
            JsonValue value = JsonValue.Parse("{\"n\":9007199254740993,\"d\":0.1,\"long\":0.10000000000000000001,\"huge\":1e400}");
            Expect.Equal(9007199254740993L, value["n"].AsInt64());
            Expect.Equal(0.1, value["d"].AsDouble());
            Expect.Throws<FormatException>(() => value["long"].AsDouble());
            Expect.Throws<FormatException>(() => value["huge"].AsDouble());
            Expect.Throws<FormatException>(() => value["d"].AsInt64());
            Expect.Equal(BigInteger.Pow(2, 80), JsonValue.Parse(BigInteger.Pow(2, 80).ToString()).AsBigInteger());
            Expect.Equal("{\"n\":9007199254740993,\"d\":0.1,\"long\":0.10000000000000000001,\"huge\":1e400}", value.ToJson());
        }

        public static void AnInputThatCannotBeDecodedIsInputInvalid()
        {
            Expect.Equal("INPUT_INVALID", Expect.Throws<NonRetryable>(() => Payload.None.Decode()).Code);
            Expect.Equal("INPUT_INVALID", Expect.Throws<NonRetryable>(() => Payload.Json("{").Decode()).Code);
            Expect.Equal("INPUT_INVALID", Expect.Throws<NonRetryable>(() => Payload.Json("{}").Decode(value => value["a"])).Code);
        }

        public static void AValueThatJsonCannotHoldIsOutputInvalid()
        {
            Expect.Equal("OUTPUT_INVALID", Expect.Throws<NonRetryable>(() => Payload.Encode(JsonValue.Of(double.NaN))).Code);
            Expect.Equal("OUTPUT_INVALID", Expect.Throws<NonRetryable>(() => Payload.Encode("\ud800")).Code);
            JsonValue deep = JsonValue.Null;
            for (int depth = 0; depth < 64; depth++) deep = JsonValue.Array(new[] { deep });
            Payload.Encode(deep);
            Expect.Equal("OUTPUT_INVALID", Expect.Throws<NonRetryable>(() => Payload.Encode(JsonValue.Array(new[] { deep }))).Code);
        }

        public static void TheStrictCheckNamesTheFirstProblemAndItsPlace()
        {
            CheckProblem("{\"a\":[1,{\"b\":01}]}", "malformed number at byte 13, at /a/1/b");
            CheckProblem("{\"é\":1,\"é\":2}", "duplicate object key at byte 8, at /é");
            CheckProblem("[\"\\ud800\"]", "malformed escape in a string at byte 2, at /0");
            CheckProblem("[1] 2", "data after the JSON value at byte 4");
            CheckProblem("", "the JSON text ends too early at byte 0");
            CheckProblem("\"\n\"", "raw control character in a string at byte 1");
            CheckProblem(new string('[', 65), "nested too deeply at byte 64, at /" + string.Join("/", Enumerable.Repeat("0", 64)));
        }

        private static void CheckProblem(string text, string problem)
        {
            Expect.Equal(problem, Expect.Throws<JsonFormatException>(() => JsonCheck.Check(text)).Message);
        }

        public static void ADocumentReadsBackAsTheSamePlan()
        {
            Plan plan = new PlanBuilder().AggregateType("order").Policy("small", "1", "value < 10")
                .Step(StepBuilder.Of("a", "f").Config("{\"n\": 1}").Then("b").ThenIf("c", "input > 1").FirstMatch().MaxAttempts(5).OnFailure("d"))
                .Step(StepBuilder.Wait("b", TimeSpan.FromMinutes(90)).Then("e"))
                .Step(StepBuilder.SubPlan("c", "other").Then("e"))
                .Step(StepBuilder.Condition("d"))
                .Step(StepBuilder.Of("e", "f").JoinAll().Input("{\"$ref\":\"/input\"}").OutputPolicy("small"))
                .Build();
            string document = plan.DefinitionJson("orders");
            ParsedPlan parsed = Plan.Parse(document);
            Expect.Equal("orders", parsed.Name);
            Expect.Equal(document, parsed.Plan.DefinitionJson("orders"));
        }

        public static void EverythingThatIsWrongWithADocumentIsSaid()
        {
            PlanDocumentException refused = Expect.Throws<PlanDocumentException>(() =>
                Plan.Parse("{\"name\":\"X\",\"more\":1,\"steps\":[{\"step_key\":\"a\"},{\"step_key\":\"a\",\"function\":\"f\"}]}"));
            Expect.Same(
                refused.Issues.Select(issue => issue.Path + " " + issue.Code),
                "/name NAME_INVALID", "/more FIELD_UNKNOWN", "/steps/0 RUN_AMBIGUOUS", "/steps/1/step_key STEP_KEY_TAKEN");
        }

        public static void IdsRiseAndHaveTheFormOfVersion7()
        {
            string[] ids = Enumerable.Range(0, 5000).Select(n => Entropy.NewId()).ToArray();
            Expect.Same(ids.OrderBy(id => id, StringComparer.Ordinal), ids);
            Expect.Equal(true, ids.All(id => id.Length == 36 && id[14] == '7' && "89ab".IndexOf(id[19]) >= 0));
        }

        public static void TextsAreOrderedAndCountedAsTheCoordinatorDoes()
        {
            Expect.Equal(true, Texts.Compare("\uffff", "\ud83d\ude00") < 0);
            Expect.Equal(7, Texts.Utf8Length("aé\ud83d\ude00"));
            Expect.Equal(3, Texts.Characters("aé\ud83d\ude00"));
            Expect.Equal("aé", Texts.Cut("aé\ud83d\ude00", 6));
        }
    }
}
