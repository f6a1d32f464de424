using System;
using System.Security.Cryptography;
using System.Text;

namespace Esteira.Model
{
    /// <summary>The only place of the SDK that asks the system for ids and randomness.</summary>
    internal static class Entropy
    {
        private static readonly RandomNumberGenerator Source = RandomNumberGenerator.Create();
        private static readonly object Lock = new object();
        private static long _lastStamp;

        /// <summary>A new time-ordered id (UUID version 7) as text: rises within the process.</summary>
        internal static string NewId()
        {
            return NewId(Clock.WallMs());
        }

        /// <summary>The same, at a time of the caller's.</summary>
        internal static string NewId(long atMs)
        {
            var random = new byte[8];
            // 48 bits of milliseconds, 12 bits that make it rise within one.
            long stamp = atMs << 12;
            lock (Lock)
            {
                Source.GetBytes(random);
                _lastStamp = stamp > _lastStamp ? stamp : _lastStamp + 1;
                stamp = _lastStamp;
            }
            ulong high = ((ulong)stamp >> 12 << 16) | 0x7000UL | ((ulong)stamp & 0xfff);
            random[0] = (byte)(0x80 | (random[0] & 0x3f));
            var hex = new StringBuilder(high.ToString("x16"));
            foreach (byte part in random) hex.Append(part.ToString("x2"));
            return hex.Insert(20, '-').Insert(16, '-').Insert(12, '-').Insert(8, '-').ToString();
        }

        /// <summary>A number in `0..1`, 1 not among them.</summary>
        internal static double Fraction()
        {
            var random = new byte[8];
            lock (Lock) Source.GetBytes(random);
            return (BitConverter.ToUInt64(random, 0) >> 11) / (double)(1UL << 53);
        }
    }
}
