using System;
using System.Security.Cryptography;
using System.Text;

namespace Esteira.Model
{
    /// <summary>What the body of a payload is.</summary>
    public enum BodyKind
    {
        /// <summary>Nothing at all, which is not the same as JSON `null`.</summary>
        None,
        /// <summary>JSON text.</summary>
        Json,
        /// <summary>Other bytes.</summary>
        Binary,
    }

    /// <summary>Bytes that are kept and hashed exactly as they were received, with what the sender said about them. Never changes.</summary>
    public sealed class Payload
    {
        private static readonly UTF8Encoding Utf8 = new UTF8Encoding(false);
        private readonly byte[] _bytes;

        private Payload(BodyKind kind, string text, byte[] bytes, string contentType, string schema)
        {
            Kind = kind;
            JsonText = text;
            _bytes = bytes;
            ContentType = contentType;
            Schema = schema;
        }

        /// <summary>A payload without data.</summary>
        public static readonly Payload None = new Payload(BodyKind.None, null, null, "", "");

        /// <summary>What the body is.</summary>
        public BodyKind Kind { get; }

        /// <summary>The JSON text; null when the body is binary or absent.</summary>
        public string JsonText { get; }

        /// <summary>"" means `application/json` for JSON and `application/octet-stream` for binary.</summary>
        public string ContentType { get; }

        /// <summary>Schema id that the producing function declared, or "".</summary>
        public string Schema { get; }

        /// <summary>JSON text, as it is.</summary>
        public static Payload Json(string text)
        {
            if (text == null) throw new ArgumentNullException(nameof(text));
            return new Payload(BodyKind.Json, text, null, "", "");
        }

        /// <summary>Bytes, as they are.</summary>
        public static Payload Binary(byte[] bytes)
        {
            return new Payload(BodyKind.Binary, null, (byte[])bytes.Clone(), "", "");
        }

        /// <summary>A JSON payload of a value.</summary>
        public static Payload Encode(JsonValue value)
        {
            return Json(value.ToJson());
        }

        /// <summary>The same body with a content type and a schema id.</summary>
        public Payload WithType(string contentType, string schema)
        {
            return new Payload(Kind, JsonText, _bytes, contentType, schema);
        }

        /// <summary>The JSON as a value; NON_RETRYABLE `INPUT_INVALID` when the body is not JSON.</summary>
        public JsonValue Decode()
        {
            return Decode(value => value);
        }

        /// <summary>The JSON as the function's own type; what cannot be read, and what `read` throws, is NON_RETRYABLE `INPUT_INVALID`.</summary>
        public T Decode<T>(Func<JsonValue, T> read)
        {
            if (Kind != BodyKind.Json) throw NonRetryable.InputInvalid("the payload is not JSON");
            return Decoding.Read(JsonText, read, NonRetryable.InputInvalid);
        }

        /// <summary>The body bytes: what is stored and hashed.</summary>
        public byte[] Bytes()
        {
            if (Kind == BodyKind.Json) return Utf8.GetBytes(JsonText);
            return Kind == BodyKind.Binary ? (byte[])_bytes.Clone() : new byte[0];
        }

        /// <summary>How many bytes the body has.</summary>
        public int ByteLength()
        {
            if (Kind == BodyKind.Json) return Texts.Utf8Length(JsonText);
            return Kind == BodyKind.Binary ? _bytes.Length : 0;
        }

        /// <summary>SHA-256 of the body, as the coordinator counts it: lower-case hexadecimal.</summary>
        public string Digest()
        {
            using (SHA256 hash = SHA256.Create())
            {
                var hex = new StringBuilder();
                foreach (byte part in hash.ComputeHash(Bytes())) hex.Append(part.ToString("x2"));
                return hex.ToString();
            }
        }
    }

    /// <summary>JSON text as a function's own type.</summary>
    internal static class Decoding
    {
        internal static T Read<T>(string text, Func<JsonValue, T> read, Func<string, NonRetryable> refuse)
        {
            JsonValue value;
            try
            {
                value = JsonValue.Parse(text);
            }
            catch (JsonFormatException problem)
            {
                throw refuse("the text is not JSON: " + problem.Message);
            }
            try
            {
                return read(value);
            }
            catch (FunctionError)
            {
                throw;
            }
            catch (Exception problem)
            {
                throw refuse("the JSON has another shape than expected: " + problem.Message);
            }
        }
    }
}
