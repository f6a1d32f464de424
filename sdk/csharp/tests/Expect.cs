using System;
using System.Collections.Generic;
using System.Linq;
using Esteira.Model;

namespace Esteira.Tests
{
    /// <summary>What a test expects.</summary>
    internal static class Expect
    {
        internal static void Equal<T>(T expected, T found)
        {
            if (!EqualityComparer<T>.Default.Equals(expected, found)) throw new Exception("expected " + expected + ", found " + found);
        }

        internal static void Same(IEnumerable<string> found, params string[] expected)
        {
            Equal(string.Join(" | ", expected), string.Join(" | ", found));
        }

        internal static T Throws<T>(Action act)
            where T : Exception
        {
            try
            {
                act();
            }
            catch (AggregateException thrown) when (thrown.InnerException is T)
            {
                return (T)thrown.InnerException;
            }
            catch (T thrown)
            {
                return thrown;
            }
            throw new Exception("nothing was thrown; expected " + typeof(T).Name);
        }

        internal static IEnumerable<string> Texts(IEnumerable<Payload> payloads)
        {
            return payloads.Select(payload => payload.JsonText ?? "-");
        }
    }
}
