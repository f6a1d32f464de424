using System.Collections.Generic;

namespace Esteira.Model
{
    /// <summary>Where a pointer of a template begins.</summary>
    internal enum Source
    {
        Input,
        Item,
        JobInput,
        Job,
        Config,
        Step,
    }

    /// <summary>What a part of a template is.</summary>
    internal enum PartKind
    {
        Text,
        Reference,
        Cel,
        Default,
        Concat,
    }

    /// <summary>Text of a template that is copied, or an operator.</summary>
    internal sealed class Part
    {
        internal PartKind Kind { get; private set; }
        /// <summary>The text to copy, the source of an expression, or a pointer as it is written.</summary>
        internal string Text { get; private set; }
        /// <summary>Where a pointer begins, and at which step.</summary>
        internal Source Source { get; private set; }
        internal string StepKey { get; private set; }
        /// <summary>The rest of a pointer, from the source on.</summary>
        internal IReadOnlyList<string> Tokens { get; private set; }
        internal IReadOnlyList<IReadOnlyList<Part>> Operands { get; private set; }

        internal static Part Copied(string text)
        {
            return new Part { Kind = PartKind.Text, Text = text };
        }

        internal static Part Cel(string source)
        {
            return new Part { Kind = PartKind.Cel, Text = source };
        }

        internal static Part Of(PartKind kind, IReadOnlyList<IReadOnlyList<Part>> operands)
        {
            return new Part { Kind = kind, Operands = operands };
        }

        internal static Part Reference(string pointer, Source source, string stepKey, IReadOnlyList<string> tokens)
        {
            return new Part { Kind = PartKind.Reference, Text = pointer, Source = source, StepKey = stepKey, Tokens = tokens };
        }
    }

    /// <summary>
    /// A typed JSON template, compiled: JSON text in which some objects are operators (`$ref`, `$cel`, `$default`, `$concat`,
    /// `$literal`). It is kept as the pieces of its own text around the operators, so that everything else, numbers of any
    /// size included, comes out as it was written.
    /// </summary>
    internal sealed class Template
    {
        internal Template(IReadOnlyList<Part> parts, References references)
        {
            Parts = parts;
            References = references;
        }

        internal IReadOnlyList<Part> Parts { get; }
        internal References References { get; }
    }
}
