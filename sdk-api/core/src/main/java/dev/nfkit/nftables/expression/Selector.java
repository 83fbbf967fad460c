// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

/** What a rule reads from a packet, its connection or its route, such as {@code tcp dport} or {@code meta mark}. */
public sealed interface Selector extends Expression
        permits HeaderField,
                RawPayload,
                ExtensionField,
                ExtensionPresence,
                RawTcpOption,
                RawTcpOptionPresence,
                Meta,
                ConnectionSelector,
                Route,
                Fib,
                SocketSelector,
                OsFingerprint,
                NumberGenerator,
                Hash,
                SymmetricHash,
                Ipsec {
    /**
     * The type of what is read.
     *
     * @return the type
     */
    DataType type();

    /**
     * The size of what is read.
     *
     * @return bits, at least 1
     */
    int bits();

    /**
     * Whether the kernel loads the value in the byte order of the machine, instead of network order.
     *
     * @return true for host order
     */
    default boolean hostOrder() {
        return type().hostOrder();
    }
}
