// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.instruction;

import dev.nfkit.Bytes;
import dev.nfkit.nftables.bytecode.Compat;
import dev.nfkit.nftables.bytecode.Constant;
import dev.nfkit.nftables.bytecode.Immediate;
import dev.nfkit.nftables.bytecode.Log;
import dev.nfkit.nftables.bytecode.Queue;
import dev.nfkit.nftables.bytecode.Reject;
import dev.nfkit.nftables.bytecode.Verdict;
import dev.nfkit.testkit.machine.CodeChain;
import dev.nfkit.testkit.machine.Frame;
import dev.nfkit.testkit.machine.NotModelled;
import dev.nfkit.testkit.machine.Operation;
import dev.nfkit.testkit.machine.PacketState;
import dev.nfkit.testkit.machine.Registers16;
import dev.nfkit.testkit.machine.Scope;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Instructions that decide, log, queue and reject. */
final class ActionOperations {
    static final int BYPASS = 0x8000;
    private static final int QUEUE_SHIFT = 16;

    private ActionOperations() {}

    static <E extends Exception> Operation of(Immediate immediate, Scope<E> scope) throws E {
        if (immediate.data() instanceof Verdict verdict) {
            CodeChain target = verdict.code() == Verdict.NFT_JUMP || verdict.code() == Verdict.NFT_GOTO
                    ? scope.chain(verdict.chain(), verdict.chainId())
                    : null;
            Immediate shown =
                    target == null ? immediate : Immediate.verdict(new Verdict(verdict.code(), target.name(), null));
            return new Decide(shown, verdict.code(), target);
        }
        byte[] value = ((Constant) immediate.data()).toArray();
        int target = Registers16.offset(immediate.dreg());
        return new Plain(immediate, frame -> frame.registers.store(target, value, 0, value.length));
    }

    /** A jump to a chain, for those that follow jumps. */
    static @Nullable CodeChain target(Operation operation) {
        return operation instanceof Decide decide ? decide.target : null;
    }

    private static final class Decide extends Operation {
        private final int code;
        private final @Nullable CodeChain target;

        Decide(Immediate immediate, int code, @Nullable CodeChain target) {
            super(immediate);
            this.code = code;
            this.target = target;
        }

        @Override
        public void run(Frame frame) {
            frame.verdict = code;
            frame.target = target;
        }
    }

    static Operation of(Log log) {
        return new Plain(log, frame -> frame.around.log(frame.packet, log));
    }

    static Operation of(Reject reject) {
        return new Plain(reject, frame -> {
            frame.around.rejected(reject);
            frame.verdict = Verdict.NF_DROP;
        });
    }

    static Operation of(Queue queue) {
        int bypass = (queue.flags() & Queue.BYPASS) != 0 ? BYPASS : 0;
        if (queue instanceof Queue.Numbered numbered) {
            boolean fanout = (queue.flags() & Queue.FANOUT) != 0;
            return new Plain(queue, frame -> {
                int number = numbered.number() + (fanout ? 0 : share(frame.packet, numbered.total()));
                frame.verdict = Verdict.NF_QUEUE | bypass | (number << QUEUE_SHIFT);
            });
        }
        int source = Registers16.offset(((Queue.Computed) queue).sreg());
        return new Plain(
                queue,
                frame -> frame.verdict =
                        Verdict.NF_QUEUE | bypass | ((frame.registers.word(source) & 0xffff) << QUEUE_SHIFT));
    }

    /** The same queue for both directions of a connection; the kernel's choice depends on a secret. */
    private static int share(PacketState packet, int total) {
        int sum = 0;
        int from = packet.addressOffset(true);
        for (int i = 0; i < 2 * packet.addressLength(); i++) {
            sum += packet.bytes[from + i] & 0xff;
        }
        return total <= 1 ? 0 : sum % total;
    }

    static Operation of(Compat compat) {
        if (compat instanceof Compat.Target target) {
            if (target.extension().equals("NFQUEUE") && target.revision() == 3) {
                return queueTarget(target);
            }
            if (target.extension().equals("NFLOG") && target.revision() == 0) {
                return logTarget(target);
            }
        }
        String what = compat.name() + " " + compat.extension() + " of iptables, revision " + compat.revision();
        return new Plain(compat, frame -> {
            throw new NotModelled("the " + what);
        });
    }

    private static int host16(Bytes info, int offset) {
        Registers16 word = new Registers16();
        word.bytes()[0] = (byte) info.u8(offset);
        word.bytes()[1] = (byte) info.u8(offset + 1);
        return word.u16(0);
    }

    private static Operation queueTarget(Compat.Target target) {
        Bytes info = target.info().bytes();
        int number = host16(info, 0);
        int total = host16(info, 2);
        int flags = host16(info, 4);
        int bypass = (flags & Queue.BYPASS) != 0 ? BYPASS : 0;
        boolean fanout = (flags & Queue.FANOUT) != 0;
        return new Plain(target, frame -> {
            int chosen = number + (fanout ? 0 : share(frame.packet, total));
            frame.verdict = Verdict.NF_QUEUE | bypass | (chosen << QUEUE_SHIFT);
        });
    }

    private static Operation logTarget(Compat.Target target) {
        Bytes info = target.info().bytes();
        int group = host16(info, 4);
        int threshold = host16(info, 6);
        String text = new String(info.slice(12, 64).toArray(), StandardCharsets.UTF_8);
        int end = text.indexOf('\0');
        Log log = new Log(end < 0 ? text : text.substring(0, end), group, null, threshold, null, null);
        return new Plain(target, frame -> frame.around.log(frame.packet, log));
    }
}
