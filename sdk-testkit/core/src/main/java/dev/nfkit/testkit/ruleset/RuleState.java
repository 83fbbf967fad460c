// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.ruleset;

import dev.nfkit.testkit.instruction.Fusion;
import dev.nfkit.testkit.machine.CodeRule;
import dev.nfkit.testkit.machine.Operation;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A rule. Requires the clock's lock. */
public final class RuleState {
    private final ChainState chain;
    private final long handle;
    private long id;
    private final List<Operation> operations;
    private final List<Referent> uses;
    private final byte @Nullable [] userData;
    private final CodeRule code;

    /** Creates a rule; its id is that of the batch, or 0. */
    public RuleState(
            ChainState chain,
            long handle,
            long id,
            List<Operation> operations,
            List<Referent> uses,
            byte @Nullable [] userData) {
        this.chain = chain;
        this.handle = handle;
        this.id = id;
        this.operations = List.copyOf(operations);
        this.uses = List.copyOf(uses);
        this.userData = userData;
        this.code = new CodeRule(chain.code(), handle, Fusion.of(operations));
    }

    public ChainState chain() {
        return chain;
    }

    public long handle() {
        return handle;
    }

    public long id() {
        return id;
    }

    /** Ends the batch: its ids do not apply in the next one. */
    void forgetId() {
        id = 0;
    }

    public List<Operation> operations() {
        return operations;
    }

    /** The sets, chains and objects that it refers to; once for each reference. */
    public List<Referent> uses() {
        return uses;
    }

    public byte @Nullable [] userData() {
        return userData;
    }

    CodeRule code() {
        return code;
    }
}
