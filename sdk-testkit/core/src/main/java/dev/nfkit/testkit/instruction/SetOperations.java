// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.instruction;

import dev.nfkit.nftables.bytecode.Dynset;
import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.Lookup;
import dev.nfkit.nftables.bytecode.Objref;
import dev.nfkit.nftables.bytecode.Registers;
import dev.nfkit.testkit.machine.Frame;
import dev.nfkit.testkit.machine.Operation;
import dev.nfkit.testkit.machine.Registers16;
import dev.nfkit.testkit.machine.Scope;
import dev.nfkit.testkit.machine.SetTable;
import dev.nfkit.testkit.machine.StatefulObject;
import dev.nfkit.testkit.machine.StoredElement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Instructions that use sets and objects. */
final class SetOperations {
    private SetOperations() {}

    static <E extends Exception> Operation of(Lookup lookup, Scope<E> scope) throws E {
        SetTable set = scope.set(lookup.set(), lookup.setId());
        Long flags = lookup.flags();
        Integer register = lookup.dreg();
        return new Find(
                new Lookup(set.name(), null, lookup.sreg(), register, flags == null ? Long.valueOf(0) : flags),
                set,
                register == null ? Registers.VERDICT : register,
                flags != null && (flags & Lookup.INVERT) != 0);
    }

    private static final class Find extends Operation {
        private final SetTable set;
        private final int offset;
        private final int target;
        private final boolean invert;

        Find(Lookup lookup, SetTable set, int target, boolean invert) {
            super(lookup);
            this.set = set;
            this.offset = Registers16.offset(lookup.sreg());
            this.target = target;
            this.invert = invert;
        }

        @Override
        public void run(Frame frame) {
            StoredElement element = set.find(frame.registers.bytes(), offset);
            if ((element != null) == invert) {
                element = set.catchAll();
                if (element == null) {
                    frame.mismatch();
                    return;
                }
            }
            if (element != null) {
                if (set.map()) {
                    element.load(frame, target);
                }
                element.update(frame);
            }
        }
    }

    static <E extends Exception> Operation of(Dynset dynset, Scope<E> scope) throws E {
        SetTable set = scope.set(dynset.set(), dynset.setId());
        for (Instruction each : dynset.instructions()) {
            Operations.of(each, scope);
        }
        return new Update(dynset, set, scope);
    }

    private static final class Update extends Operation {
        private final Dynset dynset;
        private final SetTable set;
        private final Scope<?> scope;
        private final int offset;

        Update(Dynset dynset, SetTable set, Scope<?> scope) {
            super(dynset);
            this.dynset = dynset;
            this.set = set;
            this.scope = scope;
            this.offset = Registers16.offset(dynset.sregKey());
        }

        @Override
        public Dynset dumped() {
            return new Dynset(
                    dynset.op(),
                    set.name(),
                    null,
                    dynset.sregKey(),
                    dynset.sregData(),
                    dynset.timeout(),
                    dynset.invert(),
                    dynset.instructions());
        }

        @Override
        public void run(Frame frame) {
            byte[] registers = frame.registers.bytes();
            byte[] key = Arrays.copyOfRange(registers, offset, offset + set.keyLength());
            if (dynset.op() == Dynset.Op.DELETE) {
                set.remove(key);
                return;
            }
            Long own = dynset.timeout();
            long timeout = own == null || own == 0 ? set.timeoutMillis() : own;
            StoredElement element = set.find(registers, offset);
            if (element == null) {
                element = set.add(key, data(registers), timeout, state());
            }
            if (element == null) {
                if (!dynset.invert()) {
                    frame.mismatch();
                }
                return;
            }
            if (dynset.op() == Dynset.Op.UPDATE && element.timeoutMillis() != 0) {
                element.lifetime(timeout, timeout, frame.around.now());
            }
            element.update(frame);
            if (dynset.invert()) {
                frame.mismatch();
            }
        }

        private byte @Nullable [] data(byte[] registers) {
            Integer register = dynset.sregData();
            if (register == null) {
                return null;
            }
            int from = Registers16.offset(register);
            return Arrays.copyOfRange(registers, from, from + set.dataLength());
        }

        private List<Operation> state() {
            if (dynset.instructions().isEmpty()) {
                return set.newState();
            }
            List<Operation> state = new ArrayList<>();
            for (Instruction each : dynset.instructions()) {
                try {
                    state.add(Operations.of(each, scope));
                } catch (Exception e) {
                    throw new IllegalStateException("was compiled before", e);
                }
            }
            return state;
        }
    }

    @SuppressWarnings("EnumOrdinal") // in the order of the kernel's numbers
    static <E extends Exception> Operation of(Objref objref, Scope<E> scope) throws E {
        if (objref instanceof Objref.Named named) {
            StatefulObject object = scope.object(named.type().ordinal(), named.object());
            return new Plain(objref, frame -> object.operation().run(frame));
        }
        Objref.Mapped mapped = (Objref.Mapped) objref;
        SetTable set = scope.set(mapped.set(), mapped.setId());
        int offset = Registers16.offset(mapped.sreg());
        return new Plain(new Objref.Mapped(mapped.sreg(), set.name(), null), frame -> {
            StoredElement element = set.find(frame.registers.bytes(), offset);
            if (element == null) {
                element = set.catchAll();
            }
            StatefulObject object = element == null ? null : element.object();
            if (object == null) {
                frame.mismatch();
            } else {
                object.operation().run(frame);
            }
        });
    }
}
