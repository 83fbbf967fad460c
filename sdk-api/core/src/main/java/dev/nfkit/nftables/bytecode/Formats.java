// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The formats of all instructions that records model, by the kernel's name. */
final class Formats {
    private static final Map<String, Format> ALL = Stream.of(
                    Immediate.FORMAT,
                    Cmp.FORMAT,
                    Range.FORMAT,
                    Bitwise.format(),
                    Byteorder.FORMAT,
                    Payload.format(),
                    Exthdr.format(),
                    Meta.format(),
                    Ct.format(),
                    Lookup.FORMAT,
                    Dynset.FORMAT,
                    Objref.format(),
                    Stateful.Counter.FORMAT,
                    Stateful.Limit.FORMAT,
                    Stateful.Quota.FORMAT,
                    Stateful.Last.FORMAT,
                    Stateful.Connlimit.FORMAT,
                    Log.FORMAT,
                    Queue.format(),
                    Reject.FORMAT,
                    Translation.Nat.FORMAT,
                    Translation.Masq.FORMAT,
                    Translation.Redir.FORMAT,
                    Diversion.Tproxy.FORMAT,
                    Diversion.Synproxy.FORMAT,
                    Diversion.Dup.FORMAT,
                    Diversion.Fwd.FORMAT,
                    Diversion.Notrack.FORMAT,
                    Diversion.FlowOffload.FORMAT,
                    Context.Rt.FORMAT,
                    Context.Socket.FORMAT,
                    Context.Osf.FORMAT,
                    Context.Tunnel.FORMAT,
                    Context.Xfrm.FORMAT,
                    Fib.FORMAT,
                    Generator.Numgen.FORMAT,
                    Generator.Hash.format(),
                    Inner.FORMAT,
                    Compat.Match.FORMAT,
                    Compat.Target.FORMAT)
            .collect(Collectors.toUnmodifiableMap(Format::name, Function.identity()));

    private Formats() {}

    /** The format of a name, or null if no record models it. */
    static @Nullable Format of(String name) {
        return ALL.get(name);
    }

    /** The names of all instructions that records model, sorted. */
    static List<String> names() {
        return ALL.keySet().stream().sorted().toList();
    }
}
