// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.instruction;

import dev.nfkit.nftables.bytecode.Verdict;
import dev.nfkit.testkit.machine.Frame;
import dev.nfkit.testkit.machine.Operation;
import java.util.ArrayList;
import java.util.List;

/**
 * Joins an instruction that loads a part of the packet with the comparison after it, which most rules begin with: half
 * of the calls that the interpreter makes disappear. The two have the same effects as before.
 */
public final class Fusion {
    private Fusion() {}

    /** What is executed for the instructions of a rule. */
    public static List<Operation> of(List<Operation> operations) {
        List<Operation> joined = new ArrayList<>(operations.size());
        for (int i = 0; i < operations.size(); i++) {
            Operation first = operations.get(i);
            Operation both = i + 1 < operations.size() && operations.get(i + 1) instanceof Comparisons.EqualWord equal
                    ? join(first, equal)
                    : first;
            joined.add(both);
            i += both == first ? 0 : 1;
        }
        return joined;
    }

    private static Operation join(Operation first, Comparisons.EqualWord equal) {
        if (first instanceof MetaOperations.LoadProtocol load) {
            return new ProtocolEquals(load, equal);
        } else if (first instanceof PayloadOperations.LoadTransport load) {
            return new TransportEquals(load, equal);
        } else if (first instanceof PayloadOperations.LoadNetwork load) {
            return new NetworkEquals(load, equal);
        }
        return first;
    }

    private static final class ProtocolEquals extends Operation {
        private final MetaOperations.LoadProtocol load;
        private final Comparisons.EqualWord equal;

        ProtocolEquals(MetaOperations.LoadProtocol load, Comparisons.EqualWord equal) {
            super(load.dumped());
            this.load = load;
            this.equal = equal;
        }

        @Override
        public void run(Frame frame) {
            load.run(frame);
            if (frame.verdict == Verdict.NFT_CONTINUE) {
                equal.run(frame);
            }
        }
    }

    private static final class TransportEquals extends Operation {
        private final PayloadOperations.LoadTransport load;
        private final Comparisons.EqualWord equal;

        TransportEquals(PayloadOperations.LoadTransport load, Comparisons.EqualWord equal) {
            super(load.dumped());
            this.load = load;
            this.equal = equal;
        }

        @Override
        public void run(Frame frame) {
            load.run(frame);
            if (frame.verdict == Verdict.NFT_CONTINUE) {
                equal.run(frame);
            }
        }
    }

    private static final class NetworkEquals extends Operation {
        private final PayloadOperations.LoadNetwork load;
        private final Comparisons.EqualWord equal;

        NetworkEquals(PayloadOperations.LoadNetwork load, Comparisons.EqualWord equal) {
            super(load.dumped());
            this.load = load;
            this.equal = equal;
        }

        @Override
        public void run(Frame frame) {
            load.run(frame);
            if (frame.verdict == Verdict.NFT_CONTINUE) {
                equal.run(frame);
            }
        }
    }
}
