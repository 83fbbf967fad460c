// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.machine;

import java.util.List;

/** A rule that can be executed. */
public final class CodeRule {
    private final CodeChain chain;
    private final long handle;
    private final Operation[] operations;

    public CodeRule(CodeChain chain, long handle, List<Operation> operations) {
        this.chain = chain;
        this.handle = handle;
        this.operations = operations.toArray(new Operation[0]);
    }

    /** The chain that it is in. */
    public CodeChain chain() {
        return chain;
    }

    /** The handle in its table. */
    public long handle() {
        return handle;
    }

    Operation[] operations() {
        return operations;
    }
}
