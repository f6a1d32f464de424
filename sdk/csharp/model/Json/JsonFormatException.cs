using System;

namespace Esteira.Model
{
    /// <summary>Why a text is not acceptable JSON. Holds object keys (in <see cref="Path"/>), never values.</summary>
    public sealed class JsonFormatException : Exception
    {
        /// <summary>With what is wrong, and where.</summary>
        public JsonFormatException(string problem, long offsetBytes, string path)
            : base(problem + " at byte " + offsetBytes + (path == "" ? "" : ", at " + path))
        {
            Path = path;
        }

        /// <summary>JSON Pointer of the value, or of the key, that was being read.</summary>
        public string Path { get; }
    }
}
