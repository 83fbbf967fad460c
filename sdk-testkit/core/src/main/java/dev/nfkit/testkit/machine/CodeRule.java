package dev.nfkit.testkit.machine;

import java.util.List;

/** A rule that can be executed. */
public final class CodeRule {
    private final long handle;
    private final Operation[] operations;

    public CodeRule(long handle, List<Operation> operations) {
        this.handle = handle;
        this.operations = operations.toArray(new Operation[0]);
    }

    /** The handle in its table. */
    public long handle() {
        return handle;
    }

    Operation[] operations() {
        return operations;
    }
}
