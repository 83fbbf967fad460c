// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.instruction;

import dev.nfkit.nftables.bytecode.Bitwise;
import dev.nfkit.nftables.bytecode.Byteorder;
import dev.nfkit.nftables.bytecode.Cmp;
import dev.nfkit.nftables.bytecode.Compat;
import dev.nfkit.nftables.bytecode.Context;
import dev.nfkit.nftables.bytecode.Ct;
import dev.nfkit.nftables.bytecode.Diversion;
import dev.nfkit.nftables.bytecode.Dynset;
import dev.nfkit.nftables.bytecode.Exthdr;
import dev.nfkit.nftables.bytecode.Fib;
import dev.nfkit.nftables.bytecode.Generator;
import dev.nfkit.nftables.bytecode.Immediate;
import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.Log;
import dev.nfkit.nftables.bytecode.Lookup;
import dev.nfkit.nftables.bytecode.Meta;
import dev.nfkit.nftables.bytecode.Objref;
import dev.nfkit.nftables.bytecode.Payload;
import dev.nfkit.nftables.bytecode.Queue;
import dev.nfkit.nftables.bytecode.Range;
import dev.nfkit.nftables.bytecode.Reject;
import dev.nfkit.nftables.bytecode.Stateful;
import dev.nfkit.nftables.bytecode.Translation;
import dev.nfkit.nftables.bytecode.UnknownInstruction;
import dev.nfkit.testkit.machine.CodeChain;
import dev.nfkit.testkit.machine.NotModelled;
import dev.nfkit.testkit.machine.Operation;
import dev.nfkit.testkit.machine.Scope;
import org.jspecify.annotations.Nullable;

/** Makes instructions executable. What is not modelled fails when a packet reaches it. */
public final class Operations {
    private Operations() {}

    /** Compiles an instruction; the scope throws if what it refers to does not exist. */
    public static <E extends Exception> Operation of(Instruction instruction, Scope<E> scope) throws E {
        if (instruction instanceof Immediate immediate) {
            return ActionOperations.of(immediate, scope);
        } else if (instruction instanceof Lookup lookup) {
            return SetOperations.of(lookup, scope);
        } else if (instruction instanceof Dynset dynset) {
            return SetOperations.of(dynset, scope);
        } else if (instruction instanceof Objref objref) {
            return SetOperations.of(objref, scope);
        } else if (instruction instanceof UnknownInstruction unknown) {
            throw scope.unknown(unknown.name());
        }
        Operation known = withoutScope(instruction);
        return known != null
                ? known
                : new Plain(instruction, frame -> {
                    throw new NotModelled("the instruction " + instruction.name() + " (" + instruction + ")");
                });
    }

    private static @Nullable Operation withoutScope(Instruction instruction) {
        if (instruction instanceof Cmp cmp) {
            return Comparisons.of(cmp);
        } else if (instruction instanceof Range range) {
            return Comparisons.of(range);
        } else if (instruction instanceof Bitwise bitwise) {
            return Comparisons.of(bitwise);
        } else if (instruction instanceof Byteorder byteorder) {
            return Comparisons.of(byteorder);
        } else if (instruction instanceof Payload payload) {
            return PayloadOperations.of(payload);
        } else if (instruction instanceof Meta meta) {
            return MetaOperations.of(meta);
        } else if (instruction instanceof Ct ct) {
            return CtOperations.of(ct);
        } else if (instruction instanceof Exthdr exthdr) {
            return HeaderOperations.of(exthdr);
        } else if (instruction instanceof Stateful stateful) {
            return StatefulOperations.of(stateful);
        }
        return action(instruction);
    }

    private static @Nullable Operation action(Instruction instruction) {
        if (instruction instanceof Log log) {
            return ActionOperations.of(log);
        } else if (instruction instanceof Queue queue) {
            return ActionOperations.of(queue);
        } else if (instruction instanceof Reject reject) {
            return ActionOperations.of(reject);
        } else if (instruction instanceof Compat compat) {
            return ActionOperations.of(compat);
        } else if (instruction instanceof Translation translation) {
            return TranslationOperations.of(translation);
        } else if (instruction instanceof Diversion.Notrack) {
            return new Plain(instruction, frame -> {
                if (frame.packet.connection == null) {
                    frame.packet.untracked = true;
                }
            });
        } else if (instruction instanceof Generator generator) {
            return NumberOperations.of(generator);
        } else if (instruction instanceof Fib fib) {
            return RouteOperations.of(fib);
        } else if (instruction instanceof Context.Rt rt) {
            return RouteOperations.of(rt);
        } else if (instruction instanceof Context.Socket socket) {
            return RouteOperations.of(socket);
        }
        return null;
    }

    /** The chain that an instruction jumps to, or null. */
    public static @Nullable CodeChain target(Operation operation) {
        return ActionOperations.target(operation);
    }
}
