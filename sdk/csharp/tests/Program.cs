using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Esteira.Model;

namespace Esteira.Tests
{
    /// <summary>
    /// Runs the tests: each public method without parameters of <see cref="ModelTests"/>, and each case of `tests/vectors`.
    /// No test framework: all that is needed is a compiler and the base library.
    /// </summary>
    internal static class Program
    {
        private static int _passed;
        private static int _failed;
        /// <summary>Enums are of the wire: they need the generated types, and with them the packages of the client.</summary>
        private static int _notRun;

        private static int Main(string[] args)
        {
            string root = args[0];
            string python = args[1];
            foreach (Type tests in new[] { typeof(ModelTests), typeof(RunnerTests), typeof(HarnessTests), typeof(WorkerPartsTests) })
            {
                foreach (var test in tests.GetMethods().Where(method => method.IsStatic && method.IsPublic))
                {
                    Check(tests.Name + "." + test.Name, () =>
                    {
                        try
                        {
                            test.Invoke(null, new object[0]);
                            return null;
                        }
                        catch (System.Reflection.TargetInvocationException problem)
                        {
                            return problem.InnerException.ToString();
                        }
                    });
                }
            }
            string script = Path.Combine(root, "sdk", "csharp", "tests", "expressions.py");
            using (var cel = new CelProcess(python, script)) CheckVectors(new Vectors(cel), Path.Combine(root, "tests", "vectors"));
            Console.WriteLine("not run here: " + _notRun + " cases of kind `enum`: no package Google.Protobuf");
            Console.WriteLine(_passed + " passed, " + _failed + " failed");
            return _failed == 0 && _passed > 0 ? 0 : 1;
        }

        private static void Check(string name, Func<string> test)
        {
            string problem;
            try
            {
                problem = test();
            }
            catch (Exception thrown)
            {
                problem = thrown.ToString();
            }
            if (problem == null) _passed++;
            else
            {
                _failed++;
                Console.WriteLine("FAILED " + name + ": " + problem);
            }
        }

        private static void CheckVectors(Vectors vectors, string folder)
        {
            foreach (string file in Directory.GetFiles(folder, "*.json").OrderBy(name => name, StringComparer.Ordinal))
            {
                JsonValue text = JsonValue.Parse(File.ReadAllText(file));
                foreach (JsonValue given in text["cases"].Items)
                {
                    if (given["kind"].AsText() == "enum")
                    {
                        _notRun++;
                        continue;
                    }
                    string name = Path.GetFileName(file) + " " + given["name"].AsText();
                    Check(name, () => Difference("", given["expected"], vectors.Found(given)));
                }
            }
        }

        /// <summary>The first field that differs; null when none does.</summary>
        private static string Difference(string at, JsonValue expected, JsonValue found)
        {
            if (expected.Kind == JsonKind.Object && found.Kind == JsonKind.Object)
            {
                IEnumerable<string> names = expected.Names.Union(found.Names);
                return names.Select(name => Member(at + "/" + name, name, expected, found)).FirstOrDefault(problem => problem != null);
            }
            if (expected.Kind == JsonKind.Array && found.Kind == JsonKind.Array)
            {
                for (int place = 0; place < Math.Min(expected.Items.Count, found.Items.Count); place++)
                {
                    string problem = Difference(at + "/" + place, expected[place], found[place]);
                    if (problem != null) return problem;
                }
                bool isSameLength = expected.Items.Count == found.Items.Count;
                return isSameLength ? null : at + ": expected " + expected.Items.Count + " elements, found " + found.Items.Count;
            }
            return expected.ToJson() == found.ToJson() ? null : at + ": expected " + expected + ", found " + found;
        }

        private static string Member(string at, string name, JsonValue expected, JsonValue found)
        {
            JsonValue wanted, there;
            bool isWanted = expected.TryGet(name, out wanted);
            bool isThere = found.TryGet(name, out there);
            if (isWanted && isThere) return Difference(at, wanted, there);
            // What a function did not say is not compared.
            if (!isWanted && name == "message") return null;
            return at + (isWanted ? ": missing; expected " + wanted : ": found " + there + ", expected nothing");
        }
    }
}
