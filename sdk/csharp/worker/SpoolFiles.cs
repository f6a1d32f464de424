using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using Esteira.Model;

namespace Esteira.Worker
{
    /// <summary>
    /// The files of a spool, in the format that every SDK has: a line of JSON, then the serialized `ReportTasksRequest` of
    /// one task.
    /// </summary>
    internal sealed class SpoolFiles
    {
        private const string Format = "esteira.spool.v1";
        private const string Suffix = ".report";
        private const int BytesMax = 2 * Limits.MessageBytesMax;

        private readonly string _folder;
        private readonly string _target;

        internal SpoolFiles(string folder, string target)
        {
            _folder = folder;
            _target = target;
            Directory.CreateDirectory(folder);
        }

        /// <summary>Writes a request so that it is there after a crash of the process; answers the file's name.</summary>
        internal string Write(byte[] request)
        {
            string created = Clock.Wall().ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
            JsonValue header = JsonValue.Object().With("format", Format).With("sha256", Payload.Binary(request).Digest())
                .With("bytes", request.Length).With("target", _target).With("created", created);
            byte[] line = Encoding.UTF8.GetBytes(header.ToJson() + "\n");
            string name = Path.Combine(_folder, Entropy.NewId() + Suffix);
            using (var file = new FileStream(name + ".tmp", FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(line, 0, line.Length);
                file.Write(request, 0, request.Length);
                file.Flush(true);
            }
            // The base library cannot flush a directory: after a crash of the machine the name may be missing.
            File.Move(name + ".tmp", name);
            return name;
        }

        /// <summary>All files, oldest first: names rise with time.</summary>
        internal IReadOnlyList<string> Names()
        {
            return Directory.GetFiles(_folder, "*" + Suffix).OrderBy(name => name, StringComparer.Ordinal).ToArray();
        }

        /// <summary>The request in a file; an <see cref="InvalidDataException"/> says why it is none, and it is put aside as `.corrupt`.</summary>
        internal byte[] Read(string name)
        {
            try
            {
                return Checked(name);
            }
            catch (InvalidDataException)
            {
                File.Move(name, name + ".corrupt");
                throw;
            }
        }

        private static byte[] Checked(string name)
        {
            if (new FileInfo(name).Length > BytesMax) throw new InvalidDataException("it has more bytes than a report can have");
            byte[] all = File.ReadAllBytes(name);
            int end = Array.IndexOf(all, (byte)'\n');
            if (end < 0) throw new InvalidDataException("the first line is not a header");
            byte[] request = all.Skip(end + 1).ToArray();
            try
            {
                JsonValue header = JsonValue.Parse(Encoding.UTF8.GetString(all, 0, end));
                if (header["format"].AsText() != Format) throw new InvalidDataException("the format is another one");
                bool fits = header["bytes"].AsInt64() == request.Length && header["sha256"].AsText().ToLowerInvariant() == Payload.Binary(request).Digest();
                if (fits) return request;
            }
            catch (Exception problem) when (problem is JsonFormatException || problem is FormatException)
            {
                throw new InvalidDataException("the first line is not a header: " + problem.Message);
            }
            throw new InvalidDataException("the digest does not match");
        }
    }
}
